import { describe, expect, it } from 'vitest';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { joinText } from '../../src/tui/slices/rooms.ts';
import { openable } from '../../src/tui/slices/tabs.ts';
import { begun, did, items, messages, play, room, sending, told } from './happenings.ts';
import { room as roomWith, state as stateWith, textOf } from './states.ts';

const names = (state: State) => state.rooms.map(({ name }) => name);

describe('the tabs', () => {
	it('are kept for the next run when one of them changes, and when another is on screen', () => {
		const start = begun({ rooms: ['general', 'ops'] });
		const list = [{ name: 'general' }, { name: 'ops' }];
		expect(start.tabs).toEqual({ active: 'general', list });
		expect(play(start, messages(1, 3), { type: 'typed', text: 'x' }, did('help')).tabs).toEqual([]);
		const { tabs } = play(
			start,
			did('next-room'),
			...sending('/mute'),
			...sending('/notify none'),
			...sending('/join news where tags.level = error'),
			...sending('/leave general'),
		);
		expect(tabs.map(({ active }) => active)).toEqual(['ops', 'ops', 'ops', 'news', 'news']);
		expect(tabs.at(-1)).toEqual({
			active: 'news',
			list: [
				{ name: 'ops', attention: 'none', isMuted: true },
				{ name: 'news', where: 'tags.level = error' },
			],
		});
	});

	it('are at the next start as they were', () => {
		const tabs = [
			{ name: 'ops', where: 'sender = "ci"', attention: 'all' },
			{ name: 'general', isMuted: true },
		] as const;
		const state = begun({
			rooms: ['ops', 'general'],
			active: 'general',
			tabs,
			drafts: new Map([['general', 'half']]),
		});
		expect([names(state), state.active, state.composer.text]).toEqual([['ops', 'general'], 'general', 'half']);
		expect(room(state, 'ops')).toMatchObject({ where: { text: 'sender = "ci"' }, attention: 'all' });
		expect(room(state)).toMatchObject({ isMuted: true });
		expect(state.tabs?.list).toEqual(tabs);
	});

	it('come back with the whole filter, however long it is', () => {
		const where = `content contains ${JSON.stringify('x'.repeat(1900))} and not sender = root`;
		const { state, tabs } = play(begun(), ...sending(`/join news where ${where}`));
		const [, tab] = tabs.at(-1)?.list ?? [];
		const again = begun({ rooms: ['general', 'news'], tabs: tabs.at(-1)?.list ?? [] });
		expect([tab?.where, room(again, 'news').where]).toEqual([where, room(state, 'news').where]);
		expect(joinText('news', room(again, 'news').where)).toBe(`/join news where ${where}`);
		const longer = play(begun(), ...sending(`/join news where verified${' '.repeat(4096)}= true`));
		expect([told(longer.state).at(-1), names(longer.state)]).toEqual([
			expect.stringMatching(/^Expected a filter of at most 4096 characters/u),
			['general'],
		]);
	});

	it('whose filter cannot be read stay closed, are kept, and are told of', () => {
		const list = [
			{ name: 'ops' },
			{ name: 'news', where: 'no filter', isMuted: true },
			{ name: 'ci', where: '(' },
		] as const;
		expect(openable(list)).toEqual([{ name: 'ops' }]);
		const state = begun({ rooms: ['ops', 'ci'], tabs: list });
		expect(told(state, 'ops').slice(-2)).toEqual([
			expect.stringMatching(/^#news is not open, because its filter cannot be read: .* the filter was: no filter$/u),
			expect.stringMatching(/^#ci shows everything, because its filter cannot be read: /u),
		]);
		expect(state.tabs?.list).toEqual([{ name: 'ops' }, { name: 'ci' }, list[1]]);
		const { tabs } = play(state, ...sending('/join news'), ...sending('/leave'));
		expect(tabs.map((kept) => kept.list.map(({ name }) => name))).toEqual([
			['ops', 'ci', 'news'],
			['ops', 'ci'],
		]);
		expect(tabs[0]?.list.at(-1)).toEqual({ name: 'news' });
	});

	it('are moved by /move, which takes a place', () => {
		const start = begun({ rooms: ['a', 'b', 'c'] });
		const last = play(start, ...sending('/move 9'));
		expect([names(last.state), last.state.active]).toEqual([['b', 'c', 'a'], 'a']);
		expect(last.tabs.at(-1)?.list.map(({ name }) => name)).toEqual(['b', 'c', 'a']);
		expect(names(play(last.state, ...sending('/move 2')).state)).toEqual(['b', 'a', 'c']);
		for (const wrong of ['', '0', 'x']) {
			expect(told(play(start, ...sending(`/move ${wrong}`)).state, 'a')[0]).toMatch(/^Usage: \/move PLACE/u);
		}
	});

	it('that do not fit are those without a mention first, and it is said when others are among them', () => {
		const many = (mentioned: readonly number[], columns: number) => {
			const rooms = Array.from({ length: 9 }, (_, index) => {
				const isMentioned = mentioned.includes(index);
				return roomWith(`room-${index + 1}`, isMentioned ? { unread: 1, mentions: 1 } : {});
			});
			const state = stateWith({ rooms, active: 'room-8', size: { columns, rows: 24 } });
			return textOf(screen(state).tabs ?? []).trim();
		};
		expect(many([8], 44)).toBe('1 #room-1  [8 #room-8]  9 #room-9 1!   +6');
		expect(many([1, 4, 8], 44)).toBe('2 #room-2 1!  [8 #room-8]  +7!');
	});

	it('are kept in order while things come in them', () => {
		const start = begun({ rooms: ['general', 'ops'] });
		expect(play(start, items(), messages(1, 2)).state.tabs).toBe(start.tabs);
	});
});
