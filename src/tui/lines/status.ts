/**
 * The rows around the pane: topic with the badge, status, hints, and the two rules.
 */

import type { LinkStatus } from '../../client/client.ts';
import { cleanLine } from '../../protocol/text.ts';
import type { Line, Room, Span, State } from '../model.ts';
import { visibleGap } from '../model.ts';
import { heldNumbers } from '../reports.ts';
import { brieflyUntil } from '../slices/link.ts';
import { clock } from '../text/dates.ts';
import { marks } from '../text/marks.ts';
import { cutLine, firstThatFits, lineWidth, ruled, span, spread } from '../text/spans.ts';
import { hereCount } from './members.ts';
import { survey } from './pane.ts';
import type { Parts } from './sizes.ts';
import { roomLabel } from './tabs.ts';

/** What the room is about, and how far its order is known. */
export function topicLine(state: State, room: Room): Line {
	const { columns } = state.size;
	const seal = badge(state, room);
	const right = seal === undefined ? [] : [span(' '), seal, span(' ')];
	const topic = room.topic === undefined ? '' : cleanLine(room.topic);
	const left = cutLine([span(topic)], columns - 2 - lineWidth(right));
	return spread([span(' '), ...left], right, columns);
}

/** `#411 in order`: every message up to that number is on screen or was, in this order. */
function badge(state: State, room: Room): Span | undefined {
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
	if (visibleGap(room) !== undefined) {
		return span(`#${status.position} then gap`, 'gap');
	}
	if (status.position === 0) {
		return undefined;
	}
	const { lost } = survey(room);
	return lost === 0
		? span(`#${status.position} in order`, 'good')
		: span(`#${status.position} in order, ${lost} missing`, 'lost');
}

/** A rule over the whole width, joined to the sidebar's border by `joint`, with words in its middle if there are any. */
export function ruleLine({ paneWidth, sidebarWidth }: Parts, joint: string, label?: string): Line {
	const overPane =
		label === undefined
			? [span(marks.rule.repeat(paneWidth), 'rule')]
			: ruled(label, marks.rule, 'tab-unread', paneWidth);
	return sidebarWidth === 0 ? overPane : [...overPane, span(joint + marks.rule.repeat(sidebarWidth - 1), 'rule')];
}

/** What the lower rule says when the newest line is not on screen. */
export function belowLabel(room: Room): string | undefined {
	if (room.scroll === undefined) {
		return undefined;
	}
	return room.below > 0 ? `${room.below} new below - Esc` : 'scrolled up - Esc';
}

/** The link, a gap, what goes on elsewhere. */
export function statusLine(state: State, room: Room, parts: Parts): Line {
	const gap = state.link.state === 'online' ? gapParts(state) : [];
	const left = state.view.asking === 'quit' ? [quitQuestion(state)] : gap.length > 0 ? gap : linkParts(state);
	if (parts.sidebarWidth === 0 && state.view.asking === undefined && state.link.state === 'online') {
		left.push([span(hereCount(room), 'dim')]);
	}
	const seal = parts.topic ? undefined : badge(state, room);
	const right = [
		...causeParts(state),
		...elsewhere(state),
		...(gap.length > 0 ? [[span(liveText(state.link))]] : []),
		...(seal === undefined ? [] : [[seal]]),
	];
	return fitParts(left, right, state.size.columns);
}

function fitParts(left: readonly Line[], right: readonly Line[], columns: number): Line {
	let rightLine = joined(right);
	let leftLine = joined(left);
	const free = () => columns - 2 - lineWidth(leftLine) - (rightLine.length === 0 ? 0 : 2 + lineWidth(rightLine));
	for (let kept = left.length - 1; kept > 1 && free() < 0; kept--) {
		leftLine = joined(left.slice(0, kept));
	}
	for (let kept = right.length - 1; kept >= 0 && free() < 0; kept--) {
		rightLine = joined(right.slice(right.length - kept));
	}
	return spread([span(' '), ...leftLine], rightLine.length === 0 ? [] : [...rightLine, span(' ')], columns);
}

function joined(parts: readonly Line[]): Line {
	return parts.flatMap((part, index) => (index === 0 ? part : [span(marks.separator, 'rule'), ...part]));
}

