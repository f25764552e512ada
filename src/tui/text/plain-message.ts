/**
 * Messages as lines of plain text, for other programs: nothing in them is taken for anything but text.
 */
import { clean, cleanLine } from '../../protocol/text.ts';
import { dateOf, timeOfDay } from './dates.ts';

/** What a line of text tells of a message. */
export interface PlainMessage {
	/** Absent or 0: the broker gave it none. */
	readonly sequence?: number;
	readonly sender: string;
	readonly content: string;
	/** ms since 1970 */
	readonly timestamp: number;
}

/** `2026-11-23 10:07 #407 maya: confirmed`; further lines are indented, so that each message begins where a line does. */
export function plainMessage({ sequence = 0, sender, content, timestamp }: PlainMessage): string {
	const number = sequence > 0 ? ` #${sequence}` : '';
	const who = cleanLine(sender);
	const [, deed] = /^\/me ([\s\S]+)$/u.exec(content) ?? [];
	const said = deed === undefined ? `${who}: ${clean(content)}` : `* ${who} ${clean(deed)}`;
	return `${dateOf(timestamp)} ${timeOfDay(timestamp)}${number} ${said.replaceAll('\n', '\n    ')}`;
}

/** What stands where messages are missing: `#41-#43 are missing here`. */
export function missingText({ from, to }: { readonly from: number; readonly to: number }): string {
	return from === to ? `#${from} is missing here` : `#${from}-#${to} are missing here`;
}
