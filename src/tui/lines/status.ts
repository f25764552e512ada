/**
 * The rows around the pane: topic with the badge, status, hints, and the two rules.
 */

import { isReadableOnTheWay } from '../../client/address.ts';
import type { LinkStatus } from '../../client/client.ts';
import { cleanLine } from '../../protocol/text.ts';
import { shortKeys, shownKeys } from '../key-names.ts';
import { type Bindable, keyOf } from '../keymap.ts';
import type { Line, Room, Span, State } from '../model.ts';
import { visibleGap } from '../model.ts';
import { heldNumbers } from '../reports.ts';
import { mentionsOf, unreadOf } from '../slices/activity.ts';
import { isConversation, isWithGuest, peerOf } from '../slices/conversations.ts';
import { foldBefore, linesIn } from '../slices/draft.ts';
import { brieflyUntil } from '../slices/link.ts';
import { memberName } from '../slices/members.ts';
import { overdueAt, unsentCount } from '../slices/unsent.ts';
import { clock, withLocalTimes } from '../text/dates.ts';
import { marks } from '../text/marks.ts';
import { cut, cutLine, fitted, lineWidth, ruled, sign, span, spread } from '../text/spans.ts';
import { hereCount } from './members.ts';
import { missingIn } from './pane.ts';
import type { Parts } from './sizes.ts';
import { roomLabel } from './tabs.ts';

/** What the room is about, and how far its order is known. */
export function topicLine(state: State, room: Room): Line {
	const { columns } = state.size;
	const seal = badge(state, room)?.whole;
	const right = seal === undefined ? [] : [span(' '), seal, span(' ')];
	const topic = room.topic === undefined ? '' : cleanLine(room.topic);
	const width = columns - 2 - lineWidth(right);
	const part: Line =
		room.where === undefined ? [] : [span(`only where ${cleanLine(room.where.text)}`, 'gap'), span(topic && ' - ')];
	const left = isConversation(state, room.name)
		? fitted(privacyTexts(state, room), width, 'dim')
		: cutLine([...part, span(topic)], width);
	return spread([span(' '), ...left], right, columns);
}

/** Who reads what is said in a conversation, from the longest to the shortest. */
function privacyTexts({ user, link }: State, { name }: Room): readonly string[] {
	const peer = cleanLine(peerOf(name));
	if (isWithGuest(name)) {
		return [
			`${peer} has no key: anyone may come by that name, and no answer can reach them`,
			`${peer} has no key: no answer can reach them`,
			`no answer reaches ${peer}`,
		];
	}
	if (user?.inbox === undefined && link.state === 'online') {
		return [
			`only ${peer} sees this (and whoever runs the broker); without a key you get no answer here`,
			`only ${peer} sees this; without a key you get no answer`,
			`${peer} cannot answer you here`,
		];
	}
	return [
		`only you and ${peer} see this (and whoever runs the broker)`,
		`only you, ${peer} and whoever runs the broker see this`,
		`only you and ${peer} (and the broker)`,
		`you and ${peer}`,
	];
}

interface Badge {
	readonly whole: Span;
	/** What must not go where there is no room for the whole. */
	readonly short?: Span;
}

/**
 * `#411 in order`: every message up to that number is on screen or was, in this order. `#411 in order, filtered`: so is
 * every one that matches.
 */
function badge(state: State, room: Room): Badge | undefined {
	const order = orderOf(state, room);
	const lost = missingIn(room);
	if (order === undefined || lost === 0) {
		return order && { whole: order };
	}
	const missing = `${room.where === undefined ? '' : 'up to '}${lost} missing`;
	const style = order.style === 'good' ? 'lost' : order.style;
	return { whole: span(`${order.text}, ${missing}`, style), short: span(missing, 'lost') };
}

function orderOf(state: State, room: Room): Span | undefined {
	const { link, now } = state;
	const { status } = room;
	if (status === undefined || status.phase === 'joining') {
		return undefined;
	}
	if (status.phase !== 'live') {
		return span(status.phase, 'error');
	}
	const since = link.state === 'online' ? undefined : offlineSince(link);
	if (since !== undefined && brieflyUntil(state) === undefined) {
		return span(`stale ${clock(now - since)}`, 'gap');
	}
	// All conversations are numbered together.
	const number = `${isConversation(state, room.name) ? 'inbox ' : ''}#${status.position}`;
	if (visibleGap(room) !== undefined) {
		return span(`${number} then gap`, 'gap');
	}
	const part = room.where === undefined ? '' : ', filtered';
	return status.position === 0 ? undefined : span(`${number} in order${part}`, 'good');
}

