import { describe, expect, test } from 'vitest';
import { parseWhere } from '../../src/tui/where.ts';

const eq = (field: string, value: unknown) => ({ field, op: 'eq', value });

describe('a filter as it is typed', () => {
	test.each([
		['tags.level = error', eq('tags.level', 'error')],
		['tags.level == "two words"', eq('tags.level', 'two words')],
		["sender = 'ann'", eq('sender', 'ann')],
		['tags["build no"] = -5.5', eq('tags.build no', -5.5)],
		['tags.a.b = 1', eq('tags.a.b', 1)],
		['tags.ok = true', eq('tags.ok', true)],
		['tags.android = or1', eq('tags.android', 'or1')],
		['tags.ort = café', eq('tags.ort', 'café')],
		['sender != ann', { field: 'sender', op: 'ne', value: 'ann' }],
		['tags.ms >= 500', { field: 'tags.ms', op: 'gte', value: 500 }],
		['sender in [ann, "bob b", 3, false]', { field: 'sender', op: 'in', value: ['ann', 'bob b', 3, false] }],
		['content contains "x"', { field: 'content', op: 'contains', value: 'x' }],
		['tags.host starts db', { field: 'tags.host', op: 'prefix', value: 'db' }],
		['tags.host ends "-1"', { field: 'tags.host', op: 'suffix', value: '-1' }],
		['verified', eq('verified', true)],
		['not verified', { not: eq('verified', true) }],
		['tags.level', { field: 'tags.level', op: 'exists', value: true }],
		['exists tags.level', { field: 'tags.level', op: 'exists', value: true }],
		['not tags.a = 1', { not: eq('tags.a', 1) }],
		['not (tags.a = 1 or tags.b = 2)', { not: { any: [eq('tags.a', 1), eq('tags.b', 2)] } }],
		['tags.a = 1 and tags.b = 2 and tags.c = 3', { all: [eq('tags.a', 1), eq('tags.b', 2), eq('tags.c', 3)] }],
		[
			'tags.a = 1 or tags.b = 2 and not tags.c = 3',
			{ any: [eq('tags.a', 1), { all: [eq('tags.b', 2), { not: eq('tags.c', 3) }] }] },
		],
	])('%s', (text, filter) => {
		expect(parseWhere(text)).toEqual({ ok: true, filter });
	});

	test.each([
		['', 'Expected a comparison such as tags.level = error, got nothing'],
		['5', 'Expected a comparison such as tags.level = error'],
		['-5', 'Expected a comparison such as tags.level = error, got a number'],
		['level = error', 'Expected sender, verified, content or tags.NAME, got level'],
		[
			'tags.level = error-rate',
			'Expected "and" or "or" between two comparisons. Text with spaces or signs goes in quotes',
		],
		[
			'tags.level = two words',
			'Expected "and" or "or" between two comparisons. Text with spaces or signs goes in quotes',
		],
		['tags.ms > fast', '>: Expected a number, got "fast"'],
		['tags.a in ann', 'in: Expected a list such as [info, error]'],
		['tags.a in []', 'in: Expected a list of texts, numbers, true and false, got []'],
		['tags.a = null', 'Expected a word, a number, true or false. Other text goes in quotes'],
		['tags.a = "x', 'Unclosed quote after "x" at 12'],
		['tags.a =', 'Expected a value after = at 9'],
		['tags.level exists', 'exists stands before its field: exists tags.level'],
		['tags.a = 1 and tags.b exists', 'exists stands before its field: exists tags.b'],
		['(tags["a b"] exists) or verified', 'exists stands before its field: exists tags["a b"]'],
		['tags.a = "sender exists" and', 'Expected a comparison after and'],
		['exists', 'Expected a field after exists, such as exists tags.level'],
		['verified and not', 'Expected a comparison after not'],
		['(not )', 'Expected more after not at 6'],
		['tags.a = 5m', 'Text that begins with a digit goes in quotes at 11'],
		['(tags.a = 1', 'Unclosed ( at 12'],
		['tags.__proto__ = 1', 'field: Expected sender, verified, content or tags. and a name, got "tags.__proto__"'],
	])('refuses %j in words', (text, detail) => {
		expect(parseWhere(text)).toEqual({ ok: false, detail });
	});
});
