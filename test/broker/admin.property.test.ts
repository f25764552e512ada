/**
 * Owners order, people speak, read, come and go, and brokers restart, all at once and in any order. Whatever happens:
 * nobody's message is stored that was said after a ban or mute of them was, and nobody who was put out is sent anything
 * until they are let in again.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppendOutcome, Draft, Engine, RecordChange } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { fingerprintOf } from '../../src/protocol/identity.ts';
import { makeProver } from '../helpers/proving.ts';
import { settle, startHub } from './fake-line.ts';
import { proves } from './known-people.ts';

const people = ['maya', 'jo', 'guy', 'bas'] as const;
const rooms = ['r', 's'] as const;
const provers = { sam: makeProver(), maya: makeProver(), jo: makeProver() };

const who = fc.constantFrom(...people);
const where = fc.constantFrom(...rooms);
const place = fc.option(where, { nil: undefined, freq: 8 });
const deed = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({
			type: fc.constant('order' as const),
			op: fc.constantFrom('ban', 'ban', 'unban', 'mute', 'unmute', 'kick'),
			who,
			room: place,
		}),
	},
	{ weight: 6, arbitrary: fc.record({ type: fc.constant('publish' as const), who, room: where }) },
	{
		weight: 2,
		arbitrary: fc.record({ type: fc.constant('publish' as const), who: fc.constant('sam' as const), room: where }),
	},
	{ weight: 3, arbitrary: fc.record({ type: fc.constant('subscribe' as const), who, room: where }) },
	{ weight: 2, arbitrary: fc.record({ type: fc.constant('come' as const), who }) },
	{ weight: 5, arbitrary: fc.record({ type: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 4 }) }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
);
type Deed = typeof deed extends fc.Arbitrary<infer One> ? One : never;

/** What happened, in the order in which it did. */
type Happened =
	/** `isMade` is known later; the place of a change is where it was asked for. */
	| { readonly type: 'changed'; readonly changes: readonly RecordChange[]; isMade: boolean }
	| { readonly type: 'said'; readonly who: string; readonly room: string; readonly content: string }
	| { readonly type: 'told'; readonly who: string; readonly line: number; readonly frame: FromBroker };

class World {
	readonly happened: Happened[] = [];
	readonly stored = new Set<string>();
	readonly #inner = memoryEngine();
	readonly #engine: Engine;
	#started = startHub({ engine: this.#inner });
	#said = 0;
	#lines = 0;
	#orders = 0;
	/** By `ref`: whom an order puts out of where. */
	readonly puttingOut = new Map<string, { readonly who: string; readonly room: string | undefined }>();
	#say: Record<string, (frame: object) => void> = {};

	constructor() {
		this.#engine = this.#watched();
	}

	async start(): Promise<void> {
		const { hub } = this.#started;
		hub.directory.close();
		for (const connection of [...hub.connections]) {
			connection.end(1012, '');
			connection.closed();
		}
		this.#started = startHub({ engine: this.#engine, owners: [fingerprintOf(provers.sam.publicKey)] });
		await this.#started.hub.directory.ready;
		for (const name of ['sam', ...people]) {
			await this.come(name);
		}
	}

	async come(name: string): Promise<void> {
		const { connect } = this.#started;
		this.#lines += 1;
		const line = this.#lines;
		const isKnown = name in provers;
		const { wire, say } = isKnown || name === 'bas' ? connect() : connect(name);
		const send = wire.send.bind(wire);
		wire.send = (text) => {
			if (wire.closing === undefined) {
				this.happened.push({ type: 'told', who: name, line, frame: JSON.parse(text) as FromBroker });
			}
			return send(text);
		};
		this.#say[name] = say;
		if (isKnown) {
			await proves({ wire, say }, name, provers[name as keyof typeof provers]);
		}
		for (const room of rooms) {
			say({ type: 'subscribe', room, userId: name });
		}
	}

