/** Everything that looks on at a run: the checker, the counts, the trace. */
import type { FromBroker } from '../../src/protocol/frames.ts';
import { closeCodes } from '../../src/protocol/limits.ts';
import { Checker, type Invariant, type LogNow, type Observation } from '../checker/checker.ts';
import { type Held, MemoryWatch } from './memory-watch.ts';
import { type WindowBounds, WindowWatch } from './window-watch.ts';

/** `fault`: something went wrong that no invariant names. */
export interface Problem {
	readonly kind: Invariant | 'fault';
	readonly text: string;
}

export interface WatchOptions {
	/** ms since the beginning. */
	readonly now: () => number;
	readonly isTraced: boolean;
	readonly window: WindowBounds;
	/** Bytes that may wait in all lines together before each is held shorter. */
	readonly unsentBytes: number;
	/** How many rooms there are. */
	readonly rooms: number;
	/** The clock by which ids are forgotten. */
	readonly elapsed: () => number;
	/** What the broker's log of a room has now. */
	readonly log: (room: string) => LogNow | undefined;
}

/** Frames that say what the log has and has not. */
const tellsOfLog: ReadonlySet<string> = new Set(['subscribed', 'history', 'gap', 'reset']);
/** Somebody who is well for so long has acknowledged, and not so long ago as the broker waits. */
const noAckMs = 45_000;

export class Watch {
	readonly counts = new Map<string, number>();
	/** What happened, line by line; empty unless it was asked for. */
	readonly trace: string[] = [];
	readonly #options: WatchOptions;
	readonly #checker: Checker;
	readonly #windows: WindowWatch;
	readonly #memory: MemoryWatch;
	readonly #faults: string[] = [];

	constructor(options: WatchOptions) {
		const { window, now, unsentBytes, rooms } = options;
		this.#options = options;
		this.#checker = new Checker({ maxViolations: 5 });
		this.#windows = new WindowWatch(window, this);
		this.#memory = new MemoryWatch({ now, unsentBytes, rooms, tell: this });
	}

	/** What does not hold, in the order in which it was found. */
	get problems(): readonly Problem[] {
		return [
			...this.#faults.map((text) => ({ kind: 'fault', text }) as const),
			...this.#checker.violations.map(({ invariant, message }) => ({ kind: invariant, text: message })),
		];
	}

	get hasProblems(): boolean {
		return this.#faults.length > 0 || this.#checker.violations.length > 0;
	}

	/** Notes that something is wrong. It does not throw: whoever notices may be called by the broker, which would catch that. */
	fault(text: string): void {
		this.#faults.push(text);
	}

	log(text: () => string): void {
		if (this.#options.isTraced) {
			this.trace.push(`${(this.#options.now() / 1000).toFixed(3).padStart(9)} ${text()}`);
		}
	}

	count(what: string): void {
		this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
	}

	observe(observation: Observation): void {
		this.#checker.observe(observation);
		if (observation.type === 'committed') {
			this.#windows.committed(observation);
		}
	}

	/** Looks at the whole, after all was told. */
	finish(): void {
		this.#checker.finish();
	}

	/** The broker took a connection. */
	opened(line: Held): void {
		this.#memory.opened(line);
	}

	/** Whether the broker has something to answer. */
	owes(connection: string): boolean {
		return this.#memory.owes(connection);
	}

	/** The broker is about to write messages. */
	writes(line: Held): void {
		this.#memory.writes(line);
	}

	/** The broker wrote a frame. */
	wrote(connection: string, text: string): void {
		const frame = JSON.parse(text) as FromBroker;
		this.log(() => `broker to ${connection} ${text}`);
		const log = tellsOfLog.has(frame.type) && 'room' in frame ? this.#options.log(frame.room ?? '') : undefined;
		const elapsed = this.#options.elapsed();
		this.observe({
			type: 'wrote',
			connection,
			frame,
			elapsed,
			at: this.#options.now(),
			...(log !== undefined && { log }),
		});
		this.#windows.wrote(connection, frame, text);
		this.#memory.wrote(connection, frame, Buffer.byteLength(text));
		if (frame.type === 'welcome' && frame.resumed) {
			this.count('sessions that were resumed');
		} else if (frame.type === 'presence' && frame.action === 'leave') {
			this.count('told to have left');
		} else if (frame.type === 'error') {
			this.count(`told ${frame.code}`);
		} else if (frame.type === 'gap' || frame.type === 'reset' || frame.type === 'position') {
			this.count(`frames: ${frame.type}`);
		} else if (frame.type === 'message' && frame.prev !== undefined) {
			this.count('messages chosen by a filter');
		} else if (frame.type === 'published' && frame.duplicate) {
			this.count('duplicates');
		} else if (frame.type === 'subscribed' && frame.recovered !== undefined && !frame.ref?.startsWith('nonsense')) {
			this.count(`recovered: ${frame.recovered}`);
		}
	}

	/** The broker read a frame. */
	heard(connection: string, text: string): void {
		const frame = JSON.parse(text) as Readonly<Record<string, unknown>>;
		this.observe({ type: 'heard', connection, frame });
		this.#windows.heard(connection, text);
		this.#memory.heard(connection, frame, text.length);
	}

	/**
	 * The broker closes a connection, with whose network and client all has been well for so many ms, and of which it heard
	 * something last at this time.
	 */
	closing(
		connection: string,
		code: number,
		reason: string,
		{ wellForMs, heardAt }: { readonly wellForMs: number; readonly heardAt: number },
	): void {
		this.count(`broker closed with ${code}`);
		this.log(() => `broker closes ${connection} with ${code}`);
		if (code >= 4500) {
			this.fault(
				`Expected the client to say nothing wrong on ${connection}, but it was closed with ${code}: ${reason}`,
			);
		}
		if (reason.includes('no acknowledgement') && this.#windows.hasAcknowledgedAll(connection)) {
			this.fault(`${connection} has acknowledged everything, and was closed with ${code}: ${reason}`);
		}
		if (reason.includes('no acknowledgement') && wellForMs > noAckMs) {
			this.fault(`${connection} could acknowledge for ${wellForMs} ms, and was closed with ${code}: ${reason}`);
		}
		const isSilent = code === closeCodes.noPong || code === closeCodes.slow;
		this.gone(connection, code === 1000 ? undefined : isSilent ? heardAt : this.#options.now());
	}

	/** The broker knows that a connection is gone; its client may come back for a while that counts from `lostAt`. */
	gone(connection: string, lostAt?: number): void {
		this.#windows.gone(connection);
		this.#memory.gone(connection);
		this.observe({
			type: 'disconnected',
			connection,
			at: this.#options.now(),
			...(lostAt !== undefined && { lostAt }),
		});
	}
}
