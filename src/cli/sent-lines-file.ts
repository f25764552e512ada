/**
 * The lines that were sent or run, for each broker and nick, kept as JSON for the input history of later runs:
 * `[{"broker": "127.0.0.1:8080/", "nick": "sam", "lines": ["good morning", "/join ops"]}]`, oldest line first.
 */
import * as v from 'valibot';
import { EntriesFile, type EntriesFileOptions, LazyWrite } from './entries-file.ts';

const schema = v.object({ broker: v.string(), nick: v.string(), lines: v.array(v.string()) });

type Entry = v.InferOutput<typeof schema>;

const format = {
	schema,
	most: 20,
	unread: 'The lines that you sent before are not known',
	unkept: 'The lines that you send cannot be kept',
} as const;

/** Of each broker and nick. */
const mostLines = 200;

/** Several natters of one person add to the same lines, each in the order in which they wrote them. */
export class SentLinesFile {
	/** What was kept when this run began, oldest first. */
	readonly found: readonly string[];
	readonly #file: EntriesFile<Entry>;
	#unwritten: readonly string[] = [];
	readonly #written = new LazyWrite(() => this.#write());

	constructor(options: EntriesFileOptions) {
		this.#file = new EntriesFile<Entry>(options, format);
		this.found = this.#file.find()?.lines.slice(-mostLines) ?? [];
	}

	/** Keeps a line; written within a second, or by `close`. */
	add(line: string): void {
		this.#unwritten = [...this.#unwritten, line].slice(-mostLines);
		this.#written.soon();
	}

	/** Writes what is not written yet. */
	close(): void {
		this.#written.now();
	}

	/** What cannot be written is tried again with the next line. */
	#write(): void {
		const lines = this.#unwritten;
		if (lines.length > 0 && this.#file.put((entry) => ({ lines: joined(entry?.lines ?? [], lines) }))) {
			this.#unwritten = [];
		}
	}
}

/** None of them twice in a row. */
function joined(before: readonly string[], after: readonly string[]): string[] {
	return [...before, ...after].filter((line, index, all) => line !== all[index - 1]).slice(-mostLines);
}
