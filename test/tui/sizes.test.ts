import { describe, expect, it } from 'vitest';
import { cellWidth } from '../../src/protocol/graphemes.ts';
import { screen } from '../../src/tui/selectors.ts';
import { flatRows, gap, otherRooms, release, said, state, status } from './states.ts';

const busy = release({
	status: status(411, { gap: gap() }),
	rows: [
		...release().rows,
		said(409, '10:09', '日本', '漢字かな交じり文 👩‍👩‍👧‍👦 🇩🇪 e\u0301 /path/to/a/file https://ci.internal/8812'),
	],
});

describe('the screen', () => {
	// Rows are the inner loop: what is wrapped for a width is wrapped once.
	it('fills every size from 20x5 to 250x80, row by row, and no row is wider than it', { timeout: 60_000 }, () => {
		const wrong: string[] = [];
		const draft = 'rolling out 25% now, watching the p99 of every region that has a canary';
		const all = state({ rooms: [busy, ...otherRooms], draft });
		for (let columns = 20; columns <= 250; columns++) {
			for (let rows = 5; rows <= 80; rows++) {
				const view = screen({ ...all, size: { columns, rows } });
				const lines = flatRows(view);
				const { x, y } = view.cursor;
				if (lines.length !== rows || lines.some((line) => cellWidth(line) > columns) || x >= columns || y >= rows) {
					wrong.push(`${columns}x${rows}`);
				}
			}
		}
		expect(wrong).toEqual([]);
	});
});
