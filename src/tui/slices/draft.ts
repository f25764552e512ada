/**
 * Places in a draft: where the cursor may stand, where words and lines begin and end. A folded part is one thing, whatever
 * is in it.
 */
import { graphemes } from '../../protocol/graphemes.ts';
import type { Draft } from '../model.ts';

/** What the cursor passes at once: a grapheme, or a folded part. */
export interface Unit {
	readonly text: string;
	/** Where it begins in the text, in UTF-16 units. */
	readonly start: number;
	readonly isFold: boolean;
}

export function unitsOf({ text, folds = [] }: Draft): readonly Unit[] {
	const units: Unit[] = [];
	let at = 0;
	const add = (part: string, isFold: boolean) => {
		units.push({ text: part, start: at, isFold });
		at += part.length;
	};
	for (const { start, end } of [...folds, { start: text.length, end: text.length }]) {
		for (const grapheme of graphemes(text.slice(at, start))) {
			add(grapheme, false);
		}
		if (end > start) {
			add(text.slice(start, end), true);
		}
	}
	return units;
}

/** The draft with a part replaced, the cursor behind what was put in; `fold` shows that as one thing. */
export function withPart(draft: Draft, { from, to, by, fold = false }: Part): Draft {
	const { folds = [] } = draft;
	const text = draft.text.slice(0, from) + by + draft.text.slice(to);
	const shift = by.length - (to - from);
	const kept = [
		...folds.filter(({ end }) => end <= from),
		...(fold ? [{ start: from, end: from + by.length }] : []),
		...folds.flatMap(({ start, end }) => (start >= to ? [{ start: start + shift, end: end + shift }] : [])),
	];
	// What comes together here may join into one grapheme, of which no part is folded.
	const places = placesOf({ text, cursor: 0 });
	const isWhole = ({ start, end }: { start: number; end: number }) => places.includes(start) && places.includes(end);
	const whole = kept.filter(isWhole);
	const cursor = places.find((place) => place >= from + by.length) ?? text.length;
	return { text, cursor, ...(whole.length > 0 && { folds: whole }) };
}

export interface Part {
	readonly from: number;
	readonly to: number;
	readonly by: string;
	readonly fold?: boolean;
}

/** The draft and nothing else of what is known with it. */
export function draftOf({ text, cursor, folds }: Draft): Draft {
	return { text, cursor, ...(folds !== undefined && { folds }) };
}

/** Every place where the cursor may stand: before the first unit, between two, after the last. */
function placesOf(draft: Draft): readonly number[] {
	return [...unitsOf(draft).map(({ start }) => start), draft.text.length];
}

export function placeBefore(draft: Draft, at: number): number {
	return placesOf(draft).findLast((place) => place < at) ?? 0;
}

export function placeAfter(draft: Draft, at: number): number {
	return placesOf(draft).find((place) => place > at) ?? draft.text.length;
}

/** How many lines a text has; blank ones at its end are not sent. */
export function linesIn(text: string): number {
	return text.trimEnd().split('\n').length;
}

/** The folded part that ends here. */
export function foldBefore({ folds = [] }: Draft, at: number): NonNullable<Draft['folds']>[number] | undefined {
	return folds.find(({ end }) => end === at);
}

/** What separates words on the way, for moving by words and for cutting them. */
type IsPart = (unit: Unit) => boolean;

export const isWordly: IsPart = ({ text, isFold }) => isFold || /[\p{L}\p{N}_]/u.test(text);
export const isInk: IsPart = ({ text, isFold }) => isFold || /\S/u.test(text);

/** Where the word before the cursor begins, blanks and the like between them included. */
export function wordStart(draft: Draft, isPart: IsPart): number {
	const earlier = unitsOf(draft).filter(({ start }) => start < draft.cursor);
	const last = earlier.findLastIndex(isPart);
	return earlier[earlier.findLastIndex((unit, index) => index < last && !isPart(unit)) + 1]?.start ?? 0;
}

/** Where the word after the cursor ends. */
export function wordEnd(draft: Draft): number {
	const later = unitsOf(draft).filter(({ start }) => start >= draft.cursor);
	const first = later.findIndex(isWordly);
	const end = first === -1 ? undefined : later.find((unit, index) => index > first && !isWordly(unit));
	return end?.start ?? draft.text.length;
}

export function lineStart(draft: Draft): number {
	const end = unitsOf(draft).findLast((unit) => unit.start < draft.cursor && isLineEnd(unit));
	return end === undefined ? 0 : end.start + end.text.length;
}

export function lineEnd(draft: Draft): number {
	return unitsOf(draft).find((unit) => unit.start >= draft.cursor && isLineEnd(unit))?.start ?? draft.text.length;
}

export function isLineEnd({ text, isFold }: Unit): boolean {
	return !isFold && (text === '\n' || text === '\r\n');
}
