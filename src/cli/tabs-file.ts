/**
 * The tabs that were open, for each broker and nick, kept as JSON:
 * `[{"broker": "127.0.0.1:8080/", "nick": "sam", "active": "ops", "list": [{"name": "general"}, {"name": "ops"}]}]`.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Tabs } from '../tui/model.ts';
import { longestWhere } from '../tui/where.ts';
import { replaceFile } from './replacing.ts';

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));

const schema = v.array(
	v.object({
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
	}),
);

type Entry = v.InferOutput<typeof schema>[number];

/** Brokers and nicks beyond so many are forgotten, those that were used longest ago first. */
const mostEntries = 100;

/** How long a change may wait for others to be written with it, in ms. */
const lazyMs = 1000;

export interface TabsFileOptions {
	readonly path: string;
	/** Host, port and path. */
	readonly broker: string;
	/** The name that is asked for there. */
	readonly nick: string;
	/** Is told, in words for people, what cannot be read or kept. */
	readonly onTrouble: (text: string) => void;
}

/** Of several natters with the same broker and nick, the tabs of the one that changed them last are kept. */
export class TabsFile {
	/** What was open when this run began; `undefined` when that is not known. */
	readonly found: Tabs | undefined;
	readonly #options: TabsFileOptions;
	#unwritten: Tabs | undefined;
	#timer: NodeJS.Timeout | undefined;
	#isInTrouble = false;

	constructor(options: TabsFileOptions) {
		this.#options = options;
		const entry = this.#read().find((one) => this.#isOwn(one));
		this.found = entry && { active: entry.active, list: entry.list.map(withoutAbsent) };
	}

	/** Keeps these tabs; written within a second, or by `close`. */
	save(tabs: Tabs): void {
		this.#unwritten = tabs;
		this.#timer ??= setTimeout(() => this.#write(), lazyMs).unref();
	}

	/** Writes what is not written yet. */
	close(): void {
		this.#write();
	}

	#write(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const tabs = this.#unwritten;
		if (tabs === undefined) {
			return;
		}
		this.#unwritten = undefined;
		const { path, broker, nick } = this.#options;
		const others = this.#read().filter((one) => !this.#isOwn(one));
		const entries = [{ broker, nick, ...tabs }, ...others].slice(0, mostEntries);
		try {
			replaceFile(path, entries);
		} catch (error) {
			this.#complain(`Which rooms are open cannot be kept in ${path}: ${textOf(error)}`);
		}
	}

	/** A file that cannot be read opens no tabs, and the next one that is written takes its place. */
	#read(): readonly Entry[] {
		const { path } = this.#options;
		try {
			return v.parse(schema, JSON.parse(readFileSync(path, 'utf8')));
		} catch (error) {
			if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
				this.#complain(`The rooms that were open are not known: ${path} cannot be read (${textOf(error)})`);
			}
			return [];
		}
	}

	/** Once: what goes wrong goes wrong again with the next change. */
	#complain(what: string): void {
		if (!this.#isInTrouble) {
			this.#isInTrouble = true;
			this.#options.onTrouble(what);
		}
	}

	#isOwn({ broker, nick }: Entry): boolean {
		return broker === this.#options.broker && nick === this.#options.nick;
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

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
