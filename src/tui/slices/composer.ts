/**
 * The input line: what is typed, where the cursor stands, what was cut, what was sent before. The cursor is always between
 * two graphemes.
 */
import { graphemes } from '../../protocol/graphemes.ts';
import { clean } from '../../protocol/text.ts';
import type { Action, Composer } from '../model.ts';

/** The most lines that Up can bring back. */
const historyLimit = 200;

export const emptyComposer: Composer = { text: '', cursor: 0, killed: '', history: [] };

/** Puts text in at the cursor, made safe to draw. */
export function inserted(composer: Composer, text: string): Composer {
	const safe = clean(text);
	return safe === '' ? composer : replaced(composer, composer.cursor, composer.cursor, safe);
}

/** Puts a draft in place of all that is there, the cursor at its end. */
export function withDraft(composer: Composer, text: string): Composer {
	return { ...withoutRecall(composer), text, cursor: text.length };
}

/** A line was sent or run: it goes to the history, and the input is empty again. */
export function submitted(composer: Composer, line: string): Composer {
	const { history } = composer;
	const next = line === '' || history.at(-1) === line ? history : [...history, line].slice(-historyLimit);
	return { ...withDraft(composer, ''), history: next };
}

/** All that is there was given up; yank brings it back. */
export function discarded(composer: Composer): Composer {
	return { ...withDraft(composer, ''), killed: composer.text };
}

/** What the editing keys do. Each gives back the same composer when there is nothing to do. */
export const edits = {
	newline: (composer) => inserted(composer, '\n'),
	left: (composer) => moved(composer, stopBefore(composer.text, composer.cursor)),
	right: (composer) => moved(composer, stopAfter(composer.text, composer.cursor)),
	'word-left': (composer) => moved(composer, wordStart(composer, isWordly)),
	'word-right': (composer) => moved(composer, wordEnd(composer)),
	start: (composer) => moved(composer, lineStart(composer.text, composer.cursor)),
	end: (composer) => moved(composer, lineEnd(composer.text, composer.cursor)),
	'delete-back': (composer) => replaced(composer, stopBefore(composer.text, composer.cursor), composer.cursor, ''),
	'delete-forward': (composer) => replaced(composer, composer.cursor, stopAfter(composer.text, composer.cursor), ''),
	'kill-word-back': (composer) => killed(composer, wordStart(composer, isInk), composer.cursor),
	'kill-word-forward': (composer) => killed(composer, composer.cursor, wordEnd(composer)),
	'kill-to-start': (composer) => {
		const start = lineStart(composer.text, composer.cursor);
		return killed(composer, start === composer.cursor ? stopBefore(composer.text, start) : start, composer.cursor);
	},
	'kill-to-end': (composer) => {
		const end = lineEnd(composer.text, composer.cursor);
		return killed(composer, composer.cursor, end === composer.cursor ? stopAfter(composer.text, end) : end);
	},
	yank: (composer) => inserted(composer, composer.killed),
	'history-back': (composer) => lineAbove(composer) ?? recalledEarlier(composer),
	'history-forward': (composer) => lineBelow(composer) ?? recalledLater(composer),
} as const satisfies Partial<Record<Action, (composer: Composer) => Composer>>;

function withoutRecall(composer: Composer): Composer {
	if (composer.recall === undefined) {
		return composer;
	}
	const { recall: _, ...rest } = composer;
	return rest;
}

function moved(composer: Composer, cursor: number): Composer {
	return cursor === composer.cursor ? composer : { ...composer, cursor };
}

function replaced(composer: Composer, from: number, to: number, by: string): Composer {
	if (from === to && by === '') {
		return composer;
	}
	const text = composer.text.slice(0, from) + by + composer.text.slice(to);
	// What comes together here may join into one grapheme.
	return { ...withoutRecall(composer), text, cursor: stopAtOrAfter(text, from + by.length) };
}

function killed(composer: Composer, from: number, to: number): Composer {
	if (from === to) {
		return composer;
	}
	return { ...replaced(composer, from, to, ''), killed: composer.text.slice(from, to) };
}

/** Every place where the cursor may stand: before the first grapheme, between two, after the last. */
function stops(text: string): number[] {
	const places = [0];
	let at = 0;
	for (const grapheme of graphemes(text)) {
		at += grapheme.length;
		places.push(at);
	}
	return places;
}

function stopBefore(text: string, at: number): number {
	return stops(text).findLast((stop) => stop < at) ?? 0;
}

function stopAfter(text: string, at: number): number {
	return stops(text).find((stop) => stop > at) ?? text.length;
}

function stopAtOrAfter(text: string, at: number): number {
	return stops(text).find((stop) => stop >= at) ?? text.length;
}

const isWordly = (grapheme: string) => /[\p{L}\p{N}_]/u.test(grapheme);
const isInk = (grapheme: string) => /\S/u.test(grapheme);

/** Where the word before the cursor begins, blanks and the like between them included. */
function wordStart({ text, cursor }: Composer, isPart: (grapheme: string) => boolean): number {
	const earlier = graphemes(text.slice(0, cursor));
	let left = earlier.length;
	while (left > 0 && !isPart(earlier[left - 1] ?? '')) {
		left--;
	}
	while (left > 0 && isPart(earlier[left - 1] ?? '')) {
		left--;
	}
	return earlier.slice(0, left).join('').length;
}

/** Where the word after the cursor ends. */
function wordEnd({ text, cursor }: Composer): number {
	const later = graphemes(text.slice(cursor));
	let right = 0;
	while (right < later.length && !isWordly(later[right] ?? '')) {
		right++;
	}
	while (right < later.length && isWordly(later[right] ?? '')) {
		right++;
	}
	return cursor + later.slice(0, right).join('').length;
}

function lineStart(text: string, at: number): number {
	return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
	const end = text.indexOf('\n', at);
	return end === -1 ? text.length : end;
}

function lineAbove(composer: Composer): Composer | undefined {
	const start = lineStart(composer.text, composer.cursor);
	return start === 0 ? undefined : inLine(composer, lineStart(composer.text, start - 1));
}

function lineBelow(composer: Composer): Composer | undefined {
	const end = lineEnd(composer.text, composer.cursor);
	return end === composer.text.length ? undefined : inLine(composer, end + 1);
}

/** The cursor in the line that begins at `start`, as many graphemes in as it is now. */
function inLine(composer: Composer, start: number): Composer {
	const { text, cursor } = composer;
	const column = graphemes(text.slice(lineStart(text, cursor), cursor)).length;
	const line = graphemes(text.slice(start, lineEnd(text, start)));
	return moved(composer, start + line.slice(0, column).join('').length);
}

function recalledEarlier(composer: Composer): Composer {
	const { history, recall } = composer;
	return recalled(composer, (recall?.index ?? history.length) - 1);
}

function recalledLater(composer: Composer): Composer {
	const { recall } = composer;
	return recall === undefined ? composer : recalled(composer, recall.index + 1);
}

function recalled(composer: Composer, index: number): Composer {
	const { history } = composer;
	const draft = composer.recall?.draft ?? composer.text;
	if (index === history.length) {
		return withDraft(composer, draft);
	}
	const line = history[index];
	return line === undefined ? composer : { ...composer, text: line, cursor: line.length, recall: { index, draft } };
}
