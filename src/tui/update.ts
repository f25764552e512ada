/**
 * The screen's decisions: what each event makes of the state, and what it wants done. Pure.
 */
import type { PresenceChange, RoomStatus, Unsent } from '../client/client.ts';
import type { Position } from '../protocol/frames.ts';
import { clean, cleanLine } from '../protocol/text.ts';
import { act, completeAwaited, enter, paste, pickRoom, type } from './actions.ts';
import { doneText, restrictionsReport } from './administering.ts';
import { isBare, withoutBare } from './bare.ts';
import { copiedText } from './copying.ts';
import { exportWent } from './exporting.ts';
import { greeting, greetingId } from './greeting.ts';
import { jumped, notJumped } from './jumping.ts';
import { paneOf } from './lines/pane.ts';
import { partsOf } from './lines/sizes.ts';
import {
	type Effect,
	type Event,
	type Hosting,
	type Ignored,
	type Room,
	type Size,
	type State,
	shownRows,
	type Tab,
} from './model.ts';
import { pointed } from './mouse.ts';
import { opened } from './opening.ts';
import { revokedText, tokenText } from './own-token.ts';
import { defaultPreferences, type Preferences } from './preferences.ts';
import { counted, receiptsReport, roomsReport, roomTitle, whoReport } from './reports.ts';
import { notSearched, searched, searchedAnew } from './searching.ts';
import { settledAlerts } from './slices/alerts.ts';
import { settledPrompt } from './slices/choices.ts';
import { emptyComposer, redrafted, withDraft } from './slices/composer.ts';
import {
	isConversation,
	withArrived,
	withConversation,
	withDirect,
	withInboxStatus,
	withoutVainTab,
} from './slices/conversations.ts';
import { settledDividers, settledUnread } from './slices/divider.ts';
import { ignoring } from './slices/ignored.ts';
import { notRefusing, settledLink, withLink, withLinkAboutToGo, withNick, withoutWantedNick } from './slices/link.ts';
import { shownName, withMembers, withPresence } from './slices/members.ts';
import { settledNote } from './slices/out-of-sight.ts';
import { freshOwn, settledOwn, withKey } from './slices/own.ts';
import { withNewer, withOlder, withoutNewer, withoutOlder } from './slices/pages.ts';
import { markedItems, settledMarks } from './slices/read-marks.ts';
import { draftIn, emptyRoom, joinText, settledRows, switchedTo, withoutRoom, withStatus } from './slices/rooms.ts';
import { settledScroll } from './slices/scroll.ts';
import { lineToSave } from './slices/sent-lines.ts';
import { reopened, settledTabs, withUnreadTold } from './slices/tabs.ts';
import { settledTitle } from './slices/title.ts';
import {
	numbered,
	type Reader,
	received,
	settledOlder,
	settledRefusals,
	withOwnPassed,
	withPending,
	withRefusal,
	withReturn,
} from './slices/transcript.ts';
import { isKey, settledTyping, typingToSay, withoutTypists, withSpoken, withTyping } from './slices/typing.ts';
import { unsentCount } from './slices/unsent.ts';
import { notNoted, viewFor, withLoan } from './slices/view.ts';
import { type Moment, roomNamed, type Step, step, tell, withRoom } from './step.ts';
import { withLocalTimes } from './text/dates.ts';
import { withDiscarded } from './unsent-lines.ts';

/** What the first screen is made of. */
export interface Beginning {
	readonly at: number;
	readonly size: Size;
	readonly nick: string;
	readonly url: string;
	/** Lines are read and printed, and there is no screen. @default there is one */
	readonly isPlain?: true;
	/** When this process hosts the broker. */
	readonly host?: Hosting;
	/** Where others join, best first: addresses with their token. @default nowhere */
	readonly invitation?: readonly string[];
	/** In tab order. */
	readonly rooms: readonly [string, ...string[]];
	/** The one on screen. @default the first */
	readonly active?: string;
	/** How an earlier run had left its rooms; those that are not among `rooms` stay closed. @default not known */
	readonly tabs?: readonly Tab[];
	/** Lines that earlier runs sent or ran, oldest first, for Up to find. @default none */
	readonly sentLines?: readonly string[];
	/** Lines of mine from an earlier run that have no number yet; their rooms become tabs too. @default [] */
	readonly unsent?: readonly Unsent[];
	/** What was typed in an earlier run and not sent, by room. @default none */
	readonly drafts?: ReadonlyMap<string, string>;
	/** How many unsent lines another run would not find. @default all */
	readonly unkept?: number;
	/** Whose messages are not shown. @default nobody's */
	readonly ignored?: readonly Ignored[];
	/** Up to where an earlier run had read each conversation and room. @default not known */
	readonly readTo?: ReadonlyMap<string, Position>;
	/** @default those that nobody has changed */
	readonly preferences?: Preferences;
}

