import { describe, expect, it } from 'vitest';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, items, message, play, room, sending, status } from './happenings.ts';
import { textOf } from './states.ts';

process.env['TZ'] = 'UTC';

const pane = (state: State) => screen(state).pane.map((line) => textOf(line).trimEnd());
const typed = (text: string) => ({ type: 'typed', text }) as const;
const rule = (state: State) => textOf(screen(state).lowerRule ?? []).replace(/^─+ | ─+┴?─*$/gu, '');
const marked = (state: State) => pane(state).filter((line) => line.startsWith('»'));
const foundSpans = (state: State) =>
	screen(state).pane.flatMap((line) => line.flatMap(({ text, style }) => (style === 'found' ? [text] : [])));

/** A hundred messages, of which each tenth says deploy. */
const here = () =>
	play(
		begun(),
		{ type: 'room', status: status({ position: 100, head: 100 }) },
		items(
			...Array.from({ length: 100 }, (_, index) =>
				message(index + 1, { content: (index + 1) % 10 === 0 ? `deploy ${index + 1} now` : `m${index + 1}` }),
			),
		),
	).state;
const finding = (text: string, state = here()) => play(state, did('find'), typed(text)).state;
/** With every row saying that its text was looked at. */
function watching(state: State) {
	const looked: number[] = [];
	const rows = room(state).rows.map((row) =>
		row.kind !== 'said'
			? row
			: {
					...row,
					get content() {
						looked.push(row.sequence);
						return row.content;
					},
				},
	);
	return { watched: { ...state, rooms: [{ ...room(state), rows }] }, looked };
}

describe('Ctrl+F', () => {
	it('asks what to find, with the pane as it is', () => {
		const before = here();
		const { state, effects } = play(before, did('find'));
		expect(effects).toEqual([]);
		expect(textOf(screen(state).input[0] ?? [])).toBe(' find: ');
		expect(rule(state)).toBe('nothing to find yet - /search looks further back');
		expect(pane(state)).toEqual(pane(before));
	});

	it('goes to the newest message that says it, marked, and lets what was typed stand out wherever it is', () => {
		const state = finding('deploy');
		expect(marked(state)).toEqual(['»12:00 maya  #100 deploy 100 now']);
		expect(rule(state)).toBe('1 of 10 loaded - /search looks further back');
		expect(new Set(foundSpans(state))).toEqual(new Set(['deploy']));
		expect(foundSpans(state).length).toBeGreaterThan(1);
	});

	it('leaves alone what says only a part of it', () => {
		const state = finding('deploy 9');
		expect(marked(state)).toEqual(['»12:00 maya  #90 deploy 90 now']);
		expect(foundSpans(state)).toEqual(['deploy', '90']);
	});

	it('goes to older ones with Enter, Up and its own key, to newer ones with Down, and stops at the ends', () => {
		const number = (state: State) => /#(\d+)/u.exec(marked(state)[0] ?? '')?.[1];
		const older = play(finding('deploy'), did('send'), did('history-back'), did('find')).state;
		expect([number(older), rule(older)]).toEqual(['70', '4 of 10 loaded - /search looks further back']);
		const newer = play(older, did('history-forward')).state;
		expect(number(newer)).toBe('80');
		const oldest = play(newer, ...Array.from({ length: 20 }, () => did('send'))).state;
		expect(number(oldest)).toBe('10');
		expect(number(play(oldest, ...Array.from({ length: 20 }, () => did('history-forward'))).state)).toBe('100');
	});

	it('begins anew at the newest with what is typed further, and deletes like any line', () => {
		const state = play(finding('deploy'), did('send'), typed(' 3')).state;
		expect(marked(state)).toEqual(['»12:00 maya  #30 deploy 30 now']);
		const back = play(state, did('delete-back'), did('delete-back')).state;
		expect(marked(back)).toEqual(['»12:00 maya  #100 deploy 100 now']);
	});

	it('says that nothing loaded says it, and stays where it is', () => {
		const at = finding('deploy 30');
		const state = play(at, typed('x')).state;
		expect(rule(state)).toBe('nothing loaded here says this - /search looks further back');
		expect(room(state).scroll).toEqual(room(at).scroll);
	});

	it('closes with Esc where it is, with the draft as it was; what comes does not move it', () => {
		const draft = play(here(), typed('half a line')).state;
		const closed = play(finding('deploy 3', draft), did('escape')).state;
		expect(closed.prompt).toBeUndefined();
		expect(closed.composer.text).toBe('half a line');
		expect(marked(closed)).toEqual(['»12:00 maya  #30 deploy 30 now']);
		expect(foundSpans(closed)).toEqual([]);
		const later = play(closed, items(message(101, { content: 'deploy 30 again' }))).state;
		expect(marked(later)).toEqual(marked(closed));
	});

	it('says how much it has found on a small screen too, above the input', () => {
		const state = play(finding('deploy'), { type: 'resized', size: { columns: 30, rows: 10 } }).state;
		expect(screen(state).lowerRule).toBeUndefined();
		expect(pane(state).at(-1)).toBe('─────── 1 of 10 loaded ───────');
	});

	it('looks at nothing again that it has looked at when another message comes', () => {
		const { watched, looked } = watching(finding('deploy'));
		const first = play(watched, items(message(101, { content: 'deploy 101 now' }))).state;
		expect(new Set(looked).size).toBe(100);
		looked.length = 0;
		const { state: next } = play(first, items(message(102, { content: 'deploy 102 now' })));
		expect(looked.filter((sequence) => sequence < 60)).toEqual([]);
		expect(rule(next)).toBe('3 of 12 loaded - /search looks further back');
	});

	it('sends nothing, whatever is typed', () => {
		const { effects } = play(finding('/quit'), did('send'));
		expect(effects).toEqual([]);
	});

	it('finds nothing of what natter itself has said', () => {
		const state = play(here(), ...sending('/help nonsense')).state;
		expect(rule(finding('lists', state))).toBe('nothing loaded here says this - /search looks further back');
	});
});

describe('the list of messages that name me', () => {
	it('looks at nothing again that it has looked at when another message comes', () => {
		const named = Array.from({ length: 100 }, (_, index) => message(index + 1, { content: `sam ${index + 1}?` }));
		const listing = play(begun(), items(...named), ...sending('/mentions'), typed('sam')).state;
		const { watched, looked } = watching(listing);
		const first = play(watched, items(message(101, { content: 'sam 101?' }))).state;
		expect(new Set(looked).size).toBe(100);
		looked.length = 0;
		const { state: next } = play(first, items(message(102, { content: 'sam 102?' })));
		expect(looked.filter((sequence) => sequence < 60)).toEqual([]);
		expect(pane(next).some((line) => line.includes('of 102'))).toBe(true);
	});
});
