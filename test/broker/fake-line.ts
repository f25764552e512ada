/**
 * A hub without sockets: lines are arrays, and time passes when the test says so.
 */

import type { Batch } from '../../src/broker/fan-out.ts';
import { frameBytes } from '../../src/broker/framing.ts';
import { Hub } from '../../src/broker/hub.ts';
import { type BrokerOptions, checkOptions } from '../../src/broker/options.ts';
import type { Surroundings } from '../../src/broker/surroundings.ts';
import type { Wire } from '../../src/broker/wire.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';

/** A clock that is moved by hand. */
export class HandClock implements Surroundings {
	#at = 0;
	#ids = 0;
	#timers: { readonly at: number; readonly run: () => void }[] = [];

	now(): number {
		return 1_700_000_000_000 + this.#at;
	}

	elapsed(): number {
		return this.#at;
	}

	after(ms: number, run: () => void): () => void {
		const timer = { at: this.#at + ms, run };
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	soon(run: () => void): void {
		setImmediate(run);
	}

	randomId(): string {
		this.#ids += 1;
		return `id-${this.#ids}`;
	}

	/** Lets time pass, and runs what was to be run until then. */
	pass(ms: number): void {
		this.#at += ms;
		const due = this.#timers.filter(({ at }) => at <= this.#at);
		this.#timers = this.#timers.filter(({ at }) => at > this.#at);
		for (const { run } of due) {
			run();
		}
	}
}

/** A line to a client that is somewhere else. */
export class FakeWire implements Wire {
	loopback = false;
	unsent = 0;
	sent = 0;
	full = false;
	isPaused = false;
	pings = 0;
	/** What the pings carried. */
	readonly marks: string[] = [];
	closing: { readonly code: number; readonly reason: string } | undefined;
	readonly frames: FromBroker[] = [];

	send(text: string): number {
		if (this.closing === undefined) {
			this.frames.push(JSON.parse(text) as FromBroker);
		}
		return frameBytes(text);
	}

	write(batch: Batch): void {
		for (const text of batch.texts) {
			this.send(text);
		}
	}

	ping(mark = ''): void {
		this.marks.push(mark);
		this.pings += 1;
	}

	pause(): void {
		this.isPaused = true;
	}

	resume(): void {
		this.isPaused = false;
	}

	close(code: number, reason: string): void {
		this.closing ??= { code, reason };
	}
}

export function startHub(options: Partial<BrokerOptions> = {}, clock = new HandClock()) {
	const engine = options.engine ?? memoryEngine();
	const logged: string[] = [];
	const log = (_: string, event: string) => logged.push(event);
	const hub = new Hub(checkOptions({ engine, log, ...options }, { node: 'n', seed: 1 }), clock);
	return {
		hub,
		clock,
		engine,
		logged,
		/** Connects a base client, or a v1 client that says hello as `user`, on a device if it names one. */
		connect(user?: string, device?: string) {
			const wire = new FakeWire();
			const connection = hub.accept(wire, { offersV1: user !== undefined });
			const say = (frame: object) => connection.receive(JSON.stringify(frame));
			if (user !== undefined) {
				say({ type: 'hello', v: 1, user, device });
			}
			return { wire, connection, say };
		},
	};
}

/** The same once it has read from the engine who is known: from then on it handles what comes at once. */
export async function startReadyHub(options: Partial<BrokerOptions> = {}, clock = new HandClock()) {
	const started = startHub(options, clock);
	await started.hub.directory.ready;
	return started;
}

/** The numbers of the messages that a line was given. */
export function numbersOf(wire: FakeWire): number[] {
	return wire.frames.flatMap((frame) => (frame.type === 'message' ? [frame.sequence] : []));
}

/** Lets everything that needs no time happen. */
export async function settle(): Promise<void> {
	await turn(10);
}

/** Lets so many turns of the event loop pass. */
export async function turn(turns = 1): Promise<void> {
	for (let left = turns; left > 0; left -= 1) {
		await new Promise<void>((resolve) => setImmediate(resolve));
	}
}
