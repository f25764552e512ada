/** How a kind of broker is spoken to. */
import type { Line } from './line.ts';
import type { Framing, Head } from './splitter.ts';
import type { Stencil } from './stencil.ts';

export interface Dialect {
	readonly framing: Framing;
	/** The HTTP request before the first frame, where there is one. */
	upgrade?(port: number): string;
	/** Answers what keeps the connection alive. True when that was all that the frame is for. */
	answer(line: Line, body: Buffer, head: Head): boolean;
	/** Comes in as `user`, by whatever greetings there are. */
	enter(line: Line, user: string): Promise<void>;
	/** Resolves when every later message of the room comes. */
	read(line: Line, room: string): Promise<Reading>;
	/** A publish into the room, with `number` for what has to be another one each time and `stamp` for the time. */
	publication(line: Line, room: string): Stencil;
	/** Whether a frame says that a publish is stored, where that is said. */
	isPublished?(body: Buffer): boolean;
	/** Whether a reader has to say what it has: by a frame of `Reading.acknowledgement`. */
	readonly acknowledges: boolean;
	/** The room that a message is of, by its body. */
	roomOf(body: Buffer): string;
}

/** What is known of a reader's place in a room. */
export interface Reading {
	/** The number before the first message that comes, where messages are numbered. */
	readonly sequence: number;
	readonly acknowledgement?: Stencil;
}

/** What people say, with the time of the publish in the middle: as long as a line of chat, the same at every broker. */
export const said = {
	before: 'canary is at 5% and the error rate is flat, at ',
	after: ' on the dashboard, promote',
} as const;

/** What stands right before the digits of the time. */
export const stampMark = Buffer.from('flat, at ');
export const stampWidth = 14;
