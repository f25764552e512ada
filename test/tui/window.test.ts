import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type State, shownRows, type Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, play, room, sending } from './happenings.ts';
import { isLoad, type Log, logOf } from './model-log.ts';
import { textOf } from './states.ts';

const pane = (state: State) => screen(state).pane.map((line) => textOf(line).trim());

/** The numbers that the rows on screen tell of, in their order. */
function numbersOf(state: State): number[] {
	return shownRows(room(state)).flatMap((row) => {
		if (row.kind === 'lost') {
			return Array.from({ length: row.to - row.from + 1 }, (_, index) => row.from + index);
		}
		return row.kind === 'said' ? [row.sequence] : [];
	});
}

/** The numbers of the messages whose first line is on screen. */
function onScreen(state: State): number[] {
	return pane(state).flatMap((line) => {
		const [, number] = /\bm(\d+)\.?$/.exec(line) ?? [];
		return number === undefined ? [] : [Number(number)];
	});
}

const rowsHeld = (state: State) => room(state).rows.length + (room(state).reading?.rows.length ?? 0);

type Deed =
	| { readonly press: Unstamped }
	| { readonly goto: number }
	| { readonly answer: number }
	| { readonly fail: number }
	| { readonly say: number }
	| { readonly trim: number }
	| { readonly back: number | 'none' }
	| { readonly resize: { readonly columns: number; readonly rows: number } };

const presses = (
	['page-up', 'page-up', 'page-down', 'page-down', 'line-up', 'line-down', 'oldest', 'newest', 'escape'] as const
).map((action) => ({ press: did(action) }));
const anyDeeds: readonly fc.WeightedArbitrary<Deed>[] = [
	{ weight: 8, arbitrary: fc.constantFrom(...presses) },
	{ weight: 6, arbitrary: fc.nat(3).map((answer) => ({ answer })) },
	{ weight: 2, arbitrary: fc.integer({ min: 1, max: 2100 }).map((number) => ({ goto: number })) },
	{ weight: 1, arbitrary: fc.nat(3).map((fail) => ({ fail })) },
	{ weight: 1, arbitrary: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(3100)).map((say) => ({ say })) },
	{ weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }).map((trim) => ({ trim })) },
	{
		weight: 1,
		arbitrary: fc
			.record({ columns: fc.integer({ min: 40, max: 120 }), rows: fc.integer({ min: 12, max: 60 }) })
			.map((resize) => ({ resize })),
	},
];
const deeds = fc.array(fc.oneof(...anyDeeds), { minLength: 10, maxLength: 60 });
const back = fc.oneof(fc.integer({ min: 0, max: 2100 }), fc.constant('none' as const)).map((to) => ({ back: to }));
const deedsAndCopies = fc.array(fc.oneof(...anyDeeds, { weight: 1, arbitrary: back }), {
	minLength: 10,
	maxLength: 60,
});

/** Plays a deed after the other, and looks at the screen after each. */
function playAll(
	log: Log,
	joined: State,
	all: readonly Deed[],
	look: (before: State, after: State, deed: Deed) => void,
): State {
	let state = joined;
	const waiting: Parameters<Log['answer']>[0][] = [];
	let oldest = 1;
	for (const deed of all) {
		const before = state;
		const happen = (...events: readonly Unstamped[]) => {
			for (const event of events) {
				const played = play(state, event);
				state = played.state;
				waiting.push(...played.effects.filter(isLoad));
			}
		};
		if ('press' in deed) {
			happen(deed.press);
		} else if ('goto' in deed) {
			happen(...sending(`/goto ${deed.goto}`));
		} else if ('say' in deed) {
			happen(...log.says(deed.say));
		} else if ('trim' in deed) {
			oldest = Math.max(oldest, deed.trim);
			log.trims(oldest);
		} else if ('back' in deed) {
			happen(...log.goesBack(deed.back));
		} else if ('resize' in deed) {
			happen({ type: 'resized', size: deed.resize });
		} else {
			const at = 'answer' in deed ? deed.answer : deed.fail;
			const [load] = waiting.splice(at % Math.max(1, waiting.length), 1);
			if (load !== undefined) {
				happen('answer' in deed ? log.answer(load) : { ...load, type: 'failed', what: load.type, text: 'late' });
			}
		}
		look(before, state, deed);
	}
	return state;
}

const isGone = (sequence: number) => sequence % 97 < 3 || (sequence > 800 && sequence < 1000);

