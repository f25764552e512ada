/**
 * What may be said and shown: text that comes out of here cannot steer a terminal, hide, or pile up over its row.
 *
 * Every function is pure, takes any UTF-16 string (lone surrogates included) without throwing, runs in linear time and
 * is idempotent. Content is not normalised to NFC, because people paste code.
 */
import { type Cleaned, clean, refuse } from './cleaning.ts';
import { drawable } from './drawable.ts';
import { graphemes } from './graphemes.ts';
import type { Limits } from './limits.ts';

export { type Cleaned, clean } from './cleaning.ts';
export { drawable } from './drawable.ts';
export { cellWidth, graphemes } from './graphemes.ts';
export { cleanNick, cleanRoom, isInbox, suggestNick } from './names.ts';

/**
 * Cleans the content of a message, at the broker before it is stored and at the client before it is shown.
 *
 * Refuses with `too_large` (more than `contentBytes` bytes, before or after cleaning), `empty` (nothing visible is left)
 * or `limit_exceeded` (more than `contentLines` lines).
 */
export function cleanContent(text: string, limits: Pick<Limits, 'contentBytes' | 'contentLines'>): Cleaned {
	if (exceedsBytes(text, limits.contentBytes)) {
		return refuse('too_large', `Expected at most ${limits.contentBytes} bytes of content`);
	}
	const cleaned = clean(text).replace(leadingBlankLines, '').trimEnd();
	if (!visible.test(cleaned)) {
		return refuse('empty', 'Expected content with a visible character');
	}
	if (exceedsBytes(cleaned, limits.contentBytes)) {
		return refuse('too_large', `Expected at most ${limits.contentBytes} bytes of content after cleaning`);
	}
	const lines = countLines(cleaned);
	if (lines > limits.contentLines) {
		return refuse('limit_exceeded', `Expected at most ${limits.contentLines} lines, got ${lines}`);
	}
	return { ok: true, text: cleaned };
}

/**
 * Cleans what is shown in a slot of one line: a topic, an error, a close reason, a status, a notice. Never refuses: line
 * ends become spaces, what is longer than `maxCodePoints` is cut and ends in an ellipsis, and the result is `drawable`.
 */
export function cleanLine(text: string, maxCodePoints = 256): string {
	// A hostile peer may send far more than fits; what lies behind this many units is cut anyway.
	const bounded = text.length > maxCodePoints * 16 ? text.slice(0, maxCodePoints * 16) : text;
	const line = clean(drawable(bounded)).replace(/\n+/g, ' ').replace(danglingStart, '').trimEnd();
	return cut(drawable(line), maxCodePoints);
}

const visible = /[^\s\p{M}\u200c\u200d]/u;
const leadingBlankLines = /^(?:[^\S\n]*\n)+/;

function exceedsBytes(text: string, bytes: number): boolean {
	return text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);
}

function countLines(text: string): number {
	let lines = 1;
	for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
		lines++;
	}
	return lines;
}

const danglingStart = /^[\s\p{M}\u200c\u200d]+/u;
const danglingEnd = /[\s\u200c\u200d]+$/;

function cut(line: string, maxCodePoints: number): string {
	if (line.length <= maxCodePoints) {
		return line;
	}
	let length = 0;
	let end = 0;
	for (const grapheme of graphemes(line)) {
		length += Array.from(grapheme).length;
		if (length > maxCodePoints) {
			return `${line.slice(0, end).replace(danglingEnd, '')}…`;
		}
		if (length < maxCodePoints) {
			end += grapheme.length;
		}
	}
	return line;
}
