import type { ClientFrames, FromClient } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';
import { ack } from './ack.ts';
import { admin } from './admin.ts';
import { bye } from './bye.ts';
import { getHistory } from './get-history.ts';
import { members } from './members.ts';
import { ping } from './ping.ts';
import { presence } from './presence.ts';
import { publish } from './publish.ts';
import { rooms } from './rooms.ts';
import { search } from './search.ts';
import { subscribe } from './subscribe.ts';
import { token } from './token.ts';
import { typing } from './typing.ts';
import { unsubscribe } from './unsubscribe.ts';

/** Answers a frame. The connection's next frame waits for the returned promise. */
type Handler<Frame> = (connection: Connection, frame: Frame) => void | Promise<void>;
type Handlers = { readonly [Type in FromClient['type']]?: Handler<ClientFrames[Type]> };

/** What a base client may send. */
export const baseHandlers: Handlers = {
	subscribe,
	unsubscribe,
	publish,
	get_history: getHistory,
};

/** What a v1 client may send after `hello`. */
export const v1Handlers: Handlers = {
	...baseHandlers,
	search,
	ack,
	presence,
	typing,
	members,
	rooms,
	token,
	admin,
	ping,
	bye,
};

/** Gives a frame to its handler. */
export function dispatch(
	handlers: Handlers,
	connection: Connection,
	frame: FromClient,
): void | Promise<void> | 'unknown' {
	const handler = handlers[frame.type] as Handler<FromClient> | undefined;
	return handler === undefined ? 'unknown' : handler(connection, frame);
}