describe('a room that is read far above its newest messages', () => {
	it.each([
		{ of: 'what was just joined', count: 2000, given: 60, numRuns: 60 },
		{ of: 'as much as a room holds', count: 6000, given: 4960, numRuns: 10 },
	])(
		'shows every number once and in order, whatever is pressed and however late pages come: $of',
		{ timeout: 60_000 },
		({ count, given, numRuns }) => {
			const joined = play(begun(), ...logOf({ count, given, isGone }).joined).state;
			fc.assert(
				fc.property(deeds, (all) => {
					const log = logOf({ count, given, isGone });
					playAll(log, joined, all, (_, state) => {
						const numbers = numbersOf(state);
						expect(numbers.find((number, index) => number !== (numbers[0] ?? 0) + index)).toBeUndefined();
						const keys = shownRows(room(state)).map(({ key }) => key);
						expect(new Set(keys).size).toBe(keys.length);
						expect(rowsHeld(state)).toBeLessThanOrEqual(5100);
						const { reading, scroll } = room(state);
						expect(reading === undefined || reading.rows.some(({ key }) => key === scroll?.key)).toBe(true);
						const shown = onScreen(state);
						expect(shown).toEqual(shown.toSorted((one, other) => one - other));
					});
				}),
				{ numRuns },
			);
		},
	);

	it('never moves what is being read but for who reads it, or asked to see a number', { timeout: 60_000 }, () => {
		const joined = play(begun(), ...logOf({ count: 2000, given: 60, isGone }).joined).state;
		fc.assert(
			fc.property(deeds, (all) => {
				const log = logOf({ count: 2000, given: 60, isGone });
				playAll(log, joined, all, (before, after, deed) => {
					const { scroll, sought } = room(before);
					if (
						scroll === undefined ||
						'press' in deed ||
						'goto' in deed ||
						'resize' in deed ||
						sought?.state === 'loading'
					) {
						return;
					}
					// What is said of the edge above all lines may go, and lines come in its place.
					const [was, is] = [pane(before), pane(after)];
					const top = was.findLastIndex((line) => line === '' || /──|history starts|loading older/.test(line)) + 1;
					expect(is.slice(top)).toEqual(was.slice(top));
				});
			}),
			{ numRuns: 60 },
		);
	});

	it.each([
		{ of: 'what was just joined', count: 2000, given: 60, numRuns: 60 },
		{ of: 'as much as a room holds', count: 6000, given: 4960, numRuns: 10 },
	])(
		'shows what the log has in its order and nothing twice, however often numbers are given anew: $of',
		{ timeout: 60_000 },
		({ count, given, numRuns }) => {
			const joined = play(begun(), ...logOf({ count, given, isGone }).joined).state;
			fc.assert(
				fc.property(deedsAndCopies, (all) => {
					const log = logOf({ count, given, isGone });
					playAll(log, joined, all, (before, state, deed) => {
						const rows = shownRows(room(state));
						const keys = rows.map(({ key }) => key);
						expect(new Set(keys).size).toBe(keys.length);
						const start = rows.findLastIndex((row) => row.kind === 'epoch' && row.rewound === undefined) + 1;
						const numbers = rows
							.slice(start)
							.flatMap((row) => (row.kind === 'said' && log.has(row.sequence, row.content) ? [row.sequence] : []));
						const isNext = (number: number, index: number) => {
							const earlier = numbers[index - 1] ?? number - 1;
							const between = Array.from({ length: Math.max(0, number - earlier - 1) }, (_, at) => earlier + 1 + at);
							return earlier < number && !between.some(log.keeps);
						};
						expect(numbers.filter((number, index) => !isNext(number, index))).toEqual([]);
						expect(rowsHeld(state)).toBeLessThanOrEqual(10_200);
						const { reading, scroll } = room(state);
						expect(reading === undefined || reading.rows.some(({ key }) => key === scroll?.key)).toBe(true);
						if ('back' in deed && room(before).scroll !== undefined) {
							expect(pane(state).at(-1)).toBe(pane(before).at(-1));
						}
					});
				}),
				{ numRuns },
			);
		},
	);

	it('shows every kept number on the way to the oldest of 100,000 and on the way back, with bounded rows', {
		timeout: 60_000,
	}, () => {
		const log = logOf({ count: 100_000, given: 100, isGone: (sequence) => sequence % 9973 < 50 });
		let { state } = play(begun(), ...log.joined, { type: 'resized', size: { columns: 80, rows: 200 } });
		let most = 0;
		const walk = (action: 'page-up' | 'page-down', isThere: () => boolean) => {
			const seen = new Set(onScreen(state));
			for (let steps = 0; !isThere() && steps < 5000; steps++) {
				const pressed = play(state, did(action));
				state = play(pressed.state, ...pressed.effects.filter(isLoad).map(log.answer)).state;
				for (const number of onScreen(state)) {
					seen.add(number);
				}
				most = Math.max(most, rowsHeld(state));
			}
			return seen;
		};
		const kept = Array.from({ length: log.head }, (_, index) => index + 1).filter(log.keeps);
		const ascending = (numbers: Set<number>) => [...numbers].sort((one, other) => one - other);
		const up = walk('page-up', () => onScreen(state)[0] === kept[0]);
		expect(ascending(up)).toEqual(kept);
		const down = walk('page-down', () => room(state).scroll === undefined);
		expect(ascending(down)).toEqual(kept);
		expect(room(state).reading).toBeUndefined();
		expect(most).toBeLessThanOrEqual(5100);
	});
});
