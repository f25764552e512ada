/**
 * Clients, a network and a broker in virtual time: the real client core, a model of everything else. Every choice comes
 * from one seed.
 */
import type { RoomItem } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { resolveOptions } from '../../src/client/options.ts';
import { createSession, type Session } from '../../src/client/session.ts';
import type { Happening, Output, Result } from '../../src/client/step.ts';
import type { FromBroker, FromClient } from '../../src/protocol/frames.ts';
import { ModelBroker, type Peer } from './model-broker.ts';

export interface Faults {
	/** Chances in [0, 1] per frame. */
	readonly loss: number;
	readonly double: number;
	/** Frames take up to this long, each its own time, and so overtake each other. 0: all take the same. */
	readonly reorderMs: number;
}

export const calm: Faults = { loss: 0, double: 0, reorderMs: 0 };
const latencyMs = 5;

export class World {
	readonly broker = new ModelBroker();
	readonly people: Person[] = [];
	faults: Faults = calm;
	isBrokerUp = true;
	now = 1_000_000;
	/** By time; of the same time in the order in which they were put off. */
	readonly #queue: { readonly at: number; readonly act: () => void }[] = [];
	#random: () => number;

	constructor(seed: number) {
		this.#random = seeded(seed);
	}

	chance(): number {
		return this.#random();
	}

	later(ms: number, act: () => void): void {
		const at = this.now + ms;
		this.#queue.splice(this.#queue.findLastIndex((entry) => entry.at <= at) + 1, 0, { at, act });
	}

	/** Carries a frame, well or badly. */
	carry(frame: FromClient | FromBroker, arrive: () => void): void {
		const isHandshake = frame.type === 'hello' || frame.type === 'welcome';
		const { loss, double, reorderMs } = isHandshake ? calm : this.faults;
		const copies = this.chance() < loss ? 0 : this.chance() < double ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			this.later(latencyMs + this.chance() * reorderMs, arrive);
		}
	}

	add(options: Partial<ClientOptions> = {}): Person {
		const person = new Person(this, `p${this.people.length}`, options);
		this.people.push(person);
		return person;
	}

	/** Lets time pass. Fails when something wants to happen again and again without time passing. */
	run(ms: number): void {
		const end = this.now + ms;
		for (let rounds = 0; ; rounds++) {
			const next = this.#next(end);
			if (next === undefined) {
				break;
			}
			this.now = Math.max(this.now, next.at);
			next.act();
			if (rounds > 200_000) {
				throw new Error('Expected time to pass, but something happens without end');
			}
		}
		this.now = end;
	}

	#next(end: number): { readonly at: number; readonly act: () => void } | undefined {
		const [first] = this.#queue;
		let tick: { readonly at: number; readonly act: () => void } | undefined;
		for (const person of this.people) {
			const { wakeAt } = person.session;
			if (wakeAt !== undefined && wakeAt <= end && wakeAt < ((tick ?? first)?.at ?? Infinity)) {
				tick = { at: wakeAt, act: () => person.input({ type: 'tick' }) };
			}
		}
		return tick ?? (first !== undefined && first.at <= end ? this.#queue.shift() : undefined);
	}
}

export class Person {
	readonly session: Session;
	readonly items: { readonly room: string; readonly item: RoomItem }[] = [];
	readonly outputs: Output[] = [];
	/** The answers to each input, by its id: exactly one each in the end. */
	readonly answers = new Map<number, Result[]>();
	/** The most publishes that ever were on one link without an answer, however often each was sent. */
	mostInFlight = 0;
	/** The cids of those by the refs under which they were sent. */
	readonly #unanswered = new Map<string, string>();
	readonly #world: World;
	#peer: (Peer & { isOpen: boolean }) | undefined;
	#link = 0;
	#ids = 0;

	/** Its first nick. */
	readonly name: string;

