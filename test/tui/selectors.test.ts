import { describe, expect, it } from 'vitest';
import { nextRefreshAt, overlayBottom, paneSize, screen } from '../../src/tui/selectors.ts';
import { at, gap, online, paneLines, release, room, said, state, status, textOf } from './states.ts';

const many = (count: number) =>
	Array.from({ length: count }, (_, index) =>
		said(index + 1, '10:00', index % 2 === 0 ? 'jo' : 'li', `line ${index + 1}`),
	);
const long = (count: number) => room('general', { rows: many(count), status: status(count), older: 'unknown' });

describe('screen', () => {
	it('is the same object for the same state', () => {
		const one = state();
		expect(screen(one)).toBe(screen(one));
	});

	it('lays out again only what is new when a message is appended', () => {
		const before = long(1000);
		const first = screen(state({ rooms: [before] }));
		const next = { ...before, rows: [...before.rows, said(1001, '10:01', 'jo', 'one more')] };
		const second = screen(state({ rooms: [next] }));
		expect(textOf(second.pane.at(-1) ?? [])).toBe(' 10:01 jo    one more');
		expect(second.pane.slice(0, -1).every((line, index) => line === first.pane[index + 1])).toBe(true);
		expect(second.sidebar?.every((line, index) => line === first.sidebar?.[index])).toBe(
			first.sidebar === second.sidebar,
		);
	});

	it('lays out only the rows that are on screen', () => {
		let read = 0;
		const rows = many(1000).map((row) => ({
			...row,
			get content() {
				read++;
				return row.content;
			},
		}));
		const view = screen(state({ rooms: [{ ...long(0), rows }] }));
		expect(textOf(view.pane.at(-1) ?? [])).toContain('line 1000');
		expect(read).toBeGreaterThan(0);
		expect(read).toBeLessThan(200);
	});

	it('lays out all rows again at another width, and not at another height', () => {
		const rooms = [release()];
		const wide = screen(state({ rooms }));
		const lower = screen(state({ rooms, size: { columns: 100, rows: 25 } }));
		const narrow = screen(state({ rooms, size: { columns: 90, rows: 30 } }));
		expect(lower.pane.at(-1)).toBe(wide.pane.at(-1));
		expect(narrow.pane.at(-1)).not.toBe(wide.pane.at(-1));
	});
});

describe('the lines of a pane', () => {
	it('name their row, and their place in it', () => {
		const rows = [said(1, '10:00', 'jo', 'one\ntwo'), said(2, '10:00', 'jo', 'three')];
		const one = room('general', { rows, status: status(2) });
		const lines = paneLines(state({ rooms: [one] }), one);
		expect(lines.map(({ key, line, spans }) => [key, line, textOf(spans).trim()])).toEqual([
			['said-1', 0, '── Mon 23 Nov ──'],
			['said-1', 1, '10:00 jo    one'],
			['said-1', 2, 'two'],
			['said-2', 0, 'three'],
		]);
	});

	it('are what fills the pane when it is scrolled to its top and to its bottom', () => {
		const one = long(100);
		const all = paneLines(state({ rooms: [one] }), one);
		const { rows } = paneSize(state({ rooms: [one] }));
		const top = screen(state({ rooms: [{ ...one, scroll: { key: 'said-3', line: 0 }, below: 0 }] }));
		expect(top.pane).toEqual(all.slice(0, rows).map(({ spans }) => spans));
		expect(screen(state({ rooms: [one] })).pane).toEqual(all.slice(-rows).map(({ spans }) => spans));
	});
});

describe('the window', () => {
	it('shows the newest line when the row of the anchor is gone', () => {
		const one = { ...long(100), scroll: { key: 'said-500', line: 0 } };
		expect(textOf(screen(state({ rooms: [one] })).pane.at(-1) ?? [])).toContain('line 100');
	});

	it('stays on the row of the anchor when it has fewer lines than before', () => {
		const rows = [...many(60), said(61, '10:01', 'jo', 'a\nb\nc'), ...many(70).slice(61)];
		const one = { ...long(0), rows, scroll: { key: 'said-61', line: 9 } };
		expect(textOf(screen(state({ rooms: [one] })).pane.at(-1) ?? []).trim()).toBe('c');
	});

	it('does not move when messages come below it', () => {
		const one = { ...long(100), scroll: { key: 'said-50', line: 0 } };
		const more = { ...one, rows: many(130), below: 30 };
		const text = (of: typeof one) => screen(state({ rooms: [of] })).pane.map(textOf);
		expect(text(more)).toEqual(text(one));
	});
});

