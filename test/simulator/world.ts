/** A scenario brought to life: machines, network and broker in virtual time, and the checker that watches them. */

import type { FromBroker } from '../../src/protocol/frames.ts';
import { closeCodes } from '../../src/protocol/limits.ts';
import { Checker, type Invariant } from '../checker/checker.ts';
import { Agenda } from './agenda.ts';
import { BaseProcess } from './base-process.ts';
import { BrokerProcess } from './broker-process.ts';
import { Chance } from './chance.ts';
import { ClientProcess, type DialOptions } from './client-process.ts';
import { Disk } from './disk.ts';
import type { Step } from './disk-engine.ts';
import { type ClientEnd, Line, type Weather } from './network.ts';
import { nonsense } from './nonsense.ts';
import type { Action, Scenario } from './scenario.ts';
import { WindowWatch } from './window-watch.ts';

/** `fault`: something went wrong that no invariant names. */
export interface Problem {
	readonly kind: Invariant | 'fault';
	readonly text: string;
}

/** What came of a run. */
export interface Outcome {
	/** What does not hold, in the order in which it was found. */
	readonly problems: readonly Problem[];
	/** How often things happened. */
	readonly counts: ReadonlyMap<string, number>;
	/** What happened, line by line; empty unless it was asked for. */
	readonly trace: readonly string[];
}

/** Without a fault, everything is in place after this much time, in ms: what waits longest is a broker for an ack. */
const settleMs = 400_000;
/** Nobody reconnects or repeats more often than this many times in a run. */
const maxEvents = 400_000;
/** How long all has to be quiet, in ms. */
const quietMs = 3000;
/** Clients connect before trouble begins. */
const beginMs = 2000;

/** Runs a scenario to its end. The same scenario has the same outcome. */
export async function live(scenario: Scenario, options: { readonly isTraced: boolean }): Promise<Outcome> {
	return new World(scenario, options.isTraced).live();
}

class World {
	readonly #scenario: Scenario;
	readonly #agenda = new Agenda();
	readonly #checker: Checker;
	readonly #counts = new Map<string, number>();
	readonly #trace: string[] = [];
	readonly #isTraced: boolean;
	readonly #disk = new Disk();
	readonly #clients: readonly ClientProcess[];
	readonly #bases: BaseProcess[] = [];
	readonly #damaged = new Map<string, Set<number>>();
	readonly #delays: { writeMs: number; syncMs: number; readMs: number };
	readonly #windows: WindowWatch;
	#broker: BrokerProcess | undefined;
	#brokerRuns = 0;
	#brokerSkewMs = 0;
	#canRead = true;
	#copy: readonly string[] | undefined;
	/** The next start finds an older copy on the disk. */
	#isRestored = false;
	/** The step at which the broker is to crash, and after how many more of them. */
	#crashPoint: { readonly step: Step; times: number; readonly downMs: number } | undefined;
	#isTouched = false;
	/** What went wrong that no invariant names. Whoever notices may be called by the broker, which catches what is thrown. */
	#fault: string | undefined;
	#connections = 0;
	#publishes = 0;
	#events = 0;

