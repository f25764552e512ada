/**
 * What the mouse does, while a person has said that it may: what stands in the cell is looked up in the screen.
 */
import { cleanLine } from '../protocol/text.ts';
import { act, pickRoom, type } from './actions.ts';
import { personAt } from './lines/members.ts';
import { tabAt } from './lines/tabs.ts';
import type { Event, State } from './model.ts';
import { screen } from './selectors.ts';
import { roomOnScreen } from './slices/choices.ts';
import { jump } from './slices/jump.ts';
import { withoutPrompt } from './slices/prompt.ts';
import { activeRoom, type Moment, type Step, step } from './step.ts';

/** A click goes to what is there, the wheel scrolls what is under the pointer. */
export function pointed(state: State, { what, x, y }: Extract<Event, { type: 'mouse' }>, moment: Moment): Step {
	if (!state.preferences.mouse) {
		return step(state);
	}
	const { tabs, topic, upperRule, pane, sidebarWidth, size } = screen(state);
	const top = [tabs, topic, upperRule].filter((line) => line !== undefined).length;
	const row = y - top;
	const isInPane = row >= 0 && row < pane.length;
	const isInSidebar = x >= size.columns - sidebarWidth;
	if (what !== 'click') {
		return isInPane && !isInSidebar ? turned(state, what, moment) : step(state);
	}
	if (y === 0 && tabs !== undefined) {
		return clickedTab(state, x);
	}
	if (isInPane && isInSidebar) {
		return clickedPerson(state, pane.length, row);
	}
	const isLabel = row === pane.length && state.view.overlay === undefined && activeRoom(state).scroll !== undefined;
	return isLabel ? act(state, 'newest', moment) : step(state);
}

/** A list that stands over the pane moves in its place. */
function turned(state: State, what: 'up' | 'down', moment: Moment): Step {
	const [line, choice] =
		what === 'up' ? (['line-up', 'history-back'] as const) : (['line-down', 'history-forward'] as const);
	return act(state, state.prompt === undefined ? line : choice, moment);
}

function clickedTab(state: State, x: number): Step {
	const tab = tabAt(state, x);
	if (tab === undefined) {
		return step(state);
	}
	return tab === 'more'
		? jump(withoutPrompt(state))
		: pickRoom(state, 1 + state.rooms.findIndex(({ name }) => name === tab.room));
}

/** They are named in what is typed, which is undone like anything typed. */
function clickedPerson(state: State, rows: number, row: number): Step {
	const who = personAt(roomOnScreen(state), state.nick, rows, row);
	return who === undefined ? step(state) : type(withoutPrompt(state), `@${cleanLine(who)} `);
}