/** The screen before anything has happened: it tells where you are. */
export function initialState({
	at,
	size,
	nick,
	url,
	isPlain,
	host,
	invitation,
	rooms,
	active = rooms[0],
	tabs = [],
	sentLines = [],
	unsent = [],
	drafts = new Map(),
	unkept,
	ignored = [],
	readTo,
	preferences = defaultPreferences,
}: Beginning): State {
	const names = new Set([...rooms, ...unsent.map(({ room }) => room)]);
	const state: State = {
		now: at,
		size,
		nick,
		own: freshOwn(at),
		focus: 'unknown',
		...(isPlain !== undefined && { isPlain }),
		url,
		...(host !== undefined && { host }),
		...(invitation !== undefined && { invitation }),
		link: { state: 'connecting', attempt: 1 },
		rooms: Array.from(names, (name) => {
			const tab = tabs.find((one) => one.name === name);
			const room = emptyRoom(name, drafts.get(name));
			return roomWithLines(tab === undefined ? room : reopened(room, tab), unsent);
		}),
		active,
		composer: { ...withDraft(emptyComposer, drafts.get(active) ?? ''), history: sentLines },
		view: viewFor(preferences),
		preferences,
		drafts,
		...(unkept !== undefined && { unkept }),
		...(ignored.length > 0 && { ignored }),
		...(readTo !== undefined && { readTo }),
	};
	const greeted = tell(state, { at, time: at, id: greetingId }, { text: greeting(state, state.active) });
	return withUnreadTold(greeted, tabs, { at, time: at, id: 'tabs' });
}

function roomWithLines(room: Room, unsent: readonly Unsent[]): Room {
	return unsent
		.filter((line) => line.room === room.name)
		.reduce((filled, { room: _, sent: _sent, ...line }) => withPending(filled, line), room);
}

/**
 * Decides about one event. `id` names this decision alone: what is said in it gets it as its cid, so it is unique over all
 * runs of all clients.
 */
export function update(state: State, event: Event, id: string): Step {
	const now = Math.max(state.now, event.at);
	const moment = { at: event.at, time: event.at - (event.setBackMs ?? 0), id };
	const present = now === state.now ? state : { ...state, now };
	const own = isKey(event) ? withKey(withKeyboard(present, event), moment) : settledOwn(present);
	const { state: next, effects } = decide(own.state, event, moment);
	const arrived = settledRows(withoutRefusals(settledLink(next), moment));
	const asked = settledPrompt(state, arrived, isKey(event));
	const alerted = settledAlerts(state, settledDividers(state, asked), event);
	const marked = settledMarks(state, settledUnread(alerted.state));
	const kept = settledTabs(state, settledTyping(marked.state));
	const titled = settledTitle(settledNote(state, kept.state));
	const { state: settled } = titled;
	// Before what is published, so that a line is never on disk both as typed and as sent.
	const saved = [...draftsToSave(state, settled), ...marked.effects, ...kept.effects, ...lineToSave(state, settled)];
	const typing = typingToSay(state, settled, event, effects);
	return {
		state: settled,
		effects: [...saved, ...own.effects, ...typing, ...effects, ...alerted.effects, ...titled.effects],
	};
}

/** In no room does a line that was refused wait any longer. */
function withoutRefusals(state: State, moment: Moment): State {
	const rooms = state.rooms.map((room) => settledRefusals(room, state.nick, moment));
	return rooms.some((room, index) => room !== state.rooms[index]) ? { ...state, rooms } : state;
}

/** Whoever presses a key has the keyboard here. The wheel turns in other windows too. */
function withKeyboard(state: State, event: Event): State {
	const isScrolling =
		(event.type === 'did' && (event.action === 'line-up' || event.action === 'line-down')) ||
		(event.type === 'mouse' && event.what !== 'click');
	const present = notNoted(state);
	return present.focus === 'away' && !isScrolling ? { ...present, focus: 'focused' } : present;
}

