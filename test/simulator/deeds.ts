/** What each action of a scenario does to the world. */
import type { Tags } from '../../src/protocol/frames.ts';
import type { Agenda } from './agenda.ts';
import type { BaseProcess } from './base-process.ts';
import type { BrokerHost } from './broker-host.ts';
import type { ClientProcess } from './client-process.ts';
import type { Run } from './client-run.ts';
import { filters } from './filters.ts';
import { nonsense } from './nonsense.ts';
import type { Weather } from './pipe.ts';
import { ways } from './prying.ts';
import type { Action, Setup } from './scenario.ts';

/** Whom actions are done to. */
export interface Cast {
	readonly agenda: Agenda;
	readonly setup: Setup;
	readonly host: BrokerHost;
	readonly clients: readonly ClientProcess[];
	readonly bases: readonly BaseProcess[];
}

export function calmWeather({ latencyMs, jitterMs }: Setup): Weather {
	return {
		...{ latencyMs, jitterMs, upBlocked: false, downBlocked: false, readerStalled: false, bytesPerMs: 10_000 },
		...{
			loss: 0,
			double: 0,
			overtake: 0,
			losesNext: 0,
			losesAcks: false,
			welcomeDelayMs: 0,
			roughUntil: 0,
			mangledUntil: 0,
		},
	};
}

/** After so many ms a broker has given up on an acknowledgement that was lost, or did not come for what was lost. */
const lossMs = 65_000;
/** A frame that was overtaken comes so many ms later at most, and then what waited for it. */
const overtakenMs = 10_000;

export class Deeds {
	readonly #cast: Cast;
	#publishes = 0;
	#refs = 0;
	/** Clients that changed a filter. */
	readonly #choosers = new Set<ClientProcess>();
	/** An epoch was begun while the broker ran. */
	#hasBegunEpoch = false;

	constructor(cast: Cast) {
		this.#cast = cast;
	}

