/**
 * Breaks a text into the lines that fit a width. It answers with places in the text, so that styled spans can be cut at
 * the same places.
 *
 * It is our own because wrap-ansi works on a string with colour codes in it: it would measure text that has been measured,
 * give strings in which spans can no longer be found, and trim the indentation of code.
 */
import { cellWidth, graphemes } from '../../protocol/text.ts';

/** UTF-16 places in a text: from `start`, up to and without `end`. */
export interface Stretch {
	readonly start: number;
	readonly end: number;
}

/**
 * The lines of a text in `width` cells, at least 5: a letter with four spacing marks takes so many. Breaks at line ends,
 * between words, and beside wide characters; a word that no line holds is broken where it reaches the edge, so that a
 * shell takes an address that is copied with its line ends for what it was. Indentation
 * stays, up to half the width; blanks at a break go.
 */
export function wrap(text: string, width: number): Stretch[] {
	const lines: Stretch[] = [];
	let start = 0;
	for (;;) {
		const end = text.indexOf('\n', start);
		wrapParagraph(text, start, end === -1 ? text.length : end, width, lines);
		if (end === -1) {
			return lines;
		}
		start = end + 1;
	}
}

function wrapParagraph(text: string, from: number, to: number, width: number, lines: Stretch[]): void {
	const paragraph = text.slice(from, to);
	if (cellWidth(paragraph) <= width) {
		lines.push({ start: from, end: to });
		return;
	}
	let start = from;
	let used = 0;
	let inked = false;
	// Where this line may end and the next begin, and how much of the line lies before that.
	let pause: { end: number; next: number; used: number } | undefined;
	let at = from;
	for (const grapheme of graphemes(paragraph)) {
		const after = at + grapheme.length;
		if (grapheme === ' ') {
			if (inked) {
				used += 1;
				pause = { end: pause?.next === at ? pause.end : at, next: after, used };
			} else if (used * 2 < width) {
				used += 1;
			} else {
				start += 1;
			}
			at = after;
			continue;
		}
		const cells = cellWidth(grapheme);
		const wide = cells > 1;
		if (wide && inked && pause?.next !== at) {
			pause = { end: at, next: at, used };
		}
		if (used + cells > width && at > start) {
			if (pause !== undefined && pause.next < at && wordWidth(text, pause.next, to) > width) {
				pause = undefined;
			}
			pause ??= { end: at, next: at, used };
			lines.push({ start, end: pause.end });
			start = pause.next;
			used -= pause.used;
			pause = undefined;
		}
		used += cells;
		inked = true;
		if (wide) {
			pause = { end: after, next: after, used };
		}
		at = after;
	}
	// Blanks at the end may hang over the edge; they are not drawn.
	lines.push({ start, end: used > width && pause?.next === to ? pause.end : to });
}

/** How wide the word is that begins here. */
function wordWidth(text: string, from: number, to: number): number {
	const blank = text.indexOf(' ', from);
	return cellWidth(text.slice(from, blank === -1 ? to : Math.min(blank, to)));
}