function draftsToSave(before: State, after: State): readonly Effect[] {
	if (before.composer === after.composer && before.rooms === after.rooms && before.active === after.active) {
		return [];
	}
	return after.rooms.flatMap(({ name }): Effect[] => {
		const text = draftIn(after, name);
		return text === draftIn(before, name) ? [] : [{ type: 'save-draft', room: name, text }];
	});
}

function decide(state: State, event: Event, moment: Moment): Step {
	if (isBare(state) && isKey(event)) {
		return step(withoutBare(state), { type: 'redraw' });
	}
	switch (event.type) {
		case 'resized':
			return step(withoutBare({ ...state, size: event.size }));
		case 'did':
			return act(state, event.action, moment);
		case 'picked-room':
			return pickRoom(state, event.place);
		case 'typed':
			return type(state, event.text);
		case 'mouse':
			return pointed(state, event, moment);
		case 'pasted':
			return paste(state, event.text, moment);
		case 'entered':
			return enter(state, event.line, moment);
		case 'background':
			return step({ ...state, background: event.background });
		case 'ticked':
			return step(state);
		case 'focus':
			return step({ ...state, focus: event.focused ? 'focused' : 'away' });
		case 'lent':
			return step(withLoan(state, event.isLent));
		case 'link':
			return step(withLink(withUser(state, event), event.status, event.nick, moment));
		case 'items':
			return searchedAnew(withSpoken(withItems(state, event, moment), event.room, event.items), event);
		case 'room':
			return step(standing(state, event.status, moment));
		case 'presence':
			return step(withPresence(withoutLeavers(state, event.changes), event.changes, moment));
		case 'typing':
			return step(withTyping(state, event.typing));
		case 'members':
			return step(withRoom(state, event.room, (room) => withReturn(withMembers(room, event.members), moment)));
		case 'published': {
			const reader = readerOf(state);
			const published = { ...event.published, room: roomOfLine(state, event.published) };
			const isHidden = isConversation(state, published.room) && state.user?.inbox === undefined;
			const kept = isHidden
				? withArrived(state, published, reader, event.at)
				: withRoom(state, published.room, (room) =>
						withOwnPassed(numbered(room, published, reader, event.at), reader, event.at),
					);
			return step(notRefusing(kept));
		}
		case 'unkept':
			return step({ ...state, unkept: event.count });
		case 'refused': {
			const text = withLocalTimes(cleanLine(event.refused.text), moment.time);
			const refused = { ...event.refused, text };
			const room = roomOfLine(state, refused);
			const without = withoutVainTab(state, { ...refused, room }, moment);
			return step(without ?? withRoom(state, room, (old) => withRefusal(old, refused)));
		}
		case 'notice': {
			const { room, level, text, code } = event.notice;
			// A broker that restarts is back in a moment; when it is not, the status row says so.
			if (code === 'draining') {
				return step(withLinkAboutToGo(state));
			}
			// The status row says it for as long as it lasts.
			if (code === 'unavailable' && unsentCount(state) > 0) {
				return step({ ...state, isRefusing: true });
			}
			const told = { level, text: withLocalTimes(cleanLine(text), moment.time) };
			return step(tell(state, moment, { ...told, ...(room !== undefined && { room }) }));
		}
		case 'older':
			return step(older(state, event, moment));
		case 'newer':
			return step(withRoom(state, event.room, (room) => withNewer(room, event.page, readerOf(state), event.after)));
		case 'around':
			return step(jumped(state, event, readerOf(state), moment));
		case 'found':
			return searched(state, event, readerOf(state));
		case 'not-found': {
			const text = withLocalTimes(cleanLine(event.text), moment.time);
			return notSearched(state, { ...event, text });
		}
		case 'rooms-listed':
			return step(
				tell({ ...state, listed: event.rooms }, moment, { room: event.room, text: roomsReport(event.rooms) }),
			);
		case 'rooms-found':
			return step(completeAwaited({ ...state, listed: event.rooms }));
		case 'emoji-found':
			return step(completeAwaited({ ...state, emoji: event.emoji }));
		case 'copied':
			return step(tell(state, moment, { room: event.room, text: copiedText(event.what, event.by) }));
		case 'opened':
			return opened(state, event, moment);
		case 'exporting':
		case 'exported':
		case 'export-failed':
			return step(exportWent(state, event, moment));
		case 'token-made':
			return step(tell(state, moment, { room: event.room, text: tokenText(state, event.token) }));
		case 'tokens-revoked':
			return step(tell(state, moment, { room: event.room, text: revokedText(event.count) }));
		case 'members-listed': {
			const count = roomNamed(state, event.room)?.status?.count;
			const known =
				count === undefined ? withRoom(state, event.room, (room) => withMembers(room, event.members)) : state;
			const { room, members, beginning } = event;
			const text = whoReport(room, members, { now: moment.time, nick: state.nick, count, beginning });
			return step(tell(known, moment, { room: event.room, text }));
		}
		case 'receipts': {
			const { paneWidth: width, paneRows } = partsOf(state);
			const cells = { width, rows: state.isPlain === true ? Number.POSITIVE_INFINITY : paneRows };
			return step(tell(state, moment, { room: event.room, text: receiptsReport(event.room, event.receipts, cells) }));
		}
		case 'restrictions-listed': {
			const text = restrictionsReport(event.about, event.restrictions, moment.time);
			return step(tell(state, moment, { room: event.room, text }));
		}
		case 'administered': {
			const { order } = event;
			const text = doneText('userId' in order ? { ...order, userId: shownName(state, order.userId) } : order);
			return step(text === undefined ? state : tell(state, moment, { room: event.room, text }));
		}
		case 'discarded':
			return step(withDiscarded(state, event, moment));
		case 'edited':
			return withEdited(state, event, moment);
		case 'nick-changed':
			return step(withNick(state, event.nick, moment));
		case 'failed':
			return step(failed(state, event, moment));
	}
}