/** A rule over the whole width, joined to the sidebar's border by `joint`, with words in its middle if there are any. */
export function ruleLine({ paneWidth, sidebarWidth }: Parts, joint: string, label?: string): Line {
	const overPane =
		label === undefined
			? [sign(marks.rule.repeat(paneWidth), 'rule')]
			: ruled(label, marks.rule, 'tab-unread', paneWidth);
	return sidebarWidth === 0 ? overPane : [...overPane, sign(joint + marks.rule.repeat(sidebarWidth - 1), 'rule')];
}

/** What the lower rule says: when the newest line is not on screen, and while something is looked for. */
export function belowLabel({ scroll, below, reading, sought }: Room): string | undefined {
	if (sought?.state === 'loading') {
		return `loading #${sought.sequence}... - Esc`;
	}
	if (scroll === undefined) {
		return undefined;
	}
	if (sought?.state === 'missing') {
		return `${cleanLine(sought.text)} - Esc`;
	}
	const more = below > 0 ? `${below} new below - Esc` : 'scrolled up - Esc';
	return reading?.newer === 'loading' ? `loading newer messages... - ${more}` : more;
}

/** A part of the status row. Where there is no room for all, those with the highest `rank` become short or go first. */
interface Part {
	readonly line: Line;
	readonly rank: number;
	readonly side?: 'right';
	readonly short?: { readonly line: Line; readonly rank: number };
}

/** What is left out first comes last; what is never left out is 0. */
const ranks = Object.freeze({
	link: 0,
	unsent: 1,
	missing: 2,
	missingInFull: 3,
	seal: 4,
	plain: 5,
	hint: 6,
	retry: 7,
	stale: 8,
	away: 9,
	here: 10,
	typing: 11,
	typingInFull: 12,
	roundTrip: 13,
	live: 14,
	elsewhere: 15,
	elsewhereInFull: 16,
	causeText: 17,
	causeCode: 18,
});

/** The link, a gap, what goes on elsewhere. */
export function statusLine(state: State, room: Room, parts: Parts): Line {
	const { columns } = state.size;
	if (state.view.asking !== undefined) {
		return fitParts([{ line: questions[state.view.asking](state), rank: ranks.link }], columns);
	}
	if (state.view.note !== undefined) {
		return fitParts([{ line: cut(state.view.note, columns - 2, 'mention'), rank: ranks.link }], columns);
	}
	const isOnline = state.link.state === 'online';
	// The pane has a line for the gap, and none for this.
	const gap = isOnline && !isRefused(state) ? gapParts(state) : [];
	const here: Part = {
		line: [span(isConversation(state, room.name) ? 'private' : hereCount(room), 'dim')],
		rank: ranks.here,
	};
	return fitParts(
		[
			...(gap.length > 0 ? gap : linkParts(state)),
			...(gap.length > 0 || isOnline ? unsentParts(state) : []),
			...exportParts(state),
			...(state.own.away?.by === 'me' ? [awayPart] : []),
			...(isOnline ? typingParts(room) : []),
			...(parts.sidebarWidth === 0 && isOnline ? [here] : []),
			...(isOnline && isReadableOnTheWay(state.url) ? [plainPart] : []),
			...causeParts(state),
			...elsewhere(state),
			...(gap.length > 0 ? [{ line: [span(liveText(state))], rank: ranks.live, side: 'right' } as const] : []),
			...(parts.topic ? [] : sealParts(state, room)),
		],
		columns,
	);
}

function exportParts({ exporting }: State): Part[] {
	if (exporting === undefined) {
		return [];
	}
	const rank = ranks.hint;
	return [
		{
			...{ line: [span(`exporting: ${exporting.count} messages`, 'gap')], rank: ranks.retry },
			short: { line: [span(`exporting ${exporting.count}`, 'gap')], rank },
		},
	];
}

/** Others on the way can read what is said, and the token. */
const plainPart: Part = { line: [span('not encrypted', 'gap')], rank: ranks.plain };

/** `maya is typing`, `maya and jo are typing`, `3 people are typing` */
function typingParts({ typing = [] }: Room): Part[] {
	const names = typing.map((person) => cleanLine(memberName(person)));
	if (names.length === 0) {
		return [];
	}
	const [first = '', second] = names;
	const counted = second === undefined ? `${first} is typing` : `${names.length} people are typing`;
	const text = names.length === 2 ? `${first} and ${second} are typing` : counted;
	return [
		{
			...{ line: [span(text, 'dim')], rank: ranks.typingInFull },
			short: { line: [span(`${names.length} typing`, 'dim')], rank: ranks.typing },
		},
	];
}

