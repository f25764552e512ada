/** Three clients of one broker, each of the product: an answer in another room carries what it comes after. */
import { expect, test } from 'vitest';
import { createBroker } from '../../src/broker/index.ts';
import { type Client, connect, type Message } from '../../src/client/index.ts';
import { memoryEngine } from '../../src/engines/memory.ts';

async function next(reader: AsyncIterator<Message>): Promise<Message> {
	const { value } = await reader.next();
	return value as Message;
}

test('an answer in another room names what it answers, and both are read in that order, none of them late', async () => {
	const engine = memoryEngine();
	const broker = await createBroker({ engine, port: 0 });
	const clients: Client[] = [];
	const join = async (nick: string, rooms: readonly string[]) => {
		const client = connect(broker.url, { nick, causal: true });
		clients.push(client);
		const reader = client.messages[Symbol.asyncIterator]();
		await Promise.all(rooms.map((room) => client.join(room)));
		return { client, reader };
	};
	try {
		const sam = await join('sam', ['deploys']);
		const maya = await join('maya', ['deploys', 'talk']);
		const jo = await join('jo', ['talk', 'deploys']);
		const lates: boolean[] = [];
		jo.client.on('items', (_room, items) => {
			lates.push(...items.map((item) => item.kind === 'message' && item.late === true));
		});
		const asked = await sam.client.publish('deploys', 'may I?');
		expect(await next(maya.reader)).toMatchObject({ content: 'may I?' });
		await maya.client.publish('talk', 'he may');
		const read = [await next(jo.reader), await next(jo.reader)];
		expect(read.map(({ content }) => content)).toEqual(['may I?', 'he may']);
		const { epoch, sequence } = asked;
		expect(read[1]?.after).toEqual([{ token: expect.stringMatching(/^[\w-]{22}$/), epoch, sequence }]);
		expect(read[0]).not.toHaveProperty('after');
		expect(lates).toEqual([false, false]);
	} finally {
		await Promise.all(clients.map((client) => client.close()));
		await broker.close();
		await engine.close();
	}
});
