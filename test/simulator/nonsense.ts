/** Frames that a client of the product never sends: positions and numbers that cannot be. None of them may change a thing. */
import type { Position } from '../../src/protocol/frames.ts';

/** Where the client is that they are said in the name of. */
interface Speaker {
	readonly room: string;
	readonly nick: string;
	/** Where it stands, if anywhere. */
	readonly position: Position | undefined;
}

type Nonsense = (speaker: Speaker) => Readonly<Record<string, unknown>>;

const far = 2 ** 52;
const ack = (room: string, position: object) => ({ type: 'ack', room, ...position });
const subscribe = ({ room, nick }: Speaker, since: object) => ({
	...{ type: 'subscribe', room, userId: nick, ref: 'nonsense', since },
});
const publish = ({ room, nick }: Speaker, more: object) => ({
	...{ type: 'publish', room, sender: nick, content: 'nonsense', ref: 'nonsense', cid: 'nonsense', ...more },
});

export const nonsense: readonly Nonsense[] = [
	({ room }) => ack(room, { epoch: 'another', sequence: 1 }),
	({ room, position }) => ack(room, { epoch: position?.epoch, sequence: far }),
	({ room, position }) => ack(room, { epoch: position?.epoch, sequence: -1 }),
	({ room, position }) => ack(room, { epoch: position?.epoch, sequence: 0.5 }),
	() => ack('nowhere', { epoch: 'another', sequence: 1 }),
	(speaker) => subscribe(speaker, { epoch: 'another', sequence: 1 }),
	(speaker) => subscribe(speaker, { epoch: speaker.position?.epoch ?? 'another', sequence: far }),
	(speaker) => subscribe(speaker, { epoch: speaker.position?.epoch ?? 'another', sequence: -1 }),
	({ room }) => ({ type: 'get_history', room, ref: 'nonsense', epoch: 'another', after: 1 }),
	({ room }) => ({ type: 'get_history', room, ref: 'nonsense', after: far }),
	({ room }) => ({ type: 'get_history', room, ref: 'nonsense', after: 1.5, limit: 0 }),
	(speaker) => publish(speaker, { producer: 'nonsense', pseq: 2 }),
	(speaker) => publish(speaker, { producer: 'nonsense', pseq: far }),
	(speaker) => publish(speaker, { producer: 'nonsense' }),
	(speaker) => publish(speaker, { producer: 'nonsense', pseq: 0 }),
	(speaker) => ({ ...publish(speaker, {}), sender: 'somebody' }),
	() => ({ type: 'nonsense' }),
];
