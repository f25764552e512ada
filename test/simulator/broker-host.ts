/** The machine of the broker: one run after the other on the same disk, and what befalls them. */
import { dedupeMs } from '../../src/engines/engine.ts';
import type { Entry } from '../checker/observation.ts';
import type { Agenda } from './agenda.ts';
import { BrokerProcess } from './broker-process.ts';
import { Chance } from './chance.ts';
import type { Remembered } from './client-run.ts';
import { Disk } from './disk.ts';
import type { Delays, DiskEngineOptions, Step } from './disk-engine.ts';
import { Orders } from './orders.ts';
import { allRooms, type Setup } from './scenario.ts';
import type { Watch } from './watch.ts';

export interface BrokerHostOptions {
	readonly agenda: Agenda;
	readonly seed: number;
	readonly setup: Setup;
	readonly watch: Watch;
	/** Tells that something happened inside, so that promises have to be given their turn. */
	readonly touched: () => void;
}

export class BrokerHost {
	readonly orders: Orders;
	readonly #options: BrokerHostOptions;
	readonly #disk = new Disk();
	readonly #damaged = new Map<string, Set<number>>();
	readonly #delays: Delays;
	#broker: BrokerProcess | undefined;
	/** Counts the runs. */
	#runs = 0;
	/** How far the wall clock is from the true time, in ms. */
	skewMs = 0;
	/** Under which number each message was stored last. */
	readonly #stored = new Map<string, number>();
	#canRead = true;
	#copy: readonly string[] | undefined;
	/** What the next start finds on the disk. */
	#begins: DiskEngineOptions['begins'] = 'nothing';
	/** The step at which the broker is to crash, and after how many more of them. */
	#crashPoint: { readonly step: Step; times: number; readonly downMs: number } | undefined;

