import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const drafts = (from: number, to: number) =>
	range(from, to).map((number) => ({ id: `m${number}`, sender: 'bob', content: `line ${number}` }));

describe('get_history', () => {
	const ask = (more: object) => ({ type: 'get_history', room: 'general', ref: 'h', ...more });

	test.each([
		['the newest 100', {}, range(151, 250), false],
		['the newest n', { limit: 3 }, [248, 249, 250], false],
		['those between two numbers', { after: 10, before: 14 }, [11, 12, 13], true],
		['the first after a number', { after: 10, limit: 2 }, [11, 12], false],
		['the last before a number', { before: 14, limit: 2 }, [12, 13], false],
		['the last between two numbers', { after: 10, before: 20, limit: 2, order: 'desc' }, [18, 19], false],
		['the first before a number', { before: 14, limit: 2, order: 'asc' }, [1, 2], false],
		['nothing after the head', { after: 250 }, [], true],
	])('gives %s', async (_, more, numbers, complete) => {
		const { url, engine } = await startBroker();
		await engine.append('general', drafts(1, 250));
		const ana = await RawPeer.join(url, 'ana');
		const history = await ana.ask(ask(more), 'history');
		expect(history).toMatchObject({ ref: 'h', head: 250, oldest: 1, complete, epoch: expect.any(String) });
		expect(history.messages.map(({ sequence }) => sequence)).toEqual(numbers);
		expect(history.gap).toBeUndefined();
	});

	test('names what is not kept of the asked range', async () => {
		const engine = memoryEngine({ historySize: 10 });
		const { url } = await startBroker({ engine });
		await engine.append('general', drafts(1, 30));
		await engine.sweep();
		const ana = await RawPeer.join(url, 'ana');
		const partly = await ana.ask(ask({ after: 15, before: 23 }), 'history');
		expect(partly).toMatchObject({ oldest: 21, gap: { from: 16, to: 20, reason: 'trimmed' } });
		expect(partly.messages.map(({ sequence }) => sequence)).toEqual([21, 22]);
		const wholly = await ana.ask(ask({ after: 2, before: 5 }), 'history');
		expect(wholly).toMatchObject({ messages: [], gap: { from: 3, to: 4, reason: 'trimmed' } });
		expect((await ana.ask(ask({ after: 20 }), 'history')).gap).toBeUndefined();
		expect((await ana.ask(ask({ after: 2, before: 3 }), 'history')).gap).toBeUndefined();
	});

	test('refuses a position of another epoch', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		expect(await ana.ask(ask({ epoch: 'other', after: 3 }), 'error')).toMatchObject({
			code: 'position_invalid',
			ref: 'h',
		});
	});

	test('keeps a page within the limit of bytes and says that it is not complete', async () => {
		const { url, engine } = await startBroker({ limits: { historyBytes: 2000, historyMessages: 7 } });
		await engine.append('general', drafts(1, 100));
		const ana = await RawPeer.join(url, 'ana');
		expect((await ana.ask(ask({ limit: 500 }), 'history')).messages.length).toBe(7);
		await engine.append(
			'general',
			range(101, 110).map((n) => ({ id: `m${n}`, sender: 'bob', content: 'x'.repeat(700) })),
		);
		const history = await ana.ask(ask({ after: 100 }), 'history');
		expect(history.messages.map(({ sequence }) => sequence)).toEqual([101, 102]);
		expect(history.complete).toBe(false);
	});
});
