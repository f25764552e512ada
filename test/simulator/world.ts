/** A scenario brought to life: machines, network and broker in virtual time, and the checker that watches them. */
import { Agenda } from './agenda.ts';
import { BaseProcess } from './base-process.ts';
import { BrokerHost } from './broker-host.ts';
import { ClientProcess } from './client-process.ts';
import type { DialOptions, Reached } from './client-run.ts';
import { calmWeather, Deeds } from './deeds.ts';
import { filters } from './filters.ts';
import { identityOf } from './keys.ts';
import type { ClientEnd, Line } from './line.ts';
import { Network } from './network.ts';
import { allRooms, inboxOf, largestBytes, type Scenario } from './scenario.ts';
import { type Problem, Watch } from './watch.ts';

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
/**
 * Where one message may be more than all lines together may hold, a broker takes the next one when everybody has read it,
 * and has others come again a second later: that is a second for each that is still to be said, and no sign of a fault.
 */
const overloadMs = 1000;
/** A guest from another computer may say two things a second. */
const guestMs = 500;
/** Nobody reconnects or repeats so often that a run takes more events. */
const maxEvents = 400_000;
/** How long all has to be quiet, in ms. */
const quietMs = 3000;
/** After so many ms whoever is gone has left for others too. */
const graceMs = 31_000;
/** Clients connect before trouble begins. */
const beginMs = 2000;

/** Runs a scenario to its end. The same scenario has the same outcome. */
export async function live(scenario: Scenario, options: { readonly isTraced: boolean }): Promise<Outcome> {
	return new World(scenario, options.isTraced).live();
}

class World {
	readonly #scenario: Scenario;
	readonly #agenda = new Agenda();
	readonly #watch: Watch;
	readonly #host: BrokerHost;
	readonly #network: Network;
	readonly #clients: readonly ClientProcess[];
	readonly #bases: BaseProcess[] = [];
	#isTouched = false;
	#events = 0;

