import { describe, expect, test } from 'vitest';
import { message, Script } from './script.ts';

describe('dialling', () => {
	test('begins at once and greets as soon as the socket is open', () => {
		const script = new Script({ nick: 'sam' });
		expect(script.look()).toEqual([
			{ type: 'status', status: { state: 'connecting', attempt: 1 } },
			{ type: 'dial', link: 1, offerSubprotocol: true },
		]);
		const client = { name: 'test', version: '0' };
		expect(script.opened().sent()).toEqual([
			{ type: 'hello', v: 1, client, user: 'sam', session: 's', presence: 'online' },
		]);
	});

	test('tells the broker which device this is, when there is a name for it', () => {
		const [hello] = new Script({ device: 'laptop' }).opened().sent();
		expect(hello).toMatchObject({ type: 'hello', device: 'laptop' });
	});

	test('that fails is tried again after a growing wait, without end', () => {
		const script = new Script();
		script.chance = 0.5;
		const waits: number[] = [];
		for (let attempt = 0; attempt < 8; attempt++) {
			script.closes();
			const { status } = script.session;
			waits.push(status.state === 'waiting' ? status.retryAt - script.at : Number.NaN);
			script.input({ type: 'reconnect' });
		}
		expect(waits).toEqual([750, 1000, 1500, 2500, 4500, 8500, 10_500, 10_500]);
	});

	test('tells since when there is no link, and why', () => {
		const script = new Script();
		const cause = { text: 'nobody is listening there', code: 'ECONNREFUSED' };
		script.look();
		script.closes({ cause });
		expect(script.statuses()).toEqual([{ state: 'waiting', attempt: 2, offlineSince: 1000, retryAt: 1500, cause }]);
		script.passes(500);
		expect(script.session.status).toEqual({ state: 'connecting', attempt: 2, offlineSince: 1000 });
	});

	test('begins with short waits again after a link that lasted a minute', () => {
		const script = new Script();
		script.chance = 0.5;
		for (let attempt = 0; attempt < 5; attempt++) {
			script.closes().input({ type: 'reconnect' });
		}
		script.welcomed();
		for (let part = 0; part < 6; part++) {
			script.passes(10_000).says({ type: 'pong' });
		}
		script.closes();
		expect(script.session.status).toMatchObject({ state: 'waiting', retryAt: script.at + 750 });
	});

	test('that nobody answers is given up after requestMs', () => {
		const script = new Script({ requestMs: 4000 });
		script.passes(4000);
		expect(script.session.status).toMatchObject({ state: 'waiting', cause: { text: 'nobody answered' } });
		expect(script.look().some(({ type }) => type === 'hangUp')).toBe(true);
	});

	test('without the subprotocol follows at once when that was refused, and only once', () => {
		const script = new Script();
		script.closes({ subprotocolRefused: true });
		expect(script.look().at(-1)).toEqual({ type: 'dial', link: 2, offerSubprotocol: false });
		script.closes({ subprotocolRefused: true });
		expect(script.session.status.state).toBe('waiting');
		script.passes(500);
		expect(script.look().at(-1)).toEqual({ type: 'dial', link: 4, offerSubprotocol: true });
	});

	test('at once is what reconnect does while waiting, and what a link is given up for', () => {
		const script = new Script();
		script.closes().input({ type: 'reconnect' });
		expect(script.session.status.state).toBe('connecting');
		script.input({ type: 'reconnect' });
		expect(script.look().filter(({ type }) => type === 'dial').length).toBe(2);
		script.welcomed().input({ type: 'reconnect' });
		expect(script.look().map(({ type }) => type)).toEqual(expect.arrayContaining(['hangUp', 'dial']));
	});
});

