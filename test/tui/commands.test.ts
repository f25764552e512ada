import { describe, expect, it } from 'vitest';
import type { RoomStatus } from '../../src/client/client.ts';
import { commands, usage } from '../../src/tui/commands.ts';
import { missingIn } from '../../src/tui/lines/pane.ts';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, items, message, messages, noon, play, room, sending, status, told } from './happenings.ts';
import { textOf } from './states.ts';

process.env['TZ'] = 'UTC';

const run = (line: string, state: State = begun()) => play(state, ...sending(line));
const offline = () => {
	const cause = { text: 'gone', code: 'X' };
	const link = { state: 'waiting', attempt: 1, offlineSince: noon, retryAt: noon + 9000, cause } as const;
	return play(begun(), { type: 'link', status: link, nick: 'sam' }).state;
};
const answer = (line: string, state: State = begun()) => told(run(line, state).state).at(-1);

describe('commands', () => {
	it('are named once each', () => {
		const names = commands.flatMap(({ name, also = [] }) => [name, ...also]);
		expect(names).toEqual([...new Set(names)]);
	});

	it.each([
		['/who', { type: 'list-members', room: 'general' }],
		['/who Bo', { type: 'list-members', room: 'general', beginning: 'Bo' }],
		['/rooms', { type: 'list-rooms', room: 'general' }],
		['/reconnect', { type: 'reconnect' }],
		['/quit', { type: 'quit' }],
		['/QUIT', { type: 'quit' }],
		['/exit', { type: 'quit' }],
		['/gap why', { type: 'list-receipts', room: 'general' }],
		['/nick maya', { type: 'change-nick', room: 'general', nick: 'maya' }],
		['/history', { type: 'load-older', room: 'general', limit: 100, asked: 'command' }],
		['/history 500', { type: 'load-older', room: 'general', limit: 500, asked: 'command' }],
		['/me waves', { type: 'publish', room: 'general', content: '/me waves', cid: expect.any(String) }],
		['//join me', { type: 'publish', room: 'general', content: '/join me', cid: expect.any(String) }],
	])('%s wants %j', (line, effect) => {
		expect(run(line).effects).toEqual([effect]);
	});

	it.each([
		'/join',
		'/history 0',
		'/history 501',
		'/history -3',
		'/history all',
		'/nick',
		'/me',
		'/gap',
		'/gap what',
		'/quit now',
		'/next 2',
		'/clear x',
	])('%s is answered with how it is used, and does nothing', (line) => {
		const { state, effects } = run(line);
		expect(effects).toEqual([]);
		expect(told(state)).toEqual([expect.stringMatching(/^Usage: \//)]);
		expect(state.rooms).toHaveLength(1);
	});

	it.each([
		['/jion news', '/join'],
		['/hsitory', '/history'],
		['/quti', '/quit'],
		['/peopel', '/people'],
	])('%s is unknown, is not sent, and %s is offered', (line, near) => {
		const { state, effects } = run(line);
		expect(effects).toEqual([]);
		expect(room(state).pending).toEqual([]);
		expect(told(state)[0]).toContain(`Did you mean ${near}?`);
	});

	it.each(['/xyzzy', '/foo'])('%s is unknown, and nothing is near it', (line) => {
		expect(told(run(line).state)[0]).not.toContain('Did you mean');
	});

	it('/numbers shows them, hides them, and takes on and off', () => {
		const shownAfter = (...lines: string[]) =>
			lines.reduce((state, line) => play(state, ...sending(line)).state, begun()).view.numbers;
		expect([
			shownAfter('/numbers'),
			shownAfter('/numbers', '/numbers'),
			shownAfter('/numbers on', '/numbers on'),
		]).toEqual([true, false, true]);
		expect(shownAfter('/numbers', '/numbers off')).toBe(false);
		expect(told(run('/numbers yes').state)[0]).toContain('Usage: /numbers [on|off]');
	});

	it.each([
		['/who', 'There is no link to the broker to ask who is here over'],
		['/rooms', 'There is no link to the broker to list its rooms over'],
		['/history', 'There is no link to the broker to load older messages over'],
	])('%s without a link is answered at once, and not kept for later', (line, text) => {
		const { state, effects } = run(line, offline());
		expect([told(state), effects]).toEqual([[text], []]);
	});

	it('/nick without a link says from when it holds', () => {
		const { state, effects } = run('/nick maya', offline());
		expect(told(state)).toEqual(['You will be maya when there is a link to the broker again']);
		expect(effects).toEqual([{ type: 'change-nick', room: 'general', nick: 'maya' }]);
	});

	it('that fail much later are named with their failure', () => {
		const failed = { type: 'failed', what: 'list-rooms', room: 'general', text: 'no answer' } as const;
		expect(told(play(begun(), failed).state)).toEqual(['/rooms: no answer']);
	});

	it('without a near name point to the help', () => {
		expect(answer('/xyzzyplugh')).toMatch(/no command \/xyzzyplugh.*\/help/);
		expect(answer('/')).toMatch(/no command/);
		expect(answer('/12')).toMatch(/no command/);
	});

	it('can be brought back with Up after a mistake', () => {
		const { state } = run('/jion news');
		expect(play(state, { type: 'did', action: 'history-back' }).state.composer.text).toBe('/jion news');
	});

	it('refuse a nick that nobody can have, in words', () => {
		for (const nick of ['root', 'a,b', '#x', 'x'.repeat(40)]) {
			const { state, effects } = run(`/nick ${nick}`);
			expect(effects).toEqual([]);
			expect(told(state)[0]).toMatch(/^Expected /);
		}
		expect(answer('/nick sam')).toBe('You are sam already');
	});

	it('say who I am after a change, once', () => {
		const { state } = play(
			run('/nick maya').state,
			{ type: 'link', status: begun().link, nick: 'maya' },
			{ type: 'nick-changed', room: 'general', nick: 'maya' },
		);
		expect(state.nick).toBe('maya');
		expect(told(state)).toEqual(['You are maya now']);
	});

	it('show help as a page, and one command as a line', () => {
		expect(run('/help').state.view.overlay).toEqual({ name: 'help', top: 0 });
		expect(answer('/help history')).toBe('/history [N]  load N older messages, 100 unless told, at most 500');
		expect(answer('/help /gap')).toMatch(/^\/gap show\|why/);
		expect(answer('/help hstory')).toContain('Did you mean /history?');
	});

	it('toggle numbers and people, and empty the pane', () => {
		expect(run('/numbers').state.view.numbers).toBe(true);
		expect(run('/people').state.view.sidebar).toBe('hidden');
		const cleared = run('/clear', play(begun(), messages(1, 5)).state).state;
		expect(room(cleared)).toMatchObject({ rows: [], older: 'unknown', unread: 0 });
	});

	it('empty the pane, and what is missing stays counted until the numbers start over', () => {
		const lost = { kind: 'lost', from: 6, to: 8, reason: 'timeout' } as const;
		const notKept = { kind: 'lost', from: 9, to: 99, reason: 'trimmed' } as const;
		const before = play(begun(), messages(1, 5), items(lost, notKept)).state;
		const cleared = run('/clear', run('/clear', before).state).state;
		expect([missingIn(room(before)), missingIn(room(cleared))]).toEqual([3, 3]);
		const again = play(cleared, items({ kind: 'epoch', epoch: 'f', sequence: 0 })).state;
		expect([missingIn(room(again)), missingIn(room(run('/clear', again).state))]).toEqual([0, 0]);
	});

	it('are all explained, in a line that fits a narrow screen', () => {
		for (const command of commands) {
			expect(command.text.length, command.name).toBeGreaterThan(5);
			expect(usage(command).length).toBeLessThan(40);
		}
	});
});

describe('reports', () => {
	const gap: RoomStatus = status({
		position: 40,
		head: 44,
		gap: { from: 41, to: 41, held: 3, heldFrom: 42, heldTo: 44, since: noon - 1250, askedAt: noon - 1000 },
	});

	it('say what is held back, for what and since when', () => {
		const { state } = play(begun(), { type: 'room', status: gap });
		expect(answer('/gap show', state)).toBe(
			'Holding #42-#44 (3 messages) in #general for #41 since 11:59:58.750; the broker was asked 1.0s ago',
		);
	});

	it('say that nothing is held back', () => {
		const { state } = play(begun(), { type: 'room', status: status({ position: 40, head: 40 }) });
		expect(answer('/gap show', state)).toBe('Nothing is held back in #general: it is in order up to #40');
		expect(answer('/gap show')).toBe('Nothing is held back in #general');
		const waiting = play(state, {
			type: 'room',
			status: { room: 'general', phase: 'live', first: 0, position: 40, head: 42, canPublish: true, waiting: 2 },
		}).state;
		expect(answer('/gap show', waiting)).toBe(
			'Holding 2 lines in #general until what they answer in another room has come, for 2 s at most',
		);
	});

	it('prove the order by what happened to each number', () => {
		const { state } = play(begun(), {
			type: 'receipts',
			room: 'general',
			receipts: [
				{ at: noon, sequence: 1, what: 'shown' },
				{ at: noon + 10, sequence: 3, what: 'held' },
				{ at: noon + 11, sequence: 1, what: 'duplicate' },
				{ at: noon + 12, sequence: 1, what: 'duplicate' },
				{ at: noon + 260, sequence: 2, what: 'asked' },
				{ at: noon + 300, sequence: 2, what: 'shown' },
				{ at: noon + 300, sequence: 3, what: 'released' },
				{ at: noon + 301, sequence: 5, what: 'held' },
				{ at: noon + 400, sequence: 4, what: 'lost' },
			],
		});
		expect(told(state).at(-1)?.split('\n')).toEqual([
			'The last 5 numbers of #general:',
			'number  arrived       held    shown         duplicate',
			'#1      12:00:00.000  -       12:00:00.000  2x',
			'#2      12:00:00.300  -       12:00:00.300  -',
			'#3      12:00:00.010  290 ms  12:00:00.300  -',
			'#4      -             -       lost          -',
			'#5      12:00:00.301  held    -             -',
		]);
		expect(told(play(begun(), { type: 'receipts', room: 'general', receipts: [] }).state)).toEqual([
			'Nothing has come in #general yet',
		]);
	});

	it('show as many of the last numbers as fit, and what they are', () => {
		const receipts = Array.from({ length: 80 }, (_, index) => ({
			at: noon,
			sequence: index + 1,
			what: 'shown' as const,
		}));
		const small = begun({ size: { columns: 50, rows: 16 } });
		const { state } = play(small, { type: 'room', status: status({ position: 80, head: 80 }) }, items(message(80)), {
			type: 'receipts',
			room: 'general',
			receipts,
		});
		const pane = screen(state).pane.map((line) => textOf(line).trimEnd());
		expect(pane).toEqual([
			...[' · The last 8 numbers of #general, none was held,', '   none came twice, 72 older ones are left out:'],
			' · number  arrived       shown',
			...Array.from({ length: 8 }, (_, index) => ` · #${73 + index}     12:00:00.000  12:00:00.000`),
		]);
		const plain = play({ ...small, isPlain: true }, { type: 'receipts', room: 'general', receipts }).state;
		expect(told(plain).at(-1)?.split('\n')).toHaveLength(52);
	});

	it('name who is there, and when they came, which is not since when they are away', () => {
		const { state } = play(begun(), {
			type: 'members-listed',
			room: 'general',
			members: [
				{ userId: 'sam', state: 'online', verified: true, since: noon },
				{ userId: 'kim', state: 'away', verified: true, since: noon - 86_400_000, status: 'lunch\u001b[2J' },
				{ userId: 'ci', state: 'away', verified: true, since: noon, bot: true, status: 'idle' },
				{ userId: 'tom', state: 'offline', verified: false, since: noon },
			],
		});
		expect(told(state).at(-1)?.split('\n')).toEqual([
			'3 people in #general:',
			'+ sam  here  came 12:00',
			'- kim  away  came Sun 22 Nov 12:00  lunch␛[2J',
			'* ci   bot   came 12:00             idle',
		]);
	});

	it('name fifty people of a thousand, those who are here first, and say how many more there are', () => {
		const people = Array.from({ length: 1000 }, (_, index) => ({
			userId: `p${String(index).padStart(3, '0')}`,
			state: index < 970 ? ('away' as const) : ('online' as const),
			verified: true,
			since: noon,
		}));
		const { state } = play(begun(), { type: 'members-listed', room: 'general', members: people });
		const lines = told(state).at(-1)?.split('\n') ?? [];
		expect([lines.length, lines[0], lines[1], lines[31], lines.at(-1)]).toEqual([
			...[52, '1000 people in #general:', '+ p970  here  came 12:00', '- p000  away  came 12:00'],
			'and 950 more; /who and how a name begins finds it',
		]);
	});

	it('name of a crowd whoever asks and those who have proven their names, and others by how their names begin', () => {
		const people = Array.from({ length: 60 }, (_, index) => ({
			...{ userId: `b${100 + index}`, state: 'online' as const, verified: false, since: noon },
		}));
		const known = ['sam', 'zoe'].map((userId) => ({
			userId,
			state: 'online' as const,
			verified: userId === 'zoe',
			since: noon,
		}));
		const members = [...people, ...known];
		const asked = (more: { beginning?: string } = {}) =>
			told(play(begun(), { type: 'members-listed', room: 'general', members, ...more }).state)
				.at(-1)
				?.split('\n') ?? [];
		expect(asked().slice(-3)).toEqual([
			...['+ ~sam   here  came 12:00', '+ zoe    here  came 12:00', 'and 12 more; /who and how a name begins finds it'],
		]);
		expect(asked({ beginning: '~B15' })).toHaveLength(11);
		expect(asked({ beginning: 'b159' })).toEqual([
			...['1 person in #general, by names that begin with b159:', '+ ~b159  here  came 12:00'],
		]);
		expect(asked({ beginning: 'x\u001b' })).toEqual(['Nobody in #general has a name that begins with x␛']);
	});

	it('name the rooms, how many are in them, and which number the newest message had', () => {
		const { state } = play(begun(), {
			type: 'rooms-listed',
			room: 'general',
			rooms: [
				{ room: 'general', online: 6, head: 411, topic: 'Freeze is Thursday' },
				{ room: 'ops', online: 0, head: 1 },
			],
		});
		expect(told(state).at(-1)?.split('\n')).toEqual([
			'2 rooms:',
			'#general  6 here  newest #411  Freeze is Thursday',
			'#ops      0 here  newest #1',
		]);
	});
});

describe('/invite', () => {
	const invited = (more: Parameters<typeof begun>[0]) => {
		const { state, effects } = run('/invite', begun(more));
		return { text: told(state, state.active).at(-1)?.split('\n'), effects };
	};
	const share = {
		url: 'ws://127.0.0.1:8080',
		joinLine: 'j',
		shareLine: 'quit and start with --share',
		keptIn: '/data',
	};

	it('copies the line that others type to join this room, and shows it with the other addresses', () => {
		const invitation = [
			'ws://10.0.0.7:8080/?token=abc',
			'ws://10.0.1.7:8080/?token=abc',
			'ws://[2001:db8::1]:8080/?token=abc',
		];
		const line = "npx natter 'ws://10.0.0.7:8080/?token=abc#ops'";
		expect(invited({ host: share, invitation, rooms: ['ops', 'general'] })).toEqual({
			text: [
				'Others type:',
				line,
				'or:',
				"npx natter 'ws://10.0.1.7:8080/?token=abc#ops'",
				"npx natter 'ws://[2001:db8::1]:8080/?token=abc#ops'",
			],
			effects: [{ type: 'copy', room: 'ops', text: line, what: 'the line' }],
		});
	});

	it('shows the key of the broker that this process hosts', () => {
		const host = { ...share, fingerprint: 'SHA256:abc' };
		const { text, effects } = invited({ host, invitation: ['ws://10.0.0.7:8080'] });
		expect(text?.at(-1)).toBe("The broker's key is SHA256:abc");
		expect(effects).toEqual([
			{ type: 'copy', room: 'general', text: "npx natter 'ws://10.0.0.7:8080#general'", what: 'the line' },
		]);
	});

	it('says where nobody else can join, and how they could', () => {
		expect(invited({ host: share, invitation: [] })).toEqual({
			text: ['Nobody on another computer can join: quit and start with --share'],
			effects: [],
		});
	});

	it('says who a line is for that leads to this computer alone', () => {
		const { text, effects } = invited({ invitation: ['ws://127.0.0.1:8080'] });
		expect(text?.[0]).toMatch(/^On this computer, others type/);
		expect(effects).toEqual([
			{ type: 'copy', room: 'general', text: "npx natter 'ws://127.0.0.1:8080#general'", what: 'the line' },
		]);
	});

	it('leads to no inbox, and does not cut a long token', () => {
		const token = 'x'.repeat(256);
		const { effects } = invited({ invitation: [`wss://h/?token=${token}`], rooms: ['@bob'] });
		expect(effects).toEqual([
			{ type: 'copy', room: '@bob', text: `npx natter 'wss://h/?token=${token}#general'`, what: 'the line' },
		]);
	});
});

describe('a nick with a space', () => {
	const crowded = () =>
		play(
			begun(),
			items(message(1, { sender: 'bob smith' }), message(2, { sender: 'bob' }), message(3, { sender: 'maya' })),
		).state;
	const tabbed = (text: string) =>
		play(crowded(), { type: 'typed', text }, { type: 'did', action: 'complete' }).state.composer.text;

	it.each([
		['/kick bob\u0020s', '/kick bob s'],
		['/kick "bob s', '/kick "bob smith" '],
		['/kick "b', '/kick bob '],
		['/ban --all "bob s', '/ban --all "bob smith" '],
		['/msg @"bob s', '/msg @"bob smith" '],
		['/ignore "BOB S', '/ignore "bob smith" '],
		['/msg m', '/msg maya '],
		['"bob s', '"bob s'],
		['m', 'maya: '],
	])('%s becomes %s by Tab', (text, completed) => {
		expect(tabbed(text)).toBe(completed);
	});

	it('is put in quotes after every command that a nick follows, the next Tab included', () => {
		const second = (text: string) =>
			play(crowded(), { type: 'typed', text }, { type: 'did', action: 'complete' }, { type: 'did', action: 'complete' })
				.state.composer.text;
		for (const name of ['msg', 'query', 'q', 'kick', 'ban', 'unban', 'mute', 'unmute', 'ignore', 'unignore', 'grant']) {
			expect(second(`/${name} b`)).toBe(`/${name} "bob smith" `);
		}
	});

	it.each([
		['/msg "bob smith" hi', '@bob smith'],
		['/msg @"bob smith" hi', '@bob smith'],
		['/msg "bob" smith hello', '@bob'],
		['/query "bob smith"', '@bob smith'],
		['/query bob smith', '@bob smith'],
	])('%s opens %s', (line, tab) => {
		expect(run(line, crowded()).state.active).toBe(tab);
	});

	it.each([
		['/kick bob smith', 'Who is meant? /kick "bob smith", or /kick "bob"'],
		['/ban --all bob smith 2h', 'Who is meant? /ban "bob smith", or /ban "bob"'],
		['/msg Bob Smith hello', 'Who is meant? /msg "bob smith", or /msg "Bob"'],
	])('%s does nothing to anybody, and asks', (line, text) => {
		const { state, effects } = run(line, crowded());
		expect([effects, told(state), state.rooms.length]).toEqual([[], [text], 1]);
	});

	it('needs no quotes where nothing else may follow', () => {
		const by = (line: string) => run(line, crowded()).state.active;
		expect(by('/query bob smith')).toBe('@bob smith');
		expect(answer('/ignore "nobody here"')).toBe(answer('/ignore nobody here'));
		expect(answer('/unignore "nobody here"')).toBe(answer('/unignore nobody here'));
		expect(answer('/ignore "nobody here" now')).toMatch(/^Usage: /);
	});
});

it('how a command is used is told in the same words by a mistake and by /help', () => {
	for (const { name } of commands.filter(({ argument }) => argument !== undefined)) {
		const told = answer(`/help ${name}`);
		expect(told).toMatch(new RegExp(`^/${name} `));
		if (['ban', 'kick', 'history', 'msg'].includes(name)) {
			expect(answer(`/${name} ${name === 'history' ? '9999' : ''}`)).toBe(`Usage: ${told}`);
		}
	}
	expect(answer('/help ban')).toMatch(/^\/ban NICK \[TIME\] \[--all\] \[REASON\] {2}.*30m.*--all/);
	expect(answer('/history 9999')).toMatch(/at most 500/);
});

describe('/join with a filter and no where', () => {
	it.each([
		['/join deploys tags.level = info', '/join deploys where tags.level = info'],
		['/join #deploys not tags.level=info', '/join #deploys where not tags.level=info'],
		['/join the deploys sender in [ann]', '/join the deploys where sender in [ann]'],
		['/join deploys level = info', '/join deploys where level = info'],
		['/join deploys exists tags["build no"]', '/join deploys where exists tags["build no"]'],
	])('%s makes no room, and offers %s', (line, meant) => {
		const { state, effects } = run(line);
		expect([effects, told(state), state.rooms.length]).toEqual([[], [`A filter stands after where: ${meant}`], 1]);
		expect(run(meant).effects).toEqual(meant.includes(' level') ? [] : [expect.objectContaining({ type: 'join' })]);
	});

	it.each(['/join tags', '/join red tags', '/join who sender is', '/join not yet', '/join a <3'])(
		'%s is a room with spaces',
		(line) => {
			expect(run(line).effects).toEqual([{ type: 'join', room: line.slice(6) }]);
		},
	);

	it.each([
		['"general where sender = root"', 'general where sender = root'],
		['#"general where sender = root"', 'general where sender = root'],
		['"the deploys"', 'the deploys'],
		['"deploys level = info"', 'deploys level = info'],
		['"\\"den\\""', '"den"'],
	])('takes a room in quotes for its name: %s', (typed, name) => {
		expect(run(`/join ${typed}`).effects).toEqual([{ type: 'join', room: name }]);
		expect(run(`/join ${typed} where verified`).effects).toEqual([
			{ type: 'join', room: name, filter: { field: 'verified', op: 'eq', value: true } },
		]);
		const { state } = run(`/join ${typed}`);
		expect(play(state, ...sending(`/leave ${typed}`)).effects).toEqual([{ type: 'leave', room: name }]);
	});

	it.each(['"den', '"den" x', '"den"x', '""', '"den" x where verified'])(
		'knows no room in such quotes: %s',
		(typed) => {
			expect(run(`/join ${typed}`).effects).toEqual([]);
			expect(answer(`/join ${typed}`)).toMatch(/^Usage: /u);
		},
	);

	it('takes WHERE in any case', () => {
		expect(run('/join deploys WHERE tags.level = info').effects).toEqual([
			{ type: 'join', room: 'deploys', filter: { field: 'tags.level', op: 'eq', value: 'info' } },
		]);
	});
});

it('/help where lists what a filter may be', () => {
	expect(answer('/help where')).toMatch(/content contains disk[\s\S]*exists tags\.level/);
});