	async do(one: Deed): Promise<void> {
		switch (one.type) {
			case 'order': {
				this.#orders += 1;
				const ref = `o${this.#orders}`;
				const { op, who: name, room } = one;
				if (op === 'ban' || op === 'kick') {
					this.puttingOut.set(ref, { who: name, room });
				}
				const userId = name in provers ? name : `~${name}`;
				this.#say['sam']?.({ type: 'admin', op, ref, userId, room });
				break;
			}
			case 'publish': {
				this.#said += 1;
				const content = `${one.who} ${this.#said}`;
				this.#say[one.who]?.({ type: 'publish', room: one.room, sender: one.who, content, cid: content });
				break;
			}
			case 'subscribe':
				this.#say[one.who]?.({ type: 'subscribe', room: one.room, userId: one.who });
				break;
			case 'come':
				await this.come(one.who);
				break;
			case 'turns':
				for (let turn = 0; turn < one.count; turn += 1) {
					await new Promise<void>((done) => setImmediate(done));
				}
				break;
			case 'restart':
				await this.start();
				break;
		}
	}

	/** The engine, which applies calls in the order in which they are made. */
	#watched(): Engine {
		const inner = this.#inner;
		const append = async (room: string, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> => {
			for (const { content } of drafts) {
				this.happened.push({ type: 'said', who: content.split(' ')[0] ?? '', room, content });
			}
			const outcomes = await inner.append(room, drafts);
			for (const [index, { content }] of drafts.entries()) {
				if (outcomes[index]?.ok) {
					this.stored.add(content);
				}
			}
			return outcomes;
		};
		const putRecords = async (changes: readonly RecordChange[]): Promise<boolean> => {
			const changed = { type: 'changed' as const, changes, isMade: false };
			this.happened.push(changed);
			changed.isMade = await inner.putRecords(changes);
			return changed.isMade;
		};
		return new Proxy(inner, {
			get(target, name) {
				const own = { append, putRecords }[name as 'append'];
				const value: unknown = own ?? Reflect.get(target, name);
				return typeof value === 'function' ? value.bind(target) : value;
			},
		});
	}
}

/** Whom a record is about, by who they are here and not by what the broker makes of it. */
function meant(key: string): { readonly who: string; readonly room: string } {
	const [room, subject] = JSON.parse(key) as [string, string];
	const known = Object.entries(provers).find(([, { publicKey }]) => publicKey === subject);
	return { room, who: known?.[0] ?? subject.slice(1) };
}

function check({ happened, stored, puttingOut }: World): void {
	const inForce = new Set<string>();
	/** Lines, with a room, that are sent nothing until `subscribed`. */
	const out = new Set<string>();
	const linesOf = new Map<string, Set<number>>();
	for (const one of happened) {
		switch (one.type) {
			case 'changed':
				for (const { kind, key, value } of one.isMade ? one.changes : []) {
					if (kind === 'ban' || kind === 'mute') {
						const { who: name, room } = meant(key);
						inForce[value === null ? 'delete' : 'add'](JSON.stringify([kind, name, room]));
					}
				}
				break;
			case 'said': {
				const isRestricted = ['ban', 'mute'].some((kind) =>
					[one.room, ''].some((room) => inForce.has(JSON.stringify([kind, one.who, room]))),
				);
				expect(isRestricted && stored.has(one.content), `${one.content} in ${one.room} was stored`).toBe(false);
				break;
			}
			case 'told': {
				const { frame, who: name, line } = one;
				linesOf.set(name, (linesOf.get(name) ?? new Set()).add(line));
				if (frame.type === 'ok') {
					const put = puttingOut.get(frame.ref ?? '');
					for (const room of put?.room === undefined ? rooms : [put.room]) {
						for (const other of linesOf.get(put?.who ?? '') ?? []) {
							out.add(`${other} ${room}`);
						}
					}
				} else if (frame.type === 'subscribed') {
					const isBanned = [frame.room, ''].some((room) => inForce.has(JSON.stringify(['ban', name, room])));
					expect(isBanned && out.has(`${line} ${frame.room}`), `${name} was let into ${frame.room}`).toBe(false);
					out.delete(`${line} ${frame.room}`);
				} else if (frame.type === 'message') {
					expect(out.has(`${line} ${frame.room}`), `${name} was sent ${frame.content}`).toBe(false);
				}
				break;
			}
		}
	}
}

test('what is banned or muted is not stored, and who was put out is sent nothing, whatever else goes on', async () => {
	let refused = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(deed, { minLength: 30, maxLength: 80 }), async (deeds) => {
			const world = new World();
			await world.start();
			for (const one of deeds) {
				await world.do(one);
			}
			await settle();
			check(world);
			refused += world.happened.filter((one) => one.type === 'said' && !world.stored.has(one.content)).length;
		}),
		{ numRuns: 60 },
	);
	// Else there would have been nothing to see.
	expect(refused).toBeGreaterThan(50);
}, 60_000);