function withoutLeavers(state: State, changes: readonly PresenceChange[]): State {
	return changes.reduce(
		(next, { action, room, userId }) =>
			action === 'leave' && room !== undefined ? withoutTypists(next, room, [userId]) : next,
		state,
	);
}

function withItems(
	before: State,
	{ room: name, items: given }: Extract<Event, { type: 'items' }>,
	moment: Moment,
): State {
	const reader = readerOf(before);
	if (name === before.user?.inbox) {
		return withDirect(before, given, reader, moment);
	}
	const { state, items } = markedItems(before, name, given);
	return withRoom(state, name, (room) => settledOlder(received(room, items, reader, moment)));
}

/** What came of the editor is a draft again, in the room that it was for, also when that has no tab any more. */
function withEdited(state: State, { room: name, text }: Extract<Event, { type: 'edited' }>, moment: Moment): Step {
	const safe = clean(text);
	if (name === state.active) {
		return step({ ...state, composer: redrafted(state.composer, safe) });
	}
	if (roomNamed(state, name) !== undefined) {
		return step(withRoom(state, name, (room) => ({ ...room, draft: safe })));
	}
	const kept = { ...state, drafts: new Map(state.drafts).set(name, safe) };
	const where = `What you wrote in the editor waits as the draft of ${roomTitle(name)}`;
	return step(safe === '' ? kept : tell(kept, moment, { text: where }), {
		type: 'save-draft',
		room: name,
		text: safe,
	});
}

function readerOf({ nick, link, user, preferences: { highlight }, ignored = [] }: State): Reader {
	return {
		nick,
		highlight,
		onlineSince: link.state === 'online' ? link.since : undefined,
		inbox: user?.inbox,
		isVerified: user?.verified ?? false,
		key: user?.key,
		...(ignored.length > 0 && { ignores: ignoring(ignored) }),
	};
}

/** Without a link nobody says who I am; it is what it was. */
function withUser(state: State, { user, status }: Extract<Event, { type: 'link' }>): State {
	if (status.state !== 'online' || user === state.user) {
		return state;
	}
	const { user: _, ...rest } = state;
	return user === undefined ? rest : { ...rest, user };
}

/** Where a line of mine stands: its tab may go by another name since it was written. */
function roomOfLine({ rooms }: State, { room, cid }: { readonly room: string; readonly cid: string }): string {
	const has = ({ pending }: Room) => pending.some((line) => line.cid === cid);
	return (rooms.find((one) => one.name === room && has(one)) ?? rooms.find(has))?.name ?? room;
}

