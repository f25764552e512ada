/**
 * Files of JSON with an entry for each broker and nick, `[{"broker": "127.0.0.1:8080/", "nick": "sam", ...}]`, the one that
 * was written last first. Entries that cannot be read, of another version or another hand, stay in the file as they are.
 */
import * as v from 'valibot';
import { readFile, replaceFile } from './replacing.ts';

interface Owned {
	readonly broker: string;
	readonly nick: string;
}

export interface EntriesFileOptions extends Owned {
	readonly path: string;
	/** Is told, in words for people, what cannot be read or kept. */
	readonly onTrouble: (text: string) => void;
}

export interface EntriesFormat<Entry extends Owned> {
	readonly schema: v.GenericSchema<unknown, Entry>;
	/** Entries beyond so many are forgotten, those that were written longest ago first. */
	readonly most: number;
	/** What is said when what was kept cannot be read, and when nothing can be kept. */
	readonly unread: string;
	readonly unkept: string;
}

const list = v.array(v.unknown());

/** How long a change may wait for others to be written with it, in ms. */
const lazyMs = 1000;

/** Writes what may wait a moment together with what comes until then. */
export class LazyWrite {
	readonly #write: () => void;
	#timer: NodeJS.Timeout | undefined;

	constructor(write: () => void) {
		this.#write = write;
	}

	/** There is something to write: within a second it is, unless the process ends before. */
	soon(): void {
		this.#timer ??= setTimeout(() => this.now(), lazyMs).unref();
	}

	now(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#write();
	}
}

/** The entry of one broker and nick, in a file that other natters write to as well. */
export class EntriesFile<Entry extends Owned> {
	readonly #options: EntriesFileOptions;
	readonly #format: EntriesFormat<Entry>;
	#isInTrouble = false;

	constructor(options: EntriesFileOptions, format: EntriesFormat<Entry>) {
		this.#options = options;
		this.#format = format;
	}

	/** What is kept now; `undefined` when nothing is, or it cannot be read. */
	find(): Entry | undefined {
		try {
			return this.#entryIn(this.#read());
		} catch (error) {
			this.#complain(this.#format.unread, error);
			return undefined;
		}
	}

	/** Keeps what is made of the entry that was kept so far. Answers whether it could. */
	put(change: (entry: Entry | undefined) => Omit<Entry, keyof Owned>): boolean {
		const { path, broker, nick } = this.#options;
		try {
			const all = this.#read();
			const others = all.filter((one) => !(this.#isOwn(one) && v.is(this.#format.schema, one)));
			const entry = { broker, nick, ...change(this.#entryIn(all)) };
			replaceFile(path, [entry, ...others].slice(0, this.#format.most));
			return true;
		} catch (error) {
			this.#complain(this.#format.unkept, error);
			return false;
		}
	}

	#entryIn(all: readonly unknown[]): Entry | undefined {
		const own = all.filter((one) => this.#isOwn(one)).map((one) => v.safeParse(this.#format.schema, one));
		const found = own.find(({ success }) => success);
		if (found === undefined && own[0]?.issues !== undefined) {
			this.#complain(this.#format.unread, own[0].issues[0].message);
		}
		return found?.success === true ? found.output : undefined;
	}

	/** @throws when the file cannot be read: then it is not to be replaced either. One that is no such list is set aside. */
	#read(): readonly unknown[] {
		const parse = (value: unknown) => v.parse(list, value);
		const onDamaged = (aside: string) =>
			this.#complain(this.#format.unread, `it is damaged and was set aside as ${aside}`);
		return readFile(this.#options.path, parse, onDamaged) ?? [];
	}

	/** Once: what goes wrong goes wrong again with the next change. */
	#complain(what: string, why: unknown): void {
		if (!this.#isInTrouble) {
			this.#isInTrouble = true;
			const reason = why instanceof Error ? why.message : String(why);
			this.#options.onTrouble(`${what}, in ${this.#options.path}: ${reason}`);
		}
	}

	#isOwn(one: unknown): boolean {
		const { broker, nick } = this.#options;
		return v.is(v.object({ broker: v.literal(broker), nick: v.literal(nick) }), one);
	}
}
