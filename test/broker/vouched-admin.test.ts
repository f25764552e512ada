import { expect, test } from 'vitest';
import type { AuthDecision } from '../../src/broker/authenticate.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
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

/** A broker in whose program each has the role that `roles` says now, by nick. */
async function startVouching(roles: Record<string, 'owner' | 'admin' | 'member' | undefined>) {
	const engine = memoryEngine();
	const authenticate = (_: unknown, hello: { readonly user?: string } = {}): AuthDecision => {
		const { user: nick = '' } = hello;
		const role = roles[nick];
		return { id: nick, nick, ...(role !== undefined && { role }) };
	};
	const { url } = await startBroker({ engine, authenticate });
	return { url, engine, join: (nick: string) => RawPeer.join(url, nick) };
}

test('what an admin may do for whom the embedder vouches is not granted, nor taken, by an owner', async () => {
	const { join } = await startVouching({ boss: 'owner', vera: 'admin' });
	const [boss, vera] = [await join('boss'), await join('vera')];
	for (const role of ['admin', 'member']) {
		const refused = await boss.ask({ type: 'admin', op: 'grant', userId: 'vera', role, ref: role }, 'error');
		expect(refused).toMatchObject({ code: 'forbidden', error: expect.stringContaining('what vera may do is said by') });
	}
	expect((await vera.ask({ type: 'admin', op: 'list', ref: 'l' }, 'restrictions')).total).toBe(0);
});

test('an admin for whom the embedder vouches is safe from the others while away', async () => {
	const { engine, join } = await startVouching({ vera: 'admin', carl: 'admin', olga: 'owner' });
	for (const nick of ['vera', 'olga']) {
		const peer = await join(nick);
		peer.send({ type: 'bye' });
		await peer.closed;
	}
	const carl = await join('carl');
	for (const userId of ['vera', 'olga']) {
		const refused = await carl.ask({ type: 'admin', op: 'ban', userId, ref: userId }, 'error');
		expect(refused).toMatchObject({ code: 'forbidden' });
	}
	expect((await engine.records('ban')).size).toBe(0);
});

test('the last word of the embedder counts on every connection, and without one what was granted does', async () => {
	const roles: Parameters<typeof startVouching>[0] = { boss: 'owner', vera: 'admin' };
	const { join } = await startVouching(roles);
	const [boss, first] = [await join('boss'), await join('vera')];
	roles['vera'] = 'member';
	await join('vera');
	expect(await first.take('notice')).toMatchObject({ text: 'You are no admin of this broker now' });
	expect(await first.ask({ type: 'admin', op: 'list', ref: 'l' }, 'error')).toMatchObject({ code: 'forbidden' });
	roles['vera'] = undefined;
	await join('vera');
	await boss.ask({ type: 'admin', op: 'grant', userId: 'vera', role: 'admin', ref: 'g' }, 'ok');
	expect(await first.take('notice')).toMatchObject({ text: 'You are an admin of this broker now' });
});
