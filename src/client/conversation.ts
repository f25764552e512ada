/**
 * Direct messages as conversations: all of them come in one room, the inbox, with one series of numbers.
 */
import type { Message } from '../protocol/frames.ts';
import { unmarkedName } from '../protocol/marked-name.ts';
import { isInbox } from '../protocol/names.ts';
import type { Failure } from './step.ts';

/**
 * With whom a message of one's inbox is spoken: `@bob` for what he said and for what was said to him, which is also where
 * an answer is published to; `@~jo` for what somebody without a key says, whom no answer can reach. `undefined` for a
 * message of another room.
 *
 * @param inbox the own one: `client.user?.inbox`
 */
export function conversationOf(
	{ room, sender, from, to }: Pick<Message, 'room' | 'sender' | 'from' | 'to'>,
	inbox: string | undefined,
): string | undefined {
	if (inbox === undefined || room !== inbox) {
		return undefined;
	}
	return from === inbox ? to : (from ?? `@~${unmarkedName(sender)}`);
}

/** Why an inbox is not to be followed by somebody whose own one is `inbox`; `undefined` when that is it, or another room. */
export function foreignInbox(room: string, inbox: string | undefined): Failure | undefined {
	if (!isInbox(room) || room === inbox) {
		return undefined;
	}
	const text =
		inbox === undefined
			? 'Only its owner reads an inbox, and who has no key has none'
			: `Only its owner reads an inbox. What is said with ${room} is in your own, ${inbox}`;
	return { code: 'forbidden', text, outcome: 'not_applied' };
}
