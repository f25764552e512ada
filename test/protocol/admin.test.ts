import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adminCommands, adminUsage, durationText, typedOrder } from '../../src/protocol/admin.ts';
import { hostileString } from '../helpers/hostile-strings.ts';

const orderIn = (line: string) => {
	const read = typedOrder(line, 'r');
	return read === undefined ? undefined : read.ok ? read.order : read.detail;
};
const usage = (name: string) => {
	const command = adminCommands.find((one) => one.name === name);
	return `Usage: ${command && adminUsage(command)}`;
};

describe('a typed command', () => {
	test.each([
		['/clear_history', { op: 'clear_history', room: 'r' }],
		['/CLEAR_HISTORY', { op: 'clear_history', room: 'r' }],
		['/topic Freeze is  Thursday', { op: 'topic', room: 'r', topic: 'Freeze is  Thursday' }],
		['/topic -', { op: 'topic', room: 'r', topic: '' }],
		['/kick maya', { op: 'kick', room: 'r', userId: 'maya' }],
		['/kick maya calm down', { op: 'kick', room: 'r', userId: 'maya', reason: 'calm down' }],
		['/kick maya 2 much', { op: 'kick', room: 'r', userId: 'maya', reason: '2 much' }],
		['/kick maya --all', { op: 'kick', userId: 'maya' }],
		['/kick --all maya bye', { op: 'kick', userId: 'maya', reason: 'bye' }],
		['/ban "ma ya" 7d spam', { op: 'ban', room: 'r', userId: 'ma ya', durationMs: 604_800_000, reason: 'spam' }],
		['/ban maya', { op: 'ban', room: 'r', userId: 'maya' }],
		['/ban maya 30m', { op: 'ban', room: 'r', userId: 'maya', durationMs: 1_800_000 }],
		['/ban maya spam --all', { op: 'ban', userId: 'maya', reason: 'spam' }],
		['/ban maya not for --all of us', { op: 'ban', room: 'r', userId: 'maya', reason: 'not for --all of us' }],
		['/ban maya 1m --all go away', { op: 'ban', userId: 'maya', durationMs: 60_000, reason: 'go away' }],
		['/mute --all maya 1m', { op: 'mute', userId: 'maya', durationMs: 60_000 }],
		['/mute maya 1m 2 loud', { op: 'mute', room: 'r', userId: 'maya', durationMs: 60_000, reason: '2 loud' }],
		['/kick maya -- sorry', { op: 'kick', room: 'r', userId: 'maya', reason: '-- sorry' }],
		['/kick @"ma ya" bye', { op: 'kick', room: 'r', userId: 'ma ya', reason: 'bye' }],
		['/kick @maya', { op: 'kick', room: 'r', userId: 'maya' }],
		['/ban ~guy --all 1w', { op: 'ban', userId: '~guy', durationMs: 604_800_000 }],
		['/mute maya 2h', { op: 'mute', room: 'r', userId: 'maya', durationMs: 7_200_000 }],
		['/unban maya', { op: 'unban', room: 'r', userId: 'maya' }],
		['/unmute --all maya', { op: 'unmute', userId: 'maya' }],
		['/grant maya admin', { op: 'grant', userId: 'maya', role: 'admin' }],
		['/grant "ma ya" member', { op: 'grant', userId: 'ma ya', role: 'member' }],
		['/bans', { op: 'list', room: 'r' }],
		['/bans --all', { op: 'list' }],
	])('%s is %j', (line, order) => {
		expect(orderIn(line)).toEqual(order);
	});

	test.each([
		['/ban', 'ban'],
		['/ban maya 10', 'ban'],
		['/ban maya 10 minutes', 'ban'],
		['/ban maya 10mins', 'ban'],
		['/ban maya 0m', 'ban'],
		['/ban maya 999999999w', 'ban'],
		['/mute --all', 'mute'],
		['/unban maya please', 'unban'],
		['/grant maya', 'grant'],
		['/grant maya owner', 'grant'],
		['/kick "maya', 'kick'],
		['/kick maya --everywhere', 'kick'],
		['/ban maya 1m --al go away', 'ban'],
		['/mute maya --reason loud', 'mute'],
		['/grant maya --all admin', 'grant'],
		['/topic', 'topic'],
		['/bans all', 'bans'],
	])('%s orders nothing, least of all for ever', (line, name) => {
		expect(orderIn(line)).toBe(usage(name));
	});

	test.each(['/banana', '/me waves', 'ban maya', '/ ban maya', '//ban maya', ''])('%s is none', (line) => {
		expect(orderIn(line)).toBeUndefined();
	});

	test('of any text comes to an order, to how it is used, or to nothing', () => {
		const name = fc.constantFrom(...adminCommands.map((one) => one.name));
		fc.assert(
			fc.property(
				name,
				fc.array(fc.oneof(hostileString, fc.constantFrom('--all', '"', '1h', '9', 'maya'))),
				(one, words) => {
					const read = typedOrder(`/${one} ${words.join(' ')}`, 'r');
					expect(read?.ok === true || read?.detail === usage(one) || one === 'clear_history').toBe(true);
				},
			),
		);
	});
});

test.each([
	[1000, '1s'],
	[90_000, '90s'],
	[1_800_000, '30m'],
	[7_200_000, '2h'],
	[86_400_000, '1d'],
	[1_209_600_000, '2w'],
	[1, '1s'],
])('%d ms are %s', (ms, text) => {
	expect(durationText(ms)).toBe(text);
});
