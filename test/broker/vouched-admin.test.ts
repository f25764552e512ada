import { expect, test } from 'vitest';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

test('an admin for whom the embedder vouches is one, whatever is recorded, and no other admin acts on them', async () => {
	const nicks = ['ada', 'adele', 'bea'];
	const { url } = await startBroker({
		authenticate: () => {
			const nick = nicks.shift() ?? '';
			return { id: nick.slice(0, 1), nick, role: 'admin' };
		},
	});
	const [ada, adele, bea] = [await RawPeer.join(url, ''), await RawPeer.join(url, ''), await RawPeer.join(url, '')];
	await adele.ask({ type: 'subscribe', room: 'r', userId: 'adele', ref: 's' }, 'subscribed');
	// That the same user took another nick on another line has changed nothing of what they may do.
	expect((await ada.ask({ type: 'admin', op: 'list', ref: 'l' }, 'restrictions')).total).toBe(0);
	expect(await ada.ask({ type: 'admin', op: 'ban', userId: '~guy', ref: 'b' }, 'ok')).toMatchObject({ ref: 'b' });
	const refused = await bea.ask({ type: 'admin', op: 'kick', userId: 'adele', ref: 'k' }, 'error');
	expect(refused).toMatchObject({ code: 'forbidden', error: expect.stringContaining('is an admin') });
});
