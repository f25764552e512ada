import { expect, test } from 'vitest';
import { checkHistory, checkJoin, checkPublish, checkSearch } from '../../src/client/arguments.ts';

test.each<[string, () => unknown]>([
	['publish without options', () => checkPublish('x', null as never)],
	['join without options', () => checkJoin(null as never)],
	['history without a query', () => checkHistory(null as never)],
	['tags that JSON has no form for', () => checkPublish('x', { tags: { a: 1n } as never })],
	['tags with a list in them', () => checkPublish('x', { tags: { a: [] } as never })],
	['a search without a query', () => checkSearch('x', null as never)],
	['a search for more than a broker takes', () => checkSearch('x'.repeat(257), {})],
	['a search before nothing that is a number', () => checkSearch('x', { before: 0.5 })],
	['a search in an epoch without a name', () => checkSearch('x', { before: 5, epoch: '' })],
	['a fractional number', () => checkHistory({ after: 1.5 })],
])('%s is refused as an invalid argument', (_, call) => {
	expect(call).toThrow(expect.objectContaining({ name: 'NatterError', code: 'invalid_argument' }));
});
