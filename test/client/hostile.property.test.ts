/**
 * A broker that says whatever it likes, with numbers that make no sense: the client goes on asking at a measured pace,
 * keeps what it holds within bounds, and loses nothing that was said.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BrokerFrames, FromBroker, FromClient } from '../../src/protocol/frames.ts';
import { errorCodes } from '../../src/protocol/limits.ts';
import { message, Script } from './script.ts';

const sequences = fc.constantFrom(0, 1, 2, 3, 40, 2 ** 31, 2 ** 53 - 2, 2 ** 53 - 1);
const epochs = fc.constantFrom('e', 'f', 'g');
const reasons = fc.constantFrom('trimmed', 'expired', 'damaged');
const gaps = fc.record({ from: sequences, to: sequences, reason: reasons });
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

/** An answer to the last frame of a type, whatever that was. */
type Say = (refs: ReadonlyMap<string, string>) => FromBroker;

const refusals: fc.Arbitrary<Say> = fc
	.record({
		to: fc.constantFrom('publish', 'subscribe', 'get_history', 'nothing'),
		code: fc.constantFrom(...errorCodes, 'out_of_order', 'out_of_order', 'position_invalid'),
		expected: maybe(sequences),
		outcome: maybe(fc.constantFrom('not_applied', 'unknown')),
		retryAfterMs: maybe(fc.constantFrom(0, 5, 2 ** 31 - 1)),
		room: maybe(fc.constant('r')),
	})
	.map(
		({ to, ...error }) =>
			(refs) =>
				without({ type: 'error', error: '?', ref: refs.get(to), ...error }),
	);

const says: fc.Arbitrary<Say> = fc.oneof(
	{ weight: 4, arbitrary: refusals },
	{
		weight: 3,
		arbitrary: fc
			.record({
				epoch: maybe(epochs),
				sequence: sequences,
				head: maybe(sequences),
				oldest: maybe(sequences),
				recovered: maybe(fc.constantFrom('new', 'full', 'partial', 'rewound', 'none')),
				gap: maybe(gaps),
				rewind: maybe(fc.record({ to: sequences, lost: sequences })),
				isAnswer: fc.boolean(),
			})
			.map(
				({ isAnswer, ...place }): Say =>
					(refs) =>
						without({ type: 'subscribed', room: 'r', ref: isAnswer ? refs.get('subscribe') : undefined, ...place }),
			),
	},
	{
		weight: 3,
		arbitrary: fc
			.record({
				epoch: maybe(epochs),
				head: maybe(sequences),
				oldest: maybe(sequences),
				complete: maybe(fc.boolean()),
				gap: maybe(gaps),
				gaps: maybe(fc.array(gaps, { maxLength: 50 })),
				numbers: fc.array(sequences, { maxLength: 5 }),
			})
			.map(
				({ numbers, ...page }): Say =>
					(refs) => {
						const messages = numbers.map((sequence) => {
							const { type: _, ...one } = message(sequence);
							return one;
						});
						return without({ type: 'history', room: 'r', ref: refs.get('get_history'), messages, ...page });
					},
			),
	},
	{
		weight: 2,
		arbitrary: fc
			.record({ sequence: sequences, after: maybe(fc.constant([{ token: 's', epoch: 'e', sequence: 7 }])) })
			.map(
				({ sequence, after }): Say =>
					() =>
						message(sequence, after && { after }),
			),
	},
	{
		weight: 1,
		arbitrary: fc.record({ epoch: epochs, gap: gaps }).map(
			({ epoch, gap }): Say =>
				() => ({
					type: 'gap',
					room: 'r',
					epoch,
					...gap,
				}),
		),
	},
	{
		weight: 1,
		arbitrary: fc.record({ epoch: epochs, sequence: sequences }).map(
			(place): Say =>
				() => ({ type: 'position', room: 'r', ...place }),
		),
	},
	{
		weight: 1,
		arbitrary: fc.record({ epoch: epochs, sequence: sequences }).map(
			(place): Say =>
				() => ({ type: 'reset', room: 'r', ...place }),
		),
	},
	{
		weight: 1,
		arbitrary: fc.record({ epoch: epochs, to: sequences, lost: sequences }).map(
			(place): Say =>
				() => ({ type: 'rewind', room: 'r', ...place }),
		),
	},
	{
		weight: 1,
		arbitrary: fc.record({ epoch: epochs, sequence: sequences }).map(
			(place): Say =>
				() => ({ type: 'pong', heads: [{ room: 'r', ...place }] }),
		),
	},
);