describe('paneSize', () => {
	it.each([
		[120, 40, 104, 33],
		[100, 30, 84, 23],
		[99, 30, 86, 23],
		[80, 24, 67, 17],
		[79, 23, 79, 17],
		[60, 18, 60, 13],
		[40, 10, 40, 5],
		[39, 10, 39, 8],
		[20, 5, 20, 3],
	])('at %ix%i is %ix%i', (columns, rows, width, height) => {
		expect(paneSize(state({ size: { columns, rows } }))).toEqual({ width, rows: height });
	});

	it('gives way to a draft of several lines', () => {
		expect(paneSize(state({ draft: 'one\ntwo\nthree' })).rows).toBe(21);
	});
});

describe('the page over the pane', () => {
	const view = (top: number) => ({ sidebar: 'auto', numbers: false, overlay: { name: 'members', top } }) as const;
	const crowd = new Map(
		Array.from({ length: 30 }, (_, index) => [
			`p${index}`,
			{ userId: `p${String(index).padStart(2, '0')}`, state: 'online' as const, verified: true, since: 0 },
		]),
	);
	const crowded = (top: number) =>
		state({ size: { columns: 60, rows: 15 }, rooms: [room('general', { members: crowd })], view: view(top) });

	it('knows how far it can be scrolled, and is never scrolled further', () => {
		expect(overlayBottom(crowded(0))).toBe(31 - 10);
		expect(textOf(screen(crowded(99)).pane.at(-1) ?? []).trim()).toBe('+p29');
	});

	it('says when there is more of it', () => {
		expect(textOf(screen(crowded(0)).lowerRule ?? [])).toContain(' PgDn for more - Esc closes ');
		expect(textOf(screen(crowded(21)).lowerRule ?? [])).toContain('─ Esc closes ─');
	});
});

describe('nextRefreshAt', () => {
	const offlineSince = at('10:12') - 42_300;

	it('is nothing while all is well: no clock runs', () => {
		expect(nextRefreshAt(state({ rooms: [release({ pending: [] })] }))).toBeUndefined();
		expect(nextRefreshAt(state({ link: { state: 'connecting', attempt: 1 } }))).toBeUndefined();
	});

	it('is the next second of the time offline', () => {
		const waiting = state({
			link: { state: 'waiting', attempt: 1, offlineSince, retryAt: at('10:13'), cause: { text: '', code: '' } },
		});
		expect(nextRefreshAt(waiting)).toBe(offlineSince + 43_000);
		expect(nextRefreshAt(state({ link: { state: 'connecting', attempt: 2, offlineSince } }))).toBe(
			offlineSince + 43_000,
		);
	});

	it('is when a line of mine has waited for its number for two seconds', () => {
		const mine = state({ rooms: [release()] });
		expect(nextRefreshAt(mine)).toBe(at('10:12') + 2000);
		expect(nextRefreshAt({ ...mine, now: at('10:12') + 2000 })).toBeUndefined();
	});

	it('is the next second while the broker owes an answer', () => {
		const rooms = [room('general')];
		const link = { state: 'online', since: 0, protocol: 'v1', unansweredSince: at('10:12') - 3300 } as const;
		const quiet = state({ rooms, link });
		expect(nextRefreshAt(quiet)).toBe(at('10:12') + 700);
		expect(nextRefreshAt(state({ rooms, link: online }))).toBeUndefined();
	});

	it('is the next minute after an hour offline', () => {
		const link = { state: 'connecting', attempt: 2, offlineSince: at('09:00') } as const;
		expect(nextRefreshAt(state({ link, now: at('10:12:07') }))).toBe(at('10:13'));
	});

	it('is a fifth of a second while the gap line counts tenths, then a second', () => {
		const inGap = { ...long(40), status: status(40, { gap: gap() }) };
		const askedAt = at('10:12') - 800;
		expect(nextRefreshAt(state({ rooms: [inGap] }))).toBe(askedAt + 1000);
		expect(nextRefreshAt(state({ rooms: [inGap], now: askedAt + 6100 }))).toBe(askedAt + 7000);
	});

	it('is nothing when the gap line is not on screen', () => {
		const inGap = { ...long(40), status: status(40, { gap: gap() }) };
		const scrolled = { ...inGap, scroll: { key: 'said-20', line: 0 } };
		expect(nextRefreshAt(state({ rooms: [scrolled] }))).toBeUndefined();
		expect(nextRefreshAt(state({ rooms: [room('other'), inGap] }))).toBeUndefined();
		expect(nextRefreshAt(state({ rooms: [inGap], size: { columns: 10, rows: 3 }, link: online }))).toBeUndefined();
	});
});
