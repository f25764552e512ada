/**
 * The text of a message before and after it has its number, and what tells two drafts with one id apart.
 */
import { crc32 } from 'node:zlib';
import type { Message } from '../protocol/frames.ts';
import type { Draft } from './engine.ts';

/** A draft's `message` frame, cut at the place where number and time go. */
export interface CutFrame {
	readonly before: string;
	readonly after: string;
}

/** Turns a draft to text once, so that whoever numbers it later has only to join strings. */
export function cutFrame(room: string, draft: Draft): CutFrame {
	const { id, sender, content, origin: _, author: __, ...rest } = draft;
	const head = JSON.stringify({ type: 'message', id, room, sender, content });
	const tail = JSON.stringify(rest);
	return {
		before: `${head.slice(0, -1)},"sequence":`,
		after: tail === '{}' ? tail.slice(1) : `,${tail.slice(1)}`,
	};
}

/** The very text that readers get. */
export function joinFrame(before: string, after: string, sequence: number, timestamp: number): string {
	return `${before}${sequence},"timestamp":${timestamp}${after}`;
}

/** The same message as a value. */
export function numbered(
	room: string,
	{ origin: _, author: __, ...draft }: Draft,
	sequence: number,
	timestamp: number,
): Message {
	return { ...draft, room, sequence, timestamp };
}

/**
 * A number below 2^48 that differs when a draft says something else: its content, tags, reply or addressee. What the
 * broker adds anew on each try (`expiresAt`, `verified`, a changed nick) does not count, and neither does what its author
 * had seen by then (`after`): that is still the same message.
 */
export function digestOf({ content, tags, replyTo, to }: Draft): number {
	let checksum = crc32(content);
	if (tags !== undefined || replyTo !== undefined || to !== undefined) {
		checksum = crc32(JSON.stringify([tags, replyTo, to]), checksum);
	}
	return checksum * 0x10000 + (content.length % 0x10000);
}
