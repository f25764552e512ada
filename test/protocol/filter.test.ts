import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFilter } from '../../src/protocol/filter.ts';

const leaf = { field: 'tags.level', op: 'eq', value: 'error' };
const nested = (depth: number): unknown => (depth === 1 ? leaf : { not: nested(depth - 1) });

describe('reading a filter', () => {
	test('takes each kind of node as it is', () => {
		const filter = {
			all: [
				leaf,
				{ any: [{ field: 'sender', op: 'in', value: ['ann', 5, true] }, { not: leaf }] },
				{ field: 'verified', op: 'exists', value: true },
				{ field: 'content', op: 'contains', value: '' },
				{ field: 'tags.ms', op: 'gt', value: 0.5 },
			],
		};
		expect(readFilter(filter)).toEqual({ ok: true, filter });
	});

	test.each([
		[undefined, 'Expected a filter, which is an object, got nothing'],
		[null, 'Expected a filter, which is an object, got null'],
		[[leaf], 'Expected a filter, which is an object, got [{"field":"tags.level","op":"eq","value":"error"}]'],
		[{}, 'Expected all, any, not, or field with op and value, got no member'],
		[{ all: [leaf], any: [leaf] }, 'Expected all, any, not, or field with op and value, got all, any'],
		[{ ...leaf, more: 1 }, 'Expected all, any, not, or field with op and value, got field, more, op, value'],
		[{ all: [] }, 'all: Expected a list of filters, got []'],
		[{ any: leaf }, 'any: Expected a list of filters, got {"field":"tags.level","op":"eq","value":"error"}'],
		[
			{ ...leaf, op: 'is' },
			'op: Expected eq, ne, in, nin, exists, prefix, suffix, contains, gt, gte, lt or lte, got "is"',
		],
		[{ ...leaf, value: null }, 'eq: Expected text, a number, true or false, got null'],
		[{ ...leaf, op: 'lt', value: '5' }, 'lt: Expected a number, got "5"'],
		[{ ...leaf, op: 'prefix', value: 5 }, 'prefix: Expected text, got 5'],
		[{ ...leaf, op: 'in', value: [[]] }, 'in: Expected a list of texts, numbers, true and false, got [[]]'],
		[{ ...leaf, op: 'exists', value: 'no' }, 'exists: Expected true or false, got "no"'],
		[{ ...leaf, field: 'room' }, 'field: Expected sender, verified, content or tags. and a name, got "room"'],
		[{ ...leaf, field: 'tags.' }, 'field: Expected sender, verified, content or tags. and a name, got "tags."'],
		[
			{ ...leaf, field: 'tags.constructor' },
			'field: Expected sender, verified, content or tags. and a name, got "tags.constructor"',
		],
		[{ ...leaf, value: 'x'.repeat(2006) }, 'Expected a filter of at most 2048 bytes, got 2049'],
		[nested(6), 'Expected a filter at most 5 nodes deep'],
		[{ all: Array.from({ length: 32 }, () => leaf) }, 'Expected a filter of at most 32 nodes'],
	])('refuses %.80j, and says why', (value, detail) => {
		expect(readFilter(value)).toEqual({ ok: false, detail });
	});

	test('takes what is just small enough', () => {
		expect(readFilter(nested(5)).ok).toBe(true);
		expect(readFilter({ any: Array.from({ length: 31 }, () => leaf) }).ok).toBe(true);
		expect(readFilter({ ...leaf, value: 'x'.repeat(2005) }).ok).toBe(true);
	});

	test('refuses without harm whatever else is given', () => {
		const circle: Record<string, unknown> = {};
		circle['not'] = circle;
		expect(readFilter(circle).ok).toBe(false);
		expect(readFilter(5n).ok).toBe(false);
		fc.assert(
			fc.property(fc.anything(), (value) => {
				const read = readFilter(value);
				expect(read.ok ? readFilter(read.filter) : read).toEqual(read);
			}),
		);
	});
});
