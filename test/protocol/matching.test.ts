import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Comparison, Filter } from '../../src/protocol/filter.ts';
import type { Tags } from '../../src/protocol/frames.ts';
import { compileFilter } from '../../src/protocol/matching.ts';

const message = (tags?: Tags) => ({ sender: 'ann', content: 'disk full', ...(tags && { tags }) });
const holds = (comparison: Comparison, tags?: Tags) => compileFilter(comparison)(message(tags));

describe('a compiled filter', () => {
	const field = 'tags.x';
	test.each<[Comparison, readonly (string | number | boolean | undefined)[]]>([
		[{ field, op: 'eq', value: 5 }, [5]],
		[{ field, op: 'eq', value: '5' }, ['5']],
		[{ field, op: 'ne', value: 5 }, ['5', 'five', 4, 6, true, undefined]],
		[{ field, op: 'in', value: [5, true] }, [5, true]],
		[{ field, op: 'nin', value: [5, true] }, ['5', 'five', 4, 6, undefined]],
		[{ field, op: 'exists', value: true }, ['5', 'five', 4, 5, 6, true]],
		[{ field, op: 'exists', value: false }, [undefined]],
		[{ field, op: 'prefix', value: 'fi' }, ['five']],
		[{ field, op: 'suffix', value: 'e' }, ['five']],
		[{ field, op: 'contains', value: 'iv' }, ['five']],
		[{ field, op: 'gt', value: 5 }, [6]],
		[{ field, op: 'gte', value: 5 }, [5, 6]],
		[{ field, op: 'lt', value: 5 }, [4]],
		[{ field, op: 'lte', value: 5 }, [4, 5]],
	])('%j holds for %j alone', (comparison, expected) => {
		const values = ['5', 'five', 4, 5, 6, true, undefined];
		expect(values.filter((x) => holds(comparison, x === undefined ? undefined : { x }))).toEqual(expected);
	});

	test('compares who said it, what was said, and whether they were known', () => {
		expect(holds({ field: 'sender', op: 'eq', value: 'ann' })).toBe(true);
		expect(holds({ field: 'content', op: 'contains', value: 'full' })).toBe(true);
		expect(holds({ field: 'content', op: 'contains', value: 'Full' })).toBe(false);
		expect(holds({ field: 'verified', op: 'eq', value: false })).toBe(true);
		expect(compileFilter({ field: 'verified', op: 'eq', value: true })({ ...message(), verified: true })).toBe(true);
	});

	test('knows no tags but those of the message', () => {
		expect(holds({ field: 'tags.toString', op: 'exists', value: true }, {})).toBe(false);
	});

	test('joins filters as logic does', () => {
		const leaf = fc.constantFrom(...(['a', 'b', 'c'] as const));
		const { tree } = fc.letrec<{ tree: Filter }>((tie) => ({
			tree: fc.oneof(
				{ maxDepth: 5, withCrossShrink: true },
				leaf.map((name): Filter => ({ field: `tags.${name}`, op: 'eq', value: true })),
				fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((all): Filter => ({ all })),
				fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((any): Filter => ({ any })),
				tie('tree').map((not): Filter => ({ not })),
			),
		}));
		const truth = (filter: Filter, tags: Tags): boolean => {
			if ('all' in filter) {
				return !filter.all.some((part) => !truth(part, tags));
			}
			if ('any' in filter) {
				return !filter.any.every((part) => !truth(part, tags));
			}
			return 'not' in filter ? !truth(filter.not, tags) : tags[filter.field.slice('tags.'.length)] === true;
		};
		fc.assert(
			fc.property(tree, fc.boolean(), fc.boolean(), fc.boolean(), (filter, a, b, c) => {
				expect(compileFilter(filter)(message({ a, b, c }))).toBe(truth(filter, { a, b, c }));
			}),
		);
	});
});