	constructor(world: World, nick: string, options: Partial<ClientOptions>) {
		this.#world = world;
		this.name = nick;
		const settings = resolveOptions({ nick, history: 0, ...options }, { name: 'test', version: '0' });
		this.session = createSession({ ...settings, session: `session-${nick}`, producer: `run-${nick}` });
		this.input({ type: 'start' });
	}

	join(room: string, options = {}): number {
		return this.#ask((id) => ({ type: 'join', id, room, options }));
	}

	publish(room: string, content: string): number {
		const { name } = this;
		return this.#ask((id) => ({ type: 'publish', id, room, content, cid: `${name}-${id}`, options: {} }));
	}

	rename(nick: string): number {
		return this.#ask((id) => ({ type: 'rename', id, nick }));
	}

	/** The connection breaks without a word. */
	cut(): void {
		const link = this.#link;
		this.#drop();
		this.input({ type: 'closed', link, cause: { text: 'cut', code: 'ECONNRESET' }, closeCode: 1006 });
	}

	delivered(room: string): readonly number[] {
		return this.items.flatMap(({ room: name, item }) =>
			name === room && item.kind === 'message' ? [item.message.sequence] : [],
		);
	}

	kinds(): readonly string[] {
		return this.items.map(({ item }) => (item.kind === 'message' ? `#${item.message.sequence}` : item.kind));
	}

	input(happening: Happening): void {
		const { now } = this.#world;
		for (const output of this.session.step({ ...happening, at: now, chance: this.#world.chance() })) {
			this.#do(output);
		}
	}

	#ask(question: (id: number) => Happening): number {
		this.#ids += 1;
		this.answers.set(this.#ids, []);
		this.input(question(this.#ids));
		return this.#ids;
	}

	#do(output: Output): void {
		this.outputs.push(output);
		switch (output.type) {
			case 'dial':
				this.#dial(output.link);
				break;
			case 'send': {
				if (output.frame.type === 'publish') {
					this.#unanswered.set(output.frame.ref ?? '', output.frame.cid ?? '');
					this.mostInFlight = Math.max(this.mostInFlight, new Set(this.#unanswered.values()).size);
				}
				const peer = this.#peer;
				if (peer !== undefined) {
					this.#world.carry(output.frame, () => {
						if (peer.isOpen && this.#world.isBrokerUp) {
							this.#world.broker.receive(peer, output.frame);
						}
					});
				}
				break;
			}
			case 'hangUp':
				this.#drop();
				break;
			case 'deliver':
				this.items.push(...output.items.map((item) => ({ room: output.room, item })));
				break;
			case 'published':
				this.#forgetTries(output.published.cid);
				break;
			case 'refused':
				this.#forgetTries(output.refused.cid);
				break;
			case 'settle':
				this.answers.get(output.id)?.push(output.result);
				break;
			default:
				break;
		}
	}

	#forgetTries(cid: string): void {
		for (const [ref, tried] of this.#unanswered) {
			if (tried === cid) {
				this.#unanswered.delete(ref);
			}
		}
	}

	#dial(link: number): void {
		this.#link = link;
		this.#world.later(latencyMs, () => {
			if (link !== this.#link) {
				return;
			}
			if (!this.#world.isBrokerUp) {
				this.input({ type: 'closed', link, cause: { text: 'nobody is listening there', code: 'ECONNREFUSED' } });
				return;
			}
			const peer = {
				isOpen: true,
				send: (frame: FromBroker) =>
					this.#world.carry(frame, () => {
						if (peer.isOpen) {
							this.#unanswered.delete(('ref' in frame && frame.ref) || '');
							this.input({ type: 'frame', link, frame });
						}
					}),
			};
			this.#peer = peer;
			this.input({ type: 'opened', link, nonce: `nonce-of-link-${link}` });
		});
	}

	#drop(): void {
		if (this.#peer !== undefined) {
			this.#peer.isOpen = false;
			this.#unanswered.clear();
			this.#world.broker.gone(this.#peer);
			this.#peer = undefined;
		}
	}
}

/** mulberry32: numbers in [0, 1) from a whole number. */
function seeded(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
