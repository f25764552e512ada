/**
 * States of the screen for its tests, and the screen as plain text.
 */
import type { Gap, Member, RoomStatus } from '../../src/client/client.ts';
import { cellWidth } from '../../src/protocol/graphemes.ts';
import { paneOf } from '../../src/tui/lines/pane.ts';
import type { Line, PaneLine, Pending, Room, Row, Screen, State } from '../../src/tui/model.ts';
import { defaultPreferences } from '../../src/tui/preferences.ts';
import { emptyComposer } from '../../src/tui/slices/composer.ts';
import type { Theme } from '../../src/tui/theme.ts';

process.env['TZ'] = 'UTC';

/** Text alone. */
export const bareTheme: Theme = { name: 'bare', links: false, pair: () => undefined };

/** A moment on Monday, 23 November 2026. */
export function at(time: string): number {
	return Date.parse(`2026-11-23T${time.length === 5 ? `${time}:00` : time}Z`);
}

type Said = Extract<Row, { kind: 'said' }>;

let rowCount = 0;
const nextKey = () => `row-${++rowCount}`;

export function said(sequence: number, time: string, sender: string, content: string, more: Partial<Said> = {}): Said {
	const mine = sender === 'sam';
	return {
		kind: 'said',
		key: `said-${sequence}`,
		sequence,
		sender,
		content,
		timestamp: at(time),
		mine,
		mention: false,
		...more,
	};
}

type WithoutKey<T> = T extends unknown ? Omit<T, 'key'> : never;

/** Any other row, under a key of its own. */
export function row(content: WithoutKey<Exclude<Row, Said>>): Row {
	return { ...content, key: nextKey() } as Row;
}

export function pending(time: string, content: string, refused?: string): Pending {
	return { cid: nextKey(), content, writtenAt: at(time), ...(refused !== undefined && { refused }) };
}

export function status(position: number, more: Partial<RoomStatus> = {}): RoomStatus {
	return { room: 'general', phase: 'live', first: 0, position, head: position, canPublish: true, ...more };
}

export function members(...people: readonly (string | Partial<Member>)[]): ReadonlyMap<string, Member> {
	return new Map(
		people.map((person): [string, Member] => {
			const member = { userId: '', state: 'online' as const, verified: true, since: 0 };
			const whole = typeof person === 'string' ? { ...member, userId: person } : { ...member, ...person };
			return [whole.userId, whole];
		}),
	);
}

export function room(name: string, more: Partial<Room> = {}): Room {
	return {
		name,
		status: status(0, { room: name }),
		rows: [],
		pending: [],
		older: 'all',
		unread: 0,
		mentions: 0,
		members: members('sam'),
		membersKnown: true,
		below: 0,
		draft: '',
		...more,
	};
}

export const online: State['link'] = { state: 'online', since: 0, protocol: 'v1', roundTripMs: 12 };

export function state(more: Partial<State> & { readonly draft?: string } = {}): State {
	const { draft = '', ...rest } = more;
	const rooms = rest.rooms ?? [room('general')];
	return {
		now: at('10:12'),
		size: { columns: 100, rows: 30 },
		nick: 'sam',
		own: { keyAt: at('10:12'), toldAt: at('10:12') },
		focus: 'unknown',
		url: 'ws://10.0.0.7:8080',
		link: online,
		rooms,
		active: rooms[0]?.name ?? '',
		composer: { ...emptyComposer, text: draft, cursor: draft.length },
		view: { sidebar: 'auto', numbers: false },
		preferences: defaultPreferences,
		...rest,
	};
}

const crowd = members('ana', 'jo', 'li', 'maya', 'sam', 'wes', {
	userId: 'kim',
	state: 'away',
	status: 'lunch',
});

/** What the design page shows: a room in the middle of a release. */
export function release(more: Partial<Room> = {}): Room {
	return room('general', {
		topic: 'Release 2.4 freeze is Thursday. Staging is green.',
		status: status(411),
		members: crowd,
		older: 'unknown',
		rows: [
			said(401, '09:58', 'maya', 'morning! canary is at 5%, error rate flat'),
			said(402, '09:58:30', 'maya', 'dashboards: https://grafana.internal/d/canary'),
			said(403, '10:02', 'jo', 'one 502 in eu-west, looking'),
			said(404, '10:03', 'sam', 'that is the pod from the old pool, ignore it'),
			said(405, '10:04', 'ci', 'build 8812 passed  https://ci.internal/8812'),
			row({ kind: 'traffic', at: at('10:05'), joined: ['ana', 'li', 'wes'], left: ['tom'] }),
			said(406, '10:07', 'jo', 'confirmed, 502 was the old pool'),
			said(407, '10:07:20', 'maya', '@sam can you promote to 25%?', { mention: true }),
			said(
				408,
				'10:08',
				'li',
				'+1 from db side, replicas are caught up to 14ms and the vacuum finished an hour ago so there is nothing else queued',
			),
		],
		pending: [pending('10:12', 'promoting now')],
		...more,
	});
}

export const otherRooms = [room('deploys', { unread: 3 }), room('random'), room('@maya', { unread: 1, mentions: 1 })];

/** #42 to #44 wait for #41, for which the broker was asked 0.8 seconds ago. */
export function gap(more: Partial<Gap> = {}): Gap {
	const since = at('10:12') - 1050;
	return { from: 41, to: 41, held: 3, heldFrom: 42, heldTo: 44, since, askedAt: since + 250, ...more };
}

/** The screen row by row, each as wide as its spans. */
export function flatRows(view: Screen): string[] {
	const above = [view.tabs, view.topic, view.upperRule];
	const middle = view.pane.map((line, index): Line => {
		const side = view.sidebar?.[index];
		const width = view.size.columns - view.sidebarWidth;
		return side === undefined ? line : [{ text: padded(textOf(line), width), style: 'plain' }, ...side];
	});
	const below = [view.lowerRule, view.status, ...view.input, view.hint];
	return [...above, ...middle, ...below].filter((line) => line !== undefined).map(textOf);
}

/** The screen as people see it, without trailing blanks. */
export function picture(view: Screen): string {
	return `\n${flatRows(view)
		.map((line) => line.trimEnd())
		.join('\n')}\n`;
}

/** Every line of a room's pane at the present size, oldest first. */
export function paneLines(of: State, shown: Room): readonly PaneLine[] {
	const { blocks } = paneOf(of, shown);
	return Array.from({ length: blocks.count }, (_, index) => blocks.lines(index)).flat();
}

/** A line without its styles. */
export function textOf(line: Line): string {
	return line.map(({ text }) => text).join('');
}

function padded(text: string, width: number): string {
	return text + ' '.repeat(Math.max(0, width - cellWidth(text)));
}