	perform(action: Action): void {
		const { agenda, setup, host, clients, bases } = this.#cast;
		const client = 'who' in action ? clients[action.who] : undefined;
		const base = 'who' in action ? bases[action.who - clients.length] : undefined;
		const room = ('room' in action ? setup.rooms[action.room] : undefined) ?? '';
		const run = client?.run;
		switch (action.type) {
			case 'publish':
				for (let time = 0; time < action.times; time += 1) {
					const { cid, content, tags } = this.#message(action.bytes);
					base?.publish(content);
					run?.publish(room, content, cid, { tags });
				}
				break;
			case 'tell': {
				const inbox = `@${setup.keys[action.whom]}`;
				for (let time = 0; time < action.times; time += 1) {
					const { cid, content } = this.#message(action.bytes);
					// Who has not been there, or is oneself, cannot be told anything.
					run?.publish(inbox, content, cid, { provokes: 'forbidden' });
				}
				break;
			}
			case 'pry': {
				const nick = setup.keys[action.whom] ?? '';
				this.#refs += 1;
				const frame = ways[action.how]?.({ nick, ref: `nonsense prying ${this.#refs}` }) ?? {};
				if (base !== undefined) {
					base.pry(frame);
				} else if (setup.nicks[action.who] !== nick) {
					sayAsIs(run, frame);
				}
				break;
			}
			case 'publish for a while': {
				const { cid, content } = this.#message();
				run?.publish(room, content, cid, { ttlMs: action.ttlMs });
				break;
			}
			case 'publish badly': {
				const { cid, content } = this.#message(20_000);
				const [bad, provokes] = action.how === 'empty' ? ['  ', 'empty'] : [content, 'too_large'];
				run?.publish(room, bad, cid, { provokes });
				break;
			}
			case 'say nonsense': {
				const { epoch, position = 0 } = run?.session.room(room) ?? {};
				this.#refs += 1;
				const frame = nonsense[action.which]?.({
					...{ room, nick: run?.session.nick ?? '', ref: `nonsense ${this.#refs}` },
					position: epoch === undefined ? undefined : { epoch, sequence: position },
				});
				sayAsIs(run, frame);
				break;
			}
			case 'ask too much':
				for (let time = 0; time < action.times; time += 1) {
					this.#refs += 1;
					const ask = { type: 'get_history', room, ref: `too much ${this.#refs}`, limit: 1 };
					sayAsIs(run, ask);
				}
				break;
			case 'ask history':
				base?.history();
				run?.history(room);
				run?.search(room);
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
			case 'change filter':
				// Only their order tells by which filter messages were chosen, as below with epochs.
				if (client !== undefined && client.weather.mangledUntil < agenda.now) {
					this.#choosers.add(client);
					client.narrow(room, filters[action.which]);
				}
				break;
			case 'rename':
				// Who has a key keeps the name that their inbox has.
				if (client !== undefined && !setup.keys.includes(setup.nicks[action.who] ?? '')) {
					client.rename(`${client.name.slice(0, 3)}${this.#publishes}`);
				}
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
				for (const one of clients) {
					one.run?.line?.cut({ clientHears: true, brokerHears: true });
				}
				break;
			case 'partition':
				this.#change(client ?? base, action.ms, {
					...(action.way !== 'down' && { upBlocked: true }),
					...(action.way !== 'up' && { downBlocked: true }),
				});
				break;
			case 'break the middle':
				for (const one of clients) {
					const { loss, double, overtake } = action;
					if (!this.#hasBegunEpoch && !this.#choosers.has(one)) {
						one.weather.mangledUntil = agenda.now + action.ms + overtakenMs;
						this.#change(one, action.ms, { loss, double, overtake });
					}
				}
				break;
			case 'lose acks':
				this.#change(client, action.ms, { losesAcks: true });
				this.#say(action.by, room, action);
				break;
			case 'lose and mute': {
				this.#change(client, action.ms, { losesNext: 1, upBlocked: true });
				this.#say(action.by, room, action);
				break;
			}
			case 'slow down':
				this.#change(client ?? base, action.ms, { latencyMs: action.latencyMs });
				break;
			case 'stall':
				this.#change(client ?? base, action.ms, { readerStalled: true });
				break;
			case 'outrun':
				this.#change(client ?? base, action.ms, { readerStalled: true });
				this.#say(action.by, room, action);
				if (action.clears) {
					agenda.after(action.ms / 2, () => host.orders.clear(room));
				}
				break;
			case 'read slowly':
				this.#change(client ?? base, action.ms, { bytesPerMs: action.bytesPerMs });
				break;
			case 'delay welcome':
				this.#change(client, action.ms, { welcomeDelayMs: action.delayMs });
				run?.reconnect();
				break;
			case 'block client':
				run?.block(action.ms);
				break;
			case 'block client when it asks':
				run?.blockWhenAsking(action.ms);
				this.#say((action.who + 1) % clients.length, room, action);
				break;
			case 'crash broker':
				host.crashAt(action.step, action.times, action.downMs);
				break;
			case 'drain broker':
				host.drain(action.downMs);
				break;
			case 'fail fsync':
				host.failSync(action.downMs);
				break;
			case 'fill disk':
				host.fillDisk(action.ms);
				break;
			case 'slow disk':
				host.slowDisk(action.syncMs, action.ms);
				break;
			case 'fail reads':
				host.failReads(action.ms);
				break;
			case 'copy disk':
				host.copyDisk();
				break;
			case 'restore copy':
				host.restoreCopy(action.downMs);
				break;
			case 'lose lineage':
				host.loseLineage(action.downMs);
				break;
			case 'begin epoch':
				// Only their order tells which epoch messages are of: nothing on a line may be lost or overtaken around it.
				if (clients.every(({ weather }) => weather.mangledUntil < agenda.now)) {
					this.#hasBegunEpoch = true;
					host.beginAnew(action.isForgotten, () => this.#sayEverywhere());
				}
				break;
			case 'set broker clock':
				host.skewMs += action.ms;
				break;
			case 'set client clock':
				if (client !== undefined) {
					client.skewMs += action.ms;
				}
				break;
			case 'clear':
				host.orders.clear(room);
				break;
			case 'restrain':
				if (run !== undefined) {
					const { kind, isEverywhere } = action;
					host.orders.restrain({ kind, user: run.session.nick, ...(!isEverywhere && { room }) }, action.ms);
				}
				break;
			case 'kick':
				host.orders.kick(run?.session.nick ?? '', room);
				break;
			case 'damage':
				host.damage(room, action.share);
				break;
			case 'crash client':
				if (client?.run !== undefined) {
					client.crash();
					agenda.after(action.downMs, () => client.start());
				}
				break;
		}
	}

	/** A client says so many things at once. */
	#say(who: number, room: string, { times, bytes }: { readonly times: number; readonly bytes?: number }): void {
		for (let time = 0; time < times; time += 1) {
			const { cid, content, tags } = this.#message(bytes);
			this.#cast.clients[who]?.run?.publish(room, content, cid, { tags });
		}
	}

	/** No more will go wrong. Who was to say something in another epoch may have crashed before. */
	cease(): void {
		if (this.#hasBegunEpoch) {
			this.#sayEverywhere();
		}
	}

	/** Readers hear of another epoch with what is said in it. */
	#sayEverywhere(): void {
		const { agenda, clients, setup } = this.#cast;
		const who = clients.findIndex(({ run }) => run !== undefined);
		if (who === -1) {
			agenda.after(1000, () => this.#sayEverywhere());
		}
		for (const room of setup.rooms) {
			this.#say(who, room, { times: 1 });
		}
		for (const nick of setup.keys) {
			this.#tellSomething(nick);
		}
	}

	/** Somebody says something to whoever has this nick. */
	#tellSomething(nick: string): void {
		const { agenda, clients, setup } = this.#cast;
		const other = clients.find(({ run }, index) => run !== undefined && setup.nicks[index] !== nick);
		if (other === undefined) {
			agenda.after(1000, () => this.#tellSomething(nick));
		} else {
			const { cid, content } = this.#message();
			other.run?.publish(`@${nick}`, content, cid, { provokes: 'forbidden' });
		}
	}

	/** Each says something else, so that it can be told apart wherever it turns up. */
	#message(bytes = 0): { readonly cid: string; readonly content: string; readonly tags: Tags } {
		this.#publishes += 1;
		const n = this.#publishes;
		const level = ['info', 'warning', 'error'][n % 3] ?? '';
		return { cid: `cid-${n}`, content: `text-${n}`.padEnd(bytes, '.'), tags: { level, n } };
	}

	/** Changes the weather of a client for a while. */
	#change(machine: ClientProcess | BaseProcess | undefined, ms: number, change: Partial<Weather>): void {
		if (machine !== undefined) {
			const calm = calmWeather(this.#cast.setup);
			const names = Object.keys(change) as (keyof Weather)[];
			// A message that came before the place that it belongs to is not acknowledged either.
			const isBroken = change.loss || change.overtake || change.losesNext || change.losesAcks;
			const roughMs = isBroken ? ms + lossMs : ms;
			const roughUntil = Math.max(machine.weather.roughUntil, this.#cast.agenda.now + roughMs);
			Object.assign(machine.weather, change, { roughUntil });
			this.#cast.agenda.after(ms, () => {
				Object.assign(machine.weather, Object.fromEntries(names.map((name) => [name, calm[name]])));
				machine.go();
			});
		}
	}
}

/** Says what the client would not say. It comes after its hello, as all else. */
function sayAsIs(run: Run | undefined, frame: object | undefined): void {
	if (run?.session.status.state === 'online') {
		run.line?.clientSends({ type: 'text', text: JSON.stringify(frame) });
	}
}
