import { describe, expect, it } from 'vitest';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, message, messages, play, sending, status, told } from './happenings.ts';
import { flatRows } from './states.ts';

const statusRow = (state: Parameters<typeof screen>[0]) => flatRows(screen(state)).at(-3)?.trim();
const many = () => play(begun({ rooms: ['general', 'ops'] }), messages(1, 100)).state;

describe('what is not on screen', () => {
	it('is said on the status row when it is an answer, until the next key', () => {
		const up = play(many(), did('page-up'), ...sending('/foo')).state;
		expect(statusRow(up)).toMatch(/^There is no command \/foo\./u);
		expect(statusRow(play(up, did('page-up')).state)).not.toContain('/foo');
		const long = play(many(), did('page-up'), ...sending('/help where')).state;
		expect(statusRow(long)).toMatch(/^Esc shows all: What stands after where/u);
	});

	it('is not said there when the answer is in sight', () => {
		expect(statusRow(play(many(), ...sending('/foo')).state)).not.toContain('/foo');
	});

	it('is counted when it is new in a room that one comes to, with the way there', () => {
		const far = Array.from({ length: 60 }, (_, index) => message(index + 1));
		const standing = { type: 'room', status: status({ room: 'ops', position: 60, head: 60 }) } as const;
		const away = play(many(), standing, { type: 'items', room: 'ops', items: far }).state;
		const there = play(away, did('next-room')).state;
		expect(statusRow(there)).toBe('60 new from #1 on, above: Alt+U goes there');
		const few = play(many(), standing, { type: 'items', room: 'ops', items: [message(61)] }).state;
		expect(statusRow(play(few, did('next-room')).state)).not.toContain('new from');
	});
});

describe('an answer', () => {
	it('that stands there already is not said once more', () => {
		const { state } = play(begun(), ...sending('/foo'), ...sending('/foo'), ...sending('/bar'), ...sending('/foo'));
		expect(told(state).map((text) => text.slice(0, 26))).toEqual([
			'There is no command /foo. ',
			'There is no command /bar. ',
			'There is no command /foo. ',
		]);
	});
});