function sealParts(state: State, room: Room): Part[] {
	const seal = badge(state, room);
	if (seal === undefined) {
		return [];
	}
	const { whole, short } = seal;
	return short === undefined
		? [{ line: [whole], rank: state.link.state === 'online' ? ranks.seal : ranks.stale, side: 'right' }]
		: [
				{
					...{ line: [whole], rank: ranks.missing, side: 'right' },
					short: { line: [short], rank: ranks.missingInFull },
				},
			];
}

function fitParts(parts: readonly Part[], columns: number): Line {
	const left = joined(parts.filter(({ side }) => side === undefined));
	const right = joined(parts.filter(({ side }) => side === 'right'));
	const width = lineWidth(left) + (right.length === 0 ? 0 : 2 + lineWidth(right));
	const least = parts.reduce((last, part) => (rankOf(part) > rankOf(last) ? part : last), parts[0] as Part);
	if (width > columns - 2 && rankOf(least) > ranks.link) {
		return fitParts(
			parts.flatMap((part) => (part === least ? shortened(part) : [part])),
			columns,
		);
	}
	return spread([span(' '), ...left], right.length === 0 ? [] : [...right, span(' ')], columns);
}

function rankOf({ rank, short }: Part): number {
	return short?.rank ?? rank;
}

function shortened({ short, ...part }: Part): Part[] {
	return short === undefined ? [] : [{ ...part, line: short.line }];
}

function joined(parts: readonly Part[]): Line {
	return parts.flatMap(({ line }, index) => (index === 0 ? line : [sign(marks.separator, 'rule'), ...line]));
}

function linkParts(state: State): Part[] {
	const { link, now } = state;
	const waiting = unsentParts(state);
	const first = (line: Line): Part => ({ line, rank: ranks.link });
	if (brieflyUntil(state) !== undefined) {
		return [first([span(`${marks.gap} reconnecting`, 'gap')]), ...waiting];
	}
	switch (link.state) {
		case 'online':
			return isRefused(state) ? [refusingPart] : onlineParts(link, now);
		case 'connecting': {
			const dialling = [span('connecting...')];
			return link.offlineSince === undefined
				? [first(dialling), ...waiting]
				: [first(offline(now - link.offlineSince)), { line: dialling, rank: ranks.retry }, ...waiting];
		}
		case 'waiting':
			return [
				first(offline(now - link.offlineSince)),
				{ line: [span(`retry in ${Math.max(0, Math.ceil((link.retryAt - now) / 1000))}s`)], rank: ranks.retry },
				...waiting,
				causePart(link.cause.text),
			];
		case 'closed':
			return [
				first([span(`${marks.offline} closed`, 'error')]),
				...waiting,
				...(link.cause === undefined
					? []
					: [closedPart(withLocalTimes(cleanLine(link.cause.text), now), state.size.columns)]),
			];
	}
}

/** Nothing else says why there is no link: it is cut before it goes. */
function closedPart(text: string, columns: number): Part {
	return {
		line: [span(text)],
		rank: ranks.causeText,
		short: { line: cut(text, Math.max(8, columns - 14)), rank: ranks.hint },
	};
}

/** In short without what to do about it. */
function causePart(text: string): Part {
	const line = cleanLine(text);
	const rank = ranks.causeText;
	return { line: [span(line)], rank, short: { line: [span(line.split(/[:,] /u)[0] ?? line)], rank } };
}

const awayPart: Part = {
	line: [span('you are away: /back', 'gap')],
	rank: ranks.away,
	short: { line: [span('away', 'gap')], rank: ranks.hint },
};

const refusingPart: Part = {
	line: [span(`${marks.warned} the broker cannot keep messages now`, 'error')],
	rank: ranks.link,
	short: { line: [span(`${marks.warned} broker keeps nothing now`, 'error')], rank: ranks.hint },
};

function onlineParts(link: Extract<LinkStatus, { state: 'online' }>, now: number): Part[] {
	const live = (text: string): Line => [sign(`${marks.live} `, 'good'), span(text)];
	const base = 'base broker: no acknowledgements';
	const quiet = quietText(link, now);
	return [
		quiet === undefined
			? { line: live(liveText({ link, now })), rank: ranks.link, short: { line: live('live'), rank: ranks.roundTrip } }
			: {
					line: [span(`${marks.gap} live, ${quiet}`, 'gap')],
					rank: ranks.link,
					short: { line: [span(`${marks.gap} ${quiet}`, 'gap')], rank: ranks.roundTrip },
				},
		...(link.protocol === 'base' ? [{ line: [span(base, 'gap')], rank: ranks.hint }] : []),
	];
}

