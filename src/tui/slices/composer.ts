/**
 * The input line: what is typed, where the cursor stands, what was cut, what was there before, what was sent. The cursor is
 * always between two graphemes, and never within a folded part.
 */
import { clean } from '../../protocol/text.ts';
import type { Action, Composer, Draft } from '../model.ts';
import {
	draftOf,
	foldBefore,
	isInk,
	isLineEnd,
	isWordly,
	lineEnd,
	lineStart,
	linesIn,
	type Part,
	placeAfter,
	placeBefore,
	unitsOf,
	withPart,
	wordEnd,
	wordStart,
} from './draft.ts';

/** The most lines that Up can bring back. */
const historyLimit = 200;

/** The most steps that undo goes back. */
const undoLimit = 200;

/** The most texts that were cut and can be put back. */
const killLimit = 20;

/** A paste of more lines, or of more UTF-16 units, is folded. */
const mostPastedLines = 4;
const mostPasted = 800;

export const emptyComposer: Composer = { text: '', cursor: 0, kills: [], past: [], future: [], history: [] };

/** Text was typed: as many keys in a row as there are are one step for undo. */
export function typed(composer: Composer, text: string): Composer {
	return put(composer, text, { kind: 'typed' });
}

/** Puts text in at the cursor, made safe to draw. */
export function inserted(composer: Composer, text: string): Composer {
	return put(composer, text);
}

/** Puts in what was pasted, folded when it is long. The same text once more shows what is folded before the cursor. */
export function pasted(composer: Composer, text: string): Composer {
	const safe = clean(text);
	const fold = foldBefore(composer, composer.cursor);
	if (fold !== undefined && composer.text.slice(fold.start, fold.end) === safe) {
		return unfolded(composer);
	}
	const isLong = linesIn(safe) > mostPastedLines || safe.length > mostPasted;
	return isLong ? rewritten(composer, { ...atCursor(composer), by: safe, fold: true }) : inserted(composer, safe);
}

/** Shows what is folded before the cursor; the same composer when nothing is. */
export function unfolded(composer: Composer): Composer {
	const fold = foldBefore(composer, composer.cursor);
	if (fold === undefined) {
		return composer;
	}
	const { text, cursor, folds = [] } = composer;
	const others = folds.filter((one) => one !== fold);
	return changed(composer, { text, cursor, ...(others.length > 0 && { folds: others }) });
}

/** Puts a draft in place of all that is there, the cursor at its end, with nothing before it to go back to. */
export function withDraft(composer: Composer, text: string): Composer {
	return { ...withNew(composer, { text, cursor: text.length }), past: [], future: [] };
}

/** Puts a draft in place of all that is there, as one step. */
export function redrafted(composer: Composer, text: string): Composer {
	return text === composer.text ? composer : changed(composer, { text, cursor: text.length });
}

/** Puts a text in place of a part, as one step. */
export function rewritten(composer: Composer, part: Part, last?: Composer['last']): Composer {
	const { from, to, by } = part;
	return from === to && by === '' ? composer : changed(composer, withPart(composer, part), last);
}

/** What is done next does not go on from what was done last. */
export function withoutLast(composer: Composer): Composer {
	const { last, ...rest } = composer;
	return last === undefined ? composer : rest;
}

/** A line was sent or run: it goes to the history, and the input is empty again. */
export function submitted(composer: Composer, line: string): Composer {
	const { history } = composer;
	const next = line === '' || history.at(-1) === line ? history : [...history, line].slice(-historyLimit);
	return { ...withDraft(composer, ''), history: next };
}

/** All that is there was given up; yank or undo brings it back. */
export function discarded(composer: Composer): Composer {
	return composer.text === ''
		? composer
		: { ...changed(composer, { text: '', cursor: 0 }), kills: withKill(composer.kills, composer.text) };
}

