import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cellWidth } from '../../src/protocol/text.ts';
import { paneSize, screen } from '../../src/tui/selectors.ts';
import { anyState } from './arbitrary-state.ts';
import { flatRows, paneLines, textOf } from './states.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

// Anything that a terminal would obey or that is hidden.
const unsafe = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

import { withoutPrompt } from '../../src/tui/slices/prompt.ts';

describe('any state at any size', () => {
	it('fills the terminal exactly and reaches over no edge', () => {
		fc.assert(
			fc.property(anyState, (state) => {
				const view = screen(state);
				const rows = flatRows(view);
				expect(rows).toHaveLength(state.size.rows);
				for (const row of rows) {
					expect(cellWidth(row)).toBeLessThanOrEqual(state.size.columns);
					expect(row).not.toMatch(unsafe);
				}
			}),
		);
	});

	it('keeps the border of the sidebar in one column', () => {
		fc.assert(
			fc.property(anyState, (state) => {
				const view = screen(state);
				const width = state.size.columns - view.sidebarWidth;
				for (const line of view.pane) {
					expect(cellWidth(textOf(line))).toBeLessThanOrEqual(width);
				}
				for (const line of view.sidebar ?? []) {
					expect(line[0]?.text).toBe('│');
					expect(cellWidth(textOf(line))).toBe(view.sidebarWidth);
				}
			}),
		);
	});

	it('has its cursor on the screen and in the input', () => {
		fc.assert(
			fc.property(anyState, (state) => {
				const view = screen(state);
				const below = view.hint === undefined ? 0 : 1;
				expect(view.cursor.x).toBeGreaterThanOrEqual(0);
				expect(view.cursor.x).toBeLessThan(state.size.columns);
				expect(view.cursor.y).toBeGreaterThanOrEqual(state.size.rows - below - view.input.length);
				expect(view.cursor.y).toBeLessThan(state.size.rows - below);
			}),
		);
	});

	it('shows a stretch of the lines that scrolling counts in, as many as the pane has rows', { timeout: 60_000 }, () => {
		fc.assert(
			fc.property(anyState.map(withoutPrompt), (state) => {
				const view = screen(state);
				const room = state.rooms.find(({ name }) => name === state.active);
				fc.pre(room !== undefined && state.view.overlay === undefined && view.tabs !== undefined);
				const all = paneLines(state, room).map(({ spans }) => textOf(spans));
				const shown = view.pane.map(textOf);
				const blank = Math.max(0, shown.length - all.length);
				expect(shown).toHaveLength(paneSize(state).rows);
				expect(shown.slice(0, blank).join('')).toBe('');
				const first = shown.slice(blank);
				const start = all.findIndex((_, index) => first.every((line, offset) => all[index + offset] === line));
				expect(start).not.toBe(-1);
			}),
			{ numRuns: 50 },
		);
	});
});
