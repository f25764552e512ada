import { describe, expect, test } from 'vitest';
import { Script } from './script.ts';

/** What is said of a former name when the client comes. */
const was = (script: Script) =>
	script
		.opened()
		.sent()
		.flatMap((frame) => (frame.type === 'hello' ? [frame.was] : []));

describe('a former name', () => {
	test('is said until the broker has given the other one, and then no more', () => {
		const script = new Script().welcomed('sam');
		script.look();
		script.rename('maya');
		expect(was(script)).toEqual(['sam']);
		script.closes().passes(5000);
		expect(was(script)).toEqual(['sam']);
		script.welcomed('maya2').closes().passes(5000);
		script.look();
		expect(was(script)).toEqual([undefined]);
		script.welcomed('maya2').rename('jo');
		script.look();
		expect(was(script)).toEqual(['maya2']);
	});

	test('is none of a client that had no name yet', () => {
		const script = new Script();
		script.rename('maya');
		expect(was(script)).toEqual([undefined]);
	});

	test('of others is given with their coming', () => {
		const script = Script.in('r');
		const mia = { type: 'presence', room: 'r', userId: 'mia', state: 'online', was: 'ma\u0007ya' } as const;
		script.says({ ...mia, action: 'join', timestamp: 5 }, { ...mia, action: 'update', timestamp: 6 });
		const told = script.look().flatMap((output) => (output.type === 'presence' ? [output.change.was] : []));
		expect(told).toEqual(['ma␇ya', undefined]);
	});
});