function isRefused(state: State): boolean {
	return state.isRefusing === true && unsentCount(state) > 0;
}

/** With a link, a line gets its number in a moment: until then there is nothing to say. */
function unsentParts(state: State): Part[] {
	const since = overdueAt(state);
	if (since === undefined || (state.link.state === 'online' && !isRefused(state) && state.now < since)) {
		return [];
	}
	return [{ line: [span(`${unsentCount(state)} unsent`, 'gap')], rank: ranks.unsent }];
}

function liveText({ link, now }: Pick<State, 'link' | 'now'>): string {
	const { roundTripMs } = link.state === 'online' ? link : {};
	return quietText(link, now) ?? (roundTripMs === undefined ? 'live' : `live ${Math.round(roundTripMs)}ms`);
}

/** How long the broker has owed an answer, if that is worth a word. */
function quietText(link: LinkStatus, now: number): string | undefined {
	return link.state === 'online' && link.unansweredSince !== undefined
		? `no answer for ${Math.max(0, Math.floor((now - link.unansweredSince) / 1000))}s`
		: undefined;
}

function offline(ms: number): Line {
	return [span(`${marks.offline} offline ${clock(ms)}`, 'error')];
}

function offlineSince(link: Exclude<LinkStatus, { state: 'online' }>): number | undefined {
	return link.state === 'closed' ? undefined : link.offlineSince;
}

function causeParts(state: State): Part[] {
	const { link } = state;
	if (!('cause' in link) || link.cause === undefined || brieflyUntil(state) !== undefined) {
		return [];
	}
	return [{ line: [span(cleanLine(link.cause.code), 'dim')], rank: ranks.causeCode, side: 'right' }];
}

/** The gap of the room on screen, or of the first room that has one. */
function gapParts(state: State): Part[] {
	const rooms = [...state.rooms].sort((a, b) => Number(b.name === state.active) - Number(a.name === state.active));
	for (const room of rooms) {
		const gap = visibleGap(room);
		if (gap !== undefined) {
			const held = heldNumbers(gap);
			const missing = gap.from === gap.to ? `#${gap.from}` : `#${gap.from}-#${gap.to}`;
			const size = gap.to - gap.from + 1;
			const line = fitted(
				[
					`${marks.gap} gap ${size} in ${isConversation(state, room.name) ? 'your inbox' : roomLabel(room.name)}: holding ${held} for ${missing}`,
					`${marks.gap} gap ${size}: holding ${held} for ${missing}`,
				],
				state.size.columns - 2,
				'gap',
			);
			return [
				{ line, rank: ranks.link },
				{ line: [span('/gap show', 'hint')], rank: ranks.hint },
			];
		}
	}
	return [];
}

function elsewhere({ rooms, active, preferences }: State): Part[] {
	let unread = 0;
	let mentions = 0;
	for (const room of rooms) {
		if (room.name !== active) {
			unread += unreadOf(room) > 0 ? 1 : 0;
			mentions += mentionsOf(room);
		}
	}
	if (unread === 0) {
		return [];
	}
	const text = unread === 1 ? '1 room unread' : `${unread} rooms unread`;
	const line = [
		span(text, 'tab-unread'),
		...(mentions === 0 ? [] : [span(`, ${mentions} ${mentions === 1 ? 'mention' : 'mentions'}`, 'mention')]),
	];
	const key = keyOf(preferences.bindings, 'activity');
	return key === undefined
		? [{ line, rank: ranks.elsewhere, side: 'right' }]
		: [
				{
					...{ line: [...line, span(`: ${shownKeys(key)}`, 'hint')], rank: ranks.elsewhere, side: 'right' },
					short: { line, rank: ranks.elsewhereInFull },
				},
			];
}

const questions: Readonly<Record<NonNullable<State['view']['asking']>, (state: State) => Line>> = {
	quit: quitQuestion,
	send: ({ composer, size }) => {
		const question = `Send ${linesIn(composer.text)} lines?`;
		const texts = [`${question} Enter again sends, Esc keeps`, `${question} Enter sends, Esc keeps`];
		return fitted(texts, size.columns - 2, 'mention');
	},
};