/** The frame without the members that are `undefined`, as it would come from the wire. */
function without(frame: { readonly type: FromBroker['type'] } & Readonly<Record<string, unknown>>): FromBroker {
	return JSON.parse(JSON.stringify(frame)) as FromBroker;
}

/** Looks at what was sent: the refs to answer by, and how many frames there were. */
class Ear {
	readonly refs = new Map<string, string>();
	readonly #script: Script;
	/** Cids of publishes that have neither been numbered nor refused. */
	readonly unanswered = new Set<string>();

	constructor(script: Script) {
		this.#script = script;
	}

	listen(): readonly FromClient[] {
		const frames: FromClient[] = [];
		for (const output of this.#script.look()) {
			if (output.type === 'send') {
				frames.push(output.frame);
				if ('ref' in output.frame && output.frame.ref !== undefined) {
					this.refs.set(output.frame.type, output.frame.ref);
				}
			} else if (output.type === 'refused') {
				this.unanswered.delete(output.refused.cid);
			} else if (output.type === 'published') {
				this.unanswered.delete(output.published.cid);
			}
		}
		return frames;
	}
}

const scripts = fc.array(fc.tuple(says, fc.constantFrom(0, 0, 0, 1, 300, 5000)), { minLength: 1, maxLength: 80 });

test('loses no unanswered publish, and answers each frame with few', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(scripts, fc.boolean(), (script, causal) => {
			const said = Script.in('r', 0, { causal });
			const ear = new Ear(said);
			// Another room, in which what messages of the first one come after never comes.
			said.join('s');
			const ref = said.refOf('subscribe');
			said.says({ type: 'subscribed', room: 's', ref, sequence: 0, epoch: 'e', head: 0, oldest: 1, token: 's' });
			ear.listen();
			for (let count = 0; count < 5; count++) {
				const id = said.publish(`text ${count}`);
				ear.unanswered.add(`c${id}`);
			}
			ear.listen();
			for (const [say, ms] of script) {
				said.says(say(ear.refs));
				// Five publishes, and one question about the room.
				expect(ear.listen().length).toBeLessThanOrEqual(8);
				said.passes(ms);
				ear.listen();
				expect(new Set(said.session.unsent.map(({ cid }) => cid))).toEqual(ear.unanswered);
				expect(said.session.receipts('r').length).toBeLessThanOrEqual(200);
				expect(said.session.room('r')?.waiting ?? 0).toBeLessThanOrEqual(256);
			}
		}),
		{ numRuns: 500 },
	);
});

test('that answers the same at once for ever is not asked for ever without time passing', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(fc.array(says, { minLength: 1, maxLength: 6 }), (cycle) => {
			const script = Script.in('r');
			const ear = new Ear(script);
			script.publish('hello');
			let frames = ear.listen().length;
			for (let round = 0; round < 300; round++) {
				const before = frames;
				for (const say of cycle) {
					script.says(say(ear.refs));
					frames += ear.listen().length;
				}
				if (frames === before) {
					return;
				}
			}
			// Each frame of the broker may be answered, but not with more and more.
			expect(frames).toBeLessThanOrEqual(300 * cycle.length * 3);
		}),
		{ numRuns: 300 },
	);
});

test('that expects another pseq each time is sent a publish once a second', () => {
	for (const expected of [0, 1, 2, 3, 2 ** 53 - 1]) {
		const script = Script.in('r');
		script.publish('hello');
		let tries = 0;
		for (let at = 0; at < 10_000; at += 10) {
			for (const frame of script.passes(10).sent()) {
				if (frame.type === 'publish') {
					tries += 1;
					const { ref } = frame as { readonly ref: string };
					const error: BrokerFrames['error'] = { type: 'error', error: '?', code: 'out_of_order', ref, expected };
					script.says(error);
				}
			}
		}
		expect(tries).toBeLessThanOrEqual(12);
		expect(script.session.unsent.length).toBe(1);
	}
});
