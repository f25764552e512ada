/**
 * What the terminal's title says: the room on screen, and how much is unread in all of them.
 */
import { cleanLine } from '../../protocol/text.ts';
import type { State } from '../model.ts';
import { roomTitle } from '../reports.ts';
import { type Step, step } from '../step.ts';
import { mentionsOf, unreadOf } from './activity.ts';

/** Has the title say what is so now, if it does not yet. */
export function settledTitle(state: State): Step {
	if (!state.preferences.title) {
		return step(state);
	}
	const text = titleOf(state);
	return text === state.title ? step(state) : step({ ...state, title: text }, { type: 'title', text });
}

/** `natter #general (3!)`: three unread, some of which name me. */
function titleOf({ rooms, active }: State): string {
	const unread = rooms.reduce((sum, room) => sum + unreadOf(room), 0);
	const mark = rooms.some((room) => mentionsOf(room) > 0) ? '!' : '';
	return `natter ${cleanLine(roomTitle(active), 60)}${unread === 0 ? '' : ` (${unread}${mark})`}`;
}