function quitQuestion(state: State): Line {
	const unsent = unsentCount(state);
	const lost = Math.min(unsent, state.unkept ?? unsent);
	const [whole, short] = quitWarning(unsent, lost);
	const others = state.host === undefined ? 0 : othersThere(state);
	const left = others === 0 ? [] : [`${others} ${others === 1 ? 'other loses' : 'others lose'} the broker`];
	const all = [...(unsent === 0 ? [] : [whole]), ...left];
	const inShort = [...(unsent === 0 ? [] : [short]), ...left];
	const texts =
		all.length === 0
			? ['Press Ctrl+C again to quit']
			: [
					`Press Ctrl+C again to quit (${all.join('; ')})`,
					`Ctrl+C quits (${all.join('; ')})`,
					`^C again quits; ${inShort.join('; ')}`,
					`^C; ${inShort.join('; ')}`,
				];
	return fitted(texts, state.size.columns - 2, 'mention');
}

/** How many other people are known to be in the rooms that are open here. */
function othersThere({ rooms, nick }: State): number {
	const names = new Set<string>();
	let most = 0;
	for (const { members, status } of rooms) {
		for (const { userId, state } of members.values()) {
			if (userId !== nick && state !== 'offline') {
				names.add(userId);
			}
		}
		most = Math.max(most, (status?.count?.online ?? 0) + (status?.count?.away ?? 0) - 1);
	}
	return Math.max(names.size, most);
}

/** What becomes of my unsent lines, in full and in short. */
function quitWarning(unsent: number, lost: number): readonly [whole: string, short: string] {
	const lines = `${unsent} unsent ${unsent === 1 ? 'line' : 'lines'}`;
	switch (lost) {
		case 0:
			return [`${lines} ${unsent === 1 ? 'is' : 'are'} kept on disk`, `${unsent} unsent kept on disk`];
		case unsent:
			return [`${lines} will be lost`, `${unsent} unsent will be lost`];
		default:
			return [`${lines}, ${lost} of them will be lost`, `${lost} of ${unsent} will be lost`];
	}
}

const hints: readonly (readonly [actions: readonly Bindable[], text: string])[] = [
	[['send'], 'send'],
	[['newline'], 'newline'],
	[['next-room', 'previous-room'], 'room'],
	[['page-up'], 'scroll'],
];

const offlineHints: typeof hints = [[['send'], 'dial now'], ...hints.slice(1)];

const pageHints: typeof hints = [
	[['escape'], 'close'],
	[['page-up', 'page-down'], 'scroll'],
];

const searchHints: typeof hints = [
	[['send'], 'go there'],
	[['history-back', 'history-forward'], 'choose'],
	[['escape'], 'close'],
];

const promptHints: typeof hints = [
	[['send'], 'take'],
	[['history-back', 'history-forward'], 'choose'],
	[['escape'], 'close'],
];

const findHints: typeof hints = [
	[['send', 'history-back'], 'older'],
	[['history-forward'], 'newer'],
	[['escape'], 'stay here'],
];

const menuHints: typeof hints = [
	[['complete'], 'next'],
	[['send'], 'take'],
	[['escape'], 'as typed'],
];

const foldHints: typeof hints = [
	[['send'], 'send'],
	[['complete'], 'show the paste'],
	[['delete-back'], 'delete it'],
];

function hintsFor(state: State): typeof hints {
	const { view, prompt, composer, link } = state;
	if (prompt !== undefined) {
		return prompt.kind === 'find' ? findHints : promptHints;
	}
	if (view.overlay !== undefined) {
		return view.overlay.name === 'search' ? searchHints : pageHints;
	}
	if (composer.last?.kind === 'completed') {
		return menuHints;
	}
	if (foldBefore(composer, composer.cursor) !== undefined) {
		return foldHints;
	}
	const isOut = (link.state === 'waiting' && brieflyUntil(state) === undefined) || link.state === 'closed';
	return isOut && composer.text === '' ? offlineHints : hints;
}

/** The keys that one needs first. Those that do not fit are left out from the end. */
export function hintLine(state: State): Line {
	const { columns } = state.size;
	const short = (action: Bindable) => {
		const key = keyOf(state.preferences.bindings, action);
		return key === undefined ? [] : [shortKeys(key)];
	};
	const shown = hintsFor(state).flatMap(([actions, text]): Line[] => {
		const keys = actions.flatMap(short);
		return keys.length === 0 ? [] : [[span(` ${keys.join('/')}`, 'link'), span(` ${text} `, 'hint')]];
	});
	const help: Line = [span(short('help')[0] ?? '/help', 'link'), span(' help ', 'hint')];
	while (shown.length > 0 && lineWidth(shown.flat()) + lineWidth(help) >= columns) {
		shown.pop();
	}
	return spread(shown.flat(), help, columns);
}