	constructor(options: BrokerHostOptions) {
		const { writeMs, syncMs, readMs, tellMs } = options.setup;
		this.#options = options;
		this.orders = new Orders({
			...options,
			keys: options.setup.keys,
			broker: () => (this.#broker?.isRunning === true ? this.#broker : undefined),
		});
		this.#delays = { writeMs, syncMs, readMs, tellMs };
	}

	/** The present run, or the last one. */
	get broker(): BrokerProcess | undefined {
		return this.#broker;
	}

	/** The clock by which ids are forgotten: a day of it is as long as they are to be remembered. */
	get elapsed(): number {
		const { agenda, setup } = this.#options;
		return (agenda.now * dedupeMs) / setup.rememberMs;
	}

	get run(): number {
		return this.#runs;
	}

	/** What is stored of a device's place in a room, or of that of any device. */
	remembered(user: string, device: string | undefined, room: string): Remembered | undefined {
		const cursor = this.#broker?.engine.cursor(user, device, room);
		return cursor && { by: this.#runs, epoch: cursor.epoch };
	}

	start(): void {
		const { agenda, seed, setup, watch, touched } = this.#options;
		const begins = this.#begins;
		this.#begins = 'nothing';
		this.#runs += 1;
		watch.log(() => `broker starts, ${begins} on its disk`);
		this.#broker = new BrokerProcess({
			...{ agenda, seed, run: this.#runs, disk: this.#disk, delays: this.#delays, begins, touched },
			hasKeys: setup.keys.length > 0,
			retention: { historySize: setup.historySize, historyTtlMs: setup.historyTtlMs },
			flushWindowMs: setup.flushWindowMs,
			limits: {
				...{ windowMessages: setup.windowMessages, windowBytes: setup.windowBytes, unsentBytes: setup.unsentBytes },
				// Nonsense is said on purpose.
				badFramesPerMinute: 10_000,
			},
			skewMs: () => this.skewMs,
			elapsed: () => this.elapsed,
			damaged: this.#damaged,
			canRead: () => this.#canRead,
			onPage: (from) => watch.count(`pages fed from ${from}`),
			stopsAt: (step) => this.#stopsAt(step),
			onStopped: () => watch.log(() => 'broker is gone'),
			log: (level, event, fields) => {
				watch.log(() => `broker logs ${level} ${event} ${JSON.stringify(fields)}`);
				if (event === 'internal') {
					watch.fault(`Expected no fault in the broker: ${String(fields['error'])}`);
				}
			},
			onCommitted: (room, epoch, entries) => {
				watch.count('committed');
				this.#countAgain(room, entries);
				watch.log(
					() => `disk has ${room} ${entries.map(({ sequence, content }) => `#${sequence} ${content}`).join(', ')}`,
				);
				watch.observe({ type: 'committed', room, epoch, entries });
			},
			onRestored: (from, { epoch: to, heads, isForgotten }) => {
				for (const room of allRooms(setup)) {
					const kept = heads[room] ?? 0;
					watch.log(
						() => `${room} goes on in ${to} after #${kept} of ${from}${isForgotten ? ', which is forgotten' : ''}`,
					);
					watch.observe({ type: 'restored', room, from, to, kept, isForgotten });
				}
			},
		});
		watch.observe({ type: 'started' });
	}

	/** Has the broker crash when it comes to a step for the n-th time from now. */
	crashAt(step: Step, times: number, downMs: number): void {
		this.#crashPoint = { step, times, downMs };
	}

	/** Stops the broker as on SIGTERM. */
	drain(downMs: number): void {
		const broker = this.#broker;
		if (broker?.isRunning !== true) {
			return;
		}
		broker.drain();
		const check = (): void => {
			if (broker.isRunning) {
				this.#options.agenda.after(100, check);
			} else if (broker === this.#broker) {
				this.#down(downMs);
			}
		};
		this.#options.agenda.after(100, check);
	}

	/** The next fsync fails; then whoever runs the broker starts it anew. */
	failSync(downMs: number): void {
		this.#disk.failsNextSync = true;
		this.restartWhenStopped(downMs);
	}

	/** Starts the broker anew as soon as its disk has failed. */
	restartWhenStopped(downMs: number): void {
		const broker = this.#broker;
		if (broker?.isRunning === true) {
			if (broker.engine.isStopped) {
				this.#options.watch.count('failed fsyncs');
				this.#down(downMs);
			} else {
				this.#options.agenda.after(500, () => this.restartWhenStopped(downMs));
			}
		}
	}

	fillDisk(ms: number): void {
		this.#disk.isFull = true;
		this.#options.agenda.after(ms, () => {
			this.#disk.isFull = false;
		});
	}

	slowDisk(syncMs: number, ms: number): void {
		this.#delays.syncMs = syncMs;
		this.#options.agenda.after(ms, () => {
			this.#delays.syncMs = this.#options.setup.syncMs;
		});
	}

	failReads(ms: number): void {
		this.#canRead = false;
		this.#options.agenda.after(ms, () => {
			this.#canRead = true;
		});
	}

	copyDisk(): void {
		this.#copy = this.#disk.copy();
	}

	/** Stops the broker hard, and puts the last copy in the place of what is on the disk. */
	restoreCopy(downMs: number): void {
		if (this.#copy !== undefined && this.#broker?.isRunning === true) {
			this.#options.watch.count('restored copies');
			this.#begins = 'restored';
			this.#down(downMs);
			this.#disk.restore(this.#copy);
		}
	}

	/** Stops the broker hard; when it starts it knows nothing of the epochs before. */
	loseLineage(downMs: number): void {
		if (this.#broker?.isRunning === true) {
			this.#options.watch.count('lost lineages');
			this.#begins = 'forgotten';
			this.#down(downMs);
		}
	}

	/** The log goes on in another epoch while the broker runs, as one does that others share. */
	beginAnew(isForgotten: boolean, begun: () => void): void {
		if (this.#broker?.isRunning === true) {
			this.#broker.beginAnew(isForgotten, () => {
				this.#options.watch.count('epochs begun in a run');
				begun();
			});
		}
	}

	/** Flips a bit in a message, `share` of the way from the first to the last one. */
	damage(room: string, share: number): void {
		const head = this.#broker?.engine.standing(room).head ?? 0;
		if (head > 0) {
			const damaged = this.#damaged.get(room) ?? new Set();
			this.#damaged.set(room, damaged.add(1 + Math.floor(share * head)));
		}
	}

	/** No new trouble comes of the machine. */
	heal(): void {
		this.orders.heal();
		this.#crashPoint = undefined;
		this.#disk.isFull = false;
		this.#disk.failsNextSync = false;
		this.#canRead = true;
		this.#delays.syncMs = this.#options.setup.syncMs;
	}

	#countAgain(room: string, entries: readonly Entry[]): void {
		for (const { id, sequence } of entries) {
			const key = JSON.stringify([room, id]);
			if ((this.#stored.get(key) ?? sequence) < sequence && this.#options.setup.rememberMs < dedupeMs) {
				this.#options.watch.count('stored again after it was forgotten');
			}
			this.#stored.set(key, sequence);
		}
	}

	#stopsAt(step: Step): boolean {
		const { agenda, watch } = this.#options;
		const point = this.#crashPoint;
		if (point?.step !== step) {
			return false;
		}
		point.times -= 1;
		if (point.times >= 0) {
			return false;
		}
		this.#crashPoint = undefined;
		watch.count(`crashed when ${step}`);
		watch.log(() => `broker crashes when ${step}`);
		agenda.after(0, () => this.#down(point.downMs));
		return true;
	}

	/** The broker is not there for a while. */
	#down(downMs: number): void {
		const { agenda, seed, watch } = this.#options;
		this.#broker?.crash();
		if (this.#disk.crash(new Chance(seed, 'torn tail', this.#runs))) {
			watch.count('torn tails');
		}
		const run = this.#runs;
		agenda.after(downMs, () => {
			if (this.#broker?.isRunning === false && run === this.#runs) {
				this.start();
			}
		});
	}
}
