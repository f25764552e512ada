/**
 * The input: the draft behind its prompt, broken into rows, with the cell of the cursor.
 */

import { cellWidth, clean, drawable, graphemes } from '../../protocol/text.ts';
import type { Line, PromptKind, State } from '../model.ts';
import { blanks, cutText, span } from '../text/spans.ts';
import { roomLabel } from './tabs.ts';

export interface ComposerView {
	readonly lines: readonly Line[];
	/** The cell of the cursor, counted from the top left of `lines`. */
	readonly cursor: { readonly x: number; readonly y: number };
}

/** How many rows the draft takes: at most a third of the screen. */
export function composerHeight(state: State): number {
	return Math.min(layout(state).rows.length, mostRows(state));
}

/** The rows of the draft around the cursor. */
export function composer(state: State): ComposerView {
	const { rows, cursor, prompt } = layout(state);
	const height = Math.min(rows.length, mostRows(state));
	const top = Math.min(Math.max(0, cursor.y - height + 1), rows.length - height);
	const indent = cellWidth(prompt);
	return {
		lines: rows
			.slice(top, top + height)
			.map((text, index) =>
				index === 0 ? [span(prompt, 'dim'), span(text, 'input')] : [span(blanks(indent)), span(text, 'input')],
			),
		cursor: { x: indent + cursor.x, y: cursor.y - top },
	};
}

function mostRows({ size }: State): number {
	return Math.max(1, Math.floor(size.rows / 3));
}

interface Layout {
	readonly prompt: string;
	readonly rows: readonly string[];
	readonly cursor: { readonly x: number; readonly y: number };
}

const layouts = new WeakMap<State['composer'], { readonly key: string; readonly layout: Layout }>();

function layout(state: State): Layout {
	const { columns } = state.size;
	const draft = state.prompt?.input ?? state.composer;
	const prompt =
		state.prompt === undefined
			? promptFor(state.active, columns)
			: ` ${cutText(promptLabels[state.prompt.kind], Math.floor(columns / 3))}: `;
	const key = `${columns} ${prompt}`;
	const known = layouts.get(draft);
	if (known?.key === key) {
		return known.layout;
	}
	// The last column is left to the cursor behind a full row.
	const fresh = { prompt, ...breakDraft(draft, columns - cellWidth(prompt) - 1) };
	layouts.set(draft, { key, layout: fresh });
	return fresh;
}

/** What stands before a line that is asked for. */
const promptLabels: Readonly<Record<PromptKind, string>> = { recall: 'sent before' };

function promptFor(room: string, columns: number): string {
	return columns < 40 ? '> ' : ` ${cutText(roomLabel(room), Math.floor(columns / 3))} > `;
}

/** Breaks the draft where a row is full, not between words: then no word jumps while it is typed. */
function breakDraft({ text, cursor }: State['composer'], width: number): Omit<Layout, 'prompt'> {
	const rows: string[] = [];
	let row = '';
	let used = 0;
	let at = 0;
	let place: Layout['cursor'] | undefined;
	for (const grapheme of graphemes(text)) {
		if (at >= cursor) {
			place ??= { x: used, y: rows.length };
		}
		at += grapheme.length;
		if (grapheme === '\n' || grapheme === '\r\n') {
			rows.push(row);
			row = '';
			used = 0;
			continue;
		}
		const shown = drawable(clean(grapheme)).replaceAll('\n', ' ');
		const cells = cellWidth(shown);
		if (used + cells > width && used > 0) {
			if (place?.y === rows.length && place.x === used) {
				place = { x: 0, y: rows.length + 1 };
			}
			rows.push(row);
			row = '';
			used = 0;
		}
		row += shown;
		used += cells;
	}
	place ??= { x: used, y: rows.length };
	rows.push(row);
	return { rows, cursor: place };
}
