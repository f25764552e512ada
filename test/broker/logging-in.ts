/** Logging in on a line without a socket. */
import { expect } from 'vitest';
import type { FromBroker } from '../../src/protocol/frames.ts';
import type { Prover } from '../helpers/proving.ts';
import { type FakeWire, settle, type startHub } from './fake-line.ts';

type Started = ReturnType<typeof startHub>;

/** The only frame of this type that a line was given. */
export function only<Type extends FromBroker['type']>(wire: FakeWire, type: Type) {
	const found = wire.frames.filter((frame): frame is Extract<FromBroker, { type: Type }> => frame.type === type);
	const [first] = found;
	expect(found, JSON.stringify(wire.frames)).toHaveLength(1);
	if (first === undefined) {
		throw new Error(`Expected a ${type}`);
	}
	return first;
}

/** Says hello with a key. */
export async function challenged(started: Started, prover: Prover, user: string, more = {}) {
	const { wire, connection } = started.connect();
	const say = (frame: object) => connection.receive(JSON.stringify(frame));
	const hello = prover.hello(user, more);
	say(hello);
	await settle();
	return { wire, say, hello };
}

/** Says hello with a key, and proves it. */
export async function logIn(started: Started, prover: Prover, user: string, more = {}) {
	const line = await challenged(started, prover, user, more);
	line.say(prover.auth(line.hello, only(line.wire, 'challenge')));
	await settle();
	return { ...line, welcome: only(line.wire, 'welcome') };
}
