/** A message as `natter tail` prints it for people. */
import type { Message } from '../protocol/frames.ts';
import { markedName } from '../protocol/marked-name.ts';

/**
 * `12:00 #1 bob: hi` and a line end; further lines of it are indented. Who has not proven to own the name is `~bob`. Of a
 * direct message that one has said oneself it is told to whom.
 */
export function plainLine(message: Message): string {
	const { sequence, content, timestamp, from, to, room } = message;
	const sender = to !== undefined && from === room ? `${markedName(message)} to ${to}` : markedName(message);
	const time = new Date(timestamp).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
	const [first, ...more] = content.split('\n');
	return [`${time} #${sequence} ${sender}: ${first}`, ...more.map((line) => `    ${line}`)].join('\n').concat('\n');
}
