/**
 * Strings that try to steer a terminal, to hide, to reorder, to pile up or to be counted wrongly. Every slot that shows
 * text from the network is tested with them.
 */
import fc from 'fast-check';

const esc = '\x1b';
const terminators = fc.constantFrom('\x07', `${esc}\\`, '\x9c', '');

function within(first: number, last: number): fc.Arbitrary<string> {
	return fc.integer({ min: first, max: last }).map((code) => String.fromCodePoint(code));
}

function several(part: fc.Arbitrary<string>, maxLength = 12): fc.Arbitrary<string> {
	return fc.array(part, { minLength: 1, maxLength }).map((parts) => parts.join(''));
}

function joined(...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
	return fc.tuple(...parts).map((texts) => texts.join(''));
}

const parameters = fc.stringMatching(/^[?>=<]?[0-9;:]{0,8}[ !"#$%&'()*+,./-]?$/);
const lettersOfManyScripts = fc.constantFrom(
	...'azß日本字かガ한글مرحباשלוםनमस्तेবাংলাதமிழ்తెలుగుಕನ್ನಡമലയാളംไทยน้ำລາວབོད་မြန်မာខ្មែរᠮᠣᠩᠭᠣᠯ',
);
const marks = fc.oneof(
	within(0x300, 0x36f),
	within(0x483, 0x489),
	within(0x20d0, 0x20f0),
	fc.constantFrom('\u0e31', '\u0e49', '\u094d', '\u093e', '\u0903', '\u3099', '\u302e', '\u0897', '\u{1e08f}'),
);
const emoji = fc.constantFrom(
	...['👍', '👍🏽', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🏳‍🌈', '❤️', '❤', '❤︎', '⌚︎', '🇩🇪', '🇽🇽', '🇩', '1️⃣', '1⃣', '🥹', '🫠', '🫱🏻‍🫲🏿'],
	...['🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👩‍👩‍👩‍👩', '☰', '䷀', '🏽', '#️⃣', '🧑🏿‍🚀', '👁️‍🗨️', '©️', '🀄', '♀'],
);

/** One arbitrary for each way in which text may attack, by the name of the way. */
export const hostileClasses = {
	controls: within(0, 0x1f),
	deleteAndC1: within(0x7f, 0x9f),
	controlSequence: joined(fc.constantFrom(`${esc}[`, '\x9b'), parameters, within(0x40, 0x7e)),
	report: fc
		.constantFrom('[c', '[>c', '[5n', '[6n', '[?6n', '[18t', '[21t', 'Z', '[x', '[?1$p')
		.map((query) => esc + query),
	title: joined(fc.constantFrom(`${esc}]`, '\x9d'), fc.constantFrom('0;', '2;', 'l', 'L'), fc.string(), terminators),
	systemCommand: joined(
		fc.constantFrom(`${esc}]`, '\x9d'),
		fc.constantFrom('4;1;?', '8;;http://evil.example/', '9;boo', '52;c;aGk=', '777;notify;a;b', '1337;File=:'),
		terminators,
	),
	deviceControl: joined(
		fc.constantFrom(`${esc}P`, '\x90', `${esc}_`, `${esc}^`, `${esc}X`, '\x98', '\x9e', '\x9f'),
		fc.constantFrom('$qm', '+q544e', '0;1|17/ab', '1000p', ''),
		terminators,
	),
	singleEscape: joined(fc.constant(esc), within(0x20, 0x7e)),
	lineEnds: fc.constantFrom('\r\n', '\r', '\n', '\v', '\f', '\x85', '\u2028', '\u2029', '\n\r', '\t'),
	bidi: fc.constantFrom(...'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'),
	invisible: fc.oneof(
		fc.constantFrom(
			...'\u00ad\u034f\u180e\u200b\u2060\u2061\u2064\u206a\ufeff\ufff9\ufffb\u2800\u115f\u1160\u3164\uffa0\u17b4',
		),
		fc.constantFrom('\u{1d173}', '\u{1bca0}', '\u{13430}', '\u{e0001}', '\u{1d159}'),
	),
	joinersAndSelectors: fc.oneof(
		fc.constantFrom('\u200c', '\u200d', '\u180b'),
		within(0xfe00, 0xfe0f),
		within(0xe0100, 0xe0110),
	),
	tags: several(within(0xe0020, 0xe007f)),
	privateUse: fc.oneof(within(0xe000, 0xf8ff), within(0xf0000, 0xf00ff), within(0x100000, 0x1000ff)),
	noncharacters: fc.constantFrom('\ufdd0', '\ufdef', '\uffff', '\ufffe', '\u{1fffe}', '\u{10ffff}'),
	unassigned: fc.constantFrom('\u0378', '\u{2fe0f}', '\u{1fbff}', '\u2065', '\ufff0', '\u{e0fff}'),
	loneSurrogates: within(0, 0x7ff).map((text) => String.fromCharCode(0xd800 + text.charCodeAt(0))),
	piledMarks: joined(lettersOfManyScripts, several(marks, 40)),
	marks,
	conjuncts: several(fc.constantFrom('क्', 'ष्', 'ത്', 'ক্', 'क्\u200d', 'क', 'ි', 'ශ්\u200d'), 20),
	jamo: several(fc.oneof(within(0x1100, 0x11ff), fc.constantFrom('가', '각', '\ua960', '\ud7cb')), 6),
	emoji,
	emojiParts: several(
		fc.constantFrom('👩', '❤', '🔥', '\u200d', '\ufe0f', '\u20e3', '1', '🏽', '🇩', '🇪', '🏴', '\u{e0067}', '\u{e007f}'),
	),
	halfwidth: joined(within(0xff61, 0xff9f), fc.constantFrom('ﾞ', 'ﾟ', '')),
	prefixedLetters: fc.constantFrom('\u0600', '\u06dd', '\u070f', '\u0d4e', '\u{110bd}', '\u{111c2}', '\u{11a3a}'),
	letters: lettersOfManyScripts,
	anyCodePoint: fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
	anyUnits: fc
		.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 })
		.map((units) => String.fromCharCode(...units)),
	plain: fc.string({ minLength: 1, maxLength: 6 }),
} satisfies Record<string, fc.Arbitrary<string>>;

/** A string in which attacks of all classes stand beside each other and beside plain text. Some tens of characters long. */
export const hostileString: fc.Arbitrary<string> = several(fc.oneof(...Object.values(hostileClasses)), 10);