	constructor(scenario: Scenario, isTraced: boolean) {
		const { seed, setup } = scenario;
		this.#scenario = scenario;
		this.#isTraced = isTraced;
		// To a client whose clock leaps ahead, something was missing for long.
		const leaps = scenario.actions.some((action) => action.type === 'set client clock' && action.ms > setup.giveUpMs);
		this.#checker = new Checker({ allowsGivingUp: setup.giveUpMs < 100_000 || leaps, maxViolations: 5 });
		this.#windows = new WindowWatch(setup.windowMessages, {
			observe: (observation) => this.#checker.observe(observation),
			count: (what) => this.#count(what),
		});
		this.#delays = { writeMs: setup.writeMs, syncMs: setup.syncMs, readMs: setup.readMs };
		this.#clients = setup.nicks.map(
			(nick, index) =>
				new ClientProcess({
					...this.#tools(`${nick}${index}`),
					...{ seed, nick, memory: setup.memories[index] ?? 'none', giveUpMs: setup.giveUpMs, rooms: setup.rooms },
					rememberedBy: (user, device, room) => this.#broker?.engine.cursor(user, device, room) && this.#brokerRuns,
				}),
		);
	}

	async live(): Promise<Outcome> {
		const { actions, setup } = this.#scenario;
		this.#startBroker();
		for (const client of this.#clients) {
			client.start();
		}
		for (let index = 0; index < setup.baseClients; index += 1) {
			this.#bases.push(new BaseProcess({ ...this.#tools(`base${index}`), room: setup.rooms[0] ?? '' }));
		}
		await this.#run(beginMs);
		for (const action of actions) {
			await this.#run(action.at);
			this.#log(() => `-- ${JSON.stringify(action)}`);
			this.#count(action.type);
			this.#perform(action);
			await this.#turn();
			if (this.#isOver) {
				break;
			}
		}
		this.#heal();
		await this.#comeToRest();
		if (!this.#isOver) {
			this.#look();
		}
		this.#broker?.crash();
		const violations = this.#checker.violations.map(({ invariant, message }) => ({ kind: invariant, text: message }));
		const faults = this.#fault === undefined ? [] : [{ kind: 'fault', text: this.#fault } as const];
		return { problems: [...faults, ...violations], counts: this.#counts, trace: this.#trace };
	}

	get #isOver(): boolean {
		return this.#fault !== undefined || this.#checker.violations.length > 0;
	}

	#tools(name: string) {
		const { setup } = this.#scenario;
		const weather: Weather = {
			...{ latencyMs: setup.latencyMs, jitterMs: setup.jitterMs, upBlocked: false, downBlocked: false },
			...{ readerStalled: false, bytesPerMs: 10_000, loss: 0, double: 0, overtake: 0 },
		};
		return {
			...{ agenda: this.#agenda, name, weather },
			observe: (observation: Parameters<Checker['observe']>[0]) => this.#checker.observe(observation),
			dial: (end: ClientEnd, options: DialOptions) => this.#dial(name, weather, end, options),
			trace: (text: () => string) => this.#log(text),
			count: (what: string) => this.#count(what),
		};
	}

	#log(text: () => string): void {
		if (this.#isTraced) {
			this.#trace.push(`${(this.#agenda.now / 1000).toFixed(3).padStart(9)} ${text()}`);
		}
	}

	#count(what: string): void {
		this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
	}

	#startBroker(): void {
		const isRestored = this.#isRestored;
		this.#isRestored = false;
		const { seed, setup } = this.#scenario;
		this.#brokerRuns += 1;
		this.#log(() => `broker starts${isRestored ? ' with an older copy' : ''}`);
		this.#broker = new BrokerProcess({
			...{ agenda: this.#agenda, seed, run: this.#brokerRuns, disk: this.#disk, delays: this.#delays, isRestored },
			retention: { historySize: setup.historySize, historyTtlMs: setup.historyTtlMs },
			limits: {
				...{ windowMessages: setup.windowMessages, windowBytes: setup.windowBytes, unsentBytes: setup.unsentBytes },
				// Nonsense is said on purpose.
				badFramesPerMinute: 10_000,
			},
			skewMs: () => this.#brokerSkewMs,
			damaged: this.#damaged,
			canRead: () => this.#canRead,
			onPage: () => this.#count('pages fed from the log'),
			touched: () => {
				this.#isTouched = true;
			},
			stopsAt: (step) => this.#stopsAt(step),
			onStopped: () => this.#log(() => 'broker is gone'),
			log: (level, event, fields) => {
				this.#log(() => `broker logs ${level} ${event} ${JSON.stringify(fields)}`);
				if (event === 'internal') {
					this.#fault ??= `Expected no fault in the broker: ${String(fields['error'])}`;
				}
			},
			onCommitted: (room, epoch, entries) => {
				this.#count('committed');
				this.#log(
					() => `disk has ${room} ${entries.map(({ sequence, content }) => `#${sequence} ${content}`).join(', ')}`,
				);
				this.#checker.observe({ type: 'committed', room, epoch, entries });
			},
			onRestored: (room, from, to, kept) => {
				this.#log(() => `${room} goes on in ${to} after #${kept} of ${from}`);
				this.#checker.observe({ type: 'restored', room, from, to, kept });
			},
		});
	}

	#stopsAt(step: Step): boolean {
		const point = this.#crashPoint;
		if (point?.step !== step) {
			return false;
		}
		point.times -= 1;
		if (point.times >= 0) {
			return false;
		}
		this.#crashPoint = undefined;
		this.#count(`crashed when ${step}`);
		this.#log(() => `broker crashes when ${step}`);
		this.#agenda.after(0, () => this.#brokerDown(point.downMs, false));
		return true;
	}

	/** The broker is not there for a while. */
	#brokerDown(downMs: number, isRestored: boolean): void {
		this.#broker?.crash();
		if (this.#disk.crash(new Chance(this.#scenario.seed, 'torn tail', this.#brokerRuns))) {
			this.#count('torn tails');
		}
		if (isRestored && this.#copy !== undefined) {
			this.#isRestored = true;
			this.#disk.restore(this.#copy);
		}
		const run = this.#brokerRuns;
		this.#agenda.after(downMs, () => {
			if (this.#broker?.isRunning === false && run === this.#brokerRuns) {
				this.#startBroker();
			}
		});
	}

	#dial(name: string, weather: Weather, end: ClientEnd, { offersV1, opened }: DialOptions): void {
		const { seed, setup } = this.#scenario;
		const connection = `${name}#${this.#connections}`;
		this.#connections += 1;
		const refused = (cause: { text: string; code: string }, httpStatus?: number, retryAfterMs?: number) =>
			this.#agenda.after(weather.latencyMs, () =>
				end.closed({
					cause,
					...(httpStatus !== undefined && { httpStatus }),
					...(retryAfterMs !== undefined && { retryAfterMs }),
				}),
			);
		const attempt = (): void => {
			if (weather.upBlocked || weather.downBlocked) {
				// The packets are sent again until they pass; a client that has waited too long ignores what comes of it.
				this.#agenda.after(1000, attempt);
				return;
			}
			const broker = this.#broker;
			if (broker?.isRunning !== true) {
				refused({ text: 'nobody is listening there', code: 'ECONNREFUSED' });
				return;
			}
			const refusal = broker.refusal();
			if (refusal !== undefined) {
				this.#count('refused upgrades');
				refused(
					{ text: refusal.reason, code: String(refusal.status) },
					refusal.status,
					(refusal.retryAfterSeconds ?? 0) * 1000,
				);
				return;
			}
			const line: Line = new Line({
				...{ agenda: this.#agenda, chance: new Chance(seed, 'line', connection), weather },
				...{ kernelBytes: setup.kernelBytes, loopback: setup.loopback, isSturdy: offersV1, clientEnd: end },
				count: (what) => this.#count(what),
				wrote: (text) => this.#wrote(connection, broker, text),
				heard: (text) => this.#windows.heard(connection, text),
				gone: () => {
					this.#windows.gone(connection);
					this.#checker.observe({ type: 'disconnected', connection });
				},
				closing: (code) => {
					this.#count(`broker closed with ${code}`);
					this.#log(() => `broker closes ${connection} with ${code}`);
					if (code === closeCodes.badFrames) {
						this.#fault ??= `Expected the client to say nothing wrong on ${connection}`;
					}
					this.#checker.observe({ type: 'disconnected', connection });
				},
			});
			broker.accept(line, offersV1);
			this.#agenda.after(weather.latencyMs, () => opened(line));
		};
		this.#agenda.after(weather.latencyMs, attempt);
	}

	#wrote(connection: string, broker: BrokerProcess, text: string): boolean {
		const isRunning = broker.writes(text);
		if (isRunning) {
			const frame = JSON.parse(text) as FromBroker;
			this.#log(() => `broker to ${connection} ${text}`);
			this.#checker.observe({ type: 'wrote', connection, frame });
			this.#windows.wrote(connection, frame);
			if (frame.type === 'error' || frame.type === 'gap' || frame.type === 'reset' || frame.type === 'rewind') {
				this.#count(frame.type === 'error' ? `told ${frame.code}` : `frames: ${frame.type}`);
			} else if (frame.type === 'published' && frame.duplicate) {
				this.#count('duplicates');
			} else if (frame.type === 'subscribed' && frame.recovered !== undefined) {
				this.#count(`recovered: ${frame.recovered}`);
			}
		}
		return isRunning;
	}

	#perform(action: Action): void {
		const { setup } = this.#scenario;
		const client = 'who' in action ? this.#clients[action.who] : undefined;
		const base = 'who' in action ? this.#bases[action.who - this.#clients.length] : undefined;
		const machine = client ?? base;
		const room = ('room' in action ? setup.rooms[action.room] : undefined) ?? '';
		const run = client?.run;
		switch (action.type) {
			case 'publish':
				for (let time = 0; time < action.times; time += 1) {
					const content = this.#content().padEnd(action.bytes, '.');
					base?.publish(content);
					run?.publish(room, content, `cid-${this.#publishes}`, {});
				}
				break;
			case 'publish for a while':
				run?.publish(room, this.#content(), `cid-${this.#publishes}`, { ttlMs: action.ttlMs });
				break;
			case 'publish badly': {
				const content = action.how === 'empty' ? '  ' : this.#content().padEnd(20_000, '.');
				this.#publishes += 1;
				run?.publish(room, content, `cid-${this.#publishes}`, {});
				break;
			}
			case 'say nonsense': {
				const { epoch, position = 0 } = run?.session.room(room) ?? {};
				const frame = nonsense[action.which]?.({
					...{ room, nick: run?.session.nick ?? '' },
					position: epoch === undefined ? undefined : { epoch, sequence: position },
				});
				run?.line?.clientSends({ type: 'text', text: JSON.stringify(frame) });
				break;
			}
			case 'ask history':
				base?.history();
				run?.history(room);
				break;
			case 'say away':
				run?.presence('away');
				break;
			case 'leave':
				client?.leave(room);
				break;
			case 'join':
				client?.join(room);
				break;
			case 'rename':
				client?.rename(`${client.name.slice(0, 3)}${this.#publishes}`);
				break;
			case 'redial':
				run?.reconnect();
				break;
			case 'cut':
				run?.line?.cut(action);
				// A client that never says anything on its own would not notice.
				base?.cut({ ...action, clientHears: true });
				break;
			case 'storm':
				for (const one of this.#clients) {
					one.run?.line?.cut({ clientHears: true, brokerHears: true });
				}
				break;
			case 'partition':
				this.#forAWhile(
					machine,
					action.ms,
					({ weather }) => {
						weather.upBlocked ||= action.way !== 'down';
						weather.downBlocked ||= action.way !== 'up';
					},
					({ weather }) => {
						weather.upBlocked = false;
						weather.downBlocked = false;
					},
				);
				break;
			case 'break the middle':
				for (const one of this.#clients) {
					const { loss, double, overtake, ms } = action;
					this.#forAWhile(one, ms, ({ weather }) => Object.assign(weather, { loss, double, overtake }), mend);
				}
				break;
			case 'slow down':
				this.#forAWhile(
					machine,
					action.ms,
					({ weather }) => {
						weather.latencyMs = action.latencyMs;
					},
					({ weather }) => {
						weather.latencyMs = setup.latencyMs;
					},
				);
				break;
			case 'stall':
				this.#forAWhile(
					machine,
					action.ms,
					({ weather }) => {
						weather.readerStalled = true;
					},
					({ weather }) => {
						weather.readerStalled = false;
					},
				);
				break;
			case 'read slowly':
				this.#forAWhile(
					machine,
					action.ms,
					({ weather }) => {
						weather.bytesPerMs = action.bytesPerMs;
					},
					({ weather }) => {
						weather.bytesPerMs = 10_000;
					},
				);
				break;
			case 'crash broker':
				this.#crashPoint = { step: action.step, times: action.times, downMs: action.downMs };
				break;
			case 'drain broker':
				this.#drain(action.downMs);
				break;
			case 'fail fsync':
				this.#disk.failsNextSync = true;
				this.#whenStopped(action.downMs);
				break;
			case 'fill disk':
				this.#disk.isFull = true;
				this.#agenda.after(action.ms, () => {
					this.#disk.isFull = false;
				});
				break;
			case 'slow disk':
				this.#delays.syncMs = action.syncMs;
				this.#agenda.after(action.ms, () => {
					this.#delays.syncMs = setup.syncMs;
				});
				break;
			case 'fail reads':
				this.#canRead = false;
				this.#agenda.after(action.ms, () => {
					this.#canRead = true;
				});
				break;
			case 'copy disk':
				this.#copy = this.#disk.copy();
				break;
			case 'restore copy':
				if (this.#copy !== undefined && this.#broker?.isRunning === true) {
					this.#count('restored copies');
					this.#brokerDown(action.downMs, true);
				}
				break;
			case 'set broker clock':
				this.#brokerSkewMs += action.ms;
				break;
			case 'set client clock':
				if (client !== undefined) {
					client.skewMs += action.ms;
				}
				break;
			case 'clear':
				if (this.#broker?.isRunning === true) {
					this.#broker.clear(room);
				}
				break;
			case 'damage':
				this.#damage(room, action.share);
				break;
			case 'crash client':
				if (client?.run !== undefined) {
					client.crash();
					this.#agenda.after(action.downMs, () => client.start());
				}
				break;
		}
	}

	#content(): string {
		this.#publishes += 1;
		return `text-${this.#publishes}`;
	}

	#forAWhile<Machine extends { go(): void }>(
		machine: Machine | undefined,
		ms: number,
		begin: (machine: Machine) => void,
		end: (machine: Machine) => void,
	): void {
		if (machine !== undefined) {
			begin(machine);
			this.#agenda.after(ms, () => {
				end(machine);
				machine.go();
			});
		}
	}

	#drain(downMs: number): void {
		const broker = this.#broker;
		if (broker?.isRunning === true) {
			broker.drain();
			const check = (): void => {
				if (broker.isRunning) {
					this.#agenda.after(100, check);
				} else if (broker === this.#broker) {
					this.#brokerDown(downMs, false);
				}
			};
			this.#agenda.after(100, check);
		}
	}

	/** Whoever runs a broker whose disk failed starts it anew. */
	#whenStopped(downMs: number): void {
		const broker = this.#broker;
		if (broker?.isRunning === true) {
			if (broker.engine.isStopped) {
				this.#count('failed fsyncs');
				this.#brokerDown(downMs, false);
			} else {
				this.#agenda.after(500, () => this.#whenStopped(downMs));
			}
		}
	}

	#damage(room: string, share: number): void {
		const head = this.#broker?.engine.whole(room).state.head ?? 0;
		if (head > 0) {
			const damaged = this.#damaged.get(room) ?? new Set();
			this.#damaged.set(room, damaged.add(1 + Math.floor(share * head)));
		}
	}

	/** All faults stop. */
	#heal(): void {
		const { setup } = this.#scenario;
		this.#log(() => '-- faults stop');
		this.#crashPoint = undefined;
		this.#disk.isFull = false;
		this.#disk.failsNextSync = false;
		this.#canRead = true;
		this.#delays.syncMs = setup.syncMs;
		for (const machine of [...this.#clients, ...this.#bases]) {
			mend(machine);
			Object.assign(machine.weather, {
				...{ latencyMs: setup.latencyMs, jitterMs: setup.jitterMs, upBlocked: false, downBlocked: false },
				...{ readerStalled: false, bytesPerMs: 10_000 },
			});
			machine.go();
		}
	}

	/** Lets time pass until everyone has everything. */
	async #comeToRest(): Promise<void> {
		const deadline = this.#agenda.now + settleMs;
		let quietSince: number | undefined;
		while (this.#agenda.now < deadline && !this.#isOver) {
			await this.#run(500);
			if (!this.#isQuiet()) {
				quietSince = undefined;
			} else {
				quietSince ??= this.#agenda.now;
				if (this.#agenda.now - quietSince >= quietMs) {
					return;
				}
			}
		}
	}

	#isQuiet(): boolean {
		const broker = this.#broker;
		if (broker?.isRunning !== true) {
			return false;
		}
		if (broker.engine.isStopped) {
			this.#whenStopped(100);
			return false;
		}
		const state = (room: string) => broker.engine.whole(room).state;
		return (
			this.#clients.every(
				({ run, rooms }) =>
					run?.isAtRest(rooms) === true &&
					[...rooms].every((room) => {
						const { epoch, head } = state(room);
						const status = run.session.room(room);
						return status?.position === head && status.epoch === epoch;
					}),
			) && this.#bases.every(({ room, position }) => position === state(room).head)
		);
	}

	/** Tells the checker what there is in the end. */
	#look(): void {
		const checker = this.#checker;
		for (const room of this.#scenario.setup.rooms) {
			const whole = this.#broker?.engine.whole(room);
			if (whole !== undefined) {
				const { state, messages, gone } = whole;
				const { epoch, head, oldest } = state;
				checker.observe({ type: 'stored', room, epoch, head, oldest, entries: messages, gone });
			}
		}
		for (const { name, rooms, run } of this.#clients) {
			for (const room of rooms) {
				const status = run?.session.room(room);
				const { position = 0, epoch } = status ?? {};
				checker.observe({
					...{ type: 'rests', client: run?.name ?? name, room, position },
					...(epoch !== undefined && { epoch }),
				});
			}
		}
		for (const { reader, room, position = -1 } of this.#bases) {
			checker.observe({ type: 'rests', client: reader, room, position });
		}
		checker.finish();
	}

	async #run(ms: number): Promise<void> {
		const until = this.#agenda.now + ms;
		for (let at = this.#agenda.nextAt; at !== undefined && at <= until && !this.#isOver; at = this.#agenda.nextAt) {
			this.#agenda.step();
			this.#events += 1;
			if (this.#events > maxEvents) {
				this.#fault ??= 'Expected the world to come to rest, but it goes on without end';
			}
			await this.#turn();
		}
		this.#agenda.now = Math.max(this.#agenda.now, until);
	}

	/** Gives the broker's promises their turn. */
	async #turn(): Promise<void> {
		if (this.#isTouched) {
			this.#isTouched = false;
			await new Promise((resolve) => setImmediate(resolve));
		}
	}
}

function mend({ weather }: { readonly weather: Weather }): void {
	Object.assign(weather, { loss: 0, double: 0, overtake: 0 });
}
