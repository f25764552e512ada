/**
 * Names that people and programs read: of rooms, and of those who speak in them. A name is either kept as it is (in NFC)
 * or refused; it is never quietly changed into another one.
 */
import { type Cleaned, clean, refuse } from './cleaning.ts';
import { drawable } from './drawable.ts';
import { cellWidth, graphemes } from './graphemes.ts';
import { defaultLimits, type Limits } from './limits.ts';

/**
 * Checks a room name: 1 to `roomCodePoints` code points that can be seen, with single spaces inside, not beginning with
 * `#`. A name that begins with `@` is an inbox: `@` and a nick. Anything else is refused with `bad_room`.
 */
export function cleanRoom(
	name: string,
	limits: Pick<Limits, 'roomCodePoints' | 'roomBytes' | 'nickCodePoints' | 'nickCells'>,
): Cleaned {
	if (name.length > limits.roomCodePoints * 4) {
		return refuse('bad_room', `Expected a room name of at most ${limits.roomCodePoints} code points`);
	}
	const room = name.normalize('NFC');
	if (room === '') {
		return refuse('bad_room', 'Expected a room name');
	}
	if (Array.from(room).length > limits.roomCodePoints) {
		return refuse('bad_room', `Expected a room name of at most ${limits.roomCodePoints} code points`);
	}
	if (Buffer.byteLength(room) > limits.roomBytes) {
		return refuse('bad_room', `Expected a room name of at most ${limits.roomBytes} bytes`);
	}
	if (!isSteady(room)) {
		return refuse('bad_room', 'Expected a room name of visible characters with single spaces inside');
	}
	if (room.startsWith('#')) {
		return refuse('bad_room', 'Expected a room name without a leading #');
	}
	if (isInbox(room)) {
		const nick = cleanNick(room.slice(1), limits);
		return nick.ok ? { ok: true, text: room } : refuse('bad_room', `Expected @ and a nick. ${nick.detail}`);
	}
	return isOneScript(room) ? { ok: true, text: room } : refuse('bad_room', 'Expected a room name in one script');
}

/** Whether a room is somebody's inbox: its name is `@` and their nick. */
export function isInbox(room: string): boolean {
	return room.startsWith('@');
}

/**
 * Checks a nick. Refuses with `empty`, with `limit_exceeded` when it is longer than `nickCodePoints` or wider than
 * `nickCells`, and with `forbidden` when it is reserved, mixes scripts, has a comma, a space at an edge or a character
 * that cannot be seen, or begins with a mark of the screen (`~ @ + - * # /`).
 */
export function cleanNick(name: string, limits: Pick<Limits, 'nickCodePoints' | 'nickCells'>): Cleaned {
	if (name.length > limits.nickCodePoints * 4) {
		return refuse('limit_exceeded', `Expected a nick of at most ${limits.nickCodePoints} code points`);
	}
	const nick = name.normalize('NFC');
	if (clean(nick).trim() === '') {
		return refuse('empty', 'Expected a nick');
	}
	if (Array.from(nick).length > limits.nickCodePoints) {
		return refuse('limit_exceeded', `Expected a nick of at most ${limits.nickCodePoints} code points`);
	}
	if (cellWidth(drawable(nick)) > limits.nickCells) {
		return refuse('limit_exceeded', `Expected a nick of at most ${limits.nickCells} cells`);
	}
	if (!isSteady(nick)) {
		return refuse('forbidden', 'Expected a nick of visible characters with single spaces inside');
	}
	if (leadingMark.test(nick)) {
		return refuse('forbidden', 'Expected a nick without a leading ~ @ + - * # or /');
	}
	if (nick.includes(',')) {
		return refuse('forbidden', 'Expected a nick without a comma');
	}
	if (reserved.has(nick.normalize('NFKC').toLowerCase())) {
		return refuse('forbidden', `Expected another nick: ${nick} is reserved`);
	}
	return isOneScript(nick) ? { ok: true, text: nick } : refuse('forbidden', 'Expected a nick in one script');
}

/** Makes a valid nick of any string, such as a login name: `root` becomes `root_`, and nothing usable becomes `guest`. */
export function suggestNick(name: string): string {
	const letters = shorten(tidy(clean(name.slice(0, 1024)).normalize('NFC')), 32, 24);
	const candidates = [letters, letters && `${letters}_`, tidy(letters.replace(/[^\x20-\x7e]/g, ''))];
	return candidates.find((candidate) => cleanNick(candidate, defaultLimits).ok) ?? 'guest';
}

const leadingMark = /^[~@+\-*#/]/;
const reserved: ReadonlySet<string> = new Set([
	'server',
	'system',
	'natter',
	'admin',
	'root',
	'owner',
	'everyone',
	'all',
	'here',
]);

/** Whether cleaning leaves a name alone, it has no line end and no replacement character, and its spaces are single and inside. */
function isSteady(name: string): boolean {
	return clean(name) === name && !/^ |[^\P{Z} ]|[\n\ufffd]| {2}| $/u.test(name);
}

function tidy(name: string): string {
	return name
		.replace(/[\s,\u2400-\u2421\ufffd]+/gu, ' ')
		.replace(/^[\s~@+\-*#/]+/u, '')
		.trim();
}

function shorten(name: string, codePoints: number, cells: number): string {
	let kept = '';
	let length = 0;
	let width = 0;
	for (const grapheme of graphemes(name)) {
		length += Array.from(grapheme).length;
		width += cellWidth(drawable(grapheme));
		if (length > codePoints || width > cells) {
			break;
		}
		kept += grapheme;
	}
	return kept.trim();
}

/**
 * Whether a name is in one script, or in scripts that are written together and not mistaken for each other: Japanese,
 * Chinese or Korean with Latin (the "highly restrictive" level of UTS 39), and Latin with one other script in common use
 * that does not look like it (the "moderately restrictive" one).
 */
function isOneScript(name: string): boolean {
	return printableAscii.test(name) || scriptPatterns().some((pattern) => pattern.test(name));
}

const printableAscii = /^[\x20-\x7e]*$/;

const alone = [
	...['Greek', 'Cyrillic', 'Syriac', 'Mongolian', 'Cherokee', 'Canadian_Aboriginal', 'Tifinagh', 'Nko', 'Adlam'],
	...['Javanese', 'Balinese', 'Yi'],
];
const withLatin = [
	...[
		'Armenian',
		'Hebrew',
		'Arabic',
		'Thaana',
		'Ethiopic',
		'Georgian',
		'Devanagari',
		'Bengali',
		'Gurmukhi',
		'Gujarati',
	],
	...['Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Tibetan', 'Myanmar', 'Khmer'],
];
const writtenTogether = [
	['Latin', 'Han', 'Hiragana', 'Katakana'],
	['Latin', 'Han', 'Bopomofo'],
	['Latin', 'Han', 'Hangul'],
	...withLatin.map((script) => ['Latin', script]),
	...alone.map((script) => [script]),
];

let patterns: readonly RegExp[] | undefined;

// Made when first asked for: most names are ASCII, and a program that starts should not wait for this.
function scriptPatterns(): readonly RegExp[] {
	patterns ??= writtenTogether.map((scripts) => {
		const letters = ['Common', 'Inherited', ...scripts].map((script) => String.raw`\p{scx=${script}}`).join('');
		return new RegExp(`^[${letters}]*$`, 'u');
	});
	return patterns;
}
