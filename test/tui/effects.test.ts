import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NatterError } from '../../src/client/errors.ts';
import { listen, perform } from '../../src/tui/effects.ts';
import type { Effect, Unstamped } from '../../src/tui/model.ts';
import { type FakeClient, fakeClient, surroundings } from './fake-client.ts';
import { message, noon, online, status } from './happenings.ts';

/** Does one thing and resolves to all that comes of it. */
async function outcome(effect: Effect, client: FakeClient): Promise<readonly Unstamped[]> {
	const events: Unstamped[] = [];
	perform(effect, surroundings({ client, receive: (event) => events.push(event) }));
	await new Promise((done) => setImmediate(done));
	return events;
}

describe('effects', () => {
	it('publish under the cid of the line, and leave success to the event', async () => {
		const client = fakeClient();
		expect(await outcome({ type: 'publish', room: 'ops', content: 'hi', cid: 'c1' }, client)).toEqual([]);
		expect(client.asked).toEqual([['publish', 'ops', 'hi', { cid: 'c1' }]]);
	});

	it('say how I am', async () => {
		const client = fakeClient();
		await outcome({ type: 'say-presence', state: 'away', status: 'lunch' }, client);
		await outcome({ type: 'say-presence', state: 'online' }, client);
		expect(client.asked).toEqual([
			['setPresence', 'away', 'lunch'],
			['setPresence', 'online', undefined],
		]);
	});

	it('say whether I am typing, and where', async () => {
		const client = fakeClient();
		await outcome({ type: 'say-typing', room: 'ops', isTyping: true }, client);
		await outcome({ type: 'say-typing', room: 'ops', isTyping: false }, client);
		expect(client.typed).toEqual([
			['ops', true],
			['ops', false],
		]);
	});

	it('tell a refusal, whoever refused', async () => {
		const failing = (error: Error) => fakeClient({ answers: { publish: () => Promise.reject(error) } });
		const effect: Effect = { type: 'publish', room: 'ops', content: 'hi', cid: 'c1' };
		expect(await outcome(effect, failing(new NatterError('muted', 'You are muted')))).toEqual([
			{ type: 'refused', refused: { room: 'ops', cid: 'c1', code: 'muted', text: 'You are muted' } },
		]);
		expect(await outcome(effect, failing(new NatterError('closed', 'Not wanted back')))).toMatchObject([
			{ refused: { code: 'closed', text: 'Not wanted back' } },
		]);
		expect(await outcome(effect, failing(new Error('odd')))).toMatchObject([
			{ refused: { code: 'internal', text: 'odd' } },
		]);
	});

	it('tell no refusal of a line that the client still has, and sends with the next link', async () => {
		const answers = { publish: () => Promise.reject(new NatterError('auth_failed', 'Who?', { outcome: 'unknown' })) };
		const unsent = [{ room: 'ops', cid: 'c1', content: 'hi', writtenAt: noon, sent: true }];
		const client = fakeClient({ answers, unsent });
		expect(await outcome({ type: 'publish', room: 'ops', content: 'hi', cid: 'c1' }, client)).toEqual([]);
	});

	it('put no older word on a room that is joined in place of a newer one', async () => {
		const client = fakeClient({ answers: { join: () => Promise.resolve(status({ position: 0, head: 5 })) } });
		const newer = status({ position: 5, head: 5 });
		const events = await outcome({ type: 'join', room: 'general' }, Object.assign(client, { room: () => newer }));
		expect(events).toEqual([{ type: 'room', status: newer }]);
	});

	it('answer with what the client says', async () => {
		const page = { room: 'ops', messages: [message(1).message], complete: true };
		const foundPage = { ...page, epoch: 'e', from: 1 };
		const client = fakeClient({
			answers: {
				join: (room) => Promise.resolve(status({ room })),
				history: () => Promise.resolve(page),
				search: () => Promise.resolve(foundPage),
				rooms: () => Promise.resolve([{ room: 'ops', online: 1, head: 2 }]),
				members: () => Promise.resolve([]),
				setNick: (nick) => Promise.resolve(`${nick}_`),
				createToken: () => Promise.resolve('secret'),
				revokeTokens: () => Promise.resolve(2),
				receipts: () => [{ at: noon, sequence: 1, what: 'shown' }],
			},
		});
		const filter = { field: 'verified', op: 'eq', value: true } as const;
		await outcome({ type: 'join', room: 'ops', filter }, client);
		expect(await outcome({ type: 'join', room: 'ops' }, client)).toEqual([
			{ type: 'room', status: status({ room: 'ops' }) },
		]);
		expect(await outcome({ type: 'leave', room: 'ops' }, client)).toEqual([]);
		expect(await outcome({ type: 'load-older', room: 'ops', before: 9, limit: 5, asked: 'scroll' }, client)).toEqual([
			{ type: 'older', room: 'ops', page, before: 9, asked: 'scroll' },
		]);
		const asked = { type: 'search', id: 's', room: 'ops', text: 'a', before: 9, epoch: 'e', limit: 5 } as const;
		expect(await outcome(asked, client)).toEqual([{ type: 'found', id: 's', room: 'ops', page: foundPage }]);
		expect(await outcome({ type: 'load-newer', room: 'ops', after: 9, limit: 5 }, client)).toEqual([
			{ type: 'newer', room: 'ops', page, after: 9 },
		]);
		expect(await outcome({ type: 'load-around', room: 'ops', sequence: 9, limit: 5 }, client)).toEqual([
			{ type: 'around', room: 'ops', sequence: 9, before: page, after: page },
		]);
		expect(await outcome({ type: 'load-older', room: 'ops', limit: 5, asked: 'command' }, client)).toMatchObject([
			{ asked: 'command' },
		]);
		expect(await outcome({ type: 'list-rooms', room: 'ops' }, client)).toMatchObject([
			{ type: 'rooms-listed', room: 'ops' },
		]);
		expect(await outcome({ type: 'list-members', room: 'ops', beginning: 'bo' }, client)).toEqual([
			{ type: 'members-listed', room: 'ops', beginning: 'bo', members: [] },
		]);
		expect(await outcome({ type: 'list-receipts', room: 'ops' }, client)).toMatchObject([
			{ type: 'receipts', room: 'ops' },
		]);
		expect(await outcome({ type: 'change-nick', room: 'ops', nick: 'maya' }, client)).toEqual([
			{ type: 'nick-changed', room: 'ops', nick: 'maya_' },
		]);
		expect(await outcome({ type: 'make-token', room: 'ops' }, client)).toEqual([
			{ type: 'token-made', room: 'ops', token: 'secret' },
		]);
		expect(await outcome({ type: 'revoke-tokens', room: 'ops' }, client)).toEqual([
			{ type: 'tokens-revoked', room: 'ops', count: 2 },
		]);
		expect(await outcome({ type: 'reconnect' }, client)).toEqual([]);
		expect(client.asked).toEqual([
			['join', 'ops', { filter }],
			['join', 'ops'],
			['leave', 'ops'],
			['history', 'ops', { before: 9, limit: 5, order: 'desc' }],
			['search', 'ops', 'a', { before: 9, epoch: 'e', limit: 5 }],
			['history', 'ops', { after: 9, limit: 5, order: 'asc' }],
			['history', 'ops', { before: 9, limit: 5, order: 'desc' }],
			['history', 'ops', { after: 8, limit: 6, order: 'asc' }],
			['history', 'ops', { limit: 5, order: 'desc' }],
			['rooms'],
			['members', 'ops'],
			['receipts', 'ops'],
			['setNick', 'maya'],
			['createToken'],
			['revokeTokens'],
			['reconnect'],
		]);
	});

	it('say what failed, where and why', async () => {
		const client = fakeClient({
			answers: { history: () => Promise.reject(new NatterError('timeout', 'No answer in 10 s')) },
		});
		expect(await outcome({ type: 'load-older', room: 'ops', limit: 5, asked: 'scroll' }, client)).toEqual([
			{ type: 'failed', what: 'load-older', room: 'ops', text: 'No answer in 10 s' },
		]);
	});

	it('say of a page of a log which one did not come', async () => {
		const client = fakeClient({ answers: { history: () => Promise.reject(new NatterError('timeout', 'No answer')) } });
		const failed = { type: 'failed', room: 'ops', text: 'No answer' };
		const room = 'ops';
		expect(await outcome({ type: 'load-older', room, before: 9, limit: 5, asked: 'scroll' }, client)).toEqual([
			{ ...failed, what: 'load-older', before: 9 },
		]);
		expect(await outcome({ type: 'load-newer', room, after: 9, limit: 5 }, client)).toEqual([
			{ ...failed, what: 'load-newer', after: 9 },
		]);
		expect(await outcome({ type: 'load-around', room, sequence: 9, limit: 5 }, client)).toEqual([
			{ ...failed, what: 'load-around', sequence: 9 },
		]);
	});

	it('say that the broker ended the link instead of answering', async () => {
		const client = fakeClient({
			answers: { history: () => Promise.reject(new NatterError('closed', 'Not wanted back')) },
		});
		expect(await outcome({ type: 'load-older', room: 'ops', limit: 5, asked: 'scroll' }, client)).toEqual([
			{ type: 'failed', what: 'load-older', room: 'ops', text: 'Not wanted back' },
		]);
	});

	it('do not say that a room could not be joined which the client joins with the next link', async () => {
		const answers = { join: () => Promise.reject(new NatterError('closed', 'Not wanted back')) };
		expect(await outcome({ type: 'join', room: 'ops' }, fakeClient({ answers, joined: ['ops'] }))).toEqual([]);
		expect(await outcome({ type: 'join', room: 'ops' }, fakeClient({ answers }))).toEqual([
			{ type: 'failed', what: 'join', room: 'ops', text: 'Not wanted back' },
		]);
	});

	it('discard tells that a line is dropped, or that it may be out already', async () => {
		const done = async (isDropped: boolean) =>
			outcome({ type: 'discard', room: 'ops', cid: 'c1' }, Object.assign(fakeClient(), { discard: () => isDropped }));
		expect(await done(true)).toEqual([{ type: 'discarded', room: 'ops', cid: 'c1' }]);
		expect(await done(false)).toMatchObject([{ type: 'failed', what: 'discard', room: 'ops' }]);
	});

	it('edit tells what came of it, or why nothing did', async () => {
		const edited = async (edit: (text: string) => Promise<string>) => {
			const events: Unstamped[] = [];
			const screen = surroundings({ client: fakeClient(), edit, receive: (event) => events.push(event) });
			perform({ type: 'edit', room: 'ops', text: 'hi' }, screen);
			await new Promise((done) => setImmediate(done));
			return events;
		};
		expect(await edited(async (text) => `${text}!`)).toEqual([{ type: 'edited', room: 'ops', text: 'hi!' }]);
		expect(await edited(() => Promise.reject(new Error('No editor')))).toEqual([
			{ type: 'failed', what: 'edit', room: 'ops', text: 'No editor' },
		]);
	});

	it('quit, redraw and drafts are done by the screen', () => {
		const done: string[] = [];
		const screen = surroundings({
			client: fakeClient(),
			quit: () => done.push('quit'),
			redraw: () => done.push('redraw'),
			suspend: () => done.push('suspend'),
			saveDraft: (...words) => done.push(...words),
			saveRead: (room, { sequence }) => done.push(`${room} #${sequence}`),
			ring: () => done.push('ring'),
			notify: ({ title, text }) => done.push(`${title} says ${text}`),
			setTitle: (text) => done.push(`title ${text}`),
			saveLine: (line) => done.push(`line ${line}`),
			saveTabs: ({ active }) => done.push(`tabs ${active}`),
			saveIgnored: (ignored) => done.push(...ignored.map(({ name }) => name)),
		});
		perform({ type: 'redraw' }, screen);
		perform({ type: 'save-draft', room: 'ops', text: 'half' }, screen);
		perform({ type: 'save-read', room: '@bob', position: { epoch: 'e', sequence: 7 } }, screen);
		perform({ type: 'save-ignored', ignored: [{ name: 'bob' }] }, screen);
		perform({ type: 'suspend' }, screen);
		perform({ type: 'save-line', line: 'sent' }, screen);
		perform({ type: 'save-tabs', tabs: { active: 'ops', list: [{ name: 'ops' }] } }, screen);
		perform({ type: 'bell' }, screen);
		perform({ type: 'notify', title: 'maya', text: 'hi' }, screen);
		perform({ type: 'title', text: 'natter #ops' }, screen);
		perform({ type: 'quit' }, screen);
		expect(done).toEqual([
			'redraw',
			'ops',
			'half',
			'@bob #7',
			'bob',
			'suspend',
			'line sent',
			'tabs ops',
			'ring',
			'maya says hi',
			'title natter #ops',
			'quit',
		]);
	});
});

