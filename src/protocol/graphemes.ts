/**
 * Text as a terminal sees it: graphemes, and the cells that each of them takes.
 *
 * The width is measured with the library that Ink lays out with, so that what natter computes is what Ink draws.
 */
import stringWidth from 'string-width';

const printableAscii = /^[\x20-\x7e]*$/;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Splits a text into what a reader would call its characters. */
export function graphemes(text: string): string[] {
	if (printableAscii.test(text)) {
		return text.split('');
	}
	return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** How many cells a text takes on one line of a terminal. Line ends count nothing. */
export function cellWidth(text: string): number {
	return printableAscii.test(text) ? text.length : stringWidth(text);
}
