/** B13, B14: unmodified clients of the base protocol with and without the token of a user, on a real socket. */

import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { startBroker } from '../broker/running.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { endProcesses, run } from '../helpers/processes.ts';

afterEach(endProcesses);

const script = fileURLToPath(new URL('../helpers/base-client.py', import.meta.url));
const python = ['/usr/bin/python3', 'python3'].find(
	(file) => spawnSync(file, ['-c', 'import websockets']).status === 0,
);

/** A broker where maya owns her nick, and the address by which her base clients come in. */
async function withMaya(options: Parameters<typeof startBroker>[0] = {}, query = '') {
	const broker = await startBroker(options);
	const { privateKey: key } = generateKeyPairSync('ed25519');
	const maya = connect(`${broker.url}${query}`, { nick: 'maya', key, rooms: ['general'] });
	const token = await maya.createToken();
	return { broker, maya, token, withToken: broker.url.replace('ws://', `ws://maya:${token}@`) };
}

describe('a base client with the token of a user', () => {
	it('speaks for that user, by name and password or by ?token=', async () => {
		const { broker, maya, token, withToken } = await withMaya();
		for (const url of [withToken, `${broker.url}/?token=${token}`]) {
			const base = await BaseClient.connect(url, 'maya');
			await base.subscribe('general');
			base.publish('general', 'from the base');
			const [message] = await base.shows('general', 1);
			expect(message).toMatchObject({ sender: 'maya', verified: true, key: maya.user?.key });
			expect(base.faults).toEqual([]);
			base.socket.terminate();
		}
		await maya.close();
	});

	it('comes in where everybody else needs the token of all', async () => {
		const { maya, withToken, broker } = await withMaya({ access: { tokens: ['of-all'] } }, '/?token=of-all');
		const base = await BaseClient.connect(withToken, 'maya');
		await base.subscribe('general');
		await expect(BaseClient.connect(broker.url, 'maya')).rejects.toThrow('401');
		await expect(BaseClient.connect(withToken.replace(/:[^:@]+@/u, ':x@'), 'maya')).rejects.toThrow('401');
		await maya.close();
	});

	it('has its rooms and what it had not got when it is back and says nothing, as base clients do', async () => {
		const { broker, maya, withToken } = await withMaya();
		const before = await BaseClient.connect(withToken, 'maya');
		await before.subscribe('general');
		await maya.publish('general', 'one');
		await before.shows('general', 1);
		before.socket.terminate();
		await maya.publish('general', 'two');

		const after = await BaseClient.connect(withToken, 'maya');
		await after.next((frame) => frame['content'] === 'two');
		await maya.publish('general', 'three');
		const contents = () => after.shown('general').map(({ content }) => content);
		while (contents().at(-1) !== 'three') {
			await after.next(({ type }) => type === 'message');
		}
		// The first is there again unless a pong confirmed it in time.
		expect(contents().filter((content) => content !== 'one')).toEqual(['two', 'three']);
		expect(after.faults).toEqual([]);
		await maya.close();
		await broker.close();
	});

	it.skipIf(python === undefined)('may be one in Python', { timeout: 60_000 }, async () => {
		const { maya, withToken } = await withMaya();
		const base = run(python ?? '', [script, withToken, 'general', 'maya', '1', 'from python']);
		expect(await base.ended).toBe(0);
		const { messages } = await maya.history('general');
		expect(messages).toMatchObject([{ sender: 'maya', content: 'from python', verified: true }]);
		await maya.close();
	});
});

it('B13: a base client without one is seen under an owned nick as what it is', async () => {
	const { broker, maya } = await withMaya();
	const base = await BaseClient.connect(broker.url, 'maya');
	await base.subscribe('general');
	base.publish('general', 'it is me, maya');
	expect(await base.shows('general', 1)).toMatchObject([{ sender: '~maya', verified: false }]);
	await maya.close();
});
