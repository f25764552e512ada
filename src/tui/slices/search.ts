/**
 * A search through all that the broker keeps, as far as it has come: what was found, newest first, and where it goes on.
 */
import type { FoundPage } from '../../client/client.ts';
import { conversationOf } from '../../client/conversation.ts';
import type { Message } from '../../protocol/frames.ts';
import { compileFilter } from '../../protocol/matching.ts';
import { isInbox } from '../../protocol/names.ts';
import type { FoundMessage, Search, SearchPart, State } from '../model.ts';
import { roomNamed } from '../step.ts';
import { isConversation } from './conversations.ts';
import { ignoring } from './ignored.ts';
import { nameOf, type Reader } from './transcript.ts';

/** What may be chosen, newest first: of several rooms only what no other can still have something newer than. */
export function shownFound({ parts, found }: Search): readonly FoundMessage[] {
	const horizon = Math.max(...parts.map(reach));
	return parts.length === 1 ? found : found.filter(({ timestamp }) => timestamp >= horizon);
}

/** Whether there may be more than what is shown. */
export function isOpen({ parts }: Search): boolean {
	return parts.some(({ state }) => state === 'asked' || state === 'more');
}

/** The parts that are to be asked for more, until `count` messages can be shown or all have been asked. */
export function wantedParts(search: Search, count: number): readonly SearchPart[] {
	if (shownFound(search).length >= count) {
		return [];
	}
	const horizon = Math.max(...search.parts.map(reach));
	return search.parts.filter((part) => part.state === 'more' && reach(part) === horizon);
}

/** The parts are being asked now. */
export function asked(search: Search, rooms: readonly SearchPart[]): Search {
	return rooms.length === 0
		? search
		: {
				...search,
				parts: search.parts.map((part) => (rooms.includes(part) ? { ...part, state: 'asked' as const } : part)),
			};
}

/** Takes in a page of one room. What is chosen stays so, wherever it stands now. */
export function withFound(
	state: State,
	search: Search,
	{ room, page, reader }: { readonly room: string; readonly page: FoundPage; readonly reader: Reader },
): Search {
	const isShown = shownHere(state, room);
	const fresh = page.messages.flatMap((message): FoundMessage[] => {
		const name = tabOf(state, message);
		return name !== undefined && isShown(message, name)
			? [foundMessage(message, { room: name, epoch: page.epoch, reader })]
			: [];
	});
	const since = page.messages.at(-1)?.timestamp;
	const parts = search.parts.map((part): SearchPart => {
		const { room: of, since: before = Number.POSITIVE_INFINITY } = part;
		return of === room
			? {
					...{ room, state: page.complete ? ('all' as const) : ('more' as const), from: page.from, epoch: page.epoch },
					...((since !== undefined || part.since !== undefined) && { since: Math.min(since ?? before, before) }),
				}
			: part;
	});
	const found = [...search.found, ...fresh].sort(newestFirst);
	return withChoiceOf(search, { ...search, parts, found });
}

/** The numbers of a room were given anew: what was found under others is gone, and it is searched from its newest on. */
export function withoutOtherEpochs(state: State, search: Search, room: string, epoch: string): Search {
	if (!search.parts.some((part) => part.room === room)) {
		return search;
	}
	const isOf = (tab: string) => tab === room || (room === state.user?.inbox && isConversation(state, tab));
	const found = search.found.filter((one) => one.epoch === epoch || !isOf(one.room));
	const parts = search.parts.map((part): SearchPart => {
		const isOver = part.room === room && part.epoch !== undefined && part.epoch !== epoch;
		return isOver ? { room, state: part.state === 'asked' ? 'asked' : 'more' } : part;
	});
	return withChoiceOf(search, { ...search, parts, found });
}

/** A room cannot be searched, and why. */
export function withFailure(search: Search, room: string, text: string): Search {
	const parts = search.parts.map((part) => (part.room === room ? { ...part, state: 'failed' as const, text } : part));
	return withChoiceOf(search, { ...search, parts });
}

/** Chooses one that is so much older, or newer with a negative number; stops at the ends. */
export function chosenBy(search: Search, by: number): Search {
	const last = Math.max(0, shownFound(search).length - 1);
	const choice = Math.max(0, Math.min(search.choice + by, last));
	return choice === search.choice ? search : { ...search, choice };
}

function withChoiceOf(before: Search, after: Search): Search {
	const chosen = shownFound(before)[before.choice];
	// What is newer than the newest is chosen instead, until somebody has chosen.
	const choice = chosen === undefined || before.choice === 0 ? 0 : shownFound(after).indexOf(chosen);
	return { ...after, choice: Math.max(0, choice) };
}

/** Up to when everything is known that a part has: what is older may be missing. */
function reach({ state, since = Number.POSITIVE_INFINITY }: SearchPart): number {
	return state === 'all' || state === 'failed' ? Number.NEGATIVE_INFINITY : since;
}

function newestFirst(one: FoundMessage, other: FoundMessage): number {
	return other.timestamp - one.timestamp || other.sequence - one.sequence;
}

function foundMessage(
	message: Message,
	{ reader, ...place }: { readonly room: string; readonly epoch: string; readonly reader: Reader },
): FoundMessage {
	const { sequence, content, timestamp, bot } = message;
	const sender = nameOf(message, reader);
	return { ...place, sequence, sender, ...(bot === true && { bot }), content, timestamp };
}

/** The tab that a message stands in. */
function tabOf({ user }: State, message: Message): string | undefined {
	return message.room === user?.inbox ? conversationOf(message, user.inbox) : message.room;
}

/** What the room that was searched does not show is not found there either. */
function shownHere(state: State, searched: string): (message: Message, name: string) => boolean {
	const { where } = roomNamed(state, searched) ?? {};
	const matches = where === undefined ? () => true : compileFilter(where.filter);
	const ignores = ignoring(state.ignored ?? []);
	const isOne = isInbox(searched) && searched !== state.user?.inbox;
	return (message, name) => (!isOne || name === searched) && matches(message) && !ignores(message);
}