/** A room that was read and is no longer says so; one that never was has nothing above its note. */
function standing(state: State, status: RoomStatus, moment: Moment): State {
	if (status.room === state.user?.inbox) {
		return withInboxStatus(state, status);
	}
	// Nobody follows another's inbox: the tab is a conversation, whatever the client was asked to join.
	if (isConversation(state, status.room) && state.user !== undefined) {
		return withConversation(state, status.room);
	}
	const before = roomNamed(state, status.room)?.status?.phase;
	const next = withRoom(withStatus(state, status), status.room, (room) =>
		withOwnPassed(room, readerOf(state), moment.at),
	);
	const ended = status.phase === 'left' || status.phase === 'refused';
	if (!ended || before !== 'live') {
		return next;
	}
	const reason = status.reason === undefined ? '' : ` (${cleanLine(status.reason)})`;
	const room = roomNamed(next, status.room);
	// Whoever is banned may not come back yet.
	const way = status.reason === 'banned' ? '' : `: ${joinText(status.room, room?.where)} brings you back`;
	const text = `You are no longer in ${roomTitle(status.room)}${reason}${way}`;
	return room === undefined ? next : tell(next, moment, { room: status.room, level: 'error', text });
}

function older(
	state: State,
	{ room: name, page, before: asked, ...event }: Extract<Event, { type: 'older' }>,
	moment: Moment,
): State {
	const before = roomNamed(state, name);
	const next = withRoom(state, name, (room) =>
		withOlder(settledScroll(room, paneOf(state, room)), page, readerOf(state), asked),
	);
	const after = roomNamed(next, name);
	const isWaitedFor = (before?.reading ?? before)?.older === 'loading';
	if (event.asked === 'scroll' || before === undefined || after === undefined || !isWaitedFor) {
		return next;
	}
	const known = new Set(shownRows(before));
	const fresh = shownRows(after).flatMap((row) => (row.kind === 'said' && !known.has(row) ? [row.sequence] : []));
	const count = fresh.length;
	const isPart = isConversation(state, name);
	const [first, last] = [fresh[0], fresh.at(-1)];
	const where = state.isPlain === true ? '' : ' above';
	const scrolling = state.isPlain === true ? '' : ': PgUp';
	const text =
		count === 0
			? isPart && (after.reading ?? after).older !== 'all'
				? 'None of the messages just before these is of this conversation: /history again looks further back'
				: noneText(after)
			: isPart
				? `${counted(count, 'older message is', 'older messages are')}${where}, from #${first}${scrolling}`
				: `${counted(count, 'older message is', 'older messages are')}${where}, #${first}-#${last}${scrolling}`;
	return tell(next, moment, { room: name, text });
}

function noneText({ where, older: isThere, searchedTo }: Room): string {
	if (where === undefined || isThere === 'all') {
		return where === undefined ? 'There are no older messages than these' : 'Nothing older that is kept matches';
	}
	return `Nothing from #${searchedTo} on matches; /history looks further`;
}

function failed(state: State, event: Extract<Event, { type: 'failed' }>, moment: Moment): State {
	const { room, what, text } = event;
	const said = { level: 'error', text: withLocalTimes(cleanLine(text), moment.time) } as const;
	switch (what) {
		case 'join': {
			const joined = roomNamed(state, room);
			// It was left meanwhile, or the row that the link is closed says the same.
			if (joined === undefined || (state.link.state === 'closed' && text.endsWith(state.link.cause?.text ?? '\n'))) {
				return state;
			}
			if (joined.rows.some(({ kind }) => kind === 'said') || state.rooms.length === 1) {
				return tell(state, moment, { ...said, room });
			}
			const back = state.active === room && state.previous !== undefined ? switchedTo(state, state.previous) : state;
			return tell(withoutRoom(back, room), moment, said);
		}
		case 'load-older':
			return tell(
				withRoom(state, room, (old) => withoutOlder(old, event.before)),
				moment,
				{ ...said, room },
			);
		case 'load-newer':
			return tell(
				withRoom(state, room, (old) => withoutNewer(old, event.after)),
				moment,
				{ ...said, room },
			);
		case 'load-around':
			return notJumped(state, { ...event, text: said.text }, moment);
		default: {
			const asked = commandsOf[what];
			return tell(what === 'change-nick' ? withoutWantedNick(state) : state, moment, {
				...said,
				room,
				text: asked === undefined ? said.text : `${asked}: ${said.text}`,
			});
		}
	}
}

/** What a person typed for an effect that can fail much later. */
const commandsOf: Partial<Record<Effect['type'], string>> = {
	leave: '/leave',
	'list-rooms': '/rooms',
	'make-token': '/token',
	'revoke-tokens': '/token revoke',
	'list-members': '/who',
	'list-restrictions': '/bans',
	'change-nick': '/nick',
};
