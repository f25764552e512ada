import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { welcome } from './model-broker.ts';
import { Script } from './script.ts';

const ban = { op: 'ban', room: 'r', userId: 'maya', durationMs: 60_000 } as const;

function ordered() {
	const script = Script.in('r');
	script.request({ kind: 'admin', order: ban });
	return script;
}

describe('an order', () => {
	test('is sent as it is, and is done when the broker says ok', () => {
		const script = ordered();
		const [frame] = script.sent();
		expect(frame).toEqual({ type: 'admin', ref: expect.any(String), ...ban });
		const ref = frame !== undefined && 'ref' in frame ? frame.ref : undefined;
		expect(script.says({ type: 'ok', ref: 'another' }).answers()).toEqual([]);
		expect(script.says({ type: 'ok', ref }).answers()).toEqual(['2: done']);
	});

	test('that is refused says why', () => {
		const script = ordered();
		const ref = script.refOf('admin');
		script.says({ type: 'error', ref, code: 'forbidden', error: 'only admins', outcome: 'not_applied' });
		expect(script.answers()).toEqual(['2: forbidden not_applied']);
	});

	test('that was not answered when the link was lost is not given again', () => {
		const script = ordered();
		script.closes().passes(500).welcomed();
		expect(script.look().filter((output) => output.type === 'send' && output.frame.type === 'admin')).toHaveLength(1);
		script.request({ kind: 'admin', order: ban });
		expect(script.sent().filter(({ type }) => type === 'admin')).toHaveLength(1);
	});

	test('that was not answered when the link was lost may have been carried out', () => {
		const script = ordered();
		script.closes().passes(500).welcomed();
		expect(script.answers()).toEqual(['2: unavailable unknown']);
	});

	test('waits for a link, and for the welcome of a broker that is late', () => {
		const script = new Script();
		script.request({ kind: 'admin', order: ban });
		expect(script.opened().passes(3000).sent()).not.toContainEqual(expect.objectContaining({ type: 'admin' }));
		script.says(welcome('sam'));
		expect(script.sent()).toContainEqual(expect.objectContaining({ type: 'admin', op: 'ban' }));
	});

	test('is nothing that a base broker can do', () => {
		const script = new Script().based();
		script.says({ type: 'error', error: 'Invalid message format' });
		script.request({ kind: 'admin', order: ban });
		expect(script.answers()).toEqual(['1: unsupported not_applied']);
	});
});

test('the list of restrictions is cleaned and bounded', () => {
	const script = Script.in('r');
	script.request({ kind: 'admin', order: { op: 'list', room: 'r' } });
	const one = {
		kind: 'ban',
		userId: '~guy\u001b[2J',
		room: 'r',
		by: 'sam\n',
		at: 8.64e15,
		reason: 'a\u202eb',
	} as const;
	const restrictions = Array.from({ length: 600 }, () => one);
	script.says({ type: 'restrictions', ref: script.refOf('admin'), restrictions, total: 600 });
	const [output] = script.look().filter(({ type }) => type === 'settle');
	const listed = output?.type === 'settle' && output.result.ok ? (output.result.value as unknown[]) : [];
	expect(listed).toHaveLength(500);
	expect(listed[0]).toEqual({ kind: 'ban', userId: '~guy␛[2J', room: 'r', by: 'sam', at: 8.64e15, reason: 'ab' });
});

describe('the topic of a room', () => {
	const topicOf = (script: Script) => script.session.room('r')?.topic;

	test('is what the broker says at the beginning, then what it says last', () => {
		const script = new Script().welcomed();
		script.join('r');
		const ref = script.refOf('subscribe');
		script.says({ type: 'subscribed', room: 'r', sequence: 0, ref, epoch: 'e', head: 0, oldest: 1, topic: 'a\nb' });
		expect(topicOf(script)).toBe('a b');
		script.look();
		script.says({ type: 'topic', room: 'r', topic: 'news', by: 'sam' });
		expect(script.look()).toEqual([{ type: 'room', status: expect.objectContaining({ topic: 'news' }) }]);
		script.says({ type: 'topic', room: 'r', topic: '' });
		expect(topicOf(script)).toBeUndefined();
	});

	test('is as after the new subscribe when the link was lost', () => {
		const script = Script.in('r');
		script.says({ type: 'topic', room: 'r', topic: 'news' });
		script.closes().passes(500).welcomed();
		const ref = script.refOf('subscribe');
		script.says({ type: 'subscribed', room: 'r', sequence: 0, ref, epoch: 'e', head: 0, oldest: 1, recovered: 'full' });
		expect(topicOf(script)).toBeUndefined();
	});
});

test.each([
	[{ op: 'ban' }],
	[{ op: 'ban', userId: 'x', durationMs: 0 }],
	[{ op: 'topic', room: 'r' }],
	[{ op: 'grant', userId: 'x', role: 'owner' }],
	[{ op: 'list' }],
	[{ op: 'shoot', userId: 'x' }],
	[{ op: 'ban', userId: 5n }],
	[null],
])('%o is no order', async (order) => {
	const client = connect('ws://127.0.0.1:1', { nick: 'sam' });
	await expect(client.admin(order as never)).rejects.toMatchObject({ code: 'invalid_argument' });
	await client.close();
});
