/**
 * Styled text measured, cut and put into place, by terminal cells.
 */
import { cellWidth, graphemes } from '../../protocol/text.ts';
import type { Line, Span, Style } from '../model.ts';
import { marks } from './marks.ts';
import type { Stretch } from './wrap.ts';

/** How many cells a line covers. */
export function lineWidth(line: Line): number {
	let width = 0;
	for (const { text } of line) {
		width += cellWidth(text);
	}
	return width;
}

/** A span; `plain` unless a style is named. */
export function span(text: string, style: Style = 'plain'): Span {
	return { text, style };
}

/** A span that is all natter's own, so that its signs may become others. */
export function sign(text: string, style: Style = 'plain'): Span {
	return { text, style, isSign: true };
}

export function blanks(count: number): string {
	return ' '.repeat(Math.max(0, count));
}

/** The text in at most `width` cells; what was cut off is marked by an ellipsis. */
export function cutText(text: string, width: number): string {
	if (cellWidth(text) <= width) {
		return text;
	}
	return width > 0 ? `${beginning(text, width - 1)}${marks.cut}` : '';
}

/** The same as spans. */
export function cut(text: string, width: number, style: Style = 'plain'): Line {
	return cutLine([span(text, style)], width);
}

/** As many whole graphemes as fit. */
function beginning(text: string, width: number): string {
	let end = 0;
	let used = 0;
	for (const grapheme of graphemes(text)) {
		used += cellWidth(grapheme);
		if (used > width) {
			break;
		}
		end += grapheme.length;
	}
	return text.slice(0, end);
}

/** The text in exactly `width` cells: cut, or with blanks behind it. */
export function padText(text: string, width: number): string {
	const shown = cutText(text, width);
	return shown + blanks(width - cellWidth(shown));
}

/** The same as spans. */
export function padded(text: string, width: number, style: Style = 'plain'): Line {
	const shown = cut(text, width, style);
	return [...shown, span(blanks(width - lineWidth(shown)), style)];
}

/** The line in at most `width` cells; what was cut off is marked by an ellipsis. */
export function cutLine(line: Line, width: number): Line {
	if (lineWidth(line) <= width) {
		return line;
	}
	if (width <= 0) {
		return [];
	}
	const kept: Span[] = [];
	let room = width - 1;
	for (const part of line) {
		const cells = cellWidth(part.text);
		if (cells > room) {
			const text = beginning(part.text, room);
			kept.push(...(text === '' ? [] : [{ ...part, text }]), sign(marks.cut, part.style));
			break;
		}
		kept.push(part);
		room -= cells;
	}
	return kept;
}

/** The part of a line between two places in its joined text. */
export function sliceLine(line: Line, { start, end }: Stretch): Span[] {
	const parts: Span[] = [];
	let at = 0;
	for (const part of line) {
		const from = Math.max(start - at, 0);
		const to = Math.min(end - at, part.text.length);
		if (from < to) {
			parts.push(from === 0 && to === part.text.length ? part : { ...part, text: part.text.slice(from, to) });
		}
		at += part.text.length;
	}
	return parts;
}

/** The line with some parts of its joined text, which ascend and do not touch, in another style. */
export function withStyle(
	line: Line,
	parts: readonly { readonly from: number; readonly to: number }[],
	style: Style,
): readonly Span[] {
	const end = line.reduce((sum, { text }) => sum + text.length, 0);
	const ends = [0, ...parts.flatMap(({ from, to }) => [from, to]), end];
	return ends.slice(1).flatMap((to, index) => {
		const spans = sliceLine(line, { start: ends[index] ?? 0, end: to });
		return index % 2 === 0 ? spans : spans.map((part) => ({ ...part, style }));
	});
}

/** One line at the left edge and one at the right. The right one goes when there is no room for it and a blank. */
export function spread(left: Line, right: Line, width: number): Line {
	const free = width - lineWidth(left) - lineWidth(right);
	if (right.length === 0 || free < 1) {
		return cutLine(left, width);
	}
	return [...left, span(blanks(free)), ...right];
}

/** A text of natter's own in the middle of `width` cells. */
export function centred(text: string, style: Style, width: number): Line {
	const shown = cutText(text, width);
	const before = Math.floor((width - cellWidth(shown)) / 2);
	return before === 0 ? [sign(shown, style)] : [span(blanks(before)), sign(shown, style)];
}

/** A text of natter's own in the middle of `width` cells that are filled with `fill`, one cell wide, on both sides. */
export function ruled(text: string, fill: string, style: Style, width: number): Line {
	const shown = cutText(text, width - 4);
	const free = Math.max(0, width - cellWidth(shown) - 2);
	const before = Math.floor(free / 2);
	return [sign(cutText(`${fill.repeat(before)} ${shown} ${fill.repeat(free - before)}`, width), style)];
}

/** The first of these texts that fits, or the last one cut. */
export function firstThatFits(texts: readonly string[], width: number): string {
	return texts.find((text) => cellWidth(text) <= width) ?? cutText(texts.at(-1) ?? '', width);
}

/** The same as spans. */
export function fitted(texts: readonly string[], width: number, style: Style): Line {
	return cut(texts.find((text) => cellWidth(text) <= width) ?? texts.at(-1) ?? '', width, style);
}
