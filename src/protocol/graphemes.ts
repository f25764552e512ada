/** Text as a terminal sees it: graphemes, and the cells that each of them takes. */
import stringWidth from 'string-width';

/** Splits a text into what a reader would call its characters. */
export function graphemes(text: string): string[] {
	if (isSettled(text)) {
		return text.split('');
	}
	// Made when first needed, for it takes some milliseconds.
	segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
	return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** How many cells a text takes on one line of a terminal. Line ends count nothing. */
export function cellWidth(text: string): number {
	if (printableAscii.test(text)) {
		return text.length;
	}
	return isSettled(text) ? settledWidth(text) : stringWidth(text);
}

/**
 * Whether every unit of a text is a character of its own with a width that nobody doubts: line feeds, ASCII, the usual
 * Latin, Greek and Cyrillic letters, punctuation, box drawing, a check mark, kana, Han, Hangul syllables. Most chat is; it
 * needs no closer look.
 */
export function isSettled(text: string): boolean {
	return settled.test(text);
}

let segmenter: Intl.Segmenter | undefined;
const printableAscii = /^[\x20-\x7e]*$/;
const settled = new RegExp(
	`^[${[
		String.raw`\n\x20-\x7e\xa0-\xac\xae-\u02ff`,
		String.raw`\u0370-\u0373\u0375-\u0377\u037a-\u037d\u037f\u0384-\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u052f`,
		String.raw`\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u2199\u2500-\u259f\u2713`,
		String.raw`\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60`,
	].join('')}]*$`,
);

function settledWidth(text: string): number {
	let width = 0;
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		// The settled characters from U+3001 on take two cells each.
		width += unit > 0x3000 ? 2 : unit === 0x0a ? 0 : 1;
	}
	return width;
}
