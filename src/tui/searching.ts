/**
 * Searching through all that the broker keeps: what is asked, and what the keys do while its page is over the pane.
 */
import { isInbox } from '../protocol/names.ts';
import { readSought } from '../protocol/words.ts';
import { jumpTo } from './jumping.ts';
import { partsOf } from './lines/sizes.ts';
import type { Action, Effect, Event, Search, State } from './model.ts';
import { isConversation, withConversation } from './slices/conversations.ts';
import {
	asked,
	chosenBy,
	shownFound,
	wantedParts,
	withFailure,
	withFound,
	withoutOtherEpochs,
} from './slices/search.ts';
import type { Reader } from './slices/transcript.ts';
import { withOverlay, withoutOverlay } from './slices/view.ts';
import { type Moment, type Step, step } from './step.ts';

/** Most that a broker takes. */
const longestSought = 256;
/** How many messages are asked for at once: in one room, and in each of several. */
const pageLimits = { one: 50, several: 20 };

/** Searches in the room on screen, or in all rooms; or says why that cannot be done. */
export function search(state: State, text: string, isAll: boolean, moment: Moment): Step | string {
	const { link } = state;
	if (link.state !== 'online') {
		return 'There is no link to the broker to search over. Ctrl+F finds what is loaded';
	}
	if (link.protocol === 'base') {
		return 'A base broker cannot search. Ctrl+F finds what is loaded';
	}
	if (readSought(text) === undefined) {
		return 'Type a word to search for, or the beginning of one';
	}
	if (text.length > longestSought) {
		return `Type less to search for: at most ${longestSought} characters`;
	}
	const rooms = isAll ? allRooms(state) : [state.active];
	if (!isAll && isConversation(state, state.active) && state.user?.inbox === undefined) {
		return 'You have no key, so nothing that was said here is kept for you';
	}
	if (rooms.length === 0) {
		return 'You are in no room that could be searched';
	}
	const fresh: Search = {
		id: moment.id,
		text,
		...(!isAll && { room: state.active }),
		parts: rooms.map((room) => ({ room, state: 'more' })),
		found: [],
		choice: 0,
	};
	return askingOn(withOverlay({ ...state, search: fresh }, 'search'));
}

/** Shows again what was found last; `undefined` when nothing was searched for. */
export function searchAgain(state: State): Step | undefined {
	return state.search === undefined ? undefined : askingOn(withOverlay(state, 'search'));
}

/** A page came. */
export function searched(state: State, event: Extract<Event, { type: 'found' }>, reader: Reader): Step {
	const { search } = state;
	return search?.id === event.id
		? askingOn({ ...state, search: withFound(state, search, { ...event, reader }) })
		: step(state);
}

/** Numbers of the room that were given anew are no longer those that were found. */
export function searchedAnew(state: State, { room, items }: Extract<Event, { type: 'items' }>): Step {
	const { search } = state;
	const last = items.findLast((item) => item.kind === 'epoch');
	return search === undefined || last === undefined
		? step(state)
		: askingOn({ ...state, search: withoutOtherEpochs(state, search, room, last.epoch) });
}

/** A page did not come. */
export function notSearched(state: State, { id, room, text }: Extract<Event, { type: 'not-found' }>): Step {
	const { search } = state;
	return search?.id === id ? askingOn({ ...state, search: withFailure(search, room, text) }) : step(state);
}

/** What a key does to the page; `undefined` when it is for what is below. */
export function pressedInSearch(state: State, action: Action, moment: Moment): Step | undefined {
	const { search } = state;
	if (search === undefined || state.view.overlay?.name !== 'search') {
		return undefined;
	}
	const by = steps(state)[action];
	if (by !== undefined) {
		return askingOn({ ...state, search: chosenBy(search, by) });
	}
	const chosen = action === 'send' && state.composer.text === '' ? shownFound(search)[search.choice] : undefined;
	if (chosen === undefined) {
		return action === 'send' && state.composer.text === '' ? step(state) : undefined;
	}
	const { room, sequence, epoch } = chosen;
	const there = isConversation(state, room) ? withConversation(state, room) : state;
	return jumpTo(withoutOverlay(there), { room, sequence, epoch }, moment);
}

/** How far each key goes among what was found, towards the older ones. */
function steps(state: State): Partial<Record<Action, number>> {
	const page = Math.max(1, partsOf(state).paneRows - 2);
	return {
		'history-back': -1,
		'history-forward': 1,
		'line-up': -3,
		'line-down': 3,
		'page-up': -page,
		'page-down': page,
		start: Number.NEGATIVE_INFINITY,
		newest: Number.POSITIVE_INFINITY,
		oldest: Number.NEGATIVE_INFINITY,
		end: Number.POSITIVE_INFINITY,
	};
}

/** Asks for more as long as the page has room for it and is open, and sees to it that what is chosen is on screen. */
function askingOn(state: State): Step {
	const { search, view } = state;
	if (search === undefined || view.overlay?.name !== 'search') {
		return step(state);
	}
	const { paneRows: rows } = partsOf(state);
	const wanted = wantedParts(search, search.choice + rows);
	const limit = search.parts.length === 1 ? pageLimits.one : pageLimits.several;
	const effects = wanted.map(
		({ room, from, epoch }): Effect => ({
			...{ type: 'search', id: search.id, room, text: search.text, limit },
			...(from !== undefined && { before: from }),
			...(epoch !== undefined && { epoch }),
		}),
	);
	// The title is above the first.
	const line = search.choice === 0 ? 0 : search.choice + 1;
	const top = Math.max(Math.min(view.overlay.top, line), line - rows + 1);
	return step(
		{ ...state, search: asked(search, wanted), view: { ...view, overlay: { name: 'search', top } } },
		...effects,
	);
}

/** Rooms that I read, and the inbox, of which all conversations are part. */
function allRooms({ rooms, user }: State): readonly string[] {
	const read = rooms.flatMap(({ name, status }) => (status?.phase === 'live' && !isInbox(name) ? [name] : []));
	return user?.inbox === undefined ? read : [...read, user.inbox];
}
