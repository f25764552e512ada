import { describe, expect, it } from 'vitest';
import { NatterError } from '../../src/client/errors.ts';
import { perform } from '../../src/tui/effects.ts';
import type { Effect, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { fakeClient, surroundings } from './fake-client.ts';
import { begun, noon, play, room, sending, status, told } from './happenings.ts';

process.env['TZ'] = 'UTC';

const run = (line: string, state = begun()) => play(state, ...sending(line));

async function outcome(effect: Effect, answers: NonNullable<Parameters<typeof fakeClient>[0]>['answers']) {
	const events: Unstamped[] = [];
	const client = fakeClient({ answers: answers ?? {} });
	perform(effect, surroundings({ client, receive: (event) => events.push(event) }));
	await new Promise((done) => setImmediate(done));
	return { events, asked: client.asked };
}

describe('the commands of admins', () => {
	it.each([
		['/kick maya calm down', { op: 'kick', room: 'general', userId: 'maya', reason: 'calm down' }, '/kick'],
		['/ban maya 2h', { op: 'ban', room: 'general', userId: 'maya', durationMs: 7_200_000 }, '/ban'],
		['/ban maya --all', { op: 'ban', userId: 'maya' }, '/ban'],
		['/grant maya admin', { op: 'grant', userId: 'maya', role: 'admin' }, '/grant'],
		['/topic Freeze', { op: 'topic', room: 'general', topic: 'Freeze' }, '/topic'],
		['/clear_history yes', { op: 'clear_history', room: 'general' }, '/clear_history'],
	])('%s orders %j', (line, order, command) => {
		expect(run(line).effects).toEqual([{ type: 'administer', room: 'general', order, command }]);
	});

	it('list the bans of this room, or all', () => {
		expect(run('/bans').effects).toEqual([{ type: 'list-restrictions', room: 'general', about: 'general' }]);
		expect(run('/bans --all').effects).toEqual([{ type: 'list-restrictions', room: 'general' }]);
	});

	it.each(['/ban', '/ban maya 10', '/mute maya 10', '/grant maya', '/clear_history now', '/unban'])(
		'%s is answered with how it is used, and orders nothing',
		(line) => {
			const { state, effects } = run(line);
			expect([effects, told(state)]).toEqual([[], [expect.stringMatching(/^Usage: \//)]]);
		},
	);

	it('remove everything only when they are told so with a second word', () => {
		const { state, effects } = run('/clear_history');
		expect(effects).toEqual([]);
		expect(told(state)).toEqual([
			'This removes all messages of #general, for everybody and for good: /clear_history yes',
		]);
	});

	it('remove nothing with whoever came as no admin, and do not ask them to say it twice', () => {
		const as = (role: string) => {
			const user = { id: 'sam', verified: true, role };
			return play(begun(), { type: 'link', status: begun().link, nick: 'sam', user }).state;
		};
		for (const role of ['member', 'guest', 'base']) {
			expect(told(run('/clear_history', as(role)).state)).toEqual([
				expect.stringMatching(/^Only admins of this broker/),
			]);
		}
		for (const role of ['admin', 'owner', 'steward']) {
			expect(told(run('/clear_history', as(role)).state)).toEqual([
				expect.stringMatching(/^This removes all messages/),
			]);
		}
		// They may have become one since.
		expect(run('/clear_history yes', as('member')).effects).toHaveLength(1);
	});

	it('need a room unless they are for all of them: a conversation is none', () => {
		const talk = run('/query jo').state;
		const all = run('/ban maya 1m --all', talk);
		const order = { op: 'ban', userId: 'maya', durationMs: 60_000 };
		expect(all.effects).toEqual([{ type: 'administer', room: '@jo', order, command: '/ban' }]);
		for (const [line, text] of [
			['/ban maya', 'This conversation is no room; type /ban in one, or with --all for all of them'],
			['/clear_history', 'This conversation is no room; type /clear_history in one'],
			['/bans', 'This conversation is no room; type /bans in one, or with --all for all of them'],
			['/topic freeze', 'This conversation is no room; type /topic in one'],
		] as const) {
			const { state, effects } = run(line, talk);
			expect([effects, told(state, '@jo')]).toEqual([[], [text]]);
		}
	});

	it('are not kept for later when there is no link', () => {
		const cause = { text: 'gone', code: 'X' };
		const link = { state: 'waiting', attempt: 1, offlineSince: noon, retryAt: noon + 9000, cause } as const;
		const { state, effects } = run('/ban maya', play(begun(), { type: 'link', status: link, nick: 'sam' }).state);
		expect([effects, told(state)]).toEqual([[], ['There is no link to the broker to order this over']]);
	});
});

describe('what came of an order', () => {
	it.each([
		[{ op: 'ban', room: 'general', userId: 'maya', durationMs: 7_200_000 }, ['maya is banned from #general for 2h']],
		[{ op: 'mute', userId: '~guy' }, ['~guy is muted everywhere until /unmute']],
		[{ op: 'kick', userId: 'maya' }, ['maya was sent off the broker']],
		[{ op: 'unban', userId: 'maya', room: 'general' }, ['maya may come to #general again']],
		[{ op: 'unmute', userId: 'maya' }, ['maya may speak everywhere again']],
		[{ op: 'grant', userId: 'maya', role: 'member' }, ['maya is no admin of this broker now']],
		[{ op: 'topic', room: 'general', topic: '' }, ['You removed the topic']],
		[{ op: 'clear_history', room: 'general' }, []],
	] as const)('%j is said once', (order, texts) => {
		expect(told(play(begun(), { type: 'administered', room: 'general', order }).state)).toEqual(texts);
	});

	it('is told by the client, or why it came to nothing', async () => {
		const order = { op: 'kick', userId: 'maya' } as const;
		const effect = { type: 'administer', room: 'general', order, command: '/kick' } as const;
		const done = await outcome(effect, { admin: () => Promise.resolve() });
		expect(done).toEqual({ events: [{ type: 'administered', room: 'general', order }], asked: [['admin', order]] });
		const text = 'only admins of this broker may do this';
		const { events } = await outcome(effect, { admin: () => Promise.reject(new NatterError('forbidden', text)) });
		const [failed] = events;
		expect(failed).toEqual({ type: 'failed', what: 'administer', room: 'general', text: `/kick: ${text}` });
		expect(failed && told(play(begun(), failed).state)).toEqual([`/kick: ${text}`]);
	});

	it('of a list is a table', async () => {
		const restrictions = [
			{ kind: 'ban', userId: 'maya', room: 'general', by: 'sam', at: noon, until: noon + 3_600_000, reason: 'spam' },
			{ kind: 'mute', userId: '~guy', by: 'jo', at: noon },
		] as const;
		const effect = { type: 'list-restrictions', room: 'general', about: 'general' } as const;
		const { events, asked } = await outcome(effect, { restrictions: () => Promise.resolve(restrictions) });
		expect(asked).toEqual([['restrictions', 'general']]);
		const [text = ''] = told(play(begun(), ...events).state);
		expect(text.split('\n')).toEqual([
			'2 bans and mutes in #general:',
			'maya  banned from #general  until 13:00    by sam  spam',
			'~guy  muted everywhere      until /unmute  by jo',
		]);
		const none = { type: 'restrictions-listed', room: 'general', restrictions: [] } as const;
		expect(told(play(begun(), none).state)).toEqual(['Nobody is banned or muted anywhere']);
	});
});

describe('the topic', () => {
	const titled = (topic?: string) =>
		play(begun(), { type: 'room', status: status({ position: 4, head: 4, ...(topic !== undefined && { topic }) }) })
			.state;
	const line = (state: ReturnType<typeof titled>) =>
		screen(state)
			.topic?.map(({ text }) => text)
			.join('');

	it('stands above the messages, and goes with the next status that has none', () => {
		const state = titled('Freeze is Thursday');
		expect(line(state)).toMatch(/^ Freeze is Thursday {2,}#4 in order $/);
		expect(line(play(state, { type: 'room', status: status({ position: 4, head: 4 }) }).state)).toMatch(
			/^ {2,}#4 in order $/,
		);
	});

	it('is told by /topic', () => {
		expect(told(run('/topic', titled('Freeze')).state)).toEqual(['#general: Freeze']);
		expect(told(run('/topic', titled()).state)).toEqual(['#general has no topic']);
	});
});

it('/join of a room that one was put out of asks to come back, and of any other only goes there', () => {
	const state = play(begun(), ...sending('/join ops'), { type: 'room', status: status({ room: 'ops' }) }).state;
	expect(run('/join ops', state).effects).toEqual([]);
	const out = play(state, { type: 'room', status: status({ room: 'ops', phase: 'left', reason: 'kicked' }) }).state;
	expect(room(out, 'ops').status?.phase).toBe('left');
	expect(run('/join ops', out).effects).toEqual([{ type: 'join', room: 'ops' }]);
});
