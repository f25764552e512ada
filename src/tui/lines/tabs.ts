/**
 * The row of room tabs, with who I am and where at its right.
 */

import { cleanLine } from '../../protocol/text.ts';
import type { Line, Room, Span, State } from '../model.ts';
import { visibleGap } from '../model.ts';
import { mentionsOf, unreadOf } from '../slices/activity.ts';
import { marks } from '../text/marks.ts';
import { cutLine, lineWidth, span, spread } from '../text/spans.ts';

/** `#general`; an inbox is `@maya`. */
export function roomLabel(room: string): string {
	return room.startsWith('@') ? cleanLine(room) : `#${cleanLine(room)}`;
}

export function tabs(state: State): Line {
	const { columns } = state.size;
	const { shown, identity } = layout(state);
	return identity === undefined ? cutLine(row(shown), columns) : spread(row(shown), identity, columns);
}

/** The room whose tab covers this cell of the row; `more`: those that do not fit. */
export function tabAt(state: State, x: number): { readonly room: string } | 'more' | undefined {
	let from = 0;
	for (const { room, width } of layout(state).shown) {
		// The blank before a tab is nobody's.
		if (x > from && x <= from + width) {
			return room === undefined ? 'more' : { room };
		}
		from += 1 + width;
	}
	return undefined;
}

/** All tabs beside who I am, or as many as there is room for. */
function layout(state: State): { readonly shown: readonly Tab[]; readonly identity?: Line } {
	const { columns } = state.size;
	const all = state.rooms.map((room, index) => tab(room, index + 1, room.name === state.active));
	const width = lineWidth(row(all));
	const identity = identities(state).find((one) => width + lineWidth(one) < columns);
	return identity === undefined ? { shown: collapse(all, columns) } : { shown: all, identity };
}

interface Tab {
	/** Absent: those that do not fit. */
	readonly room?: string;
	readonly spans: readonly Span[];
	readonly width: number;
	/** The lowest goes first when not all fit. */
	readonly worth: 'active' | 'mention' | 'any';
}

function tab(room: Room, place: number, active: boolean): Tab {
	const isMuted = room.isMuted === true;
	const label = `${place} ${roomLabel(room.name)}${room.where === undefined ? '' : ' filtered'}${isMuted ? ' muted' : ''}`;
	const held = visibleGap(room)?.held;
	const count = unreadOf(room);
	const mentioned = mentionsOf(room) > 0;
	const unread = count > 0 ? ` ${count}${mentioned ? '!' : ''}` : '';
	const plain = isMuted ? 'dim' : 'tab';
	const spans = [
		span(active ? '[' : ' ', active ? 'tab-active' : 'tab'),
		span(label, active ? 'tab-active' : unread === '' || isMuted ? plain : 'tab-unread'),
		...(unread === '' ? [] : [span(unread, mentioned ? 'mention' : 'tab-unread')]),
		...(held === undefined ? [] : [span(` ${marks.gap}${held}`, 'gap')]),
		span(active ? ']' : ' ', active ? 'tab-active' : 'tab'),
	];
	return { room: room.name, spans, width: lineWidth(spans), worth: active ? 'active' : mentioned ? 'mention' : 'any' };
}

function row(shown: readonly Tab[]): Span[] {
	return shown.flatMap(({ spans }) => [span(' '), ...spans]);
}

/** Leaves out tabs from the end, those without a mention first and the active one never, and says how many. */
function collapse(all: readonly Tab[], columns: number): Tab[] {
	const kept = [...all];
	let hidden = 0;
	let mark = '';
	const tooWide = () => {
		const width = kept.reduce((sum, { width }) => sum + 1 + width, 0);
		return width + (hidden === 0 ? 0 : 3 + String(hidden).length + mark.length) > columns;
	};
	for (const worth of ['any', 'mention'] as const) {
		for (let index = kept.length - 1; index >= 0 && tooWide(); index--) {
			if (kept[index]?.worth === worth) {
				kept.splice(index, 1);
				hidden++;
				mark = worth === 'mention' ? '!' : mark;
			}
		}
	}
	if (hidden > 0) {
		const more = [span(` +${hidden}`, 'dim'), ...(mark === '' ? [] : [span(mark, 'mention')])];
		kept.push({ spans: more, width: lineWidth(more), worth: 'any' });
	}
	return kept;
}

function identities({ nick, url }: State): Line[] {
	const me = span(cleanLine(nick), 'me');
	return [[me, span(` @ ${cleanLine(url)} `, 'dim')], [me, span(' ')], []];
}
