import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notificationSequence, takesTitle, titleSequence } from '../../src/tui/terminal-sequences.ts';

const said = { title: 'maya in #ops', text: 'look; here' };

describe('a notification', () => {
	it.each([
		['most terminals', { TERM: 'xterm-256color' }, '\x1b]9;maya in #ops: look; here\x07'],
		['VTE', { TERM: 'xterm-256color', VTE_VERSION: '7600' }, '\x1b]777;notify;maya in #ops;look; here\x07'],
		['rxvt', { TERM: 'rxvt-unicode-256color' }, '\x1b]777;notify;maya in #ops;look; here\x07'],
		['tmux', { TERM: 'tmux-256color', TMUX: '/tmp/x' }, '\x1bPtmux;\x1b\x1b]9;maya in #ops: look; here\x07\x1b\\'],
		[
			'tmux in screen',
			{ TERM: 'tmux', TMUX: 'x', STY: 'y' },
			'\x1bPtmux;\x1b\x1b]9;maya in #ops: look; here\x07\x1b\\',
		],
		['the Linux console', { TERM: 'linux' }, ''],
		['a dumb terminal', { TERM: 'dumb' }, ''],
		['GNU screen', { TERM: 'screen', STY: '1.pts' }, ''],
	])('is for %s', (_what, environment, sequence) => {
		expect(notificationSequence(said, environment)).toBe(sequence);
	});

	it('is never taken for another order, such as progress', () => {
		expect(notificationSequence({ title: '4;1', text: 'x' }, {})).toBe('\x1b]9;4,1: x\x07');
		expect(notificationSequence({ title: 'a;b', text: 'x' }, { VTE_VERSION: '1' })).toBe('\x1b]777;notify;a,b;x\x07');
	});

	it('has no control character in its text, nor has a title', () => {
		const text = fc.string({ unit: 'binary' });
		fc.assert(
			fc.property(text, text, (title, body) => {
				const inside = (sequence: string) => sequence.slice(4, -1);
				expect(inside(notificationSequence({ title, text: body }, {}))).not.toMatch(/\p{Cc}/u);
				expect(inside(titleSequence(body))).not.toMatch(/\p{Cc}/u);
			}),
			{ numRuns: 30 },
		);
		expect(titleSequence('a\x1bb')).toBe('\x1b]2;a b\x07');
	});

	it('is no matter of terminals that print what they do not know, nor is a title', () => {
		expect([{ TERM: 'linux' }, { TERM: 'dumb' }, { TERM: 'xterm' }, {}].map(takesTitle)).toEqual([
			false,
			false,
			true,
			true,
		]);
	});
});
