/**
 * A screen to which things happen, for the tests of its decisions.
 */
import type { LinkStatus, RoomItem, RoomStatus } from '../../src/client/client.ts';
import type { Position } from '../../src/protocol/frames.ts';
import type { Action, Effect, Room, Row, State, Tabs, Unstamped } from '../../src/tui/model.ts';
import { type Beginning, initialState, update } from '../../src/tui/update.ts';

/** When a screen begins. */
export const noon = Date.UTC(2026, 10, 23, 12);

export const online = { state: 'online', since: noon, protocol: 'v1', roundTripMs: 12 } as const satisfies LinkStatus;

type Rung = Extract<Effect, { type: 'bell' | 'notify' }>;
type Said = Extract<Effect, { type: 'say-presence' }>;
type Typed = Extract<Effect, { type: 'say-typing' }>;

export interface Played {
	readonly state: State;
	/** Of the last event, save those that keep drafts and read marks or say whether I am here and type. */
	readonly effects: readonly Exclude<
		Effect,
		Said | Typed | Rung | { type: 'save-draft' | 'save-read' | 'save-tabs' | 'save-line' | 'title' }
	>[];
	/** The lines that all events had kept for later runs, in order. */
	readonly sentLines: readonly string[];
	/** The tabs as all events had them kept, in order. */
	readonly tabs: readonly Tabs[];
	/** How all events had the terminal ring and notify, in order. */
	readonly rung: readonly Rung[];
	/** What all events had its title say, in order. */
	readonly titles: readonly string[];
	/** What all events had told others of my typing, in order: room and whether I type. */
	readonly typing: readonly (readonly [room: string, isTyping: boolean])[];
	/** What all events had said of me, in order. */
	readonly presence: readonly Said[];
	/** The drafts that all events had saved, in order: room and text. */
	readonly saved: readonly (readonly [room: string, text: string])[];
	/** Up to where each conversation was read, as it was saved last. */
	readonly read: ReadonlyMap<string, Position>;
}

/** A screen of 80x24 for sam in general, with the link up. */
export function begun(more: Partial<Beginning> = {}): State {
	const state = initialState({
		at: noon,
		size: { columns: 80, rows: 24 },
		nick: 'sam',
		url: 'ws://127.0.0.1:8080',
		rooms: ['general'],
		...more,
	});
	return play(state, { type: 'link', status: online, nick: 'sam' }).state;
}

let decisions = 0;

/** Lets events happen one after the other, at the moment of the state or `at` the one given. */
export function play(state: State, ...events: readonly (Unstamped | (Unstamped & { readonly at: number }))[]): Played {
	let played: Played = {
		state,
		effects: [],
		rung: [],
		titles: [],
		sentLines: [],
		tabs: [],
		typing: [],
		presence: [],
		saved: [],
		read: new Map(),
	};
	for (const event of events) {
		decisions++;
		const at = 'at' in event ? event.at : played.state.now;
		const next = update(played.state, { ...event, at }, `id-${decisions}`);
		played = {
			state: next.state,
			effects: next.effects.filter(
				(effect) =>
					effect.type !== 'save-draft' &&
					effect.type !== 'save-read' &&
					effect.type !== 'save-tabs' &&
					effect.type !== 'save-line' &&
					effect.type !== 'bell' &&
					effect.type !== 'notify' &&
					effect.type !== 'title' &&
					effect.type !== 'say-presence' &&
					effect.type !== 'say-typing',
			),
			rung: [...played.rung, ...next.effects.filter((effect) => effect.type === 'bell' || effect.type === 'notify')],
			sentLines: [
				...played.sentLines,
				...next.effects.flatMap((effect) => (effect.type === 'save-line' ? [effect.line] : [])),
			],
			tabs: [...played.tabs, ...next.effects.flatMap((effect) => (effect.type === 'save-tabs' ? [effect.tabs] : []))],
			titles: [...played.titles, ...next.effects.flatMap((effect) => (effect.type === 'title' ? [effect.text] : []))],
			typing: [
				...played.typing,
				...next.effects.flatMap((effect) =>
					effect.type === 'say-typing' ? ([[effect.room, effect.isTyping]] as const) : [],
				),
			],
			presence: [...played.presence, ...next.effects.filter((effect) => effect.type === 'say-presence')],
			saved: [
				...played.saved,
				...next.effects.flatMap((effect) =>
					effect.type === 'save-draft' ? ([[effect.room, effect.text]] as const) : [],
				),
			],
			read: new Map([
				...played.read,
				...next.effects.flatMap((effect) =>
					effect.type === 'save-read' ? ([[effect.room, effect.position]] as const) : [],
				),
			]),
		};
	}
	return played;
}

/** Types a text and presses Enter. */
export function sending(text: string): Unstamped[] {
	return [{ type: 'typed', text }, did('send')];
}

export function did(action: Action): Unstamped {
	return { type: 'did', action };
}

export function message(
	sequence: number,
	more: { sender?: string; content?: string; old?: boolean; cid?: string; timestamp?: number } = {},
): Extract<RoomItem, { kind: 'message' }> {
	const { sender = 'maya', content = `m${sequence}`, old = false, cid, timestamp = noon + sequence } = more;
	return {
		kind: 'message',
		old,
		message: {
			id: `id-${sequence}`,
			room: 'general',
			sender,
			content,
			sequence,
			timestamp,
			...(cid !== undefined && { cid }),
		},
	};
}

export function items(...all: readonly RoomItem[]): Unstamped {
	return { type: 'items', room: 'general', items: all };
}

/** So many messages of maya from number `from` on. */
export function messages(from: number, count: number): Unstamped {
	return items(...Array.from({ length: count }, (_, index) => message(from + index)));
}

export function status(more: Partial<RoomStatus> = {}): RoomStatus {
	return { room: 'general', phase: 'live', first: 0, position: 0, head: 0, canPublish: true, ...more };
}

export function room(state: State, name = 'general'): Room {
	const found = state.rooms.find((candidate) => candidate.name === name);
	if (found === undefined) {
		throw new Error(`Expected a room ${name}`);
	}
	return found;
}

/** What was told in a room since the greeting. */
export function told(state: State, name = 'general'): string[] {
	return room(state, name).rows.flatMap((row) =>
		row.kind === 'told' && !row.key.startsWith('first') ? [row.text] : [],
	);
}

/** The numbers of the messages in a room, in the order in which they stand. */
export function sequences(state: State, name = 'general'): number[] {
	return room(state, name).rows.flatMap((row) => (row.kind === 'said' ? [row.sequence] : []));
}

export function rowsOf<Kind extends Row['kind']>(state: State, kind: Kind): Extract<Row, { kind: Kind }>[] {
	return room(state).rows.filter((row): row is Extract<Row, { kind: Kind }> => row.kind === kind);
}