function linkParts(state: State): Line[] {
	const { link, now } = state;
	const unsent = unsentCount(state);
	const waiting: Line[] = unsent === 0 ? [] : [[span(`${unsent} unsent`, 'gap')]];
	if (brieflyUntil(state) !== undefined) {
		return [[span(`${marks.gap} reconnecting`, 'gap')], ...waiting];
	}
	switch (link.state) {
		case 'online':
			return [
				[span(`${marks.live} `, 'good'), span(liveText(link))],
				...(link.protocol === 'base' ? [[span('base broker: no acknowledgements', 'gap')]] : []),
			];
		case 'connecting':
			return link.offlineSince === undefined
				? [[span('connecting...')], ...waiting]
				: [offline(now - link.offlineSince), [span('connecting...')], ...waiting];
		case 'waiting':
			return [
				offline(now - link.offlineSince),
				[span(`retry in ${Math.max(0, Math.ceil((link.retryAt - now) / 1000))}s`)],
				...waiting,
				[span(cleanLine(link.cause.text))],
			];
		case 'closed':
			return [
				[span(`${marks.offline} closed`, 'error')],
				...waiting,
				...(link.cause === undefined ? [] : [[span(cleanLine(link.cause.text))]]),
			];
	}
}

function liveText(link: LinkStatus): string {
	return link.state === 'online' && link.roundTripMs !== undefined ? `live ${Math.round(link.roundTripMs)}ms` : 'live';
}

function offline(ms: number): Line {
	return [span(`${marks.offline} offline ${clock(ms)}`, 'error')];
}

function offlineSince(link: Exclude<LinkStatus, { state: 'online' }>): number | undefined {
	return link.state === 'closed' ? undefined : link.offlineSince;
}

function causeParts(state: State): Line[] {
	const { link } = state;
	if (!('cause' in link) || link.cause === undefined || brieflyUntil(state) !== undefined) {
		return [];
	}
	return [[span(cleanLine(link.cause.code), 'dim')]];
}

/** The gap of the room on screen, or of the first room that has one. */
function gapParts(state: State): Line[] {
	const rooms = [...state.rooms].sort((a, b) => Number(b.name === state.active) - Number(a.name === state.active));
	for (const room of rooms) {
		const gap = visibleGap(room);
		if (gap !== undefined) {
			const held = heldNumbers(gap);
			const missing = gap.from === gap.to ? `#${gap.from}` : `#${gap.from}-#${gap.to}`;
			const size = gap.to - gap.from + 1;
			const text = firstThatFits(
				[
					`gap ${size} in ${roomLabel(room.name)}: holding ${held} for ${missing}`,
					`gap ${size}: holding ${held} for ${missing}`,
				],
				state.size.columns - 4,
			);
			return [[span(`${marks.gap} ${text}`, 'gap')], [span('/gap show', 'hint')]];
		}
	}
	return [];
}

function elsewhere({ rooms, active }: State): Line[] {
	let unread = 0;
	let mentions = 0;
	for (const room of rooms) {
		if (room.name !== active) {
			unread += room.unread > 0 ? 1 : 0;
			mentions += room.mentions;
		}
	}
	if (unread === 0) {
		return [];
	}
	const text = unread === 1 ? '1 room unread' : `${unread} rooms unread`;
	return mentions === 0
		? [[span(text, 'tab-unread')]]
		: [[span(text, 'tab-unread'), span(`, ${mentions} ${mentions === 1 ? 'mention' : 'mentions'}`, 'mention')]];
}

function quitQuestion(state: State): Line {
	const unsent = unsentCount(state);
	const lines = `${unsent} unsent ${unsent === 1 ? 'line' : 'lines'}`;
	const fate = state.keepsUnsent === true ? `${unsent === 1 ? 'goes' : 'go'} out at the next start` : 'will be lost';
	const warning = unsent === 0 ? '' : ` (${lines} ${fate})`;
	return [span(`Press Ctrl+C again to quit${warning}`, 'mention')];
}

function unsentCount({ rooms }: State): number {
	let count = 0;
	for (const { pending } of rooms) {
		for (const { refused, sequence } of pending) {
			count += refused === undefined && sequence === undefined ? 1 : 0;
		}
	}
	return count;
}

const hints: readonly (readonly [keys: string, text: string])[] = [
	['Enter', 'send'],
	['^J', 'newline'],
	['^N/^P', 'room'],
	['PgUp', 'scroll'],
];

/** The keys that one needs first. Those that do not fit are left out from the end. */
export function hintLine({ size: { columns }, view }: State): Line {
	const shown: Line[] = (
		view.overlay === undefined
			? hints
			: ([
					['Esc', 'close'],
					['PgUp/PgDn', 'scroll'],
				] as const)
	).map(([keys, text]) => [span(` ${keys}`, 'link'), span(` ${text} `, 'hint')]);
	const help: Line = [span('F1', 'link'), span(' help ', 'hint')];
	while (shown.length > 0 && lineWidth(shown.flat()) + lineWidth(help) >= columns) {
		shown.pop();
	}
	return spread(shown.flat(), help, columns);
}
