/** What holds of a room's order whatever a broker says, sane or not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goneFrom } from '../../src/client/log-page.ts';
import { Ordering } from '../../src/client/ordering.ts';
import type { Message } from '../../src/protocol/frames.ts';

const options = { graceMs: 250, giveUpMs: 15_000, maxHeld: 8 };
const near = fc.nat(30);
const far = fc.constantFrom(0, 1, 2 ** 31, Number.MAX_SAFE_INTEGER);
const sequences = fc.oneof({ weight: 8, arbitrary: near }, { weight: 1, arbitrary: far });
const reasons = fc.constantFrom('trimmed', 'expired', 'cleared', 'slow', 'damaged');
const gaps = fc.record({ from: sequences, to: sequences, reason: reasons });
const epochs = fc.constantFrom('e', 'f');
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const messages = fc.record({ sequence: sequences, prev: maybe(near) }).map(messageOf);

function messageOf({ sequence, prev }: { readonly sequence: number; readonly prev?: number | undefined }): Message {
	const more = prev === undefined ? {} : { prev };
	return { id: `m${sequence}`, room: 'r', sender: 's', content: 'c', sequence, timestamp: 0, ...more };
}

type Act = (room: Ordering, at: number) => void;

const acts: fc.Arbitrary<Act> = fc.oneof(
	{
		weight: 8,
		arbitrary: messages.map(
			(message): Act =>
				(room, at) =>
					room.accept(message, at),
		),
	},
	{
		weight: 3,
		arbitrary: gaps.map(
			(gap): Act =>
				(room, at) =>
					room.lose(gap, at),
		),
	},
	{
		weight: 1,
		arbitrary: fc.record({ sequence: sequences, prev: maybe(sequences) }).map(
			(place): Act =>
				(room, at) =>
					room.advance(place, at),
		),
	},
	{
		weight: 1,
		arbitrary: sequences.map(
			(sequence): Act =>
				(room, at) =>
					room.reveal(sequence, at),
		),
	},
	{
		weight: 1,
		arbitrary: fc.tuple(sequences, fc.boolean()).map(
			([sequence, isFiltered]): Act =>
				(room, at) => {
					room.isFiltered = isFiltered;
					room.hint(sequence, at);
				},
		),
	},
	{ weight: 1, arbitrary: fc.constant<Act>((room) => room.forget()) },
	{
		weight: 1,
		arbitrary: sequences.map(
			(upTo): Act =>
				(room, at) =>
					room.clear(upTo, undefined, at),
		),
	},
	{ weight: 1, arbitrary: fc.constant<Act>((room) => room.suspend()) },
	{
		weight: 1,
		arbitrary: fc.tuple(epochs, sequences, fc.constantFrom('rewind', 'reset')).map(
			([epoch, sequence, why]): Act =>
				(room, at) =>
					room.relocate(epoch, sequence, why, at),
		),
	},
	{
		weight: 3,
		arbitrary: fc
			.record({
				epoch: epochs,
				sequence: sequences,
				head: maybe(sequences),
				oldest: maybe(sequences),
				recovered: maybe(fc.constantFrom('new', 'full', 'partial', 'rewound', 'none')),
				gap: maybe(gaps),
				rewind: maybe(fc.record({ to: sequences, lost: sequences })),
				old: fc.boolean(),
				awayMs: maybe(near),
			})
			.map(
				(alignment): Act =>
					(room, at) =>
						room.align(alignment, at),
			),
	},
	{
		weight: 3,
		arbitrary: fc
			.record({
				messages: fc.uniqueArray(messages, { selector: ({ sequence }) => sequence, maxLength: 8 }),
				after: sequences,
				before: sequences,
				head: maybe(sequences),
				oldest: maybe(sequences),
				complete: maybe(fc.boolean()),
				gone: maybe(fc.array(gaps, { maxLength: 20 })),
			})
			.map(({ messages: listed, ...page }): Act => {
				const ascending = listed.toSorted((a, b) => a.sequence - b.sequence);
				return (room, at) => room.page({ ...page, messages: ascending }, at);
			}),
	},
);

test('numbers only rise, unless an epoch item says where they go on', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(acts, fc.nat(4000)), { maxLength: 60, size: 'medium' }), (script) => {
			const room = new Ordering(options);
			room.align({ epoch: 'e', sequence: 0, old: true }, 0);
			let at = 0;
			let last = 0;
			for (const [act, ms] of script) {
				at += ms;
				const { position } = room;
				act(room, at);
				room.due(at);
				const items = room.drain();
				for (const item of items) {
					switch (item.kind) {
						case 'message':
							expect(item.message.sequence).toBeGreaterThan(last);
							last = item.message.sequence;
							break;
						case 'lost':
							expect(item.from).toBeGreaterThan(last);
							expect(item.to).toBeGreaterThanOrEqual(item.from);
							last = item.to;
							break;
						case 'epoch':
							last = Math.min(item.sequence, room.position);
							break;
						default:
							break;
					}
				}
				if (!items.some(({ kind }) => kind === 'epoch')) {
					expect(room.position).toBeGreaterThanOrEqual(position);
				}
				expect(room.gap?.held ?? 0).toBeLessThanOrEqual(options.maxHeld);
				expect(room.gap?.heldFrom ?? Infinity).toBeGreaterThan(room.position);
			}
		}),
		{ numRuns: 1500 },
	);
});

test('what a page explains and what it leaves to be guessed covers each number at most once, ascending, within what was asked', () => {
	fc.assert(
		fc.property(
			fc.uniqueArray(messages, { selector: ({ sequence }) => sequence, maxLength: 10 }),
			fc.array(gaps, { maxLength: 20 }),
			near,
			near,
			(listed, gone, after, length) => {
				const before = after + length + 1;
				const asked = listed
					.filter(({ sequence }) => sequence > after && sequence < before)
					.toSorted((a, b) => a.sequence - b.sequence);
				const page = { messages: asked, after, before, head: before, oldest: 1, complete: true, gone };
				let last = after;
				const covered: number[] = asked.map(({ sequence }) => sequence);
				for (const { from, to } of goneFrom(page)) {
					expect(from).toBeGreaterThan(last);
					expect(to).toBeLessThan(before);
					last = to;
					for (let sequence = from; sequence <= to; sequence++) {
						covered.push(sequence);
					}
				}
				expect(new Set(covered).size).toBe(length);
			},
		),
	);
});
