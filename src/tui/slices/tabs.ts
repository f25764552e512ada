/**
 * What is kept of the tabs for the next run: which rooms are open, in which order, by which filter, how much each may ring
 * for, and which of them is on screen.
 */
import { isInbox } from '../../protocol/names.ts';
import { cleanLine } from '../../protocol/text.ts';
import type { Room, State, Tab, Tabs } from '../model.ts';
import { roomTitle } from '../reports.ts';
import { type Moment, roomNamed, type Step, step, tell } from '../step.ts';
import { longestWhere, parseWhere } from '../where.ts';
import { isShared } from './conversations.ts';
import { joinText } from './rooms.ts';

/** Tabs of an earlier run that can be opened as they were: with no filter, or one that can be read. */
export function openable(tabs: readonly Tab[]): readonly Tab[] {
	return tabs.filter((tab) => unreadable(tab) === undefined);
}

/** Why the filter of a tab cannot be read; `undefined` when it can, or there is none. */
function unreadable({ where }: Tab): string | undefined {
	const read = where === undefined ? undefined : parseWhere(where);
	return read?.ok === false ? read.detail : undefined;
}

/** Tells which rooms of an earlier run are not shown as they were, and keeps what is known of those that are not open. */
export function withUnreadTold(state: State, tabs: readonly Tab[], moment: Moment): State {
	const closedTabs = tabs.filter(({ name }) => roomNamed(state, name) === undefined);
	const told = tabs.reduce((next, tab) => {
		const problem = unreadable(tab);
		const title = roomTitle(tab.name);
		const isClosed = closedTabs.includes(tab);
		return problem === undefined
			? next
			: tell(next, moment, {
					level: 'error',
					text: isClosed
						? `${title} is not open, because its filter cannot be read: ${problem}. ${joinText(tab.name)} shows all of it; the filter was: ${cleanLine(tab.where ?? '', longestWhere)}`
						: `${title} shows everything, because its filter cannot be read: ${problem}`,
				});
	}, state);
	return closedTabs.length === 0 ? told : { ...told, closedTabs };
}

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
	const next = withoutOpened(after);
	const tabs = tabsOf(next);
	return next.tabs !== undefined && isSame(tabs, next.tabs)
		? step(next)
		: step({ ...next, tabs }, { type: 'save-tabs', tabs });
}

/** A tab that is open is not among those that are closed, also once it is left. */
function withoutOpened(state: State): State {
	const { closedTabs, ...rest } = state;
	const closed = closedTabs?.filter(({ name }) => roomNamed(state, name) === undefined) ?? [];
	if (closed.length === (closedTabs?.length ?? 0)) {
		return state;
	}
	return closed.length === 0 ? rest : { ...rest, closedTabs: closed };
}

/** The tab that several people share has no name to open it by. */
function tabsOf({ rooms, active, closedTabs = [] }: State): Tabs {
	const list = rooms
		.filter(({ name }) => !isShared(name))
		.map(({ name, where, attention, isMuted }) => ({
			name,
			...(where !== undefined && !isInbox(name) && { where: where.text }),
			...(attention !== undefined && { attention }),
			...(isMuted === true && { isMuted }),
		}));
	return { active, list: [...list, ...closedTabs] };
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
