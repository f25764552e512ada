/**
 * Answers to commands, as text for the pane: who is there, which rooms there are, what happened to each number.
 */
import type { Count, Gap, Member, Receipt, RoomInfo } from '../client/client.ts';
import { cellWidth } from '../protocol/graphemes.ts';
import { unmarkedName } from '../protocol/marked-name.ts';
import { cleanLine } from '../protocol/text.ts';
import { type Room, visibleGap } from './model.ts';
import { memberName, placeOf } from './slices/members.ts';
import { day, isSameDay, shortTime, timeOfDay } from './text/dates.ts';
import { marks } from './text/marks.ts';

/** Numbers in a report of receipts, where there is room for so many, and where there is room for hardly any. */
const reportedNumbers = { most: 50, least: 5 };

/** People in a report on who is there; of more only the number is told. */
const namedPeople = 50;

/** `#general`, and `@bob` for an inbox. */
export function roomTitle(name: string): string {
	const line = cleanLine(name);
	return line.startsWith('@') ? line : `#${line}`;
}

/** What somebody asked who is in a room. */
interface Asked {
	readonly now: number;
	/** Who asked. */
	readonly nick: string;
	/** How many are there, in a crowd of which only some are known by name. */
	readonly count: Count | undefined;
	/** Only those whose names begin so are meant. */
	readonly beginning: string | undefined;
}

/**
 * Who is in a room and when they came: first those who are here, then who is away, then programs. Of too many those are
 * named who have proven their names, and whoever asked.
 */
export function whoReport(room: string, members: readonly Member[], { now, nick, count, beginning }: Asked): string {
	const isMeant = beginningWith(beginning);
	const there = members.filter((member) => member.state !== 'offline' && isMeant(member));
	const where = `in ${roomTitle(room)}`;
	if (there.length === 0) {
		return beginning === undefined
			? `Nobody is ${where}`
			: `Nobody ${where} has a name that begins with ${cleanLine(beginning)}`;
	}
	const byName = there.toSorted((one, other) => one.userId.localeCompare(other.userId));
	const byPlace = places.flatMap((place) => byName.filter((member) => placeOf(member) === place));
	const rank = ({ userId, verified }: Member) => (userId === nick ? 0 : verified ? 1 : 2);
	const named = new Set(byPlace.toSorted((one, other) => rank(one) - rank(other)).slice(0, namedPeople));
	const rows = byPlace
		.filter((member) => named.has(member))
		.map((member) => {
			const { since, status } = member;
			const place = placeOf(member);
			return [
				`${marks[place]} ${cleanLine(memberName(member))}`,
				place,
				`came ${isSameDay(since, now) ? '' : `${day(since, now)} `}${timeOfDay(since)}`,
				status === undefined ? '' : cleanLine(status),
			];
		});
	const isAll = beginning === undefined && count !== undefined;
	const all = Math.max(there.length, isAll ? count.online + count.away : 0);
	const rest = all > rows.length ? [`and ${all - rows.length} more; /who and how a name begins finds it`] : [];
	const begin = beginning === undefined ? '' : `, by names that begin with ${cleanLine(beginning)}`;
	return [`${counted(all, 'person', 'people')} ${where}${begin}:`, ...aligned(rows), ...rest].join('\n');
}

const places = ['here', 'away', 'bot'] as const;

/** Whether somebody's name begins so, in capitals or not, with the `~` of a name without proof or not. */
function beginningWith(beginning = ''): (member: Member) => boolean {
	const sought = unmarkedName(beginning).toLowerCase();
	return ({ userId }) => unmarkedName(userId).toLowerCase().startsWith(sought);
}

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

/**
 * What happened to each of the last numbers of a room on its way here: the proof of its order. Of so many as fit into this
 * many cells below what says what they are. That none was held, or none came twice, takes no column.
 */
export function receiptsReport(
	room: string,
	receipts: readonly Receipt[],
	{ width, rows: height }: { readonly width: number; readonly rows: number },
): string {
	const bySequence = Map.groupBy(receipts, ({ sequence }) => sequence);
	if (bySequence.size === 0) {
		return `Nothing has come in ${roomTitle(room)} yet`;
	}
	const numbers = [...bySequence].sort(([one], [other]) => one - other);
	const stories = numbers.slice(-reportedNumbers.most).map(([sequence, events]) => storyOf(sequence, events));
	const isNews = (index: number) => stories.some((story) => story[index] !== nothing);
	const columns = headings.flatMap((heading, index) => (isNews(index) || !optional.has(heading) ? [index] : []));
	const table = aligned([headings, ...stories].map((row) => columns.map((index) => row[index] ?? '')));
	const tall = Math.max(1, ...table.map((row) => Math.ceil(cellWidth(row) / Math.max(1, width - 2))));
	const fitting = Math.max(reportedNumbers.least, Math.floor((height - 2) / tall) - 1);
	const [heading = '', ...rows] = table;
	const shown = rows.slice(-fitting);
	const left = numbers.length - shown.length;
	const notes = [
		...(isNews(headings.indexOf('held')) ? [] : ['none was held']),
		...(isNews(headings.indexOf('duplicate')) ? [] : ['none came twice']),
		...(left === 0 ? [] : [`${left} older ${left === 1 ? 'one is' : 'ones are'} left out`]),
	];
	const title = `The last ${counted(shown.length, 'number', 'numbers')} of ${roomTitle(room)}`;
	return [`${[title, ...notes].join(', ')}:`, heading, ...shown].join('\n');
}

const headings = ['number', 'arrived', 'held', 'shown', 'duplicate'];
const optional: ReadonlySet<string> = new Set(['held', 'duplicate']);
const nothing = '-';

/** A cell for each heading. */
function storyOf(sequence: number, events: readonly Receipt[]): readonly string[] {
	const at = (...what: Receipt['what'][]) => events.find((event) => what.includes(event.what))?.at;
	const arrived = at('shown', 'held');
	const held = at('held');
	const shown = at('shown', 'released');
	const doubles = events.filter(({ what }) => what === 'duplicate').length;
	return [
		`#${sequence}`,
		arrived === undefined ? nothing : exactTime(arrived),
		held === undefined ? nothing : shown === undefined ? 'held' : `${shown - held} ms`,
		shown === undefined ? (at('lost') === undefined ? nothing : 'lost') : exactTime(shown),
		doubles === 0 ? nothing : `${doubles}x`,
	];
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
