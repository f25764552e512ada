import { expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { append, draft, span } from '../helpers/engine-case.ts';
import { engineSuite } from '../helpers/engine-suite.ts';

engineSuite(
	'memory',
	async (conditions) => {
		const engine = memoryEngine(conditions);
		return { engine, close: () => engine.close() };
	},
	{
		skip: [
			{
				reason: 'nothing outlives the engine',
				tests: [
					'a search finds the same for a second handle on the same data',
					'everything is the same for a second handle on the same data',
					'bounds that are lower for a second handle hold for what the first one stored',
					'producers go on where they were for a second handle on the same data',
					'records, and whom they restrict, are the same for a second handle',
				],
			},
		],
	},
);

test('a memory engine says that it keeps messages in memory, under an epoch of its own', async () => {
	const [one, other] = [memoryEngine(), memoryEngine()];
	expect(one.durability).toBe('memory');
	expect((await one.state('general')).epoch).not.toBe((await other.state('general')).epoch);
	await Promise.all([one.close(), other.close()]);
});

test.each([
	[{ historySize: 0 }, 'Expected `historySize` to be a whole number >= 1 or Infinity, got `0` (number)'],
	[{ historySize: 1.5 }, 'Expected `historySize` to be a whole number >= 1 or Infinity, got `1.5` (number)'],
	[{ historyTtlMs: -1 }, 'Expected `historyTtlMs` to be a number > 0, got `-1` (number)'],
	[{ historyTtlMs: Number.NaN }, 'Expected `historyTtlMs` to be a number > 0, got `NaN` (number)'],
])('a memory engine refuses %j', (options, message) => {
	expect(() => memoryEngine(options)).toThrow(new TypeError(message));
});

test('writes have their turns while a search looks through much text, and what they clear is not found', async () => {
	const engine = memoryEngine();
	const content = 'needle '.repeat(1000);
	await engine.append(
		'general',
		span(1, 40).map((number) => draft(`${number}`, { content })),
	);
	const happened: string[] = [];
	const note = (what: string) => () => happened.push(what);
	const query = { text: 'needle thread', limit: 50 };
	const searches = [1, 2].map((number) => engine.search('general', query).then(note(`search ${number}`)));
	for (const id of ['one', 'two', 'three']) {
		await append(engine, 'general', id).then(note(id));
	}
	await Promise.all(searches);
	expect(happened).toEqual(['one', 'two', 'three', 'search 1', 'search 2']);

	const cleared = engine.search('general', { text: 'needle', limit: 50 });
	await append(engine, 'general', 'four');
	await engine.clear('general');
	expect(await cleared).toMatchObject({ entries: [], from: 45, oldest: 45, complete: true });
	await engine.close();
});
