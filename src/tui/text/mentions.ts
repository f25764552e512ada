/**
 * Where a text names its reader, or has one of the words that they want to see: as whole words, without regard to case.
 */
import type { Stretch } from './wrap.ts';

/** Gives the places in a text that name somebody, in their order; an `@` before a name belongs to it. */
export type Mentions = (text: string) => readonly Stretch[];

/** What names the person with this nick. The same nick and words give the same function. */
export function mentionsOf(nick: string, words: readonly string[] = none): Mentions {
	// They seldom change, and to make a pattern costs more than to use it.
	if (last.nick !== nick || last.words !== words) {
		last = { nick, words, mentions: finderOf([nick, ...words].filter((word) => word.trim() !== '')) };
	}
	return last.mentions;
}

const none: readonly string[] = [];
let last = { nick: '', words: none, mentions: (() => []) as Mentions };

function finderOf(words: readonly string[]): Mentions {
	if (words.length === 0) {
		return () => [];
	}
	// Of two words that begin alike the longer one is meant where it stands.
	const any = words
		.toSorted((one, other) => other.length - one.length)
		.map((word) => word.trim().replace(special, '\\$&'))
		.join('|');
	const pattern = new RegExp(`(?<!${letter})(?:@(?:${any})|(?:${any}))(?!${letter})`, 'giu');
	return (text) =>
		text.search(pattern) === -1
			? []
			: Array.from(text.matchAll(pattern), ({ 0: word, index }) => ({ start: index, end: index + word.length }));
}

const special = /[\\^$.*+?()[\]{}|/]/gu;
const letter = String.raw`[\p{L}\p{N}\p{M}_]`;
