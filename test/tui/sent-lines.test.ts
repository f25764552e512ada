import { describe, expect, it } from 'vitest';
import { begun, did, play, sending } from './happenings.ts';

const kept = (line: string, state = begun()) => play(state, ...sending(line)).sentLines;

describe('the lines that later runs find', () => {
	it('are those that are sent or run, each once in a row', () => {
		const { state, sentLines } = play(begun(), ...sending('hello'), ...sending('/who'), ...sending('/who'));
		expect(sentLines).toEqual(['hello', '/who']);
		expect(play(state, { type: 'typed', text: 'draft' }, did('next-room'), did('history-back')).sentLines).toEqual([]);
	});

	it.each([
		'/msg jo psst',
		'/MSG jo psst',
		'/query jo',
		'/q jo',
		'/token',
		'/token revoke',
		'npx natter ws://a/?token=abc#general',
		'curl http://sam:secret@host/',
		'npx natter ws://a --token abc',
		'natter --TOKEN\n  "a b"',
	])('are not such as %j', (line) => {
		expect(kept(line)).toEqual([]);
	});

	it.each(['/messages', 'the /msg command', '//msg jo', 'http://host:80/a@b', 'two\nlines', 'natter --token-file x'])(
		'are such as %j',
		(line) => {
			expect(kept(line)).toEqual([line]);
		},
	);

	it('are at most 2 KiB long', () => {
		expect(kept('x'.repeat(2049))).toEqual([]);
		expect(kept('ü'.repeat(1025))).toEqual([]);
		expect(kept('ü'.repeat(1024))).toEqual(['ü'.repeat(1024)]);
	});

	it('are none of what is said to one person alone', () => {
		const { state } = play(begun({ rooms: ['general', '@jo'] }), did('next-room'));
		expect(state.active).toBe('@jo');
		expect(kept('between us', state)).toEqual([]);
		expect(play(state, ...sending('between us'), did('history-back')).state.composer.text).toBe('between us');
	});

	it('are found with Up, made safe to draw', () => {
		const state = begun({ sentLines: ['first', 'se\x1b[2Jcond'] });
		const up = (count: number) =>
			play(state, ...Array.from({ length: count }, () => did('history-back'))).state.composer.text;
		expect([up(1), up(2)]).toEqual(['se\u241b[2Jcond', 'first']);
	});

	it('are not what could not be sent', () => {
		const put = { type: 'room', status: { room: 'general', phase: 'left', first: 0, position: 0, head: 0 } } as const;
		const { state } = play(begun(), { ...put, status: { ...put.status, canPublish: false, reason: 'kicked' } });
		expect(kept('hello', state)).toEqual([]);
	});
});
