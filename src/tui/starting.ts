/**
 * How a run begins, with a screen or without one.
 */
import type { Client } from '../client/client.ts';
import { isInbox } from '../protocol/names.ts';
import type { ScreenOptions } from './main.ts';
import type { Room, State } from './model.ts';
import { isMarkName } from './slices/read-marks.ts';
import { openable } from './slices/tabs.ts';
import type { Store } from './store.ts';
import { type Beginning, initialState } from './update.ts';

/** What a person starts with. */
export type StartOptions = Pick<
	ScreenOptions,
	'client' | 'host' | 'invitation' | 'kept' | 'ignored' | 'tabs' | 'sentLines' | 'preferences'
>;

/** The state before anything has happened. */
export function startingState(
	{ client, host, invitation, kept, ignored, tabs, sentLines, preferences }: StartOptions,
	place: Pick<Beginning, 'at' | 'size' | 'isPlain'>,
): State {
	const { list = [], active } = tabs?.found ?? {};
	const opened = openable(list);
	const [first = 'general', ...others] = new Set([...opened.map(({ name }) => name), ...client.joined]);
	const asked = client.joined[0] ?? (opened.some(({ name }) => name === active) ? active : undefined);
	return initialState({
		...place,
		nick: client.nick,
		url: client.url,
		...(host !== undefined && { host }),
		...(invitation !== undefined && { invitation }),
		rooms: [first, ...others],
		active: asked ?? first,
		tabs: list,
		sentLines: sentLines?.found ?? [],
		unsent: client.unsent,
		ignored: ignored?.list ?? [],
		...(preferences !== undefined && { preferences }),
		...(kept !== undefined && { unkept: kept.unkept.length }),
		// Where there is no input to write on in, a draft waits for the screen.
		...(kept !== undefined && place.isPlain === undefined && { drafts: new Map(kept.drafts) }),
		...(kept !== undefined && { readTo: new Map([...kept.positions].filter(([name]) => isMarkName(name))) }),
	});
}

/** Tells the store what the client knows already, and joins the rooms that it is not in. */
export function followRooms(client: Client, store: Store): void {
	store.receive({ type: 'link', status: client.status, nick: client.nick, user: client.user });
	const wanted = store.snapshot().rooms.map(({ name }) => name);
	for (const room of wanted) {
		const status = client.room(room);
		if (status !== undefined) {
			store.receive({ type: 'room', status });
		}
	}
	// Rooms of an earlier run, those alone among them in which lines wait, are joined as they were.
	const isToJoin = ({ name, where }: Room) => !isInbox(name) && (!client.joined.includes(name) || where !== undefined);
	for (const { name: room, where } of store.snapshot().rooms.filter(isToJoin)) {
		client.join(room, ...(where === undefined ? [] : [{ filter: where.filter }])).catch((error: Error) => {
			store.receive({ type: 'failed', what: 'join', room, text: error.message });
		});
	}
}
