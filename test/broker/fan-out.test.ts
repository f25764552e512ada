import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dispatch } from '../../src/broker/dispatch.ts';
import { Batch, batchesOf, FanOut } from '../../src/broker/fan-out.ts';
import { pickedOf } from '../../src/broker/filter-streams.ts';
import type { Surroundings } from '../../src/broker/surroundings.ts';

/** Reads unmasked, unfragmented text frames: RFC 6455, section 5.2. */
function readFrames(bytes: Buffer): string[] {
	const texts: string[] = [];
	let offset = 0;
	while (offset < bytes.length) {
		expect(bytes[offset]).toBe(0x81);
		const short = bytes.readUInt8(offset + 1);
		offset += 2;
		let length = short;
		if (short === 126) {
			length = bytes.readUInt16BE(offset);
			offset += 2;
		} else if (short === 127) {
			length = Number(bytes.readBigUInt64BE(offset));
			offset += 8;
		}
		texts.push(bytes.toString('utf8', offset, offset + length));
		offset += length;
	}
	return texts;
}

const entries = (first: number, ...texts: string[]) => texts.map((text, index) => ({ sequence: first + index, text }));

describe('a batch', () => {
	test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('frames a text of %i bytes', (length) => {
		const texts = ['x'.repeat(length), 'after'];
		expect(readFrames(new Batch(1, texts).bytes)).toEqual(texts);
	});

	test('joins any texts so that the same texts are read', () => {
		fc.assert(
			fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
				expect(readFrames(new Batch(1, texts).bytes)).toEqual(texts);
			}),
		);
	});

	test('gives the part that comes after a number', () => {
		const batch = new Batch(5, ['five', 'six', 'seven']);
		expect([batch.first, batch.last]).toEqual([5, 7]);
		expect(batch.after(4)).toBe(batch);
		expect(batch.after(5)).toEqual(new Batch(6, ['six', 'seven']));
	});

	test('is known by the numbers of its messages until they are acknowledged, also where a filter left some out', () => {
		const numbersOf = (batch: Batch | undefined) =>
			[4, 5, 6, 7, 8, 9, 10].map((sequence) => batch?.portion.upTo(sequence));
		expect(numbersOf(new Batch(5, ['a', 'b', 'c']))).toEqual([0, 1, 2, 3, 3, 3, 3]);
		const [picked] = pickedOf([...entries(5, '{}'), ...entries(8, '{}', '{}')], 2);
		expect(numbersOf(picked)).toEqual([0, 1, 1, 1, 2, 3, 3]);
	});

	test('ends before a missing number and before it grows too long for one write', () => {
		const long = 'x'.repeat(50_000);
		const split = batchesOf([...entries(1, 'a', 'b'), ...entries(4, long, long, 'c')]);
		expect(split.map(({ first, last }) => [first, last])).toEqual([
			[1, 2],
			[4, 4],
			[5, 6],
		]);
	});
});

describe('the fan-out of a room', () => {
	const fail = () => expect.unreachable();

	function room() {
		const soon: (() => void)[] = [];
		const surroundings = {
			soon: (run) => soon.push(run),
			elapsed: () => 0,
		} as Partial<Surroundings> as Surroundings;
		const dispatch = new Dispatch(surroundings);
		const fanOut = new FanOut<{ accept(batch: Batch): void; fail(): void }>({ surroundings, dispatch, windowMs: 5 });
		return {
			fanOut,
			endTurn: () => {
				for (const run of soon.splice(0)) {
					run();
				}
			},
		};
	}

	test('joins what came in one turn into one batch, the very same for every reader', () => {
		const { fanOut, endTurn } = room();
		const got: Batch[] = [];
		fanOut.enter({ accept: (batch) => got.push(batch), fail });
		fanOut.enter({ accept: (batch) => got.push(batch), fail });
		fanOut.start(6);
		fanOut.add(entries(7, 'a'));
		fanOut.add(entries(8, 'b', 'c'));
		expect([fanOut.passed, fanOut.head, got.length]).toEqual([6, 9, 0]);
		endTurn();
		expect(fanOut.passed).toBe(9);
		expect(got).toEqual([new Batch(7, ['a', 'b', 'c']), new Batch(7, ['a', 'b', 'c'])]);
		expect(got[0]).toBe(got[1]);
		endTurn();
		expect(got.length).toBe(2);
	});

	test('may be flushed before the end of the turn without sending anything twice', () => {
		const { fanOut, endTurn } = room();
		const got: number[] = [];
		fanOut.enter({ accept: ({ first, last }) => got.push(first, last), fail });
		fanOut.add(entries(1, 'a'));
		fanOut.flush();
		fanOut.add(entries(2, 'b'));
		endTurn();
		expect(got).toEqual([1, 1, 2, 2]);
	});

	test('goes on to the others when a reader is removed by another', () => {
		const { fanOut, endTurn } = room();
		const got: string[] = [];
		const second = { accept: () => got.push('second'), fail };
		fanOut.enter({
			accept: () => {
				got.push('first');
				fanOut.leave(second);
			},
			fail,
		});
		fanOut.enter(second);
		fanOut.enter({ accept: () => got.push('third'), fail });
		fanOut.add(entries(1, 'a'));
		endTurn();
		expect(got).toEqual(['first', 'third']);
	});
});
