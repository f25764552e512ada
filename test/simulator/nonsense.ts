/**
 * Frames that a client of the product never sends: positions and numbers that cannot be. None of them may change a thing,
 * and each with a `ref` is answered once.
 */
import type { Position } from '../../src/protocol/frames.ts';

/** Where the client is that they are said in the name of. */
interface Speaker {
	readonly room: string;
	readonly nick: string;
	/** No other frame has it. */
	readonly ref: string;
	/** Where it stands, if anywhere. */
	readonly position: Position | undefined;
}

type Nonsense = (speaker: Speaker) => Readonly<Record<string, unknown>>;

const far = 2 ** 52;
const ack = (room: string, position: object) => ({ type: 'ack', room, ...position });
const subscribe = ({ room, nick, ref }: Speaker, since: object) => ({
	...{ type: 'subscribe', room, userId: nick, ref, since },
});
/** Of a room that it follows, a client would not know of the place that it is taken to, and the broker would remember it. */
const elsewhere = (speaker: Speaker) => ({ ...speaker, room: `${speaker.room} ${speaker.ref}` });
const publish = ({ room, nick, ref }: Speaker, more: object) => ({
	...{ type: 'publish', room, sender: nick, content: 'nonsense', ref, cid: 'nonsense', ...more },
});

export const nonsense: readonly Nonsense[] = [
	({ room }) => ack(room, { epoch: 'another', sequence: 1 }),
	({ room, position }) => ack(room, { epoch: position?.epoch, sequence: far }),
	({ room, position }) => ack(room, { epoch: position?.epoch, sequence: -1 }),
	({ room, position }) => ack(room, { epoch: position?.epoch, sequence: 0.5 }),
	() => ack('nowhere', { epoch: 'another', sequence: 1 }),
	(speaker) => subscribe(elsewhere(speaker), { epoch: 'another', sequence: 1 }),
	({ room, ref, position }) => ({ type: 'get_history', room, ref, epoch: position?.epoch ?? 'another', after: far }),
	(speaker) => subscribe(speaker, { epoch: speaker.position?.epoch ?? 'another', sequence: -1 }),
	({ room, ref }) => ({ type: 'get_history', room, ref, epoch: 'another', after: 1 }),
	({ room, ref }) => ({ type: 'get_history', room, ref, after: far }),
	({ room, ref }) => ({ type: 'get_history', room, ref, after: 1.5, limit: 0 }),
	({ room, ref }) => ({ type: 'search', room, ref, text: '"*', before: far }),
	({ room, ref }) => ({ type: 'search', room, ref, text: 'x', epoch: 'another' }),
	(speaker) => publish(speaker, { producer: 'nonsense', pseq: 2 }),
	(speaker) => publish(speaker, { producer: 'nonsense', pseq: far }),
	(speaker) => publish(speaker, { producer: 'nonsense' }),
	(speaker) => publish(speaker, { producer: 'nonsense', pseq: 0 }),
	(speaker) => ({ ...publish(speaker, {}), sender: 'somebody' }),
	({ ref }) => ({ type: 'nonsense', ref }),
	({ room, ref }) => ({ type: 'unsubscribe', room: `${room} ${ref}`, ref }),
	({ ref }) => ({ type: 'members', room: '', ref }),
	({ ref }) => ({ type: 'presence', state: 'asleep', ref }),
	({ room, nick, ref }) => ({ type: 'subscribe', room, userId: nick, ref, filter: { any: [] } }),
];
