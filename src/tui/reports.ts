/**
 * Answers to commands, as text for the pane: who is there, which rooms there are, what happened to each number.
 */
import type { Count, Gap, Member, Receipt, RoomInfo } from '../client/client.ts';
import { cellWidth } from '../protocol/graphemes.ts';
import { cleanLine } from '../protocol/text.ts';
import { type Room, visibleGap } from './model.ts';
import { memberName, placeOf } from './slices/members.ts';
import { day, isSameDay, shortTime, timeOfDay } from './text/dates.ts';
import { marks } from './text/marks.ts';

/** Numbers in a report of receipts; older ones are left out. */
const reportedNumbers = 50;

/** People in a report on who is there; of more only the number is told. */
const namedPeople = 50;

/** `#general`, and `@bob` for an inbox. */
export function roomTitle(name: string): string {
	const line = cleanLine(name);
	return line.startsWith('@') ? line : `#${line}`;
}

/**
 * Who is in a room and when they came: first those who are here, then who is away, then programs. `count`: how many are
 * there, in a crowd of which only some are known by name.
 */
export function whoReport(room: string, members: readonly Member[], now: number, count?: Count): string {
	const there = members.filter(({ state }) => state !== 'offline');
	if (there.length === 0) {
		return `Nobody is in ${roomTitle(room)}`;
	}
	const byName = there.toSorted((one, other) => one.userId.localeCompare(other.userId));
	const named = places.flatMap((place) => byName.filter((member) => placeOf(member) === place));
	const rows = named.slice(0, namedPeople).map((member) => {
		const { since, status } = member;
		const place = placeOf(member);
		return [
			`${marks[place]} ${cleanLine(memberName(member))}`,
			place,
			`came ${isSameDay(since, now) ? '' : `${day(since, now)} `}${timeOfDay(since)}`,
			status === undefined ? '' : cleanLine(status),
		];
	});
	const all = Math.max(there.length, count === undefined ? 0 : count.online + count.away);
	const rest = all > rows.length ? [`and ${all - rows.length} more`] : [];
	return [`${counted(all, 'person', 'people')} in ${roomTitle(room)}:`, ...aligned(rows), ...rest].join('\n');
}

const places = ['here', 'away', 'bot'] as const;

/** Rooms of the broker, how many are in them and which number the newest message had: it may not be kept any more. */
export function roomsReport(rooms: readonly RoomInfo[]): string {
	if (rooms.length === 0) {
		return 'The broker has no rooms yet';
	}
	const lines = rooms.map(({ room, online, head, topic }) => [
		roomTitle(room),
		`${online} here`,
		head === 0 ? 'nothing yet' : `newest #${head}`,
		topic === undefined ? '' : cleanLine(topic),
	]);
	return [`${counted(rooms.length, 'room', 'rooms')}:`, ...aligned(lines)].join('\n');
}

/** What is held back in a room, for what, and since when. */
export function gapReport(room: Room, now: number): string {
	const gap = visibleGap(room);
	const title = roomTitle(room.name);
	if (gap === undefined) {
		const { position = 0, waiting = 0 } = room.status ?? {};
		if (waiting > 0) {
			const [what, answers] = waiting === 1 ? ['1 line', 'it answers'] : [`${waiting} lines`, 'they answer'];
			return `Holding ${what} in ${title} until what ${answers} in another room has come, for 2 s at most`;
		}
		return position === 0
			? `Nothing is held back in ${title}`
			: `Nothing is held back in ${title}: ${room.where === undefined ? 'it' : 'what matches'} is in order up to #${position}`;
	}
	const held = `Holding ${heldNumbers(gap)} (${counted(gap.held, 'message', 'messages')})`;
	const asked = gap.askedAt === undefined ? '' : `; the broker was asked ${shortTime(now - gap.askedAt)} ago`;
	return `${held} in ${title} for ${range(gap.from, gap.to)} since ${exactTime(gap.since)}${asked}`;
}

/** The numbers that are held back: `#42`, `#42-#44`, or `3 of #42-#46` when some between them have not come either. */
export function heldNumbers({ held, heldFrom, heldTo }: Gap): string {
	const numbers = range(heldFrom, heldTo);
	return held > heldTo - heldFrom ? numbers : `${held} of ${numbers}`;
}

/** What happened to each of the last numbers of a room on its way here: the proof of its order. */
export function receiptsReport(room: string, receipts: readonly Receipt[]): string {
	const bySequence = Map.groupBy(receipts, ({ sequence }) => sequence);
	if (bySequence.size === 0) {
		return `Nothing has come in ${roomTitle(room)} yet`;
	}
	const numbers = [...bySequence].sort(([one], [other]) => one - other).slice(-reportedNumbers);
	const rows = numbers.map(([sequence, events]) => {
		const at = (...what: Receipt['what'][]) => events.find((event) => what.includes(event.what))?.at;
		const arrived = at('shown', 'held');
		const held = at('held');
		const shown = at('shown', 'released');
		const doubles = events.filter(({ what }) => what === 'duplicate').length;
		return [
			`#${sequence}`,
			arrived === undefined ? '-' : exactTime(arrived),
			held === undefined ? '-' : shown === undefined ? 'held' : `${shown - held} ms`,
			shown === undefined ? (at('lost') === undefined ? '-' : 'lost') : exactTime(shown),
			doubles === 0 ? '-' : `${doubles}x`,
		];
	});
	const title = `The last ${counted(rows.length, 'number', 'numbers')} of ${roomTitle(room)}:`;
	return [title, ...aligned([['number', 'arrived', 'held', 'shown', 'duplicate'], ...rows])].join('\n');
}

/** `1 message`, `3 messages` */
export function counted(count: number, one: string, many: string): string {
	return `${count} ${count === 1 ? one : many}`;
}

function range(from: number, to: number): string {
	return from === to ? `#${from}` : `#${from}-#${to}`;
}

function exactTime(at: number): string {
	const date = new Date(at);
	const seconds = `${date.getSeconds()}`.padStart(2, '0');
	return `${timeOfDay(at)}:${seconds}.${`${date.getMilliseconds()}`.padStart(3, '0')}`;
}

/** The cells of each column below each other. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
	const widths: number[] = [];
	for (const row of rows) {
		row.forEach((cell, column) => {
			widths[column] = Math.max(widths[column] ?? 0, cellWidth(cell));
		});
	}
	return rows.map((row) =>
		row
			.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cellWidth(cell)))
			.join('  ')
			.trimEnd(),
	);
}
