/**
 * What it means that a message says what somebody searches for: the same in every engine, and on the screen that shows it.
 *
 * Words are runs of letters and digits, whatever their case and accents. All words of a search have to be in the message,
 * in any order, the last one also as the beginning of a longer word. What is written in one piece (`v2.4`, `eu-west`) has
 * to follow one another there. In scripts that put no space between words every character counts as a word written in one
 * piece with its neighbours, so that any part of a sentence is found; and so does every emoji.
 */

/** A word of a text, and where it stands there. */
export interface Word {
	/** Without case and accents. */
	readonly text: string;
	/** In UTF-16 units of the text, like `to`, which is behind it. */
	readonly from: number;
	readonly to: number;
	/** It is one character of a script without spaces, or an emoji. */
	readonly isSingle: boolean;
}

/** What is searched for: words that follow one another, several times. Before the last no two are the same. */
export interface Sought {
	readonly phrases: readonly Phrase[];
}

type Phrase = readonly Word[];

/** Reads what somebody typed; `undefined` when there is no word in it. */
export function readSought(text: string): Sought | undefined {
	const phrases = text
		.split(/\s+/u)
		.map(wordsOf)
		.filter((words) => words.length > 0);
	const last = phrases.pop();
	const others = new Map(phrases.map((phrase) => [phrase.map((word) => word.text).join(' '), phrase]));
	return last === undefined ? undefined : { phrases: [...others.values(), last] };
}

/** Whether a text says what is sought. */
export function says(text: string, { phrases }: Sought): boolean {
	const words = wordsOf(text);
	const said = new Set(phrases.length > 1 ? words.map((word) => word.text) : []);
	return phrases.every((phrase, index) => {
		const isLast = index === phrases.length - 1;
		const isThere = isLast || phrase.every((word) => said.has(word.text));
		const isOneWord = !isLast && phrase.length === 1;
		return isThere && (isOneWord || words.some((_, at) => standsAt(words, at, phrase, isLast)));
	});
}

/** Where a text says any of what is sought: parts of the text in ascending order that do not touch. */
export function placesOf(text: string, { phrases }: Sought): readonly { readonly from: number; readonly to: number }[] {
	const words = wordsOf(text);
	const last = phrases.at(-1);
	const byFirst = Map.groupBy(phrases.slice(0, -1), ([first]) => first?.text);
	const places: { from: number; to: number }[] = [];
	for (const [at, { text, from }] of words.entries()) {
		let length = last !== undefined && standsAt(words, at, last, true) ? last.length : 0;
		for (const phrase of byFirst.get(text) ?? []) {
			length = phrase.length > length && standsAt(words, at, phrase, false) ? phrase.length : length;
		}
		const to = words[at + length - 1]?.to;
		const place = places.at(-1);
		if (length === 0 || to === undefined) {
			continue;
		}
		if (place !== undefined && from <= place.to) {
			place.to = Math.max(place.to, to);
		} else {
			places.push({ from, to });
		}
	}
	return places;
}

/** The words of a text, in order. */
export function wordsOf(text: string): readonly Word[] {
	const words: Word[] = [];
	if (isAscii.test(text)) {
		for (const { 0: word, index } of text.matchAll(asciiWord)) {
			words.push({ text: word.toLowerCase(), from: index, to: index + word.length, isSingle: false });
		}
		return words;
	}
	/** The word that the next character would go on with. */
	let open: { text: string; from: number; to: number; isSingle: boolean } | undefined;
	for (const { 0: character, index } of text.matchAll(characters)) {
		const folded = fold(character);
		const to = index + character.length;
		if (folded === '') {
			open = undefined;
		} else if (single.test(folded)) {
			open = undefined;
			words.push({ text: folded, from: index, to, isSingle: true });
		} else if (open === undefined) {
			open = { text: folded, from: index, to, isSingle: false };
			words.push(open);
		} else {
			open.text += folded;
			open.to = to;
		}
	}
	return words;
}

/**
 * What an index has to hold of a text, so that it finds every text that says what is sought: each word, and each character
 * of a script without spaces together with the one after it, if there is one.
 */
export function termsOf(text: string): ReadonlySet<string> {
	const words = wordsOf(text);
	return new Set(words.map((word, at) => cut(withNext(word, words[at + 1]))));
}

/** Terms of which a text that says what is sought has each; of one with `isBeginning` at least one that begins with it. */
export function soughtTerms({ phrases }: Sought): readonly { readonly term: string; readonly isBeginning: boolean }[] {
	return phrases.flatMap((phrase, index) =>
		phrase.flatMap((word, at) => {
			const next = phrase[at + 1];
			const isPaired = word.isSingle && next?.isSingle === true;
			// The one before has it with it.
			if (word.isSingle && !isPaired && phrase[at - 1]?.isSingle === true) {
				return [];
			}
			const isEnd = at + (isPaired ? 2 : 1) === phrase.length;
			const isBeginning = (isEnd && index === phrases.length - 1) || (word.isSingle && !isPaired);
			return [{ term: cut(withNext(word, next)), isBeginning }];
		}),
	);
}

const isAscii = /^[\0-\x7f]*$/;
const asciiWord = /[a-z0-9]+/gi;
// Plain letters, a letter with its marks, or letters that are written as parts of a syllable.
const characters = /[a-z0-9]+(?!\p{M})|[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]+|\P{M}[\p{M}\uff9e\uff9f]*|\p{M}+/giu;
/** Marks that people leave out when they type: accents, and the vowels of Hebrew and Arabic. Kana differ by theirs. */
const accent = /(?=[\p{sc=Zinh}\p{sc=Hebr}])(?![\u3099\u309a])\p{M}/gu;
const noWord = /[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}]/gu;
const single =
	/^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}\p{Extended_Pictographic}]/u;

/** Characters whose folded form is remembered: more than any text in one language has. */
const foldedCharacters = 4096;
const foldedForms = new Map<string, string>();

/** A character without case and accents; nothing when it is no part of a word. */
function fold(character: string): string {
	const known = foldedForms.get(character);
	if (known !== undefined) {
		return known;
	}
	const folded = foldAnew(character);
	// What is long is not met again.
	if (foldedForms.size < foldedCharacters && character.length <= 2) {
		foldedForms.set(character, folded);
	}
	return folded;
}

function foldAnew(character: string): string {
	if (isAscii.test(character)) {
		return character.toLowerCase().replace(/[^a-z0-9]/g, '');
	}
	const upper = character.normalize('NFKD').toUpperCase();
	// An upper-case sigma has two lower-case forms.
	const lower = upper.toLowerCase().replaceAll('ς', 'σ');
	return lower.normalize('NFKD').replace(accent, '').replace(noWord, '').normalize('NFC');
}

/** Whether the words of a phrase stand from there on. */
function standsAt(words: readonly Word[], at: number, phrase: Phrase, isLast: boolean): boolean {
	const end = phrase.length - 1;
	for (let offset = 0; offset <= end; offset += 1) {
		const word = words[at + offset]?.text;
		const text = phrase[offset]?.text ?? '';
		if (isLast && offset === end ? word?.startsWith(text) !== true : word !== text) {
			return false;
		}
	}
	return true;
}

function withNext(word: Word, next: Word | undefined): string {
	return word.isSingle && next?.isSingle === true ? word.text + next.text : word.text;
}

/** No term is longer, however long a word is. */
const termUnits = 64;

function cut(term: string): string {
	return term.slice(0, termUnits);
}