/** What the editing keys do. Each gives back the same composer when there is nothing to do. */
export const edits = {
	newline: (composer) => inserted(composer, '\n'),
	left: (composer) => moved(composer, placeBefore(composer, composer.cursor)),
	right: (composer) => moved(composer, placeAfter(composer, composer.cursor)),
	'word-left': (composer) => moved(composer, wordStart(composer, isWordly)),
	'word-right': (composer) => moved(composer, wordEnd(composer)),
	start: (composer) => moved(composer, lineStart(composer)),
	end: (composer) => moved(composer, lineEnd(composer)),
	'delete-back': (composer) => deleted(composer, placeBefore(composer, composer.cursor), composer.cursor),
	'delete-forward': (composer) => deleted(composer, composer.cursor, placeAfter(composer, composer.cursor)),
	'kill-word-back': (composer) => killed(composer, wordStart(composer, isInk), composer.cursor),
	'kill-word-forward': (composer) => killed(composer, composer.cursor, wordEnd(composer)),
	'kill-to-start': (composer) => {
		const start = lineStart(composer);
		return killed(composer, start === composer.cursor ? placeBefore(composer, start) : start, composer.cursor);
	},
	'kill-to-end': (composer) => {
		const end = lineEnd(composer);
		return killed(composer, composer.cursor, end === composer.cursor ? placeAfter(composer, end) : end);
	},
	yank: (composer) => yanked(composer, composer.kills.length - 1),
	'yank-earlier': (composer) => {
		const { last, kills } = composer;
		return last?.kind === 'yanked' ? yanked(last.before, (last.index || kills.length) - 1) : composer;
	},
	transpose: transposed,
	undo: (composer) => {
		const { past, future } = composer;
		const draft = past.at(-1);
		return draft === undefined
			? composer
			: { ...withNew(composer, draft), past: past.slice(0, -1), future: [...future, draftOf(composer)] };
	},
	redo: (composer) => {
		const { past, future } = composer;
		const draft = future.at(-1);
		return draft === undefined
			? composer
			: { ...withNew(composer, draft), past: [...past, draftOf(composer)], future: future.slice(0, -1) };
	},
	'history-back': (composer) => recalled(composer, (composer.recall?.index ?? composer.history.length) - 1),
	'history-forward': (composer) =>
		composer.recall === undefined ? composer : recalled(composer, composer.recall.index + 1),
} as const satisfies Partial<Record<Action, (composer: Composer) => Composer>>;

/** The composer with another draft, of which nothing is known but itself. */
function withNew(composer: Composer, draft: Draft): Composer {
	const { recall: _, last: _last, folds: _folds, ...rest } = composer;
	return { ...rest, ...draft };
}

/** The composer with a draft that undo takes back; more of the kind of the step before is part of that step. */
function changed(composer: Composer, draft: Draft, last?: Composer['last']): Composer {
	const isMore = last !== undefined && last.kind === composer.last?.kind && runs.has(last.kind);
	const past = isMore ? composer.past : [...composer.past, draftOf(composer)].slice(-undoLimit);
	return { ...withNew(composer, draft), past, future: [], ...(last !== undefined && { last }) };
}

/** What is done key by key and taken back at once. */
const runs: ReadonlySet<NonNullable<Composer['last']>['kind']> = new Set(['typed', 'deleted']);

function atCursor({ cursor }: Composer): { readonly from: number; readonly to: number } {
	return { from: cursor, to: cursor };
}

function put(composer: Composer, text: string, last?: Composer['last']): Composer {
	return rewritten(composer, { ...atCursor(composer), by: clean(text) }, last);
}

function moved(composer: Composer, cursor: number): Composer {
	return cursor === composer.cursor ? composer : { ...withoutLast(composer), cursor };
}

function deleted(composer: Composer, from: number, to: number): Composer {
	return rewritten(composer, { from, to, by: '' }, { kind: 'deleted' });
}

/** What is cut right after something was cut joins it, on the side on which it stood. */
function killed(composer: Composer, from: number, to: number): Composer {
	if (from === to) {
		return composer;
	}
	const { kills, last, text } = composer;
	const cut = text.slice(from, to);
	const earlier = last?.kind === 'killed' ? (kills.at(-1) ?? '') : undefined;
	const joined = to === composer.cursor ? cut + (earlier ?? '') : (earlier ?? '') + cut;
	return {
		...rewritten(composer, { from, to, by: '' }, { kind: 'killed' }),
		kills: withKill(earlier === undefined ? kills : kills.slice(0, -1), joined),
	};
}

function withKill(kills: readonly string[], cut: string): readonly string[] {
	return [...kills, cut].slice(-killLimit);
}

function yanked(composer: Composer, index: number): Composer {
	return put(composer, composer.kills[index] ?? '', { kind: 'yanked', before: withoutLast(composer), index });
}

/** Takes the one before the cursor over the one behind it; at the end of a line, over the one before that. */
function transposed(composer: Composer): Composer {
	const units = unitsOf(composer);
	const at = units.findIndex(({ start }) => start >= composer.cursor);
	const behind = at === -1 ? units.length : at;
	const next = units[behind];
	const right = next === undefined || isLineEnd(next) ? behind - 1 : behind;
	const [one, other] = [units[right - 1], units[right]];
	if (one === undefined || other === undefined || [one, other].some((unit) => unit.isFold || isLineEnd(unit))) {
		return composer;
	}
	const to = other.start + other.text.length;
	return rewritten(composer, { from: one.start, to, by: other.text + one.text });
}

function recalled(composer: Composer, index: number): Composer {
	const { history } = composer;
	const draft = composer.recall?.draft ?? composer;
	if (index === history.length) {
		return draft;
	}
	const line = history[index];
	if (line === undefined) {
		return composer;
	}
	const text = clean(line);
	return { ...changed(draft, { text, cursor: text.length }), recall: { index, draft } };
}
