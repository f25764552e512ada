/**
 * What one client can make the broker hold, as the network sees it: what waits in its line, what was read from it and has
 * no answer, and what is let in while all lines together hold too much.
 */
import type { FromBroker } from '../../src/protocol/frames.ts';
import type { Listener } from './window-watch.ts';

/** A line of the broker. */
export interface Held {
	readonly name: string;
	/** Bytes that wait in it. */
	readonly unsent: number;
}

export interface MemoryWatchOptions {
	/** ms since the beginning. */
	readonly now: () => number;
	/** Bytes that may wait in all lines together before each is held shorter. */
	readonly unsentBytes: number;
	/** How many rooms a line may be sent messages of. */
	readonly rooms: number;
	readonly tell: Listener;
}

/** A request that was read. */
interface Waiting {
	readonly type: unknown;
	readonly units: number;
	readonly at: number;
}

const kibi = 1024;
/** A line in which more waits than it may gets no message: but for a page of the log of each room, and one batch live. */
const mostUnsent = 1024 * kibi;
const leastUnsent = 16 * kibi;
const pageBytes = 128 * kibi;
const batchBytes = 64 * kibi;
/** Frames that are read ahead, publishes that are being stored, and the text of both. */
const readAhead = 64;
const storing = 256;
const heldUnits = 512 * kibi;
/** One read of a socket brings so many bytes of short frames, and one more with each ping that waits for a sign of life. */
const readBytes = 2 * kibi;
const reads = 4;
const shortFrame = 64;
/** The lines are added up so often. */
const tickMs = 1000;

export class MemoryWatch {
	readonly #options: MemoryWatchOptions;
	readonly #lines = new Map<string, Held>();
	/** By connection and ref. */
	readonly #waiting = new Map<string, Map<string, Waiting>>();
	/** Bytes of pages of history, which the client has asked for, since messages were last written to an empty line. */
	readonly #answered = new Map<string, number>();
	/** Since when all lines together hold more than twice what they may. */
	#overSince: number | undefined;

	constructor(options: MemoryWatchOptions) {
		this.#options = options;
	}

	opened(line: Held): void {
		this.#addUp();
		if (this.#isOverloaded(this.#options.now())) {
			this.#tellLetIn('connections');
		}
		this.#lines.set(line.name, line);
		this.#waiting.set(line.name, new Map());
	}

	/** Messages are about to be written to a line. */
	writes({ name, unsent }: Held): void {
		const { unsentBytes, rooms, tell } = this.#options;
		const answered = unsent === 0 ? 0 : (this.#answered.get(name) ?? 0);
		this.#answered.set(name, answered);
		const bound = Math.min(mostUnsent, Math.max(leastUnsent, unsentBytes)) + rooms * pageBytes + batchBytes;
		tell.observe({
			type: 'measured',
			what: `bytes that wait for ${name} when it is sent more`,
			value: unsent - answered,
			bound,
		});
		if (unsent > leastUnsent) {
			tell.count('messages written to a line in which much waits');
		}
	}

	/** A frame was written. */
	wrote(connection: string, frame: FromBroker, bytes: number): void {
		this.#addUp();
		if (frame.type === 'history') {
			this.#answered.set(connection, (this.#answered.get(connection) ?? 0) + bytes);
		}
		const waiting = this.#waiting.get(connection);
		const ref = 'ref' in frame ? frame.ref : undefined;
		const asked = ref === undefined ? undefined : waiting?.get(ref);
		if (ref === undefined || asked === undefined) {
			return;
		}
		waiting?.delete(ref);
		if (frame.type === 'published' && !frame.duplicate && this.#isOverloaded(asked.at)) {
			this.#tellLetIn(`publishes of ${connection}`);
		} else if (frame.type === 'error' && frame.code === 'unavailable' && this.#isOverloaded(asked.at)) {
			this.#options.tell.count('refused for what waits in all lines');
		}
	}

	/** A frame was read. */
	heard(connection: string, { type, ref }: Readonly<Record<string, unknown>>, units: number): void {
		this.#addUp();
		const waiting = this.#waiting.get(connection);
		if (typeof ref !== 'string' || waiting === undefined) {
			return;
		}
		waiting.set(ref, { type, units, at: this.#options.now() });
		const all = [...waiting.values()];
		const others = all.filter((one) => one.type !== 'publish').length;
		const what = `read from ${connection} without an answer`;
		const { tell } = this.#options;
		const more = (reads * readBytes) / shortFrame;
		tell.observe({ type: 'measured', what: `requests ${what}`, value: others, bound: readAhead + 1 + more });
		tell.observe({ type: 'measured', what: `frames ${what}`, value: all.length, bound: readAhead + storing + more });
		const held = all.reduce((sum, one) => sum + one.units, 0);
		tell.observe({
			type: 'measured',
			what: `units ${what}`,
			value: held,
			bound: heldUnits + 64 * kibi + reads * readBytes,
		});
		if (others >= readAhead) {
			tell.count('clients of which no more was read');
		}
	}

	/** Whether something that was read has no answer yet. */
	owes(connection: string): boolean {
		return (this.#waiting.get(connection)?.size ?? 0) > 0;
	}

	gone(connection: string): void {
		this.#lines.delete(connection);
		this.#waiting.delete(connection);
		this.#answered.delete(connection);
		this.#addUp();
	}

	#tellLetIn(what: string): void {
		this.#options.tell.observe({ type: 'measured', what: `${what} taken while too much waits`, value: 1, bound: 0 });
	}

	/** Too much has waited for so long before `at` that the broker knows, and does so still. */
	#isOverloaded(at: number): boolean {
		return this.#overSince !== undefined && at - this.#overSince > tickMs + 100;
	}

	#addUp(): void {
		let sum = 0;
		for (const { unsent } of this.#lines.values()) {
			sum += unsent;
		}
		const isOver = sum > 2 * this.#options.unsentBytes;
		this.#overSince = isOver ? (this.#overSince ?? this.#options.now()) : undefined;
	}
}
