import { describe, expect, it } from 'vitest';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, play, sending } from './happenings.ts';
import { flatRows } from './states.ts';

const typed = (text: string) => ({ type: 'typed', text }) as const;
const history = () => play(begun(), ...sending('deploy canary'), ...sending('/who'), ...sending('deploy prod')).state;
const listed = (state: Parameters<typeof screen>[0]) => {
	const rows = flatRows(screen(state)).map((row) => row.replace(/│.*/u, '').trimEnd());
	const rule = rows.findIndex((row) => /── (?:\d+ of \d+|nothing matches) ──/u.test(row));
	return [rows[rule]?.replaceAll('─', '').trim(), ...rows.slice(rule + 1, -4), rows.at(-2)];
};

describe('a line that is asked for', () => {
	it('lists what was sent before above the input, the newest nearest to it', () => {
		const { state } = play(history(), did('recall'));
		expect(listed(state)).toEqual(['1 of 3', '  deploy canary', '  /who', '> deploy prod', ' sent before:']);
	});

	it('lists only what contains what is typed, whatever its case', () => {
		const { state } = play(history(), did('recall'), typed('DEPLOY c'));
		expect(listed(state)).toEqual(['1 of 1', '> deploy canary', ' sent before: DEPLOY c']);
	});

	it('lists what has all words that are typed, in any order, and shows where', () => {
		const { state } = play(history(), did('recall'), typed('PRO dep'));
		expect(listed(state)).toEqual(['1 of 1', '> deploy prod', ' sent before: PRO dep']);
		const { pane } = screen(state);
		const found = pane.flat().filter(({ style }) => style === 'found');
		expect(found.map(({ text }) => text)).toEqual(['dep', 'pro']);
		expect(listed(play(state, typed(' who')).state)[0]).toBe('nothing matches');
	});

	it.each([
		['a.b*c', '.b*', ['.b*']],
		['über Übung', 'ÜB', ['üb', 'Üb']],
		['deploy', 'depl ploy', ['deploy']],
		['x\u0302 x', 'x', ['x\u0302', 'x']],
		['two\nrows', 'ows TWO', ['two', 'ows']],
	])('of %j shows what %j finds', (line, wanted, letters) => {
		const { state } = play(
			{ ...begun(), composer: { ...begun().composer, history: [line] } },
			did('recall'),
			typed(wanted),
		);
		const found = screen(state)
			.pane.flat()
			.filter(({ style }) => style === 'found');
		expect(found.map(({ text }) => text)).toEqual(letters);
	});

	it('says that nothing matches, and Enter takes nothing then', () => {
		const { state } = play(history(), typed('draft'), did('recall'), typed('x'), did('send'));
		expect(listed(state)).toEqual(['nothing matches', ' sent before: x']);
		expect(play(state, did('escape')).state.composer.text).toBe('draft');
	});

	it('chooses older ones with Up, Tab and its own key, newer ones with Down, and stops at the ends', () => {
		const choice = (...actions: Parameters<typeof did>[0][]) =>
			play(history(), did('recall'), ...actions.map(did)).state.prompt?.choice;
		expect(choice('history-back')).toBe(1);
		expect(choice('recall', 'complete')).toBe(2);
		expect(choice('recall', 'recall', 'recall', 'recall')).toBe(2);
		expect(choice('recall', 'history-forward', 'history-forward')).toBe(0);
	});

	it('puts what is chosen into the input, where it is not sent yet', () => {
		const { state, effects } = play(history(), did('recall'), did('recall'), did('recall'), did('send'));
		expect(state.composer).toMatchObject({ text: 'deploy canary', cursor: 'deploy canary'.length });
		expect(effects).toEqual([]);
		expect(state.prompt).toBeUndefined();
	});

	it.each(['escape', 'interrupt'] as const)('is given up with %s, and the draft is as it was', (action) => {
		const { state } = play(history(), typed('half'), did('recall'), typed('prod'), did(action));
		expect(state.prompt).toBeUndefined();
		expect(state.composer.text).toBe('half');
	});

	it('is edited by the editing keys, and a paste is one row of it', () => {
		const paste = { type: 'pasted', text: 'two\nrows' } as const;
		const { state } = play(
			history(),
			did('recall'),
			typed('one '),
			paste,
			did('kill-word-back'),
			did('start'),
			typed('>'),
		);
		expect(state.prompt?.input.text).toBe('>one two ');
		expect(state.composer.text).toBe('');
	});

	it('is gone when a key asks for something else', () => {
		const { state } = play(history(), did('recall'), did('help'));
		expect(state.prompt).toBeUndefined();
		expect(state.view.overlay?.name).toBe('help');
	});

	it('leaves the newest message on screen, above the list', () => {
		const { state } = play(history(), did('recall'));
		expect(flatRows(screen(state)).some((row) => row.includes('deploy prod') && row.includes('~'))).toBe(true);
	});
});