describe('copying', () => {
	const effect: Effect = { type: 'copy', room: 'ops', text: 'it', what: 'the line' };

	it('says who has the text', async () => {
		const events: Unstamped[] = [];
		const copied: string[] = [];
		const copy = async (text: string) => {
			copied.push(text);
			return 'tmux' as const;
		};
		perform(effect, surroundings({ client: fakeClient(), copy, receive: (event) => events.push(event) }));
		await new Promise((done) => setImmediate(done));
		expect(copied).toEqual(['it']);
		expect(events).toEqual([{ type: 'copied', room: 'ops', what: 'the line', by: 'tmux' }]);
	});
});

describe('finding rooms', () => {
	it('names those of the broker, and says nothing when it names none', async () => {
		const rooms = [{ room: 'ops', online: 2, head: 7 }];
		const naming = fakeClient({ answers: { rooms: async () => rooms } });
		const silent = fakeClient({ answers: { rooms: () => Promise.reject(new Error('no')) } });
		expect(await outcome({ type: 'find-rooms' }, naming)).toEqual([{ type: 'rooms-found', rooms }]);
		expect(await outcome({ type: 'find-rooms' }, silent)).toEqual([]);
	});

	it('load the emoji when they are wanted, and not before', async () => {
		const { promise, resolve } = Promise.withResolvers<Unstamped>();
		const receive = (event: Unstamped) => resolve(event);
		perform({ type: 'find-emoji', room: 'ops' }, surroundings({ client: fakeClient(), receive }));
		expect(await promise).toMatchObject({
			type: 'emoji-found',
			emoji: expect.arrayContaining([{ emoji: '🎉', name: 'tada' }]),
		});
		const source = new URL('../../src/', import.meta.url);
		const named = globSync('**/*.{ts,tsx}', { cwd: source }).flatMap((file) =>
			[...readFileSync(new URL(file, source), 'utf8').matchAll(/^.*'gemoji'.*$/gmu)].map(([line]) => line.trim()),
		);
		expect(named).toEqual([expect.stringMatching(/^import\('gemoji'\)/u)]);
	});
});