describe('the end of a link', () => {
	test.each([1000, 1001, 1006, 1011, 1012, 4400, 4408, 4409])('with code %i has it dialled again', (closeCode) => {
		expect(new Script().welcomed().closes({ closeCode }).session.status.state).toBe('waiting');
	});

	test.each([4500, 4501, 4502, 4503, 4504, 4505, 4506])('with code %i is final', (closeCode) => {
		const script = new Script().welcomed().closes({ closeCode });
		expect(script.session.status).toEqual({ state: 'closed', cause: { text: 'cut', code: '1006' } });
		expect(script.session.wakeAt).toBeUndefined();
	});

	test.each([
		[401, 'closed'],
		[403, 'closed'],
		[426, 'closed'],
		[429, 'waiting'],
		[503, 'waiting'],
	])('by status %i before it began leads to: %s', (httpStatus, state) => {
		expect(new Script().closes({ httpStatus }).session.status.state).toBe(state);
	});

	test.each([
		[{ closeCode: 1013 }, 10_000],
		[{ httpStatus: 503, retryAfterMs: 30_000 }, 30_000],
		[{ httpStatus: 429, retryAfterMs: 1e12 }, 300_000],
	])('%o is stayed away from for %i ms', (end, waitMs) => {
		const script = new Script().closes(end);
		expect(script.session.status).toMatchObject({ state: 'waiting', retryAt: script.at + waitMs });
	});

	test('that was announced is stayed away from for as long as was asked', () => {
		const script = new Script().welcomed();
		script.says({ type: 'draining', reconnectAfterMs: 7000, reason: 'upgrade' });
		expect(script.look().at(-1)).toMatchObject({ type: 'notice', notice: { level: 'info' } });
		script.closes({ closeCode: 1012 });
		expect(script.session.status).toMatchObject({ retryAt: script.at + 7000 });
	});

	test('that was announced makes later waits no longer, and comes at another time for each', () => {
		const script = new Script().welcomed();
		for (let restarts = 0; restarts < 5; restarts += 1) {
			script.says({ type: 'draining', reconnectAfterMs: 1000, reason: 'restart' });
			script.chance = 0.5;
			script.closes({ closeCode: 1012 });
			expect(script.session.status).toMatchObject({ state: 'waiting', attempt: 1, retryAt: script.at + 1250 });
			script.passes(1250);
			script.welcomed();
		}
	});

	test('rejects what waits with the reason, and what comes after at once', () => {
		const script = new Script().welcomed();
		script.look();
		script.join();
		script.publish('hello', 'other');
		script.request({ kind: 'members', room: 'r' });
		script.closes({ closeCode: 4503 });
		expect(script.answers()).toEqual(['2: banned unknown', '1: banned', '3: banned']);
		script.publish('again');
		script.join();
		expect(script.answers()).toEqual(['4: closed not_applied', '5: closed']);
	});

	test('can be undone by reconnect, and the rooms are joined again', () => {
		const script = Script.in('r', 3).closes({ closeCode: 4504 });
		script.input({ type: 'reconnect' });
		script.look();
		const since = { epoch: 'e', sequence: 3 };
		expect(script.welcomed().sent()).toEqual(
			expect.arrayContaining([expect.objectContaining({ type: 'subscribe', since })]),
		);
	});

	test('by this side says bye, hangs up and rejects what waits', () => {
		const script = Script.in('r');
		script.publish('hello');
		script.look();
		script.input({ type: 'close' });
		expect(script.look()).toEqual([
			{ type: 'send', link: 1, frame: { type: 'bye' } },
			{ type: 'hangUp', link: 1, abrupt: false },
			{ type: 'status', status: { state: 'closed' } },
			expect.objectContaining({ type: 'settle', id: 2, result: expect.objectContaining({ ok: false }) }),
		]);
		expect(script.session.wakeAt).toBeUndefined();
		script.publish('after');
		expect(script.answers()).toEqual(['3: closed']);
		expect(script.opened().look()).toEqual([]);
	});

	test('is not confused by what an earlier link still says', () => {
		const script = Script.in('r');
		const { link } = script;
		script.closes().passes(500).welcomed();
		const ref = script.refOf('subscribe');
		script.says({ type: 'subscribed', room: 'r', sequence: 0, ref, epoch: 'e', head: 0, oldest: 1 });
		script.look();
		script.input({ type: 'frame', link, frame: message(1) });
		script.input({ type: 'closed', link, cause: { text: 'late', code: '' } });
		expect(script.look()).toEqual([]);
	});
});

