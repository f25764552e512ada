/**
 * What is on the screen: State in, lines of cells out. Pure, and cheap to ask again: what was not changed is not measured
 * or wrapped again.
 */
import { choiceLines, foundLabel } from './lines/choices.ts';
import { composer } from './lines/composer.ts';
import { sidebar } from './lines/members.ts';
import { overlayLines } from './lines/overlay.ts';
import { windowLines } from './lines/pane.ts';
import { searchLabel } from './lines/search.ts';
import { type Parts, partsOf } from './lines/sizes.ts';
import { belowLabel, hintLine, ruleLine, statusLine, topicLine } from './lines/status.ts';
import { roomLabel, tabs } from './lines/tabs.ts';
import { type Line, type Room, type Screen, type State, visibleGap } from './model.ts';
import { alertAt } from './slices/alerts.ts';
import { roomOnScreen } from './slices/choices.ts';
import { peerIn } from './slices/conversations.ts';
import { brieflyUntil } from './slices/link.ts';
import { idleAt } from './slices/own.ts';
import { typingLapsesAt } from './slices/typing.ts';
import { overdueAt } from './slices/unsent.ts';
import { activeRoom } from './step.ts';
import { marks } from './text/marks.ts';
import { cutText, sign } from './text/spans.ts';

/** The whole screen. The same State gives the same Screen object. */
export function screen(state: State): Screen {
	const known = screens.get(state);
	if (known !== undefined) {
		return known;
	}
	const fresh = draw(state);
	screens.set(state, fresh);
	return fresh;
}

const screens = new WeakMap<State, Screen>();

/** The cells of the message pane. */
export function paneSize(state: State): { readonly width: number; readonly rows: number } {
	const { paneWidth, paneRows } = partsOf(state);
	return { width: paneWidth, rows: paneRows };
}

/** How far the open page can be scrolled: the highest `top` that changes anything. */
export function overlayBottom(state: State): number {
	const { paneWidth, paneRows } = partsOf(state);
	return Math.max(0, overlayLines(state, activeRoom(state), paneWidth).length - paneRows);
}

/**
 * When the screen will look different though nothing happens, in ms since 1970: a time that somebody was offline, or that
 * the broker was asked, goes on. Undefined when nothing on screen depends on time.
 */
export function nextRefreshAt(state: State): number | undefined {
	const { link, now } = state;
	if (shapeIsLine(state)) {
		return undefined;
	}
	if ((link.state === 'waiting' || link.state === 'connecting') && link.offlineSince !== undefined) {
		const until = brieflyUntil(state);
		if (until !== undefined) {
			return until;
		}
		const step = now - link.offlineSince < 3_600_000 ? 1000 : 60_000;
		// The countdown to the retry shares this beat, so that the screen is painted once a second and not twice.
		return nextStep(link.offlineSince, now, step);
	}
	const quietSince = link.state === 'online' ? link.unansweredSince : undefined;
	const quietStep = quietSince === undefined ? undefined : nextStep(quietSince, now, 1000);
	return earlier(earlier(earlier(nextGapStep(state), nextOverdue(state)), typingLapsesAt(state)), quietStep);
}

/** When something is to be decided or drawn although nothing happens, in ms since 1970. */
export function nextWakeAt(state: State): number | undefined {
	return earlier(earlier(nextRefreshAt(state), idleAt(state)), alertAt(state));
}

/** When something is to be decided although nothing happens and nothing is drawn, in ms since 1970. */
export function nextDecisionAt(state: State): number | undefined {
	return earlier(earlier(brieflyUntil(state), idleAt(state)), alertAt(state));
}

/** When the first line of mine has waited so long for its number that the status row says so. */
function nextOverdue(state: State): number | undefined {
	const at = state.link.state === 'online' ? overdueAt(state) : undefined;
	return at === undefined || at <= state.now ? undefined : at;
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
	return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function nextGapStep(state: State): number | undefined {
	const { now } = state;
	const room = roomOnScreen(state);
	const askedAt = visibleGap(room)?.askedAt;
	if (askedAt === undefined || room.scroll !== undefined || state.view.overlay !== undefined) {
		return undefined;
	}
	return nextStep(askedAt, now, now - askedAt < 5000 ? 200 : 1000);
}

function nextStep(from: number, now: number, step: number): number {
	return from + (Math.floor(Math.max(0, now - from) / step) + 1) * step;
}

function shapeIsLine(state: State): boolean {
	return partsOf(state).shape === 'line';
}

function draw(state: State): Screen {
	const { size } = state;
	const parts = partsOf(state);
	const { shape, paneWidth, paneRows, sidebarWidth } = parts;
	if (shape === 'line') {
		return tooSmall(state);
	}
	const room = roomOnScreen(state);
	const whole = shape === 'whole';
	const { lines: input, cursor } = composer(state);
	const choices = choiceLines(state, { width: paneWidth, rows: paneRows });
	const rows = paneRows - choices.length;
	const aboveInput = size.rows - Number(parts.hint) - input.length;
	return {
		size,
		tabs: tabs(state),
		...(parts.topic && { topic: topicLine(state, room) }),
		...(whole && { upperRule: ruleLine(parts, marks.ruleDown) }),
		pane: [
			...(state.view.overlay === undefined
				? windowLines(state, room, { width: paneWidth, rows })
				: page(state, room, { ...parts, paneRows: rows })),
			...choices,
		],
		...(sidebarWidth > 0 && {
			sidebar: sidebar(room, state.nick, { width: sidebarWidth, rows: paneRows, peer: peerIn(state, room) }),
		}),
		sidebarWidth,
		...(whole && {
			lowerRule: ruleLine(parts, marks.ruleUp, lowerLabel(state, room)),
			status: statusLine(state, room, parts),
		}),
		input,
		cursor: { x: cursor.x, y: aboveInput + cursor.y },
		...(parts.hint && { hint: hintLine(state) }),
	};
}

function lowerLabel(state: State, room: Room): string | undefined {
	const { overlay } = state.view;
	if (room.name !== state.active) {
		return `looking at ${roomLabel(room.name)} - Enter goes there`;
	}
	if (state.prompt?.kind === 'find') {
		return foundLabel(state, partsOf(state).paneWidth - 4);
	}
	if (overlay === undefined) {
		return belowLabel(room);
	}
	if (overlay.name === 'search' && state.search !== undefined) {
		return searchLabel(state.search);
	}
	return overlay.top < overlayBottom(state) ? 'PgDn for more - Esc closes' : 'Esc closes';
}

function page(state: State, room: Room, { paneWidth, paneRows }: Parts): readonly Line[] {
	const lines = overlayLines(state, room, paneWidth);
	const top = Math.min(Math.max(0, state.view.overlay?.top ?? 0), Math.max(0, lines.length - paneRows));
	return Array.from({ length: paneRows }, (_, row) => lines[top + row] ?? []);
}

function tooSmall({ size }: State): Screen {
	return {
		size,
		pane: Array.from({ length: Math.max(0, size.rows - 1) }, () => []),
		sidebarWidth: 0,
		input: [[sign(cutText('natter needs 20x5', size.columns))]],
		cursor: { x: 0, y: Math.max(0, size.rows - 1) },
	};
}
