/**
 * Pages of a room's log. Each is taken where it was asked for: before, after or around what is there. One that fits nowhere
 * any more, because the pane was emptied, the window moved or the numbers were given anew, is dropped.
 */
import type { HistoryPage } from '../../client/client.ts';
import { conversationOf } from '../../client/conversation.ts';
import { goneFrom } from '../../client/log-page.ts';
import type { Message } from '../../protocol/frames.ts';
import { compileFilter } from '../../protocol/matching.ts';
import type { Reading, Room, Row } from '../model.ts';
import { firstNumber, lowestNumber, olderThan, sectionStart } from './numbers.ts';
import { joined, liveStart } from './reading.ts';
import { isOwn, isPrivate, namesReader, type Reader, saidRow } from './transcript.ts';

/** Takes in a page of messages that are older than all that is there; it was asked for below `before`. */
export function withOlder(room: Room, page: HistoryPage, reader: Reader, before?: number): Room {
	const { reading, older, where } = room;
	if (!isOfNumbersHere(room, page)) {
		return notLoadingOlder(room);
	}
	if (reading !== undefined && before === reading.from) {
		return { ...room, reading: withOlderIn(room, reading, page, reader) };
	}
	const lowest = olderThan(room);
	const isWanted = before === undefined ? older === 'loading' : before === lowest;
	// What is read may reach into a page that was asked for before.
	if (!isWanted || reading !== undefined) {
		return notLoadingOlder(room);
	}
	const end = lowestNumber(room.rows) ?? Number.POSITIVE_INFINITY;
	const fresh = pageRows(room, page, { after: startOf(page) - 1, before: end }, reader);
	// A page from the newest on may lie above what is there.
	const from = Math.min(lowestOf(page), lowest ?? Number.POSITIVE_INFINITY);
	const isPart = where !== undefined || isPrivate(room, reader);
	return {
		...room,
		older: isLast(page) ? 'all' : 'unknown',
		...(isPart && Number.isFinite(from) && { searchedTo: from }),
		rows: fresh.length === 0 ? room.rows : room.rows.toSpliced(sectionStart(room.rows), 0, ...fresh),
	};
}

function withOlderIn(room: Room, reading: Reading, page: HistoryPage, reader: Reader): Reading {
	const fresh = pageRows(room, page, { after: startOf(page) - 1, before: reading.from }, reader);
	return {
		...reading,
		rows: reading.rows.toSpliced(sectionStart(reading.rows), 0, ...fresh),
		from: Math.min(reading.from, lowestOf(page)),
		older: isLast(page) ? 'all' : 'unknown',
	};
}

/** Takes in a page of messages after the window; it was asked for above `after`. */
export function withNewer(room: Room, page: HistoryPage, reader: Reader, after: number): Room {
	const { reading } = room;
	if (reading === undefined || after !== reading.to || !isOfNumbersHere(room, page)) {
		return notLoadingNewer(room);
	}
	const start = liveStart(room);
	const fresh = pageRows(room, page, { after, before: start }, reader);
	const to = Math.max(after, Math.min(start - 1, endOf(page)));
	return joined({ ...room, reading: { ...reading, rows: [...reading.rows, ...fresh], to, newer: 'unknown' } });
}

/** The messages around a number. */
export interface Around {
	readonly sequence: number;
	/** Those below it. */
	readonly before: HistoryPage;
	/** Itself, and those above it. */
	readonly after: HistoryPage;
}

/** The window on what is around a number, in place of the one that was read; `undefined` when it cannot be made of this. */
export function withAround(room: Room, { sequence, before, after }: Around, reader: Reader): Room | undefined {
	const start = liveStart(room);
	if (sequence >= start || !isOfNumbersHere(room, before) || !isOfNumbersHere(room, after)) {
		return undefined;
	}
	const rows = together(
		pageRows(room, before, { after: startOf(before) - 1, before: sequence }, reader),
		pageRows(room, after, { after: sequence - 1, before: start }, reader),
	);
	const reading: Reading = {
		rows,
		from: Math.min(sequence, lowestOf(before)),
		to: Math.max(sequence, Math.min(start - 1, endOf(after))),
		older: isLast(before) ? 'all' : 'unknown',
		newer: 'unknown',
	};
	return joined({ ...room, reading });
}

/** The rows of two pages, one after the other. What is gone over the seam is said once. */
function together(upper: readonly Row[], lower: readonly Row[]): readonly Row[] {
	const last = upper.at(-1);
	const [first, ...others] = lower;
	const isOne = last?.kind === 'lost' && first?.kind === 'lost' && last.reason === first.reason;
	return isOne && last.to + 1 === first.from
		? [...upper.slice(0, -1), { ...last, to: first.to }, ...others]
		: [...upper, ...lower];
}

