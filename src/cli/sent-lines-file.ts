/**
 * The lines that were sent or run, for each broker and nick, kept as JSON for the input history of later runs:
 * `[{"broker": "127.0.0.1:8080/", "nick": "sam", "lines": ["good morning", "/join ops"]}]`, oldest line first.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { replaceFile } from './replacing.ts';

const schema = v.array(v.object({ broker: v.string(), nick: v.string(), lines: v.array(v.string()) }));

type Entry = v.InferOutput<typeof schema>[number];

/** Brokers and nicks beyond so many are forgotten, those that were used longest ago first. */
const mostEntries = 20;

/** Of each broker and nick. */
const mostLines = 200;

/** How long a line may wait for others to be written with it, in ms. */
const lazyMs = 1000;

export interface SentLinesFileOptions {
	readonly path: string;
	/** Host, port and path. */
	readonly broker: string;
	/** The name that is asked for there. */
	readonly nick: string;
	/** Is told, in words for people, what cannot be read or kept. */
	readonly onTrouble: (text: string) => void;
}

/** Several natters of one person add to the same lines, each in the order in which they wrote them. */
export class SentLinesFile {
	/** What was kept when this run began, oldest first. */
	readonly found: readonly string[];
	readonly #options: SentLinesFileOptions;
	#unwritten: string[] = [];
	#timer: NodeJS.Timeout | undefined;
	#isInTrouble = false;

	constructor(options: SentLinesFileOptions) {
		this.#options = options;
		this.found = this.#linesIn(this.#read()).slice(-mostLines);
	}

	/** Keeps a line; written within a second, or by `close`. */
	add(line: string): void {
		this.#unwritten.push(line);
		this.#timer ??= setTimeout(() => this.#write(), lazyMs).unref();
	}

	/** Writes what is not written yet. */
	close(): void {
		this.#write();
	}

	#write(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#unwritten.length === 0) {
			return;
		}
		const { path, broker, nick } = this.#options;
		const entries = this.#read();
		const others = entries.filter((one) => !this.#isOwn(one));
		const all = [...this.#linesIn(entries), ...this.#unwritten.splice(0)];
		const lines = all.filter((line, index) => line !== all[index - 1]).slice(-mostLines);
		try {
			replaceFile(path, [{ broker, nick, lines }, ...others].slice(0, mostEntries));
		} catch (error) {
			this.#complain(`The lines that you send cannot be kept in ${path}: ${textOf(error)}`);
		}
	}

	/** A file that cannot be read has no lines, and the next one that is written takes its place. */
	#read(): readonly Entry[] {
		const { path } = this.#options;
		try {
			return v.parse(schema, JSON.parse(readFileSync(path, 'utf8')));
		} catch (error) {
			if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
				this.#complain(`The lines that you sent before are not known: ${path} cannot be read (${textOf(error)})`);
			}
			return [];
		}
	}

	/** Once: what goes wrong goes wrong again with the next line. */
	#complain(what: string): void {
		if (!this.#isInTrouble) {
			this.#isInTrouble = true;
			this.#options.onTrouble(what);
		}
	}

	#linesIn(entries: readonly Entry[]): readonly string[] {
		return entries.find((one) => this.#isOwn(one))?.lines ?? [];
	}

	#isOwn({ broker, nick }: Entry): boolean {
		return broker === this.#options.broker && nick === this.#options.nick;
	}
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