describe('a link that says nothing', () => {
	test('is measured by pings', () => {
		const script = new Script().welcomed();
		script.passes(0);
		expect(script.sent()).toContainEqual({ type: 'ping', t: 1000 });
		script.passes(12).says({ type: 'pong', t: 1000 });
		expect(script.session.status).toMatchObject({ state: 'online', roundTripMs: 12 });
		script.says({ type: 'pong', t: 1000 }, { type: 'pong', t: 5 });
		expect(script.session.status).toMatchObject({ roundTripMs: 12 });
	});

	test('is told of once it has owed an answer to a publish for 3 s, until something comes', () => {
		const script = Script.in('r', 0);
		script.passes(0).says({ type: 'pong', t: script.at }).passes(100);
		script.look();
		const since = script.at;
		script.publish('hi');
		const [ref, cid] = [script.refOf('publish'), 'c2'];
		expect(script.passes(2999).statuses()).toEqual([]);
		expect(script.passes(1).statuses()).toEqual([expect.objectContaining({ state: 'online', unansweredSince: since })]);
		expect(script.passes(2000).statuses()).toEqual([]);
		script.says({
			...{ type: 'published', room: 'r', id: 'i', sequence: 1, epoch: 'e', timestamp: 1 },
			...{ cid, ref, duplicate: false, durability: 'fsync' },
		});
		expect(script.statuses()).toEqual([expect.not.objectContaining({ unansweredSince: since })]);
		expect(script.passes(9000).statuses()).toEqual([]);
	});

	test.each([
		['a request before a publish', ['request', 'publish']],
		['a publish before a request', ['publish', 'request']],
	] as const)('is quiet from when the first of all that it owes was asked: %s', (_, [first, second]) => {
		const ask = {
			request: () => script.request({ kind: 'token', revoke: false }),
			publish: () => script.publish('hi'),
		};
		const script = Script.in('r', 0);
		script.passes(0).says({ type: 'pong', t: script.at }).passes(100);
		const since = script.at;
		ask[first]();
		script.passes(1000);
		ask[second]();
		script.look();
		expect(script.passes(1999).statuses()).toEqual([]);
		expect(script.passes(1).statuses()).toEqual([expect.objectContaining({ unansweredSince: since })]);
	});

	test('is quiet from the last thing that came while an answer is owed', () => {
		const script = Script.in('r', 0);
		script.passes(0).says({ type: 'pong', t: script.at });
		script.publish('hi');
		script.passes(2000).says(message(1));
		const since = script.at;
		script.look();
		expect(script.passes(2999).statuses()).toEqual([]);
		expect(script.passes(1).statuses()).toEqual([expect.objectContaining({ unansweredSince: since })]);
	});

	test('is told of when a ping was not answered for 3 s, also on a base broker', () => {
		const v1 = new Script().welcomed().passes(0).says({ type: 'pong', t: 1000 });
		const base = new Script().based().says({ type: 'error', error: 'what?' });
		for (const script of [v1, base]) {
			script.passes(15_000);
			const since = script.at;
			expect(script.passes(2999).session.status).not.toHaveProperty('unansweredSince');
			expect(script.passes(1).session.status).toMatchObject({ state: 'online', unansweredSince: since });
			expect(script.passes(12_000).session.status.state).toBe('waiting');
		}
	});

	test('owes nothing for what nobody answers', () => {
		const script = Script.in('r', 0);
		script.passes(0).says({ type: 'pong', t: script.at }, message(1));
		script.look();
		script.input({ type: 'typing', room: 'r', isTyping: true });
		script.input({ type: 'presence', state: 'away' });
		expect(script.passes(10_000).statuses()).toEqual([]);
	});

	test('is dead within two ping intervals', () => {
		const script = new Script({ pingMs: 5000 }).welcomed();
		script.passes(1).says({ type: 'pong', t: 1000 });
		script.look();
		script.passes(10_000);
		const outputs = script.look();
		expect(outputs).toContainEqual({ type: 'hangUp', link: 1, abrupt: true });
		expect(outputs).toContainEqual(
			expect.objectContaining({
				status: expect.objectContaining({ cause: { text: 'the broker stopped answering', code: 'no pong' } }),
			}),
		);
	});

	test('is alive as long as anything comes', () => {
		const script = Script.in('r', 0, { pingMs: 5000 });
		for (let count = 1; count < 10; count++) {
			script.passes(3000).says(message(count));
		}
		expect(script.session.status.state).toBe('online');
	});
});