/** A page of older messages, asked for below `before`, did not come. What was asked for since is on its way still. */
export function withoutOlder(room: Room, before?: number): Room {
	const { reading } = room;
	// Below what is the lowest now nothing is asked for but by rows that are gone.
	const isOfRows = before === undefined || before >= (olderThan(room) ?? 0);
	return {
		...room,
		...(room.older === 'loading' && isOfRows && { older: 'unknown' }),
		...(reading?.older === 'loading' && before === reading.from && { reading: { ...reading, older: 'unknown' } }),
	};
}

/** A page of newer messages, asked for above `after`, did not come. */
export function withoutNewer(room: Room, after?: number): Room {
	return after === room.reading?.to ? notLoadingNewer(room) : room;
}

/** No page of older messages is on its way to where it would fit. */
function notLoadingOlder(room: Room): Room {
	const { reading } = room;
	if (room.older !== 'loading' && reading?.older !== 'loading') {
		return room;
	}
	return {
		...room,
		...(room.older === 'loading' && { older: 'unknown' }),
		...(reading?.older === 'loading' && { reading: { ...reading, older: 'unknown' } }),
	};
}

function notLoadingNewer(room: Room): Room {
	const { reading } = room;
	return reading?.newer === 'loading' ? { ...room, reading: { ...reading, newer: 'unknown' } } : room;
}

function isOfNumbersHere({ status }: Room, { epoch }: HistoryPage): boolean {
	return epoch === undefined || status?.epoch === undefined || epoch === status.epoch;
}

/** Nothing below this page is kept. */
function isLast({ complete, messages }: HistoryPage): boolean {
	return complete || messages.length === 0;
}

/** From where on a page of older messages tells of every number. What is kept no more below the oldest is no hole. */
function startOf(page: HistoryPage): number {
	const { oldest = 1 } = page;
	return page.complete ? oldest : Math.max(oldest, lowestOf(page));
}

function lowestOf({ messages }: HistoryPage): number {
	return messages.reduce((lowest, { sequence }) => Math.min(lowest, sequence), Number.POSITIVE_INFINITY);
}

/** Up to where a page of newer messages tells of every number. */
function endOf({ messages, gaps = [], complete, head = 0 }: HistoryPage): number {
	const numbers = [...messages.map(({ sequence }) => sequence), ...gaps.map(({ to }) => to)];
	return numbers.reduce((highest, number) => Math.max(highest, number), complete ? head : 0);
}

/** Numbers of a log, both ends excluded. */
interface Range {
	readonly after: number;
	readonly before: number;
}

/** What a page of the log has of these numbers for this room, ascending: messages, and what the broker has no more. */
function pageRows(room: Room, page: HistoryPage, { after, before }: Range, reader: Reader): readonly Row[] {
	const { epochs = 0, where } = room;
	const names = isPrivate(room, reader) ? () => false : namesReader(reader);
	const own = new Set(page.messages.filter((message) => isOwn(message, reader)).map(({ sequence }) => sequence));
	const isFor = ({ content, replyTo = 0 }: Message) => names(content) || own.has(replyTo);
	const isWanted = wantedIn(room, reader);
	const isWithin = ({ sequence }: Message) => sequence > after && sequence < before;
	const messages = page.messages.filter(isWithin).toSorted((one, other) => one.sequence - other.sequence);
	const said = messages.filter(
		(message, index) => isWanted(message) && messages[index - 1]?.sequence !== message.sequence,
	);
	const { head, oldest, gaps: gone } = page;
	const complete = head === undefined ? undefined : page.complete;
	const lost = goneFrom({ messages, after, before, head, oldest, complete, gone }).flatMap(
		({ from, to, reason }): Row[] => {
			const part = where === undefined ? {} : { isFiltered: true as const };
			const key = `${epochs}:${from}-${to}`;
			return reason === undefined ? [] : [{ kind: 'lost', key, from, to, reason, ...part, isOfPage: true }];
		},
	);
	const rows = said.map((message) =>
		saidRow(message, { epochs, reader, isFor, waiting: undefined, at: message.timestamp }),
	);
	return [...rows, ...lost].sort((one, other) => (firstNumber(one) ?? 0) - (firstNumber(other) ?? 0));
}

/** Whether a message of the log that the room is of is to be shown in it. */
function wantedIn(room: Room, reader: Reader): (message: Message) => boolean {
	const matches = room.where === undefined ? () => true : compileFilter(room.where.filter);
	const isHere = isPrivate(room, reader)
		? (message: Message) => conversationOf(message, reader.inbox) === room.name
		: () => true;
	return (message) => isHere(message) && matches(message) && reader.ignores?.(message) !== true;
}
