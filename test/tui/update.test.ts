import { describe, expect, it } from 'vitest';
import { clean } from '../../src/protocol/text.ts';
import { longestPaste } from '../../src/tui/keys.ts';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { initialState } from '../../src/tui/update.ts';
import { begun, did, items, message, noon, play, room, rowsOf, sending, told } from './happenings.ts';
import { flatRows } from './states.ts';

const waiting = {
	type: 'link',
	status: {
		state: 'waiting',
		attempt: 1,
		offlineSince: noon,
		retryAt: noon + 9000,
		cause: { text: 'nobody is listening there', code: 'ECONNREFUSED' },
	},
	nick: 'sam',
} as const;
const greeting = (state: State) =>
	rowsOf(state, 'told')
		.map(({ text }) => text)
		.join('\n');

describe('sending', () => {
	it('publishes the line, shows it as waiting, and empties the input', () => {
		const { state, effects } = play(begun(), ...sending('hello'));
		const [line] = room(state).pending;
		expect(line).toMatchObject({ content: 'hello', writtenAt: noon });
		expect(effects).toEqual([{ type: 'publish', room: 'general', content: 'hello', cid: line?.cid }]);
		expect(state.composer).toMatchObject({ text: '', cursor: 0, history: ['hello'] });
	});

	it('gives every line a cid of its own', () => {
		const { state } = play(begun(), ...sending('one'), ...sending('two'), ...sending('three'));
		const cids = room(state).pending.map(({ cid }) => cid);
		expect(new Set(cids).size).toBe(3);
		expect(room(state).pending.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
	});

	it('does nothing with blanks alone, but dials at once while waiting for the broker', () => {
		expect(play(begun(), did('send')).effects).toEqual([]);
		expect(play(begun(), ...sending('   ')).effects).toEqual([]);
		expect(play(begun(), waiting, did('send')).effects).toEqual([{ type: 'reconnect' }]);
	});

	it('goes on while there is no link', () => {
		const { state, effects } = play(begun(), waiting, ...sending('queued'));
		expect(effects).toMatchObject([{ type: 'publish', content: 'queued' }]);
		expect(room(state).pending).toHaveLength(1);
	});

	it('makes a new line of a backslash before Enter, and of Ctrl+J', () => {
		const { state } = play(begun(), ...sending('one\\'), { type: 'typed', text: 'two' }, did('newline'), {
			type: 'typed',
			text: 'three',
		});
		expect(state.composer.text).toBe('one\ntwo\nthree');
		expect(play(state, did('send')).effects).toMatchObject([{ content: 'one\ntwo\nthree' }]);
	});

	it('keeps a line that is too long in the input, and says why', () => {
		const { state, effects } = play(begun(), { type: 'typed', text: 'x'.repeat(8193) }, did('send'));
		expect(effects).toEqual([]);
		expect(state.composer.text).toHaveLength(8193);
		expect(told(state)).toEqual(['Not sent: 8193 bytes; one message has at most 8192 bytes and 100 lines']);
	});
});

describe('a paste', () => {
	it('is part of one message, its line ends made plain', () => {
		const { state, effects } = play(
			begun(),
			{ type: 'typed', text: '> ' },
			{ type: 'pasted', text: 'one\r\ntwo\rthree\n\tfour' },
			did('send'),
		);
		expect(effects).toMatchObject([{ type: 'publish', content: clean('> one\ntwo\nthree\n\tfour') }]);
		expect(room(state).pending).toHaveLength(1);
	});

	it('runs no command that stands in its lines', () => {
		const { effects } = play(begun(), { type: 'pasted', text: 'look:\n/quit\n' }, did('send'));
		expect(effects).toMatchObject([{ type: 'publish', content: 'look:\n/quit' }]);
	});

	it('that is too long is refused, and what was typed stays', () => {
		const lines = play(begun(), { type: 'typed', text: 'mine' }, { type: 'pasted', text: 'x\n'.repeat(120) });
		expect(lines.state.composer.text).toBe('mine');
		expect(told(lines.state)).toEqual([
			expect.stringMatching(/^Not pasted: 121 lines, \d+ bytes; one message has at most/),
		]);
		const bytes = play(begun(), { type: 'pasted', text: 'é'.repeat(5000) });
		expect(bytes.state.composer.text).toBe('');
		expect(told(bytes.state)).toEqual([expect.stringContaining('10000 bytes')]);
	});

	it('of which not all was kept is refused in a prompt too', () => {
		const { state } = play(begun(), did('find'), { type: 'pasted', text: 'x'.repeat(longestPaste + 1) });
		expect(state.prompt?.input.text).toBe('');
		expect(told(state)).toEqual(['Not pasted: the text is far too long']);
	});
});

describe('leaving', () => {
	it('takes Ctrl+C to clear the line, then to ask, then to quit', () => {
		const typed = play(begun(), { type: 'typed', text: 'draft' }, did('interrupt'));
		expect([typed.state.composer.text, typed.state.view.asking, typed.effects]).toEqual(['', undefined, []]);
		const asked = play(typed.state, did('interrupt'));
		expect([asked.state.view.asking, asked.effects]).toEqual(['quit', [{ type: 'count-unkept' }]]);
		expect(play(asked.state, did('interrupt')).effects).toEqual([{ type: 'quit' }]);
		expect(play(typed.state, did('yank')).state.composer.text).toBe('draft');
	});

	it('is off when any other key follows the question', () => {
		const asked = play(begun(), did('interrupt')).state;
		for (const event of [
			did('left'),
			{ type: 'typed', text: 'n' } as const,
			{ type: 'pasted', text: 'n' } as const,
			{ type: 'picked-room', place: 1 } as const,
		]) {
			expect(play(asked, event).state.view.asking).toBeUndefined();
		}
		expect(play(asked, items(message(1))).state.view.asking).toBe('quit');
	});

	it('takes Ctrl+D on an empty line, which elsewhere deletes', () => {
		expect(play(begun(), did('end-of-input')).effects).toEqual([{ type: 'quit' }]);
		const { state, effects } = play(begun(), { type: 'typed', text: 'ab' }, did('left'), did('end-of-input'));
		expect([state.composer.text, effects]).toEqual(['a', []]);
	});
});

describe('a page over the pane', () => {
	it('is opened and closed by F1, and closed by Esc, Enter and Ctrl+C', () => {
		const open = play(begun(), did('help')).state;
		expect(open.view.overlay).toEqual({ name: 'help', top: 0 });
		for (const action of ['help', 'escape', 'send', 'interrupt'] as const) {
			const { state, effects } = play(open, did(action));
			expect([state.view.overlay, effects], action).toEqual([undefined, []]);
		}
	});

	it('gives way to what is typed', () => {
		const { state } = play(begun(), did('help'), { type: 'typed', text: 'x' });
		expect([state.view.overlay, state.composer.text]).toEqual([undefined, 'x']);
	});

	it('is scrolled by the scrolling keys and the arrows, not past its ends', () => {
		const open = play(begun(), did('help')).state;
		expect(
			play(open, did('history-forward'), did('history-forward'), did('history-back')).state.view.overlay?.top,
		).toBe(1);
		const end = play(open, did('newest')).state.view.overlay?.top ?? 0;
		expect(end).toBeGreaterThan(10);
		expect(play(open, did('newest'), did('page-down')).state.view.overlay?.top).toBe(end);
		expect(play(open, did('newest'), did('oldest'), did('page-up')).state.view.overlay?.top).toBe(0);
		expect(play(open, did('page-down')).state.rooms).toBe(open.rooms);
	});
});

describe('the first screen', () => {
	it('says who I am and where help is', () => {
		const text = greeting(begun());
		expect(text).toMatch(/You are sam/);
		expect(text).toMatch(/\/nick/);
		expect(text).toMatch(/\/help/);
		expect(text).toMatch(/Ctrl\+C/);
		expect(text).not.toMatch(/hosting/);
	});

	it('of a host says where it is, how others come in, where messages are kept and what ends it', () => {
		const text = greeting(
			begun({
				host: {
					url: 'ws://127.0.0.1:8080',
					joinLine: 'npx natter',
					shareLine: 'quit and start with --share',
					keptIn: '/data/natter',
					fingerprint: 'SHA256:abc',
				},
			}),
		);
		expect(text.split('\n').slice(0, 6)).toEqual([
			'You are hosting natter at ws://127.0.0.1:8080',
			'To be somebody else in a second terminal here:',
			'npx natter',
			'On other computers: quit and start with --share',
			'Messages are kept in /data/natter. Quitting ends the broker.',
			"The broker's key is SHA256:abc",
		]);
		const invitation = ['ws://10.0.0.7:8080/?token=abc', 'ws://10.0.1.7:8080/?token=abc'];
		const shared = { url: 'ws://127.0.0.1:8080', joinLine: 'j', shareLine: 's', keptIn: '/data' };
		expect(
			greeting(begun({ host: shared, invitation }))
				.split('\n')
				.slice(0, 3),
		).toEqual([
			'You are hosting natter at ws://127.0.0.1:8080',
			'On any computer that reaches this one, others type (/invite copies it):',
			"npx natter 'ws://10.0.0.7:8080/?token=abc#general'",
		]);
		const memory = { url: 'u', joinLine: 'j', shareLine: 's', keptIn: 'in memory only' };
		expect(greeting(begun({ host: memory }))).toContain('Messages are kept in memory only.');
	});
});

describe('news of the broker', () => {
	it('is told in its room, or in the one on screen, without anything that steers a terminal', () => {
		const two = begun({ rooms: ['general', 'ops'] });
		const { state } = play(
			two,
			{ type: 'notice', notice: { level: 'warning', text: 'slow\u001b[2J down', room: 'ops' } },
			{ type: 'notice', notice: { level: 'info', text: 'maintenance', room: 'gone' } },
		);
		expect(told(state, 'ops')).toEqual(['slow␛[2J down']);
		expect(told(state)).toEqual(['maintenance']);
	});

	it('has the times of a broker as local ones, wherever its words are shown', () => {
		const denied = 'You are muted in #general until 2026-11-23 22:57 UTC';
		const sent = play(begun(), ...sending('hi')).state;
		const cid = room(sent).pending[0]?.cid ?? '';
		const { state } = play(
			sent,
			{ type: 'notice', notice: { level: 'warning', text: denied } },
			{ type: 'refused', refused: { room: 'general', cid, code: 'muted', text: denied } },
			{ type: 'failed', what: 'join', room: 'general', text: denied },
			{ type: 'link', status: { state: 'closed', cause: { text: denied, code: '4503' } }, nick: 'sam' },
		);
		const shown = flatRows(screen(state)).join('\n');
		expect(shown.match(/22:57/gu)).toHaveLength(5);
		expect(shown).not.toContain('UTC');
	});

	it('is told once while it is said again and again', () => {
		const notice = { level: 'warning', text: 'This broker does not know itself as "here:8080"' } as const;
		const { state } = play(begun(), { type: 'notice', notice }, { type: 'notice', notice });
		expect(told(state)).toEqual([notice.text]);
		expect(told(play(state, ...sending('hi'), { type: 'notice', notice: { ...notice, text: 'other' } }).state)).toEqual(
			[notice.text, 'other'],
		);
	});

	it('is no row when it only says that the broker is about to restart', () => {
		const notice = { level: 'info', code: 'draining', text: 'The broker is going away: upgrade' } as const;
		expect(told(play(begun(), { type: 'notice', notice }).state)).toEqual([]);
	});

	it('names the cause at once when there never was a link', () => {
		const first = initialState({
			at: noon,
			size: { columns: 80, rows: 24 },
			nick: 'sam',
			url: 'ws://127.0.0.1:8080',
			rooms: ['general'],
		});
		const rowOf = (state: State) => (screen(state).status ?? []).map(({ text }) => text).join('');
		expect(rowOf(play(first, waiting).state)).toContain('nobody is listening there');
		expect(rowOf(play(begun(), waiting).state)).toContain('~ reconnecting');
	});

	it('says why the link was closed for good, and by which name I am known', () => {
		const { state } = play(
			begun(),
			{ type: 'link', status: { state: 'closed', cause: { text: 'you are banned', code: '4503' } }, nick: 'sam' },
			{ type: 'link', status: { state: 'connecting', attempt: 1 }, nick: 'sam2' },
		);
		expect(told(state)).toEqual([
			'The broker closed the link: you are banned\nEnter on an empty line, or /reconnect, dials again.',
			'You are sam2 now',
		]);
	});

	it('does not say that a link was closed that there never was, nor that it is waited for, and why, on a narrow screen too', () => {
		const first = initialState({
			at: noon,
			size: { columns: 60, rows: 24 },
			nick: 'sam',
			url: 'ws://127.0.0.1:8080',
			rooms: ['general'],
		});
		const cause = { text: 'the broker does not take this token: ask for the join line again', code: 'HTTP 401' };
		const text = `The broker does not want this client back: ${cause.text}`;
		const { state } = play(
			first,
			{ type: 'link', status: { state: 'closed', cause }, nick: 'sam' },
			{ type: 'failed', what: 'join', room: 'general', text },
		);
		expect(told(state)).toEqual([
			`There is no link: ${cause.text}\nEnter on an empty line, or /reconnect, dials again.`,
		]);
		const shown = flatRows(screen(state)).join('\n');
		expect(shown).toContain('there is no link to ws://127.0.0.1:8080');
		expect(shown).not.toContain('waiting for');
		expect((screen(state).status ?? []).map((part) => part.text).join('')).toContain(
			'the broker does not take this token',
		);
		expect(play(state, did('send')).effects).toEqual([{ type: 'reconnect' }]);
	});

	it('never sets the clock back', () => {
		const { state } = play(begun(), { type: 'ticked', at: noon + 500 }, { type: 'ticked', at: noon + 100 });
		expect(state.now).toBe(noon + 500);
	});
});
