import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { cellWidth, cleanNick, cleanRoom, drawable, isInbox, suggestNick } from '../../src/protocol/text.ts';
import { hostileString } from '../helpers/hostile-strings.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

describe('a nick', () => {
	test.each([
		...[
			'sam',
			'Sam_1',
			'mary ann',
			"o'neil",
			'x.y-z',
			'[bot]',
			'a@b',
			'rooty',
			'всем',
			'علي',
			'नमस्ते',
			'日本たろう',
			'🎮 fan',
		],
		...['taro日本たろうタロ', 'kim한글漢字', 'ㄅㄆ漢字abc', 'Ali علي', 'José', 'می‌خواهم', 'ᏣᎳᎩ'],
	])('%j is kept', (nick) => {
		expect(cleanNick(nick, defaultLimits)).toEqual({ ok: true, text: nick });
	});

	test('is composed to NFC', () => {
		expect(cleanNick('Jose\u0301', defaultLimits)).toEqual({ ok: true, text: 'José' });
	});

	test.each([
		['forbidden', 'server'],
		['forbidden', 'Natter'],
		['forbidden', 'ROOT'],
		['forbidden', 'ｓｅｒｖｅｒ'],
		['forbidden', 'ⓐⓛⓛ'],
		['forbidden', 'pаypal'],
		['forbidden', 'Ωmega'],
		['forbidden', 'кириллицаたろう'],
		['forbidden', 'abcᏣᎳᎩ'],
		...['~', '@', '+', '-', '*', '#', '/'].map((mark) => ['forbidden', `${mark}sam`] as const),
		['forbidden', 'sam,ann'],
		['forbidden', ' sam'],
		['forbidden', 'sam '],
		['forbidden', 'sam  ann'],
		['forbidden', 'sam\u00a0ann'],
		['forbidden', 'sam\nann'],
		['forbidden', 'sam\tann'],
		['forbidden', 'sam\u200b'],
		['forbidden', 's\u202eam'],
		['forbidden', 'sam\x1b[31m'],
		['forbidden', 'sam\ud800'],
		['forbidden', 'sam\ue000'],
		['forbidden', '\u0301sam'],
		['empty', ''],
		['empty', '   '],
		['empty', '\u200b\u3164'],
		['limit_exceeded', 'a'.repeat(33)],
		['limit_exceeded', 'a'.repeat(25)],
		['limit_exceeded', '字'.repeat(13)],
		['limit_exceeded', 'x'.repeat(100_000)],
	] as const)('is refused as %s: %j', (code, nick) => {
		expect(cleanNick(nick, defaultLimits)).toMatchObject({ ok: false, code });
	});

	test('may be as wide as the limit says', () => {
		expect(cleanNick('字'.repeat(12), defaultLimits)).toMatchObject({ ok: true });
		expect(cleanNick('a'.repeat(24), defaultLimits)).toMatchObject({ ok: true });
	});

	test('that is accepted is accepted unchanged ever after', () => {
		fc.assert(
			fc.property(hostileString, (name) => {
				const nick = cleanNick(name, defaultLimits);
				if (nick.ok) {
					expect(cleanNick(nick.text, defaultLimits)).toEqual(nick);
					expect(nick.text).not.toMatch(/[\p{Cc}\n,]|^[~@+\-*#/\s]|\s$/u);
				}
			}),
			{ numRuns: 5000 },
		);
	});
});

describe('a suggested nick', () => {
	test.each([
		['sam', 'sam'],
		['root', 'root_'],
		['Admin', 'Admin_'],
		['', 'guest'],
		['  \u200b', 'guest'],
		['#@~sam', 'sam'],
		['  sam\tann,  bob ', 'sam ann bob'],
		['DOMAIN\\sam', 'DOMAIN\\sam'],
		['pаypal', 'pypal'],
		['x'.repeat(99), 'x'.repeat(24)],
		['字'.repeat(99), '字'.repeat(12)],
		['Jose\u0301', 'José'],
		['\ud800', 'guest'],
		['\x1b[31mroot', '[31mroot'],
	])('for %j is %j', (name, nick) => {
		expect(suggestNick(name)).toBe(nick);
	});

	test('is always a valid one', () => {
		fc.assert(
			fc.property(hostileString, (name) => {
				const nick = suggestNick(name);
				expect(cleanNick(nick, defaultLimits)).toEqual({ ok: true, text: nick });
				expect(cellWidth(drawable(nick))).toBeLessThanOrEqual(24);
			}),
			{ numRuns: 5000 },
		);
	});
});

describe('a room name', () => {
	test.each([
		...[
			'general',
			'General',
			'dev-ops',
			'room_1',
			'c++',
			'a/b',
			'ops, night shift',
			"what's up?",
			'команда',
			'日本語',
			'नमस्ते',
		],
		...['42', '!', 'a#b', 'a@b', 'server', '🎮', 'x'.repeat(64), 'é'.repeat(64), '@bob', '@mary ann', '*', '~home'],
	])('%j is kept', (room) => {
		expect(cleanRoom(room, defaultLimits)).toEqual({ ok: true, text: room });
	});

	test.each([
		...[
			'',
			' ',
			' a',
			'a ',
			'a  b',
			'#general',
			'@',
			'@ bob',
			'@@bob',
			'@server',
			'@bob,ann',
			'x'.repeat(65),
			'字'.repeat(43),
		],
		...[
			'a\nb',
			'a\tb',
			'a\0',
			'a\x1b[2J',
			'a\u200b',
			'a\u202eb',
			'a\ue000',
			'a\ud800',
			'a\u3164',
			'\u0301a',
			'a\u00a0b',
			'�',
		],
		...['pаypal', 'Ωmega', 'x'.repeat(1_000_000)],
	])('%j is refused', (room) => {
		expect(cleanRoom(room, defaultLimits)).toMatchObject({ ok: false, code: 'bad_room' });
	});

	test('is composed to NFC', () => {
		expect(cleanRoom('cafe\u0301', defaultLimits)).toEqual({ ok: true, text: 'café' });
	});

	test('that begins with @ is an inbox', () => {
		expect(isInbox('@bob')).toBe(true);
		expect(isInbox('bob@home')).toBe(false);
	});

	test('that is accepted is accepted unchanged ever after, within its limits', () => {
		fc.assert(
			fc.property(hostileString, (name) => {
				const room = cleanRoom(name, defaultLimits);
				if (room.ok) {
					expect(cleanRoom(room.text, defaultLimits)).toEqual(room);
					expect(Array.from(room.text).length).toBeLessThanOrEqual(64);
					expect(Buffer.byteLength(room.text)).toBeLessThanOrEqual(128);
				}
			}),
			{ numRuns: 5000 },
		);
	});
});
