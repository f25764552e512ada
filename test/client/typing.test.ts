import { describe, expect, test } from 'vitest';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { welcome } from './model-broker.ts';
import { Script } from './script.ts';

const types = (script: Script, isTyping = true, room = 'r') => script.input({ type: 'typing', room, isTyping });
const sent = (script: Script) =>
	script.sent().flatMap((frame) => (frame.type === 'typing' ? [`${frame.room} ${frame.state}`] : []));
const heard = (script: Script) => script.look().flatMap((output) => (output.type === 'typing' ? [output.typing] : []));
const word = (more: object = {}): FromBroker =>
	({ type: 'typing', room: 'r', userId: 'jo', state: 'typing', ...more }) as FromBroker;

describe('typing', () => {
	test('is told at once and then every few seconds, however often it is said here', () => {
		const script = Script.in('r');
		for (let ms = 0; ms < 10_000; ms += 100) {
			types(script).passes(100);
		}
		expect(sent(script)).toEqual(['r typing', 'r typing', 'r typing']);
	});

	test('is told to be over once, and not when what was typed is said', () => {
		const script = Script.in('r');
		types(types(types(script), false), false);
		expect(sent(script)).toEqual(['r typing', 'r stopped']);
		script.passes(10_000);
		types(script).publish('hi');
		types(script, false);
		expect(sent(script)).toEqual(['r typing']);
	});

	test('is told of each room by itself, and to one person', () => {
		const script = Script.in('r');
		types(types(script), true, '@bob');
		expect(sent(script)).toEqual(['r typing', '@bob typing']);
	});

	test('is told nowhere where it cannot be heard, and costs nothing there', () => {
		expect(sent(types(Script.in('r'), true, 'other'))).toEqual([]);
		expect(sent(types(new Script()))).toEqual([]);
		const based = new Script().based();
		based.join('r');
		expect(sent(types(based))).toEqual([]);
		const { typingMs: _, ...limits } = defaultLimits;
		const older = new Script().opened().says({ ...welcome('sam'), limits });
		older.join('r');
		const ref = older.refOf('subscribe');
		older.says({ type: 'subscribed', room: 'r', sequence: 0, ref, epoch: 'e', head: 0, oldest: 1 });
		expect(sent(types(older))).toEqual([]);
		expect(types(Script.in('r')).session.wakeAt).toBe(Script.in('r').session.wakeAt);
	});

	test('of others is given with the time at which it lapses', () => {
		const script = Script.in('r');
		script.says(word({ verified: true, key: 'k' }), word({ state: 'stopped' }), word({ room: 'other' }));
		expect(heard(script)).toEqual([
			{ room: 'r', userId: 'jo', until: script.at + 6000, verified: true, key: 'k' },
			{ room: 'r', userId: 'jo' },
		]);
	});

	test('in the inbox is given as that of a conversation, and nobody tells their own inbox', () => {
		const user = { id: 'sam', verified: true, role: 'member', key: 'k', inbox: '@sam' };
		const script = new Script().opened().says({ ...welcome('sam'), user });
		script.join('@sam');
		script.says(word({ room: '@sam', from: '@jo' }), word({ room: '@sam', verified: false, userId: '\u001bguy' }));
		expect(heard(script).map(({ room, userId }) => [room, userId])).toEqual([
			['@jo', 'jo'],
			['@~␛guy', '␛guy'],
		]);
		expect(sent(types(script, true, '@sam'))).toEqual([]);
	});
});
