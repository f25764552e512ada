/**
 * The letters by which something was found stand out in it.
 */
import { graphemes } from '../../protocol/graphemes.ts';
import type { Line } from '../model.ts';
import { span } from './spans.ts';

/** The text with the graphemes at these places, in UTF-16 units, standing out. */
export function lettered(text: string, places: ReadonlySet<number>): Line {
	if (places.size === 0) {
		return [span(text)];
	}
	const spans: { text: string; style: 'plain' | 'found' }[] = [];
	let at = 0;
	for (const grapheme of graphemes(text)) {
		const style = isAmong(places, at, grapheme.length) ? 'found' : 'plain';
		const last = spans.at(-1);
		if (last?.style === style) {
			last.text += grapheme;
		} else {
			spans.push({ text: grapheme, style });
		}
		at += grapheme.length;
	}
	return spans;
}

function isAmong(places: ReadonlySet<number>, from: number, count: number): boolean {
	return Array.from({ length: count }, (_, index) => from + index).some((place) => places.has(place));
}

/**
 * Looks for all words of what is typed, in any order and without regard to case: gives the places of a text at which they
 * are, and `undefined` of one that lacks any.
 */
export function wordPlaces(typed: string): (text: string) => ReadonlySet<number> | undefined {
	const patterns = typed
		.split(/\s+/u)
		.filter((word) => word !== '')
		.map((word) => new RegExp(word.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&'), 'giu'));
	return (text) => {
		const found = patterns.map((pattern) => Array.from(text.matchAll(pattern), placesOf).flat());
		return found.every((places) => places.length > 0) ? new Set(found.flat()) : undefined;
	};
}

function placesOf({ 0: { length }, index }: RegExpExecArray): readonly number[] {
	return Array.from({ length }, (_, offset) => index + offset);
}
