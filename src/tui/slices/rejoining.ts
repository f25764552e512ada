/**
 * A room that is followed by another filter, or by none: its pane begins anew, so that what stands in it was all chosen by
 * the same one.
 */
import { cleanLine } from '../../protocol/text.ts';
import type { Room, State } from '../model.ts';
import { roomTitle } from '../reports.ts';
import { type Moment, type Step, step, tell, withRoom } from '../step.ts';
import { switchedTo } from './rooms.ts';
import { emptied } from './transcript.ts';

/** How many of the newest messages are looked at. */
const lookedAt = 100;

export function rejoined(
	state: State,
	{ name, where }: { readonly name: string; readonly where: Room['where'] },
	moment: Moment,
): Step {
	const next = withRoom(switchedTo(state, name), name, (room) => {
		const { where: _, ...rest } = emptied(room);
		return { ...rest, ...(where !== undefined && { where }), older: 'loading' };
	});
	const title = roomTitle(name);
	const text =
		where === undefined
			? `${title} shows everything again`
			: `${title} shows only what matches: ${cleanLine(where.text)}`;
	return step(
		tell(next, moment, { room: name, text }),
		{ type: 'join', room: name, ...(where !== undefined && { filter: where.filter }) },
		{ type: 'load-older', room: name, limit: lookedAt, asked: 'scroll' },
	);
}
