import { expect, test } from 'vitest';
import { type ClientOptions, resolveOptions } from '../../src/client/options.ts';

const program = { name: 'natter', version: '1.2.3' };

test('every option has its documented default', () => {
	expect(resolveOptions({ nick: 'sam' }, program)).toEqual({
		...{ nick: 'sam', rooms: [], inbox: true, bot: false, history: 100, graceMs: 250, giveUpMs: 15_000, maxHeld: 256 },
		maxInFlight: 64,
		...{
			maxQueued: 10_000,
			welcomeMs: 3000,
			requestMs: 10_000,
			pingMs: 15_000,
			causal: false,
			causalMs: 2000,
			program,
		},
	});
});

test('names are brought to the form in which a broker keeps them', () => {
	const { nick, rooms } = resolveOptions({ nick: 'Jose\u0301', rooms: ['cafe\u0301'] }, program);
	expect([nick, rooms]).toEqual(['José', ['café']]);
});

test.each<[Readonly<Record<string, unknown>>, string]>([
	[{ room: ['general'] }, 'Expected `options` to have only known members, got `room`'],
	[{ maxHeld: null }, 'Expected `maxHeld` to be a whole number of 1..65536, got `null` (null)'],
	[{ nick: '' }, "Expected `nick` to be a name of 1..256 characters, got `''` (string)"],
	[{ graceMs: -1 }, 'Expected `graceMs` to be a number of 0..2147483647, got `-1` (number)'],
	[{ graceMs: Number.NaN }, 'Expected `graceMs` to be a number of 0..2147483647, got `NaN` (number)'],
	[{ causal: 1 }, 'Expected `causal` to be a boolean, got `1` (number)'],
	[{ causalMs: -1 }, 'Expected `causalMs` to be a number of 0..2147483647, got `-1` (number)'],
	[{ history: 501 }, 'Expected `history` to be a whole number of 0..500, got `501` (number)'],
	[{ maxHeld: 1.5 }, 'Expected `maxHeld` to be a whole number of 1..65536, got `1.5` (number)'],
	[{ device: '' }, "Expected `device` to be a string of 1..128 characters, got `''` (string)"],
	[{ pingMs: '5' }, "Expected `pingMs` to be a number of 1..2147483647, got `'5'` (string)"],
	[{ rooms: 'general' }, "Expected `rooms` to be an array of room names, got `'general'` (string)"],
	[{ rooms: [''] }, "Expected `rooms` to be an array of room names, got `[ '' ]` (object)"],
	[
		{ program: { name: 'x' } },
		"Expected `program` to be an object with a name and a version, got `{ name: 'x' }` (object)",
	],
])('%o is refused with what was expected and what came', (wrong, text) => {
	const options = { nick: 'sam', ...wrong } as ClientOptions;
	expect(() => resolveOptions(options, program)).toThrow(
		expect.objectContaining({ code: 'invalid_argument', message: text }),
	);
});

test('options that are none are refused', () => {
	expect(() => resolveOptions(undefined as unknown as ClientOptions, program)).toThrow(
		'Expected `options` to be an object, got `undefined` (undefined)',
	);
});