describe('listening', () => {
	it('makes an event of everything that the client tells, until it ends', () => {
		const client = fakeClient();
		const events: Unstamped[] = [];
		const stop = listen(client, (event) => events.push(event));
		const change = { room: 'general', userId: 'ana', action: 'join', state: 'online', timestamp: noon } as const;
		client.tell('status', online);
		client.tell('items', 'general', [message(1)]);
		client.tell('room', status());
		client.tell('presence', change);
		client.tell('typing', { room: 'general', userId: 'ana', until: noon });
		client.tell('members', 'general', []);
		client.tell('notice', { level: 'info', text: 'hi' });
		client.tell('refused', { room: 'general', cid: 'c', code: 'muted', text: 'no' });
		client.tell('published', {
			room: 'general',
			cid: 'c',
			id: 'i',
			sequence: 1,
			epoch: 'e',
			timestamp: noon,
			duplicate: false,
			durability: 'memory',
		});
		expect(events.map(({ type }) => type)).toEqual([
			'link',
			'items',
			'room',
			'presence',
			'typing',
			'members',
			'notice',
			'refused',
			'published',
		]);
		expect(events[0]).toEqual({ type: 'link', status: online, nick: 'sam' });
		expect(events[3]).toEqual({ type: 'presence', changes: [change] });
		stop();
		expect(client.listeners()).toBe(0);
	});
});
