/**
 * Who is in the room: the lines of the sidebar, and of the page that takes its place on a narrow screen.
 */

import type { Count, Member } from '../../client/client.ts';
import { cellWidth, cleanLine, isInbox } from '../../protocol/text.ts';
import type { Line, Room } from '../model.ts';
import { memberName } from '../slices/members.ts';
import { marks } from '../text/marks.ts';
import { blanks, cutLine, cutText, lineWidth, span } from '../text/spans.ts';

/** Each line exactly `width` cells, its border included; exactly `rows` of them. */
export function sidebar(room: Room, me: string, { width, rows }: { width: number; rows: number }): readonly Line[] {
	const { unnamed = 0 } = room;
	const count = countOf(room);
	const key = `${width} ${rows} ${room.membersKnown} ${unnamed} ${count?.online} ${count?.away} ${me}`;
	const known = sidebars.get(room.members);
	if (known?.key === key) {
		return known.lines;
	}
	const people = memberLines(room, me, width - 2);
	// The unnamed have one line for all of them.
	const cut = people.length - (rows - 1) + Math.max(0, unnamed - 1);
	const shown = people.length > rows ? [...people.slice(0, rows - 1), more(cut)] : people;
	const lines = Array.from({ length: rows }, (_, row): Line => {
		const line = cutLine(shown[row] ?? [], width - 2);
		return [span(marks.border, 'rule'), span(' '), ...line, span(blanks(width - 2 - lineWidth(line)))];
	});
	sidebars.set(room.members, { key, lines });
	return lines;
}

// Every change of who is there comes as a new map.
const sidebars = new WeakMap<Room['members'], { readonly key: string; readonly lines: readonly Line[] }>();

/** One line for each person, those who are here before those who are away, by name. Of a crowd only how many there are. */
export function memberLines(room: Room, me: string, width: number): readonly Line[] {
	if (isInbox(room.name) && room.members.size === 0) {
		const you = [span(` ${cutText(cleanLine(me), width - 7)}`, 'me'), span(' (you)', 'dim')];
		return [[span('private', 'dim')], you, [span(` ${cutText(cleanLine(room.name.slice(1)), width - 1)}`)]];
	}
	const count = countOf(room);
	if (count !== undefined) {
		return [[span(`here ${count.online}`, 'dim')], ...(count.away === 0 ? [] : [[span(`away ${count.away}`, 'dim')]])];
	}
	const everyone = [...room.members.values()].sort(byName);
	const { unnamed = 0 } = room;
	const others = unnamed === 0 ? [] : [more(unnamed)];
	if (!room.membersKnown) {
		return [
			[span(`here ${marks.unknown}`, 'dim')],
			...(room.status?.count === undefined ? everyone : []).map((member) =>
				person(member, me, { mark: marks.unknown, width }),
			),
			...others,
		];
	}
	const here = everyone.filter(({ state }) => state !== 'away');
	const away = everyone.filter(({ state }) => state === 'away');
	return [
		[span(`here ${here.length + unnamed}`, 'dim')],
		...here.map((member) => person(member, me, { mark: marks.here, width })),
		...others,
		...(away.length === 0 ? [] : [[span(`away ${away.length}`, 'dim')]]),
		...away.map((member) => person(member, me, { mark: marks.away, width })),
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
	for (const { state } of room.members.values()) {
		here += state === 'away' ? 0 : 1;
	}
	return `${here} here`;
}

/** How many are here, when the broker does not say who: names of before are old then. */
function countOf({ membersKnown, status }: Room): Count | undefined {
	return membersKnown ? status?.count : undefined;
}

function person(member: Member, me: string, { mark, width }: { mark: string; width: number }): Line {
	const mine = member.userId === me;
	const you = mine ? ' (you)' : '';
	const name = cutText(cleanLine(memberName(member)), width - 1 - cellWidth(you));
	const status = member.status === undefined || mine ? '' : cleanLine(member.status);
	const quiet = mark === marks.here ? 'plain' : 'dim';
	const line = [span(`${mark}${name}`, mine ? 'me' : quiet), ...(mine ? [span(you, 'dim')] : [])];
	return status === '' ? line : cutLine([...line, span(`  ${status}`, 'dim')], width);
}

function more(count: number): Line {
	return [span(`+${count} more`, 'dim')];
}

function byName(one: Member, other: Member): number {
	const a = one.userId.toLowerCase();
	const b = other.userId.toLowerCase();
	return a < b ? -1 : a > b ? 1 : 0;
}
