/** One run of the broker: the product's hub over a simulated network, disk and clock. It may stop at any step. */
import type { Connection } from '../../src/broker/connection.ts';
import { decideEntrance, type EntranceRefusal } from '../../src/broker/entrance.ts';
import { Hub } from '../../src/broker/hub.ts';
import { checkOptions } from '../../src/broker/options.ts';
import type { Surroundings } from '../../src/broker/surroundings.ts';
import type { AdminOrder } from '../../src/protocol/admin.ts';
import type { Limits } from '../../src/protocol/limits.ts';
import { closeCodes } from '../../src/protocol/limits.ts';
import type { Agenda } from './agenda.ts';
import { Chance } from './chance.ts';
import { DiskEngine, type DiskEngineOptions, type Step } from './disk-engine.ts';
import { authority, keyOf } from './keys.ts';
import type { BrokerEnd, Line } from './line.ts';
import { orderAt } from './orders.ts';

export interface BrokerProcessOptions
	extends Omit<DiskEngineOptions, 'now' | 'after' | 'chance' | 'reached' | 'newEpoch'> {
	readonly agenda: Agenda;
	readonly seed: number;
	/** Counts the runs. */
	readonly run: number;
	readonly limits: Partial<Limits>;
	readonly flushWindowMs: number;
	/** Clients prove who they are, to a broker whose key they know. */
	readonly hasKeys: boolean;
	/** How far the wall clock is from the true time, in ms. */
	readonly skewMs: () => number;
	/** Tells that something happened inside, so that promises have to be given their turn. */
	readonly touched: () => void;
	/** Told at each step. True stops the process right there. */
	readonly stopsAt: (step: Step) => boolean;
	readonly onStopped: () => void;
	readonly log: (level: string, event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** The wall clock at the beginning. */
export const epochMs = 1_700_000_000_000;
/** The same for each run, so that what names a room goes on naming it. */
const secret = 'the secret of all runs';
const tickMs = 1000;
const sweepMs = 20_000;
const drainMs = 5000;
const longestLookMs = 1;
const mostAheadMs = 20;

export class BrokerProcess {
	readonly engine: DiskEngine;
	readonly #options: BrokerProcessOptions;
	readonly #hub: Hub;
	readonly #lines = new Map<Line, Connection>();
	#isRunning = true;
	#epochs = 0;
	/** What the clock showed last. */
	#elapsed = 0;

	constructor(options: BrokerProcessOptions) {
		const { agenda, seed, run, limits, flushWindowMs, log } = options;
		this.#options = options;
		const ids = new Chance(seed, 'broker ids', run);
		const looks = new Chance(seed, 'looks at the clock', run);
		const surroundings: Surroundings = {
			now: () => epochMs + Math.floor(agenda.now) + options.skewMs(),
			elapsed: () => this.#look(looks),
			after: (ms, callback) => this.#after(ms, callback),
			soon: (callback) => {
				this.#after(0, callback);
			},
			randomId: () => ids.next().toString(36).slice(2).padEnd(12, '0'),
		};
		this.engine = new DiskEngine({
			...options,
			now: surroundings.now,
			elapsed: options.elapsed,
			after: (ms, callback) => {
				this.#after(ms, callback);
			},
			chance: new Chance(seed, 'engine', run),
			newEpoch: () => this.#newEpoch(run),
			reached: (step) => this.#reached(step),
		});
		const settings = checkOptions(
			{
				...(options.hasKeys && { key: keyOf(seed, 'broker') }),
				engine: this.engine,
				allowHosts: [new URL(`ws://${authority}`).hostname],
				limits,
				flushWindowMs,
				secret,
				log: (level, event, fields) => this.#isRunning && log(level, event, fields),
			},
			{ node: `node-${run}`, seed },
		);
		this.#hub = new Hub(settings, surroundings);
		this.#every(tickMs, () => this.#hub.tick());
		this.#every(sweepMs, () => this.engine.sweep().catch(() => {}));
	}

	/** How many lines it has, also of clients that are gone. */
	get connections(): number {
		return this.#lines.size;
	}

	get isRunning(): boolean {
		return this.#isRunning;
	}

	/** Why it does not take a connection now. */
	refusal(): EntranceRefusal | undefined {
		const entrance = decideEntrance(
			{ origin: undefined, host: '127.0.0.1', target: '/', authorizations: [], isLocal: true },
			{
				draining: this.#hub.draining,
				overloaded: this.#hub.governor.isOverloaded,
				connections: this.#hub.connections.size,
				fromAddress: 0,
				connectWaitMs: 0,
				loginWaitMs: 0,
			},
			this.#hub.settings,
		);
		return entrance.ok ? undefined : entrance.refusal;
	}

	/** Takes a connection. */
	accept(line: Line, offersV1: boolean): void {
		const connection = this.#hub.accept(line, { offersV1 });
		this.#lines.set(line, connection);
		const end = (call: () => void) => () => this.#enter(call);
		const broker: BrokerEnd = {
			receive: (text) => {
				if (this.#isRunning && this.#reached('received')) {
					this.#enter(() => connection.receive(text));
				}
			},
			receivePong: (mark) => this.#enter(() => connection.receivePong(mark)),
			drained: end(() => connection.drained()),
			closed: (code) =>
				this.#enter(() => {
					this.#lines.delete(line);
					connection.closed(code);
				}),
		};
		line.accepted(broker);
	}

	/** A frame is being written. Returns whether the process still runs, so that it is. */
	writes(text: string): boolean {
		const isRunning = this.#isRunning;
		if (text.startsWith('{"type":"published"')) {
			this.#reached('acked');
		} else if (text.startsWith('{"type":"message"')) {
			this.#reached('broadcast');
		}
		return isRunning && this.#isRunning;
	}

	/** The log goes on in another epoch, with or without a word of the one before. */
	beginAnew(isForgotten: boolean, begun: () => void): void {
		this.#enter(() => this.engine.beginAnew(isForgotten, begun));
	}

	/** Has an order of the owner carried out. Told whether it was done, if that can be said. */
	order(order: AdminOrder, answered: (isDone: boolean) => void): void {
		this.#enter(() => orderAt(this.#hub, order, (isDone) => this.#isRunning && answered(isDone)));
	}

	/** The process ends here and now, with all that it had begun. */
	crash(): void {
		if (this.#isRunning) {
			this.#isRunning = false;
			for (const line of this.#lines.keys()) {
				line.brokerDies();
			}
			this.#options.onStopped();
		}
	}

	/** Stops without losing anything, as on SIGTERM. */
	drain(): void {
		this.#enter(() => this.#drain().catch((error: unknown) => this.#options.log('error', 'drain', { error })));
	}

	/** Time passes while the process works: from one look at the clock to the next. */
	#look(chance: Chance): number {
		const { now } = this.#options.agenda;
		const next = Math.max(this.#elapsed, now) + chance.next() * longestLookMs;
		this.#elapsed = Math.max(this.#elapsed, Math.min(next, now + mostAheadMs));
		return this.#elapsed;
	}

	#newEpoch(run: number): string {
		this.#epochs += 1;
		return this.#epochs === 1 ? `epoch-${run}` : `epoch-${run}.${this.#epochs}`;
	}

	async #drain(): Promise<void> {
		const hub = this.#hub;
		hub.drain(1000);
		await this.#atMost(drainMs / 2, hub.settled());
		for (const connection of [...hub.connections]) {
			connection.end(closeCodes.restart, 'the broker is shutting down');
		}
		await this.#atMost(1000, hub.farewell());
		await this.#atMost(1000, this.engine.close());
		this.#after(drainMs / 4, () => this.crash());
	}

	#atMost(ms: number, work: Promise<void>): Promise<void> {
		return Promise.race([work, new Promise<void>((resolve) => this.#after(ms, resolve))]);
	}

	#reached(step: Step): boolean {
		if (this.#isRunning && this.#options.stopsAt(step)) {
			this.crash();
		}
		return this.#isRunning;
	}

	#every(ms: number, call: () => void): void {
		this.#after(ms, () => {
			call();
			this.#every(ms, call);
		});
	}

	#after(ms: number, call: () => void): () => void {
		return this.#options.agenda.after(ms, () => this.#enter(call));
	}

	#enter(call: () => void): void {
		if (this.#isRunning) {
			this.#options.touched();
			call();
		}
	}
}
