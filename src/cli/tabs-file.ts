/**
 * The tabs that were open, for each broker and nick, kept as JSON:
 * `[{"broker": "127.0.0.1:8080/", "nick": "sam", "active": "ops", "list": [{"name": "general"}, {"name": "ops"}]}]`.
 */
import * as v from 'valibot';
import type { Tabs } from '../tui/model.ts';
import { longestWhere } from '../tui/where.ts';
import { EntriesFile, type EntriesFileOptions, LazyWrite } from './entries-file.ts';

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));

const schema = v.object({
	broker: v.string(),
	nick: v.string(),
	active: text(512),
	list: v.array(
		v.object({
			name: text(512),
			where: v.optional(text(longestWhere)),
			attention: v.optional(v.picklist(['all', 'mentions', 'none'])),
			isMuted: v.optional(v.literal(true)),
		}),
	),
});

type Entry = v.InferOutput<typeof schema>;

const format = {
	schema,
	most: 100,
	unread: 'The rooms that were open are not known',
	unkept: 'Which rooms are open cannot be kept',
} as const;

/** Of several natters with the same broker and nick, the tabs of the one that changed them last are kept. */
export class TabsFile {
	/** What was open when this run began; `undefined` when that is not known. */
	readonly found: Tabs | undefined;
	readonly #file: EntriesFile<Entry>;
	#unwritten: Tabs | undefined;
	readonly #written = new LazyWrite(() => this.#write());

	constructor(options: EntriesFileOptions) {
		this.#file = new EntriesFile<Entry>(options, format);
		const entry = this.#file.find();
		this.found = entry && { active: entry.active, list: entry.list.map(withoutAbsent) };
	}

	/** Keeps these tabs; written within a second, or by `close`. */
	save(tabs: Tabs): void {
		this.#unwritten = tabs;
		this.#written.soon();
	}

	/** Writes what is not written yet. */
	close(): void {
		this.#written.now();
	}

	#write(): void {
		const tabs = this.#unwritten;
		if (tabs !== undefined && this.#file.put(() => ({ active: tabs.active, list: [...tabs.list] }))) {
			this.#unwritten = undefined;
		}
	}
}

function withoutAbsent({ name, where, attention, isMuted }: Entry['list'][number]): Tabs['list'][number] {
	return {
		name,
		...(where !== undefined && { where }),
		...(attention !== undefined && { attention }),
		...(isMuted !== undefined && { isMuted }),
	};
}
