/**
 * What is kept of the tabs for the next run: which rooms are open, in which order, by which filter, how much each may ring
 * for, and which of them is on screen.
 */
import { isInbox } from '../../protocol/names.ts';
import type { Room, State, Tab, Tabs } from '../model.ts';
import { type Step, step } from '../step.ts';
import { parseWhere } from '../where.ts';
import { isShared } from './conversations.ts';

/** The room as it was left by an earlier run. */
export function reopened(room: Room, { where, attention, isMuted }: Tab): Room {
	const read = where === undefined ? undefined : parseWhere(where);
	return {
		...room,
		...(where !== undefined && read?.ok === true && { where: { text: where, filter: read.filter } }),
		...(attention !== undefined && { attention }),
		...(isMuted === true && { isMuted }),
	};
}

/** Has the tabs survive this process when they are not those that do already. */
export function settledTabs(before: State, after: State): Step {
	if (after.tabs !== undefined && before.rooms === after.rooms && before.active === after.active) {
		return step(after);
	}
	const tabs = tabsOf(after);
	return after.tabs !== undefined && isSame(tabs, after.tabs)
		? step(after)
		: step({ ...after, tabs }, { type: 'save-tabs', tabs });
}

/** The tab that several people share has no name to open it by. */
function tabsOf({ rooms, active }: State): Tabs {
	const list = rooms
		.filter(({ name }) => !isShared(name))
		.map(({ name, where, attention, isMuted }) => ({
			name,
			...(where !== undefined && !isInbox(name) && { where: where.text }),
			...(attention !== undefined && { attention }),
			...(isMuted === true && { isMuted }),
		}));
	return { active, list };
}

function isSame(one: Tabs, other: Tabs): boolean {
	return (
		one.active === other.active &&
		one.list.length === other.list.length &&
		one.list.every((tab, index) => {
			const { name, where, attention, isMuted } = other.list[index] ?? {};
			return tab.name === name && tab.where === where && tab.attention === attention && tab.isMuted === isMuted;
		})
	);
}
