import { expect, test } from 'vitest';
import { type CpuProfile, timeByWork } from '../../bench/harness/cpu-profile.ts';

const frames: readonly (readonly [functionName: string, url: string])[] = [
	['(idle)', ''],
	['(garbage collector)', ''],
	['(program)', ''],
	['writeBuffer', ''],
	['write', 'file:///natter/dist/broker/hub.js'],
	['emit', 'node:events'],
	['send', 'file:///natter/node_modules/ws/lib/sender.js'],
	['decode', 'file:///natter/dist/protocol/decode.js'],
	['parse', 'file:///natter/node_modules/valibot/index.js'],
];

const profile: CpuProfile = {
	startTime: 1000,
	nodes: frames.map(([functionName, url], id) => ({ id, callFrame: { functionName, url } })),
	samples: [2, 0, 1, 3, 4, 5, 6, 7, 8, 3],
	timeDeltas: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
};

function done(from: number, to: number): Record<string, number> {
	return Object.fromEntries([...timeByWork(profile, { from, to })].filter(([, time]) => time > 0));
}

test('time goes to whose function it was, and what waits does nothing', () => {
	expect(done(1000, 3000)).toEqual({
		'V8 and kernel, without a name': 1,
		'garbage collection': 4,
		'writing to sockets': 520,
		'natter: broker': 16,
		"Node's sockets and events": 32,
		ws: 64,
		'natter: protocol': 128,
		'other modules': 256,
	});
});

test('only what ended in the span counts', () => {
	expect(done(1007, 1031)).toEqual({ 'writing to sockets': 8, 'natter: broker': 16 });
	expect(done(1000, 1003)).toEqual({ 'V8 and kernel, without a name': 1 });
});

test('work that was not done stands with 0', () => {
	expect(timeByWork(profile, { from: 0, to: 0 }).get('natter: engine')).toBe(0);
});
