import { expect, it } from 'vitest';
import { connect, createBroker, memoryEngine, type RoomItem } from '../../src/index.ts';

it('a client whose broker came back with new numbers gets all that is kept, counted exactly', {
	timeout: 30_000,
}, async () => {
	await using before = memoryEngine();
	const first = await createBroker({ engine: before, port: 0 });
	await using client = connect(first.url, { nick: 'sam', rooms: ['general'] });
	await client.publish('general', 'of the old numbers');
	const { port } = first;
	await first.close();

	await using after = memoryEngine();
	const drafts = Array.from({ length: 701 }, (_, index) => ({
		id: `id ${index + 1}`,
		sender: 'ana',
		content: `line ${index + 1}`,
	}));
	await after.append('general', drafts);
	const items: RoomItem[] = [];
	const caughtUp = new Promise<void>((done) => {
		client.on('items', (_, more) => {
			items.push(...more);
			if (more.some(({ kind }) => kind === 'caught_up')) {
				done();
			}
		});
	});
	await using second = await createBroker({ engine: after, port });
	client.reconnect();
	await caughtUp;

	expect(second.connections).toBe(1);
	expect(items.flatMap((item) => (item.kind === 'message' ? [item.message.sequence] : []))).toEqual(
		Array.from({ length: 701 }, (_, index) => index + 1),
	);
	expect(items.map(({ kind }) => kind).filter((kind) => kind !== 'message')).toEqual(['epoch', 'resumed', 'caught_up']);
	expect(items.find(({ kind }) => kind === 'resumed')).toMatchObject({ from: 1, to: 701, missed: 701 });
});
