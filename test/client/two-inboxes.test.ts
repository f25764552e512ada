import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Departure, Outbox } from '../../src/client/outbox.ts';
import { dedupeMs } from '../../src/engines/engine.ts';
import { MemoryRoom } from '../../src/engines/memory-room.ts';
import { draft } from '../helpers/engine-case.ts';
import { departures } from './departures.ts';

/**
 * What happens to a publish at a broker: both inboxes get it, only that of the addressee does, it is refused before any
 * log is asked, or by the log of the addressee.
 */
type Fate = 'through' | 'no copy' | 'forbidden' | 'muted';

/** Somebody who writes to one person, and a broker with the inboxes of both. */
class Exchange {
	readonly #box = new Outbox({ maxInFlight: 8, maxQueued: 100, requestMs: Number.POSITIVE_INFINITY });
	readonly #inboxes = { theirs: new Inbox(), own: new Inbox() };
	#said = 0;
	#elapsed = 0;

	/** What stands in both, in words of which each is behind the one before in the alphabet. */
	get logs() {
		return { theirs: this.#inboxes.theirs.log, own: this.#inboxes.own.log };
	}

	get waiting(): number {
		return this.#box.list().length;
	}

	say(count = 1): void {
		for (let left = count; left > 0; left -= 1) {
			this.#said += 1;
			const cid = String.fromCodePoint(0x60 + this.#said);
			this.#box.add({ id: this.#said, cid, room: '@eve', content: cid, writtenAt: 0 });
		}
	}

	/** All that leaves now reaches the broker; then its answers come, or the link is lost before. */
	fly(fates: readonly Fate[] = [], isHeard = true): void {
		const answers = departures(this.#box, 1).map((one, index) => this.#answer(one, fates[index] ?? 'through'));
		if (isHeard) {
			for (const answer of answers) {
				answer();
			}
		} else {
			this.#box.linkLost();
		}
	}

	pass(ms: number): void {
		this.#elapsed += ms;
	}

	sweep(which: 'theirs' | 'own'): void {
		this.#inboxes[which].sweep(this.#elapsed);
	}

	#answer(departure: Departure, fate: Fate): () => void {
		const { ref } = departure;
		const { cid } = departure.parcel;
		const box = this.#box;
		const isMeant = () => box.underWay(ref, cid) !== undefined;
		const refuse = () => {
			if (isMeant()) {
				box.refused(cid, 'not_applied');
			}
		};
		const correct = (expected: number, outcome: 'not_applied' | 'unknown') => () => {
			if (isMeant()) {
				box.correct(cid, expected, 1, outcome);
			} else {
				box.answered(ref, outcome);
			}
		};
		if (fate === 'forbidden') {
			return refuse;
		}
		const arrived = this.#inboxes.theirs.append(departure, this.#elapsed, fate === 'muted');
		if (!arrived.ok) {
			return arrived.code === 'out_of_order' ? correct(arrived.expected, 'not_applied') : refuse;
		}
		if (fate === 'no copy') {
			return () => (isMeant() ? box.postpone(cid, 1, 'unknown') : box.answered(ref, 'unknown'));
		}
		const kept = this.#inboxes.own.append(departure, this.#elapsed);
		return kept.ok
			? () => void box.numbered(cid)
			: correct(kept.code === 'out_of_order' ? kept.expected : 0, 'unknown');
	}
}

class Inbox {
	readonly log: string[] = [];
	readonly #room = new MemoryRoom('@', { historySize: 1000, historyTtlMs: Number.POSITIVE_INFINITY });

	append({ parcel: { cid }, series, pseq }: Departure, elapsed: number, isMuted = false) {
		const said = draft(cid, { content: cid, origin: { producer: `run.${series}`, pseq: pseq ?? 0 } });
		const { outcome, entry } = this.#room.append(said, 'e', 0, elapsed, isMuted ? { code: 'muted' } : undefined);
		if (entry !== undefined) {
			this.log.push(cid);
		}
		return outcome;
	}

	sweep(elapsed: number): void {
		this.#room.sweep(0, elapsed);
	}
}

/** Until all is answered. */
function finish(exchange: Exchange): void {
	for (let flights = 0; flights < 20; flights += 1) {
		exchange.fly();
	}
	expect(exchange.waiting).toBe(0);
}

/** Each once, where it first stood. */
const firsts = (log: readonly string[]) => [...new Set(log)];

describe('the two inboxes of direct messages', () => {
	test('have what was said to somebody in its order, when one was stored for them alone and then refused for good', () => {
		const exchange = new Exchange();
		exchange.say(2);
		exchange.fly(['no copy', 'no copy'], false);
		exchange.fly(['forbidden']);
		exchange.say(2);
		finish(exchange);
		expect(exchange.logs).toEqual({ theirs: ['a', 'b', 'c', 'd'], own: ['b', 'c', 'd'] });
	});

	test('have what was said to somebody in its order, when one has forgotten what the other has not', () => {
		const exchange = new Exchange();
		exchange.say(3);
		exchange.fly(['no copy', 'forbidden', 'forbidden'], false);
		exchange.pass(dedupeMs / 2);
		exchange.fly(['through', 'forbidden', 'forbidden'], false);
		exchange.pass(dedupeMs / 2);
		exchange.sweep('theirs');
		exchange.fly(['muted']);
		finish(exchange);
		expect(exchange.logs).toEqual({ theirs: ['a', 'b', 'c'], own: ['a', 'b', 'c'] });
	});

	test('have what was said to somebody in its order, when it was said again after its id was forgotten', () => {
		const exchange = new Exchange();
		exchange.say(3);
		exchange.fly(['no copy', 'forbidden', 'forbidden'], false);
		exchange.pass(dedupeMs);
		finish(exchange);
		const { theirs, own } = exchange.logs;
		expect([firsts(theirs), own]).toEqual([
			['a', 'b', 'c'],
			['a', 'b', 'c'],
		]);
	});

	test('have what was said to somebody in its order, whatever is lost, refused and forgotten', () => {
		const fate = fc.constantFrom<Fate[]>('through', 'no copy', 'no copy', 'no copy', 'forbidden', 'muted');
		const step = fc.oneof(
			{ weight: 3, arbitrary: fc.record({ do: fc.constant('say' as const), count: fc.integer({ min: 1, max: 3 }) }) },
			{
				weight: 5,
				arbitrary: fc.record({
					do: fc.constant('fly' as const),
					fates: fc.array(fate, { minLength: 1, maxLength: 4 }),
					isHeard: fc.boolean(),
				}),
			},
			{ weight: 2, arbitrary: fc.constant({ do: 'pass' } as const) },
			{
				weight: 2,
				arbitrary: fc.record({ do: fc.constant('sweep' as const), which: fc.constantFrom('theirs', 'own') }),
			},
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
				const exchange = new Exchange();
				for (const each of steps) {
					switch (each.do) {
						case 'say':
							exchange.say(each.count);
							break;
						case 'fly':
							exchange.fly(each.fates, each.isHeard);
							break;
						case 'pass':
							exchange.pass(dedupeMs / 2);
							break;
						case 'sweep':
							exchange.sweep(each.which);
							break;
					}
				}
				finish(exchange);
				for (const log of Object.values(exchange.logs)) {
					expect(firsts(log)).toEqual(firsts(log).toSorted());
				}
			}),
			{ numRuns: 2000 },
		);
	});
});
