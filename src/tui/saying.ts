/**
 * What happens to a line that is sent: it is checked, shown as waiting for its number, and published.
 */
import { defaultLimits } from '../protocol/limits.ts';
import { cleanContent, cleanLine } from '../protocol/text.ts';
import type { State } from './model.ts';
import { isConversation, isWithGuest, peerOf } from './slices/conversations.ts';
import { outText } from './slices/rooms.ts';
import { atNewest } from './slices/scroll.ts';
import { withPending } from './slices/transcript.ts';
import { activeRoom, type Moment, type Step, step, tell, withRoom } from './step.ts';

export type Spoken = Step & { readonly said: boolean };

/**
 * Says something in the room on screen, as an answer to the message of a number when there is one; or says why not, and
 * then nothing was said.
 */
export function say(state: State, text: string, moment: Moment, replyTo?: number): Spoken {
	if (isConversation(state, state.active) && isWithGuest(state.active)) {
		const why = tell(state, moment, { level: 'error', text: unreachableText(peerOf(state.active)) });
		return { ...step(why), said: false };
	}
	const out = outText(activeRoom(state));
	if (out !== undefined) {
		return { ...step(tell(state, moment, { level: 'error', text: `Not sent: ${out}` })), said: false };
	}
	const content = cleanContent(text, defaultLimits);
	if (!content.ok) {
		const why = tell(state, moment, { level: 'error', text: refusalText(text) });
		return { ...step(why), said: false };
	}
	const cid = moment.id;
	const room = state.active;
	const { at, time } = moment;
	const answers = replyTo === undefined ? {} : { replyTo };
	const line = { cid, content: content.text, writtenAt: at, ...(time !== at && { shownAt: time }), ...answers };
	const shown = withRoom(state, room, (old) => atNewest(withPending(old, line)));
	return { ...step(shown, { type: 'publish', room, content: content.text, cid, ...answers }), said: true };
}

/** Why nothing can be said to somebody without a key; `~` alone stands for many people who share a tab. */
export function unreachableText(name: string): string {
	return name === '~'
		? 'Many people share this tab: /msg NICK TEXT says something to one of them'
		: `${cleanLine(name)} has no key, so that no message can reach them alone`;
}

/** Whether a text is too long to be one message. */
export function isTooLong(text: string): boolean {
	const content = cleanContent(text, defaultLimits);
	return !content.ok && content.code !== 'empty';
}

/** Why a text cannot be one message, for people. */
export function refusalText(text: string): string {
	const { contentBytes, contentLines } = defaultLimits;
	const lines = text.split('\n').length;
	const bytes = Buffer.byteLength(text);
	const most = `one message has at most ${contentBytes} bytes and ${contentLines} lines`;
	return `Not sent: ${lines === 1 ? '' : `${lines} lines, `}${bytes} bytes; ${most}`;
}
