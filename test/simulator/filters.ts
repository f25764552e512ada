import type { Filter } from '../../src/protocol/filter.ts';

/** By which simulated clients follow a room: much of what is said matches, or little, or nearly nothing. */
export const filters: readonly Filter[] = [
	{ field: 'tags.level', op: 'eq', value: 'error' },
	{ not: { field: 'sender', op: 'prefix', value: 'ann' } },
	{
		any: [
			{ field: 'tags.level', op: 'exists', value: false },
			{ field: 'tags.n', op: 'lt', value: 10 },
		],
	},
	{
		all: [
			{ field: 'tags.n', op: 'gt', value: 5 },
			{ field: 'content', op: 'contains', value: '7' },
		],
	},
	{ field: 'content', op: 'contains', value: '99' },
];
