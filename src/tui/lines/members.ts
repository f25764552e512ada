/**
 * Who is in the room: the lines of the sidebar, and of the page that takes its place on a narrow screen.
 */

import type { Count, Member } from '../../client/client.ts';
import { cellWidth, cleanLine, isInbox } from '../../protocol/text.ts';
import type { Line, Room } from '../model.ts';
import { memberName, placeOf } from '../slices/members.ts';
import { marks } from '../text/marks.ts';
import { blanks, cut, cutLine, lineWidth, sign, span } from '../text/spans.ts';

/** Each line exactly `width` cells, its border included; exactly `rows` of them. */
export function sidebar(
	room: Room,
	me: string,
	{ width, rows, peer }: { width: number; rows: number; peer?: Member | undefined },
): readonly Line[] {
	const { unnamed = 0 } = room;
	const count = countOf(room);
	const key = `${width} ${rows} ${room.membersKnown} ${unnamed} ${count?.online} ${count?.away} ${me} ${peer?.state} ${peer?.status}`;
	const known = sidebars.get(room.members);
	if (known?.key === key) {
		return known.lines;
	}
	const shown = fitted(entriesOf(room, me, width - 2, peer), rows).map(({ line }) => line);
	const lines = Array.from({ length: rows }, (_, row): Line => {
		const line = cutLine(shown[row] ?? [], width - 2);
		return [sign(marks.border, 'rule'), span(' '), ...line, span(blanks(width - 2 - lineWidth(line)))];
	});
	sidebars.set(room.members, { key, lines });
	return lines;
}

// Every change of who is there comes as a new map.
const sidebars = new WeakMap<Room['members'], { readonly key: string; readonly lines: readonly Line[] }>();

/** One line for each person: those who are here, who are away, then programs, by name. Of a crowd only how many there are. */
export function memberLines(room: Room, me: string, width: number, peer?: Member): readonly Line[] {
	return entriesOf(room, me, width, peer).map(({ line }) => line);
}

/** What the person in this row of the sidebar is called; `undefined` where nobody is, and of me. */
export function personAt(room: Room, me: string, rows: number, row: number): string | undefined {
	const who = fitted(entriesOf(room, me, 0), rows)[row]?.who;
	return who === me ? undefined : who;
}

/** A line, how many people it stands for, and the one whom it names. */
interface Entry {
	readonly line: Line;
	readonly people: number;
	readonly who?: string;
}

/** As many as there are rows; when there are more, the last one says how many people are not shown. */
function fitted(entries: readonly Entry[], rows: number): readonly Entry[] {
	if (entries.length <= rows) {
		return entries;
	}
	// A heading with nobody below it says nothing.
	const end = entries[rows - 2]?.people === 0 ? rows - 2 : rows - 1;
	const cut = entries.slice(Math.max(0, end)).reduce((sum, { people }) => sum + people, 0);
	return [...entries.slice(0, Math.max(0, end)), more(cut)];
}

/** `peer`: whom a conversation is with, as far as it is known from rooms. */
function entriesOf(room: Room, me: string, width: number, peer?: Member): readonly Entry[] {
	if (isInbox(room.name) && room.members.size === 0) {
		const you = [span(' '), ...cut(cleanLine(me), width - 7, 'me'), span(' (you)', 'dim')];
		const unknown = { line: [span(' '), ...cut(cleanLine(room.name.slice(1)), width - 1)], people: 1 };
		const other = peer === undefined ? unknown : person(peer, me, { mark: marks[placeOf(peer)], width });
		return [heading('private'), { line: you, people: 1 }, other];
	}
	const count = countOf(room);
	if (count !== undefined) {
		return [heading(`here ${count.online}`), ...(count.away === 0 ? [] : [heading(`away ${count.away}`)])];
	}
	const everyone = [...room.members.values()].sort(byName);
	const { unnamed = 0 } = room;
	const others = unnamed === 0 ? [] : [more(unnamed)];
	if (!room.membersKnown) {
		const known = room.status?.count === undefined ? everyone : [];
		return [
			heading(`here ${marks.unknown}`),
			...known.map((member) => person(member, me, { mark: marks.unknown, width })),
			...others,
		];
	}
	const groups = Map.groupBy(everyone, placeOf);
	return [
		heading(`here ${(groups.get('here')?.length ?? 0) + unnamed}`),
		...(groups.get('here') ?? []).map((member) => person(member, me, { mark: marks.here, width })),
		...others,
		...groupEntries('away', groups.get('away'), me, width),
		...groupEntries('bot', groups.get('bot'), me, width),
	];
}

const titles = { away: 'away', bot: 'bots' } as const;

/** A group that nobody is in has no heading. */
function groupEntries(
	place: keyof typeof titles,
	members: readonly Member[] = [],
	me: string,
	width: number,
): readonly Entry[] {
	return members.length === 0
		? []
		: [
				heading(`${titles[place]} ${members.length}`),
				...members.map((member) => person(member, me, { mark: marks[place], width })),
			];
}

/** How many are here, for people: `6 here`. */
export function hereCount(room: Room): string {
	if (!room.membersKnown) {
		return `${marks.unknown} here`;
	}
	const count = countOf(room);
	if (count !== undefined) {
		return `${count.online} here`;
	}
	let here = room.unnamed ?? 0;
	for (const member of room.members.values()) {
		here += placeOf(member) === 'here' ? 1 : 0;
	}
	return `${here} here`;
}

/** How many are here, when the broker does not say who: names of before are old then. */
function countOf({ membersKnown, status }: Room): Count | undefined {
	return membersKnown ? status?.count : undefined;
}

function person(member: Member, me: string, { mark, width }: { mark: string; width: number }): Entry {
	const mine = member.userId === me;
	const you = mine ? ' (you)' : '';
	const status = member.status === undefined || mine ? '' : cleanLine(member.status);
	const quiet = mark === marks.here ? 'plain' : 'dim';
	const name = cut(`${mark}${cleanLine(memberName(member))}`, width - cellWidth(you), mine ? 'me' : quiet);
	const line = [...name, ...(mine ? [span(you, 'dim')] : [])];
	const whole = status === '' ? line : cutLine([...line, span(`  ${status}`, 'dim')], width);
	return { line: whole, people: 1, who: member.userId };
}

function heading(text: string): Entry {
	return { line: [span(text, 'dim')], people: 0 };
}

function more(count: number): Entry {
	return { line: [span(`+${count} more`, 'dim')], people: count };
}

function byName(one: Member, other: Member): number {
	const a = one.userId.toLowerCase();
	const b = other.userId.toLowerCase();
	return a < b ? -1 : a > b ? 1 : 0;
}
