/**
 * The input: the draft behind its prompt, broken into rows, with the cell of the cursor.
 */

import { cellWidth, clean, drawable, graphemes } from '../../protocol/text.ts';
import type { Composer, Draft, Line, PromptKind, Span, State } from '../model.ts';
import { withoutLast } from '../slices/composer.ts';
import { isLineEnd, linesIn, type Unit, unitsOf } from '../slices/draft.ts';
import { blanks, cut, cutText, lineWidth, sign, span } from '../text/spans.ts';
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
	const indent = lineWidth(prompt);
	return {
		lines: rows
			.slice(top, top + height)
			.map((row, index) => [...(index === 0 ? prompt : [span(blanks(indent))]), ...row]),
		cursor: { x: indent + cursor.x, y: cursor.y - top },
	};
}

/** The draft with the cursor so many rows further down, up when negative; `undefined` where there is no such row. */
export function walked(state: State, by: 1 | -1): Composer | undefined {
	const { last } = state.composer;
	const { places, cursor } = layout(state);
	const row = places.filter(({ y }) => y === cursor.y + by);
	const column = last?.kind === 'walked' ? last.column : cursor.x;
	const place = row.findLast(({ x }) => x <= column) ?? row[0];
	return place && { ...withoutLast(state.composer), cursor: place.at, last: { kind: 'walked', column } };
}

function mostRows({ size }: State): number {
	return Math.max(1, Math.floor(size.rows / 3));
}

interface Layout {
	readonly prompt: Line;
	readonly rows: readonly Line[];
	readonly cursor: Place;
	/** In the order of the text; every row has one. */
	readonly places: readonly Place[];
}

/** A cell in which the cursor may stand. */
interface Place {
	/** Of the text, in UTF-16 units. */
	readonly at: number;
	readonly x: number;
	readonly y: number;
}

const layouts = new WeakMap<State['composer'], { readonly key: string; readonly layout: Layout }>();

function layout(state: State): Layout {
	const { columns } = state.size;
	const draft = state.prompt?.input ?? state.composer;
	const prompt =
		state.prompt === undefined
			? promptFor(state.active, columns)
			: [span(' ', 'dim'), ...cut(promptLabels[state.prompt.kind], Math.floor(columns / 3), 'dim'), span(': ', 'dim')];
	const key = `${columns} ${prompt.map(({ text }) => text).join('')}`;
	const known = layouts.get(draft);
	if (known?.key === key) {
		return known.layout;
	}
	// The last column is left to the cursor behind a full row.
	const fresh = { prompt, ...breakDraft(draft, columns - lineWidth(prompt) - 1) };
	layouts.set(draft, { key, layout: fresh });
	return fresh;
}

/** What stands before a line that is asked for. */
const promptLabels: Readonly<Record<PromptKind, string>> = {
	recall: 'sent before',
	jump: 'go to',
	find: 'find',
	open: 'open',
	mentions: 'mentions',
};

function promptFor(room: string, columns: number): Line {
	return columns < 40
		? [span('> ', 'dim')]
		: [span(' ', 'dim'), ...cut(roomLabel(room), Math.floor(columns / 3), 'dim'), span(' > ', 'dim')];
}

/** Breaks the draft where a row is full, not between words: then no word jumps while it is typed. */
function breakDraft(draft: Draft, width: number): Omit<Layout, 'prompt'> {
	const rows: Line[] = [];
	const places: Place[] = [];
	let row: Span[] = [];
	let used = 0;
	const endRow = () => {
		rows.push(row.length === 0 ? [span('', 'input')] : row);
		row = [];
		used = 0;
	};
	const put = (shown: Span) => {
		const last = row.at(-1);
		if (last?.style === shown.style && last.isSign === shown.isSign) {
			row[row.length - 1] = { ...shown, text: last.text + shown.text };
		} else {
			row.push(shown);
		}
	};
	for (const unit of unitsOf(draft)) {
		const shown = shownUnit(unit, width);
		const cells = cellWidth(shown.text);
		if (!isLineEnd(unit) && used + cells > width && used > 0) {
			endRow();
		}
		places.push({ at: unit.start, x: used, y: rows.length });
		if (isLineEnd(unit)) {
			endRow();
		} else {
			put(shown);
			used += cells;
		}
	}
	const end = { at: draft.text.length, x: used, y: rows.length };
	endRow();
	return { rows, places: [...places, end], cursor: places.find(({ at }) => at >= draft.cursor) ?? end };
}

function shownUnit({ text, isFold }: Unit, width: number): Span {
	return isFold
		? sign(cutText(foldLabel(text), width), 'link')
		: span(drawable(clean(text)).replaceAll('\n', ' '), 'input');
}

/** What stands for a text that was pasted: `[pasted 37 lines]`. */
function foldLabel(text: string): string {
	const lines = linesIn(text);
	return lines === 1 ? `[pasted ${graphemes(text).length} characters]` : `[pasted ${lines} lines]`;
}
