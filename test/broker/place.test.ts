import { describe, expect, test } from 'vitest';
import { type From, placeOf } from '../../src/broker/place.ts';

const state = { epoch: 'e', head: 50, oldest: 11, edge: 'expired' } as const;

/** A reader that has everything up to a number, of which the log has `to`. */
const own = (sequence: number, relation: From['located']['relation'], to: number): From => ({
	sequence,
	isOwn: true,
	located: { ...state, relation, sequence: to },
});
const remembered = (...[sequence, relation, to]: Parameters<typeof own>): From => ({
	...own(sequence, relation, to),
	isOwn: false,
});
const gap = (from: number) => ({ gap: { from, to: 10, reason: 'expired' } });

describe('a reader begins', () => {
	test.each([
		['at the head, without a wish', {}, { sequence: 50, recovered: 'new' }],
		['so far back as asked', { history: 10 }, { sequence: 40, recovered: 'new' }],
		['at the oldest that is kept', { history: 500 }, { sequence: 10, recovered: 'new' }],
		['where it was', { from: own(30, 'kept', 30) }, { sequence: 30, recovered: 'full' }],
		['where it was, at the head', { from: own(50, 'kept', 50), history: 5 }, { sequence: 50, recovered: 'full' }],
		['where it was, just kept', { from: own(10, 'kept', 10) }, { sequence: 10, recovered: 'full' }],
		['after what is gone', { from: own(9, 'kept', 9) }, { sequence: 10, recovered: 'partial', ...gap(10) }],
		[
			'where the log was set back to',
			{ from: own(53, 'rewound', 50) },
			{ sequence: 50, recovered: 'rewound', rewind: { to: 50, lost: 3 } },
		],
		[
			'after what is gone of a log that was set back',
			{ from: own(53, 'rewound', 7) },
			{ sequence: 10, recovered: 'rewound', rewind: { to: 7, lost: 46 }, ...gap(8) },
		],
		['anew, from an unknown log', { from: own(30, 'unknown', 50), history: 10 }, { sequence: 40, recovered: 'none' }],
		['where it is remembered', { from: remembered(30, 'kept', 30) }, { sequence: 30, recovered: 'full' }],
		[
			'before where it is remembered, if it wants more than came since',
			{ from: remembered(45, 'kept', 45), history: 20 },
			{ sequence: 30, recovered: 'full' },
		],
		[
			'after what is gone since it was heard of',
			{ from: remembered(4, 'kept', 4), history: 5 },
			{ sequence: 10, recovered: 'partial', ...gap(5) },
		],
		[
			'at the oldest that is kept, without a loss, if it wants more than that',
			{ from: remembered(45, 'kept', 45), history: 500 },
			{ sequence: 10, recovered: 'full' },
		],
		[
			'as if it were new, when what is remembered is of an unknown log',
			{ from: remembered(30, 'unknown', 50), history: 5 },
			{ sequence: 45, recovered: 'new' },
		],
	])('%s', (_, wish, place) => {
		expect(placeOf(wish, state)).toEqual(place);
	});
});
