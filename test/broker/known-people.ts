/** Lines of people who have proven their keys, at a hub without sockets. */
import { memoryEngine } from '../../src/engines/memory.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { fingerprintOf } from '../../src/protocol/identity.ts';
import { makeProver, type Prover } from '../helpers/proving.ts';
import { type FakeWire, settle, startHub } from './fake-line.ts';

export type Started = ReturnType<typeof startHub>;

export interface Known {
	readonly wire: FakeWire;
	readonly prover: Prover;
	readonly say: (frame: object) => void;
	/** Says something and resolves to what came of it on this line. */
	readonly ask: (frame: object) => Promise<readonly FromBroker[]>;
	/** The same with an admin frame, as `ok`, the code of its refusal, or the frame itself. */
	readonly order: (order: object) => Promise<unknown>;
}

/** A hub whose owner is `sam`, with sam's key; its engine goes by the same clock. */
export async function startOwned(options: Parameters<typeof startHub>[0] = {}) {
	const owner = makeProver();
	const engine = memoryEngine({ now: () => started.clock.now() });
	const started: Started = startHub({ engine, owners: [fingerprintOf(owner.publicKey)], ...options });
	return { ...started, owner, sam: await comes(started, 'sam', owner) };
}

/** Somebody with a key comes, and reads a room if one is named. */
export async function comes(started: Started, nick: string, prover = makeProver(), room = 'r'): Promise<Known> {
	const { wire, say } = started.connect();
	await proves({ wire, say }, nick, prover);
	return joined({ wire, say, prover }, nick, room);
}

/** Says hello with a key, and proves it when that is asked for. */
export async function proves({ wire, say }: Pick<Known, 'wire' | 'say'>, nick: string, prover: Prover): Promise<void> {
	const hello = prover.hello(nick);
	say(hello);
	await settle();
	const challenge = wire.frames.find((frame) => frame.type === 'challenge');
	if (challenge !== undefined) {
		say(prover.auth(hello, challenge));
		await settle();
	}
}

/** Somebody without a key comes: a base client when `isBase`. */
export async function comesUnknown(
	started: Started,
	nick: string,
	{ isBase = false, room = 'r' } = {},
): Promise<Known> {
	const { wire, say } = isBase ? started.connect() : started.connect(nick);
	return joined({ wire, say, prover: makeProver() }, nick, room);
}

async function joined(line: Pick<Known, 'wire' | 'say' | 'prover'>, nick: string, room: string): Promise<Known> {
	const { wire, say } = line;
	const ask = async (frame: object) => {
		const before = wire.frames.length;
		say(frame);
		await settle();
		return wire.frames.slice(before);
	};
	const order = async (order: object) => {
		const answers = (await ask({ type: 'admin', ref: 'a', ...order })).filter(
			(frame) => 'ref' in frame && frame.ref === 'a',
		);
		const [answer] = answers;
		if (answers.length !== 1 || answer === undefined) {
			throw new Error(`Expected one answer, got ${JSON.stringify(answers)}`);
		}
		return answer.type === 'ok' ? 'ok' : answer.type === 'error' ? `${answer.code}: ${answer.error}` : answer;
	};
	if (room !== '') {
		await ask({ type: 'subscribe', room, userId: nick });
	}
	return { ...line, ask, order };
}

/** What a line was given in a room, by content. */
export function heard(wire: FakeWire): readonly string[] {
	return wire.frames.flatMap((frame) => (frame.type === 'message' ? [frame.content] : []));
}
