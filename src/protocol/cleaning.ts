/**
 * Which characters may be shown, and what stands in for the others.
 */
import { graphemes, isSettled } from './graphemes.ts';
import type { ErrorCode } from './limits.ts';

/** The text that may be kept and shown, or why there is none. */
export type Cleaned =
	| { readonly ok: true; readonly text: string }
	| { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

/**
 * Makes every character of a text safe, and keeps its lines and its indentation: line ends become LF, a tab becomes four
 * spaces, other controls become control pictures, and what is invisible, reorders, joins or piles up is removed.
 */
export function clean(text: string): string {
	if (isSettled(text)) {
		return text;
	}
	// Made when first needed: it takes some milliseconds, and most programs start with ASCII.
	odd ??= makeOdd();
	const shown = text.toWellFormed().replace(odd, replaceOdd);
	return splitLongConjuncts(shown.replace(pileOfMarks, firstMarks).replace(marksWithoutBase, ''));
}

// Characters that leave no ink or act on others: format characters, fillers and blanks, private use, noncharacters. The
// signs that Unicode calls format characters but that are seen (Arabic number signs and the like) are not among them.
const unseen = String.raw`[\p{Default_Ignorable_Code_Point}\p{Co}\p{Noncharacter_Code_Point}[\p{Cf}--[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]\u2800\u{1d159}]`;

// Scripts in which a joiner decides how letters look, and so what a word is.
const joining = [
	...['Arab', 'Syrc', 'Mand', 'Nkoo', 'Mong', 'Phag', 'Adlm', 'Rohg'],
	...['Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda', 'Mlym', 'Sinh'],
	...['Mymr', 'Khmr', 'Java', 'Bali', 'Sund', 'Lana', 'Cham', 'Batk', 'Cakm', 'Newa', 'Gran', 'Tirh', 'Modi', 'Mtei'],
].map((script) => String.raw`\p{scx=${script}}`);
const joined = String.raw`[[[\p{L}\p{M}]&&[${joining.join('')}]]--\p{Default_Ignorable_Code_Point}]`;

const hanSelectors = String.raw`\u{e0100}-\u{e01ef}`;
const mongolianSelectors = String.raw`\u180b-\u180d\u180f`;
const inContext = String.raw`\u200c\u200d${hanSelectors}${mongolianSelectors}`;

// What may follow a half form at the end of a word.
const wordEnd = String.raw`$|[[\n\p{L}\p{P}\p{Zs}]--${unseen}--\p{Extended_Pictographic}]`;

// Letters that join the one before them, as marks do: Thai and Lao AM, the halfwidth voiced sound marks.
const clinging = String.raw`\u0e33\u0eb3\uff9e\uff9f`;

// All of \p{RGI_Emoji} save keycaps, longest first. V8 tries the thousands of strings of such a property one by one, so
// each kind is tried only where it can begin.
const emojiOfOne = [
	String.raw`(?=.\p{Emoji_Modifier})\p{RGI_Emoji_Modifier_Sequence}`,
	String.raw`(?=\p{Regional_Indicator})\p{RGI_Emoji_Flag_Sequence}`,
	String.raw`\p{RGI_Emoji_Tag_Sequence}`,
	String.raw`\p{Basic_Emoji}`,
].join('|');
const emojiOfMany = String.raw`\p{RGI_Emoji_ZWJ_Sequence}`;
const emojiPart = String.raw`\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?`;

// What any of the alternatives below can begin with. Asking this first makes text without emoji thirty times faster.
const beginning = String.raw`[[\p{Cc}--\n]\u2028\u2029\u20e3\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}${unseen}]|[0-9#*]\ufe0f?\u20e3`;

let odd: RegExp | undefined;

/**
 * Everything that does not stay as it is, and the emoji, whose parts may not be taken for odd. The groups are the
 * parameters of `replaceOdd`; with names, the object that each match would get costs more than all else.
 */
function makeOdd(): RegExp {
	return new RegExp(
		`(?=${beginning})(?:${[
			String.raw`(\r\n?|[\v\f\x85\u2028\u2029])`,
			String.raw`([\p{Cc}--\n])`,
			String.raw`[[${unseen}\u20e3]--[${inContext}]]+`,
			String.raw`(\p{Emoji_Modifier})`,
			String.raw`(?:(${emojiPart}(?:\u200d${emojiPart})+)|([0-9#*])\ufe0f?\u20e3|(${emojiOfOne}))[\p{M}${clinging}${unseen}]*`,
			String.raw`(\p{Regional_Indicator})`,
			String.raw`((?<=\p{Unified_Ideograph})[${hanSelectors}]|(?<=[\p{L}&&\p{scx=Mong}])[${mongolianSelectors}])`,
			String.raw`((?<=${joined})[\u200c\u200d]+(?=${joined})|(?<=[\u09cd\u0d4d\u0dca])[\u200c\u200d]+(?=${wordEnd}))`,
			`[${inContext}]+`,
		].join('|')})`,
		'gv',
	);
}

function replaceOdd(
	_: string,
	lineEnd?: string,
	control?: string,
	modifier?: string,
	chain?: string,
	keycap?: string,
	emoji?: string,
	flagLetter?: string,
	selector?: string,
	joiner?: string,
): string {
	if (lineEnd !== undefined) {
		return '\n';
	}
	if (control !== undefined) {
		return controlPicture(control.charCodeAt(0));
	}
	if (chain !== undefined) {
		return fullChain(chain);
	}
	if (keycap !== undefined) {
		return `${keycap}\ufe0f\u20e3`;
	}
	if (flagLetter !== undefined) {
		// A regional indicator that is no part of a flag is shown as the letter that it stands for.
		return String.fromCharCode(0x41 + (flagLetter.codePointAt(0) ?? 0) - 0x1f1e6);
	}
	if (modifier !== undefined) {
		return replacement;
	}
	return emoji ?? selector ?? joiner?.[0] ?? '';
}

const replacement = '\ufffd';

function controlPicture(code: number): string {
	if (code === 0x09) {
		return '    ';
	}
	if (code === 0x7f) {
		return '\u2421';
	}
	return code < 0x20 ? String.fromCharCode(0x2400 + code) : replacement;
}

let wholeEmoji: RegExp | undefined;
const textStyleEmoji = /(?!\p{Emoji_Presentation})\p{Extended_Pictographic}(?!\p{Emoji_Modifier})/gu;
// Where some of a chain may be an emoji of several. A chain of two is none, or it would not be taken apart.
const mayJoin = String.raw`(?=${emojiPart}\u200d)(?!^${emojiPart}\u200d\p{Extended_Pictographic}\ufe0f?$)`;
let partOfChain: RegExp | undefined;

/** A chain of joined emoji with every selector that it should have, or its parts when it is no emoji that exists. */
function fullChain(chain: string): string {
	const full = chain.replaceAll('\ufe0f', '').replace(textStyleEmoji, '$&\ufe0f');
	wholeEmoji ??= new RegExp(`^${emojiOfMany}$`, 'v');
	if (wholeEmoji.test(full)) {
		return full;
	}
	partOfChain ??= new RegExp(
		String.raw`[\u200d\ufe0f]|(\p{Emoji_Modifier})|(${mayJoin}${emojiOfMany}|${emojiOfOne})`,
		'gv',
	);
	return chain.replace(partOfChain, (_, modifier?: string, emoji?: string) =>
		modifier === undefined ? (emoji ?? '') : replacement,
	);
}

const tail = String.raw`[${clinging}\u200c\u200d]*`;
const markWithTail = String.raw`\p{M}${tail}`;
const pileOfMarks = new RegExp(`(?:${markWithTail}){5,}`, 'gu');
const marksWithoutBase = /^[\p{M}\u200c\u200d]+/gmu;
const longConjunct = new RegExp(String.raw`(?:${markWithTail}(?:(?![${clinging}])\p{L}${tail})?){4}\p{M}`, 'u');

function firstMarks(pile: string): string {
	return Array.from(pile.matchAll(new RegExp(markWithTail, 'gu')), ([mark]) => mark)
		.slice(0, 4)
		.join('')
		.replace(/[\u200c\u200d]$/, '');
}

/** Indic consonants join into one grapheme without end; a non-joiner ends it before it has more than four marks. */
function splitLongConjuncts(text: string): string {
	if (!longConjunct.test(text)) {
		return text;
	}
	return graphemes(text).map(splitLongConjunct).join('');
}

function splitLongConjunct(grapheme: string): string {
	if (countMarks(grapheme) <= 4) {
		return grapheme;
	}
	const parts: string[] = [];
	let marks = 0;
	for (const [letter] of grapheme.matchAll(letterWithMarks)) {
		const own = countMarks(letter);
		marks += own;
		const before = parts.at(-1);
		if (marks > 4 && before !== undefined) {
			parts[parts.length - 1] = `${before.replace(/\u200d$/, '')}\u200c`;
			marks = own;
		}
		parts.push(letter);
	}
	return parts.join('');
}

const letterWithMarks = new RegExp(
	String.raw`(?:[^\p{M}${clinging}\u200c\u200d]|^)[\p{M}${clinging}\u200c\u200d]*`,
	'gu',
);

function countMarks(text: string): number {
	return text.match(/\p{M}/gu)?.length ?? 0;
}

/** The refusal of a text: why, as a code for programs and as a sentence for people. */
export function refuse(code: ErrorCode, detail: string): Cleaned {
	return { ok: false, code, detail };
}
