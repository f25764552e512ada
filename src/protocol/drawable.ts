/**
 * Text in a form whose width is beyond doubt, for the moment at which it is drawn and never for what is kept or sent.
 *
 * Terminals with older or newer tables count some clean text differently; a row would then end in the wrong cell and push
 * its neighbours away. The form that comes out of here looks the same and is counted the same. One difference stays: an
 * Indic vowel sign with a cell of its own is drawn by some terminals within its letter's cell, and there the rest of that
 * row stands one cell further left. It never runs over the edge.
 */
import { graphemes, isSettled } from './graphemes.ts';

/** The form of a clean text that is drawn. Idempotent; line feeds stay. */
export function drawable(text: string): string {
	if (isSettled(text)) {
		return text;
	}
	const composed = text.replace(doubtfulMark, '').normalize('NFC').replace(vowelWithoutLetter, '\u25cc');
	return separateConjuncts(composed.replace(doubtful, easier));
}

// Marks that are not in the tables of every terminal, which then give them a cell (added to Unicode after version 13), and
// marks that some count as two cells. A joiner goes with the mark that it was for.
const doubtfulMark = new RegExp(
	`\\u200d?[${[
		String.raw`\u0897-\u089f\u08ca-\u08d2\u0c3c\u0ece\u1ac1-\u1aeb\u1dfa`,
		String.raw`\u{10d69}-\u{10d6d}\u{10efa}-\u{10eff}\u{10f82}-\u{10f85}\u{11070}\u{11073}\u{11074}\u{110c2}\u{11241}`,
		String.raw`\u{113bb}-\u{113c0}\u{113ce}\u{113d0}\u{113d2}\u{113e1}\u{113e2}\u{11b60}\u{11b62}-\u{11b64}\u{11b66}`,
		String.raw`\u{11f00}\u{11f01}\u{11f36}-\u{11f3a}\u{11f40}\u{11f42}\u{11f5a}\u{13440}\u{13447}-\u{13455}`,
		String.raw`\u{1611e}-\u{16129}\u{1612d}-\u{1612f}\u{1cf00}-\u{1cf2d}\u{1cf30}-\u{1cf46}\u{1e08f}\u{1e2ae}`,
		String.raw`\u{1e4ec}-\u{1e4ef}\u{1e5ee}\u{1e5ef}\u{1e6e3}\u{1e6e6}\u{1e6ee}\u{1e6ef}\u{1e6f5}`,
		String.raw`\u302a-\u302f\u{16fe4}\u{16ff0}\u{16ff1}`,
	].join('')}]`,
	'gu',
);

// Characters that take two cells only since a version after 13.
const newlyWide = `[${[
	String.raw`\u2630-\u2637\u268a-\u268f\u2ffc-\u2fff\u31e4\u31e5\u31ef\u4dc0-\u4dff`,
	String.raw`\u{16ff2}-\u{16ff6}\u{187f8}-\u{187ff}\u{18cd6}-\u{18cff}\u{18d09}-\u{18df2}\u{1aff0}-\u{1affe}`,
	String.raw`\u{1b11f}-\u{1b122}\u{1b132}\u{1b155}\u{1d300}-\u{1d376}`,
	String.raw`\u{1f6d8}-\u{1f6df}\u{1f7f0}\u{1f979}\u{1f9cc}\u{1fa70}-\u{1faff}`,
].join('')}]`;

const halfwidthVoiced = String.raw`[\uff66-\uff9d][\uff9e\uff9f]`;
const jamo = String.raw`[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]`;
// Letters and signs that join the next character, whatever it is.
const prefixed = String.raw`[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u{110bd}\u{110cd}\u{111c2}\u{111c3}\u{113d1}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]`;

const doubtful = new RegExp(
	[
		halfwidthVoiced,
		String.raw`[\uff9e\uff9f\u3099\u309a\u0e33\u0eb3]`,
		jamo,
		String.raw`(?<!\u200d)(?!\p{Cn})${newlyWide}(?![\u200d\ufe0f]|\p{Emoji_Modifier})`,
		String.raw`\p{Cn}|${prefixed}`,
	].join('|'),
	'gu',
);

// Thai and Lao AM after nothing that could carry its mark; it gets the circle that stands for a letter.
const vowelWithoutLetter = /(?=[\u0e33\u0eb3])(?<!\p{L}\p{M}*)/gu;

function easier(match: string): string {
	const known = easierForms.get(match);
	if (known !== undefined) {
		return known;
	}
	if (isHalfwidthVoiced.test(match)) {
		return halfwidthPair(match);
	}
	if (isJamo.test(match)) {
		return compatibilityJamo().get(match) ?? '\ufffd';
	}
	// The selector for the emoji form counts as "two cells" where the character by itself does not yet.
	return isNewlyWide.test(match) ? `${match}\ufe0f` : '\ufffd';
}

const isHalfwidthVoiced = new RegExp(`^${halfwidthVoiced}$`, 'u');
const isJamo = new RegExp(`^${jamo}$`, 'u');
const isNewlyWide = new RegExp(String.raw`^(?!\p{Cn})${newlyWide}$`, 'u');

const easierForms: ReadonlyMap<string, string> = new Map([
	// Voiced sound marks that would join the letter before them, and those that stand alone.
	['\uff9e', '\u309b'],
	['\uff9f', '\u309c'],
	['\u3099', '\u309b'],
	['\u309a', '\u309c'],
	// Thai and Lao AM as the mark and the vowel that it is made of: two cells everywhere.
	['\u0e33', '\u0e4d\u0e32'],
	['\u0eb3', '\u0ecd\u0eb2'],
]);

function halfwidthPair(pair: string): string {
	const composed = pair.normalize('NFKC');
	return composed.length === 1 ? composed : `${pair[0]}${easierForms.get(pair[1] ?? '')}`;
}

let jamoForms: Map<string, string> | undefined;

/** The letters that stand by themselves, for jamo that did not become a syllable. */
function compatibilityJamo(): ReadonlyMap<string, string> {
	if (jamoForms === undefined) {
		jamoForms = new Map(Array.from(finalJamo, (letter, index) => [String.fromCharCode(0x11a8 + index), letter]));
		for (let code = 0x318e; code >= 0x3131; code--) {
			const letter = String.fromCharCode(code);
			jamoForms.set(letter.normalize('NFKD'), letter);
		}
	}
	return jamoForms;
}

// Unicode decomposes these letters into initial jamo only; this is the order of the final ones, from U+11A8 on.
const finalJamo = 'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';

const conjunct = /\p{L}[\p{M}\u200d]+\p{L}/u;
const withinConjunct = /(?=\p{L})(?<=\p{L}[\p{M}\u200d]+)/gu;

/** Newer tables make one grapheme of an Indic conjunct, terminals do not; a non-joiner between makes it two for all. */
function separateConjuncts(text: string): string {
	if (!conjunct.test(text)) {
		return text;
	}
	return graphemes(text)
		.map((grapheme) => grapheme.replace(withinConjunct, '\u200c'))
		.join('');
}