	constructor(scenario: Scenario, isTraced: boolean) {
		const { seed, setup } = scenario;
		const { giveUpMs, rooms } = setup;
		this.#scenario = scenario;
		this.#watch = new Watch({
			now: () => this.#agenda.now,
			...{ isTraced, window: setup, unsentBytes: setup.unsentBytes },
			// Beside the inbox.
			rooms: rooms.length + (setup.keys.length > 0 ? 1 : 0),
			elapsed: () => this.#host.elapsed,
			log: (room) => this.#host.broker?.engine.log(room),
		});
		const shared = { agenda: this.#agenda, seed, setup, watch: this.#watch };
		this.#host = new BrokerHost({
			...shared,
			touched: () => {
				this.#isTouched = true;
			},
		});
		this.#network = new Network({ ...shared, host: this.#host });
		const identities = new Map(setup.keys.map((nick) => [nick, identityOf(seed, nick)]));
		for (const [user, { key }] of identities) {
			this.#watch.observe({ type: 'proved', user, key, inbox: `@${user}` });
		}
		const places = setup.nicks.map((nick) => ({ nick, rooms: new Map<string, Reached>() }));
		this.#clients = places.map(
			({ nick, rooms: mine }, index) =>
				new ClientProcess(
					{
						...this.#tools(`${nick}${index}`),
						...{ seed, nick, memory: setup.memories[index] ?? 'none', giveUpMs, rooms },
						causal: setup.causal[index] ?? false,
						filters: new Map(
							rooms.flatMap((room) => {
								const filter = filters[setup.filters[index] ?? -1];
								return filter === undefined ? [] : [[room, filter] as const];
							}),
						),
						...(identities.get(nick) !== undefined && { identity: identities.get(nick), inbox: inboxOf(setup, nick) }),
						remembered: (...device) => this.#host.remembered(...device),
						placesOfUser: places.flatMap((other) => (other.nick === nick ? [other.rooms] : [])),
						brokerRun: () => this.#host.run,
					},
					mine,
				),
		);
	}

	async live(): Promise<Outcome> {
		const { actions, setup } = this.#scenario;
		const watch = this.#watch;
		this.#host.start();
		for (const client of this.#clients) {
			client.start();
		}
		for (let index = 0; index < setup.baseClients; index += 1) {
			const epoch = () => this.#host.broker?.engine.epoch;
			this.#bases.push(new BaseProcess({ ...this.#tools(`base${index}`), epoch, room: setup.rooms[0] ?? '' }));
		}
		const cast = { agenda: this.#agenda, setup, host: this.#host, clients: this.#clients, bases: this.#bases };
		const deeds = new Deeds(cast);
		await this.#run(beginMs);
		for (const action of actions) {
			await this.#run(action.at);
			if (watch.hasProblems) {
				break;
			}
			watch.log(() => `-- ${JSON.stringify(action)}`);
			watch.count(action.type);
			deeds.perform(action);
			await this.#turn();
		}
		this.#heal();
		deeds.cease();
		await this.#comeToRest();
		if (!watch.hasProblems) {
			await this.#run(graceMs);
			watch.observe({ type: 'quiet' });
			this.#lookWhoIsThere();
			await this.#ask();
			this.#look();
		}
		this.#host.broker?.crash();
		return { problems: watch.problems, counts: watch.counts, trace: watch.trace };
	}

	#tools(name: string) {
		const watch = this.#watch;
		const weather = calmWeather(this.#scenario.setup);
		return {
			...{ agenda: this.#agenda, name, weather, watch },
			dial: (end: ClientEnd, options: DialOptions) => this.#network.dial(name, weather, end, options),
		};
	}

	/** All faults stop. */
	#heal(): void {
		this.#watch.log(() => '-- faults stop');
		this.#host.heal();
		for (const machine of [...this.#clients, ...this.#bases]) {
			const roughUntil = Math.max(machine.weather.roughUntil, this.#agenda.now);
			Object.assign(machine.weather, calmWeather(this.#scenario.setup), { roughUntil });
			machine.go();
		}
	}

	/** Lets time pass until everyone has everything. */
	async #comeToRest(): Promise<void> {
		const startedAt = this.#agenda.now;
		// What clients were to say when something else happens, they may say only now.
		let unsentMs = this.#unsentMs;
		let quietSince: number | undefined;
		while (this.#agenda.now < startedAt + settleMs + unsentMs && !this.#watch.hasProblems) {
			unsentMs = Math.max(unsentMs, this.#unsentMs);
			const committed = this.#watch.counts.get('committed');
			await this.#run(500);
			// What base clients have said waits for its turn where nobody sees it.
			if (!this.#isQuiet() || this.#watch.counts.get('committed') !== committed) {
				quietSince = undefined;
			} else {
				quietSince ??= this.#agenda.now;
				if (this.#agenda.now - quietSince >= quietMs) {
					return;
				}
			}
		}
	}

	/** How long all that clients have still to say may take because they may not say it faster. */
	get #unsentMs(): number {
		const { unsentBytes, loopback } = this.#scenario.setup;
		const isTight = 2 * unsentBytes < largestBytes;
		const eachMs = isTight ? overloadMs : loopback ? 0 : guestMs;
		return eachMs * this.#clients.reduce((sum, { unsent }) => sum + unsent, 0);
	}

	#isQuiet(): boolean {
		const { broker } = this.#host;
		if (broker?.isRunning !== true) {
			return false;
		}
		if (broker.engine.isStopped) {
			this.#host.restartWhenStopped(100);
			return false;
		}
		const state = (room: string) => broker.engine.standing(room);
		return (
			// Whoever is gone has been found to be, at either end.
			broker.connections === this.#lines.length &&
			// A question may take long to arrive behind others, and what is believed hangs on its answer.
			this.#lines.every((line) => line.hasBroker && !line.isCarrying && !this.#watch.owes(line.name)) &&
			this.#clients.every(
				({ run, followed }) =>
					run?.isAtRest(followed) === true &&
					followed.every((room) => {
						const { epoch, head } = state(room);
						const status = run.session.room(room);
						return status?.position === head && status.epoch === epoch;
					}),
			) &&
			this.#bases.every(({ room, position }) => position === state(room).head)
		);
	}

	/** Has everyone ask who is there: the broker's answers are looked at as all that it writes. */
	async #ask(): Promise<void> {
		for (const { run, followed } of this.#clients) {
			for (const room of followed) {
				run?.members(room);
			}
			run?.listRooms();
		}
		await this.#run(quietMs);
	}

	/** The lines that are in use. */
	get #lines(): readonly Line[] {
		const all = [...this.#clients.map(({ run }) => run?.line), ...this.#bases.map(({ line }) => line)];
		return all.filter((line) => line !== undefined);
	}

	/** Tells the checker what there is in the end. */
	#look(): void {
		const watch = this.#watch;
		for (const room of allRooms(this.#scenario.setup)) {
			const whole = this.#host.broker?.engine.whole(room);
			if (whole !== undefined) {
				const { state, messages, gone } = whole;
				const { epoch, head, oldest } = state;
				watch.observe({ type: 'stored', room, epoch, head, oldest, entries: messages, gone });
			}
		}
		for (const { name, followed, run } of this.#clients) {
			for (const room of followed) {
				const { position = 0, epoch } = run?.session.room(room) ?? {};
				watch.observe({
					...{ type: 'rests', client: run?.name ?? name, room, position },
					...(epoch !== undefined && { epoch }),
				});
			}
		}
		for (const { reader, room, position = -1 } of this.#bases) {
			watch.observe({ type: 'rests', client: reader, room, position });
		}
		for (const { name: connection } of this.#lines) {
			watch.observe({ type: 'idles', connection });
		}
		watch.finish();
	}

	/** Tells the checker whom clients believe to be there, by what they were told of who came and went. */
	#lookWhoIsThere(): void {
		const watch = this.#watch;
		for (const { run, rooms } of this.#clients) {
			// What a broken middle has lost of who came and went is not told again.
			if (run?.line?.isMangled === false) {
				for (const room of rooms) {
					const users = [...(run.present.get(room) ?? [])];
					watch.count('who is there was told');
					watch.observe({ type: 'believes', by: `presence for ${run.name}`, room, users });
				}
			}
		}
		for (const { name, room, present } of this.#bases) {
			watch.count('who is there was told to base clients');
			const users = [...present];
			watch.observe({ type: 'believes', by: `presence for ${name}`, room, users, isPart: true });
		}
	}

	async #run(ms: number): Promise<void> {
		const agenda = this.#agenda;
		const until = agenda.now + ms;
		while (agenda.nextAt !== undefined && agenda.nextAt <= until && !this.#watch.hasProblems) {
			agenda.step();
			this.#events += 1;
			if (this.#events > maxEvents) {
				this.#watch.fault('Expected the world to come to rest, but it goes on without end');
			}
			await this.#turn();
		}
		agenda.now = Math.max(agenda.now, until);
	}

	/** Gives the broker's promises their turn. */
	async #turn(): Promise<void> {
		if (this.#isTouched) {
			this.#isTouched = false;
			await new Promise((resolve) => setImmediate(resolve));
		}
	}
}
