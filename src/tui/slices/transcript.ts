/**
 * What stands in a room: each number once, ascending, each of my lines exactly once; bounded in length.
 */
import type { Published, Refused, RoomItem } from '../../client/client.ts';
import type { Message } from '../../protocol/frames.ts';
import { markedName } from '../../protocol/marked-name.ts';
import { compileFilter } from '../../protocol/matching.ts';
import { isInbox } from '../../protocol/names.ts';
import { clean, drawable } from '../../protocol/text.ts';
import { isGreeting } from '../greeting.ts';
import type { Pending, Room, Row } from '../model.ts';
import { type Moment, rowKey } from '../step.ts';
import { mentionsOf } from '../text/mentions.ts';
import { isBrief } from './link.ts';
import { epochStart, firstNumber, isCatchingUp, lowestNumber, withoutRows } from './numbers.ts';
import { withoutReadingAt } from './reading.ts';

/** What was written longer ago than this when it got its number says when it was written. */
const longWaitMs = 60_000;

/** For whom rows are made. */
export interface Reader {
	readonly nick: string;
	/** Words that stand out as the nick does. @default none */
	readonly highlight?: readonly string[];
	/** Since when the link is up; absent while it is down. */
	readonly onlineSince: number | undefined;
	/** The own inbox, whose messages are conversations. */
	readonly inbox?: string | undefined;
	/** The broker has proof of the nick: who has it without one is somebody else. */
	readonly isVerified?: boolean;
	/** The key that the broker has proof of: what another one said, or none, is another's, under whatever nick. */
	readonly key?: string | undefined;
	/** Whether a message is not to be shown. @default all are */
	readonly ignores?: (message: Message) => boolean;
}

type Said = Extract<Row, { kind: 'said' }>;
type Lost = Extract<Row, { kind: 'lost' }>;

/** Takes in what the client gave for the room, in its order. */
export function received(before: Room, items: readonly RoomItem[], reader: Reader, moment: Moment): Room {
	const room = withoutReadingAt(before, items);
	const rows = [...room.rows];
	const isMine = isPrivate(room, reader);
	const names = isMine ? () => false : namesReader(reader);
	const isFor = ({ content, replyTo }: Message) => names(content) || isOwnNumber(rows, replyTo);
	const matches = room.where === undefined ? () => true : compileFilter(room.where.filter);
	const part = room.where === undefined ? {} : { isFiltered: true as const };
	let { pending, unread, mentions, firstUnread, divider, below: newBelow } = room;
	let { epochs = 0, older, awaySince, searchedTo } = room;
	let catchesUp = room.catchesUp === true;
	const nextKey = () => rowKey(moment, rows.length);
	for (const item of items) {
		switch (item.kind) {
			case 'message': {
				const { message } = item;
				if (reader.ignores?.(message) === true) {
					break;
				}
				const waiting = pending.find(({ cid, place }) => cid === message.cid || place?.sequence === message.sequence);
				// What was on its way when the filter was changed was chosen by the one before.
				if (waiting === undefined && !matches(message)) {
					break;
				}
				const said = saidRow(message, { epochs, reader, isFor, waiting, at: moment.at });
				const row = item.late === true ? { ...said, late: item.late } : said;
				const missed = item.old && (catchesUp || isCatchingUp(rows));
				const fresh = place(rows, row, { early: item.old && !missed });
				if (waiting !== undefined) {
					pending = pending.filter((line) => line !== waiting);
				}
				if (row.mine) {
					withoutRefused(rows, message);
					if (fresh && missed && isCatchingUp(rows)) {
						catchesUp = withoutOwnMissed(rows);
					}
				}
				if (fresh && !row.mine && (!item.old || missed || item.unseen === true)) {
					unread++;
					firstUnread ??= { key: row.key, sequence: row.sequence };
					// What was unread when this run began is below the divider even of the room that it begins with.
					if (item.old && !missed) {
						divider = divider === undefined ? { ...firstUnread, count: 1 } : { ...divider, count: divider.count + 1 };
					}
					// What is said to me alone is for me, whether it names me or not.
					mentions += row.mention || isMine ? 1 : 0;
				}
				if (fresh && room.scroll !== undefined && (!item.old || missed)) {
					newBelow++;
				}
				break;
			}
			case 'lost': {
				const { from, to, reason } = item;
				awaySince = undefined;
				const [known, others] = parted(pending, from, to);
				pending = others;
				const own = known.flatMap((line) => ownRow(line, { epochs, reader, at: moment.at }));
				rows.push(...lostRows({ kind: 'lost', key: nextKey(), from, to, reason, ...part }, own));
				break;
			}
			case 'resumed': {
				const { from, to, missed, awayMs } = item;
				awaySince = undefined;
				// After a moment, as when a broker restarts or I am called otherwise, it comes as if it came live.
				if (isBrief(awayMs)) {
					catchesUp = true;
				} else {
					rows.push({ kind: 'resumed', key: nextKey(), at: moment.time, from, to, missed, awayMs, ...part });
				}
				break;
			}
			case 'caught_up':
				catchesUp = false;
				if (isCatchingUp(rows)) {
					rows.push({ kind: 'caught-up', key: nextKey() });
				}
				break;
			case 'epoch':
				awaySince = undefined;
				catchesUp = false;
				rows.push({ kind: 'epoch', key: nextKey(), at: moment.time, ...rewindOf(item) });
				epochs++;
				older = item.lost !== undefined ? older : item.sequence === 0 ? 'all' : 'unknown';
				searchedTo = item.lost !== undefined ? searchedTo : undefined;
				pending = pending.map(asLostWithEpoch);
				break;
			case 'cleared': {
				const by = item.by === undefined ? {} : { by: item.by };
				[, pending] = parted(pending, 0, item.upTo);
				rows.push({ kind: 'cleared', key: nextKey(), upTo: item.upTo, ...by });
				break;
			}
		}
	}
	const { awaySince: _, catchesUp: _before, searchedTo: _searched, ...rest } = room;
	const away = awaySince === undefined ? {} : { awaySince };
	return {
		...rest,
		...away,
		...(searchedTo !== undefined && { searchedTo }),
		...(catchesUp && { catchesUp: true as const }),
		...(firstUnread !== undefined && { firstUnread }),
		...(divider !== undefined && { divider }),
		rows,
		pending,
		unread,
		mentions,
		below: newBelow,
		epochs,
		older,
	};
}

/** The room is followed again after the link was lost: says so when nothing was missed and it took more than a moment. */
export function withReturn(room: Room, moment: Moment): Room {
	const { awaySince, ...rest } = room;
	const { status } = room;
	if (awaySince === undefined || status === undefined || status.position < status.head) {
		return room;
	}
	const awayMs = moment.at - awaySince;
	const row: Row = { kind: 'back', key: rowKey(moment, room.rows.length), at: moment.time, awayMs };
	return isBrief(awayMs) ? rest : { ...rest, rows: [...room.rows, row] };
}

function rewindOf({
	lost,
	sequence,
}: Extract<RoomItem, { kind: 'epoch' }>): Pick<Extract<Row, { kind: 'epoch' }>, 'rewound'> {
	return lost === undefined ? {} : { rewound: { to: sequence, lost } };
}

/** Whether a room is a part of the own inbox, whose numbers are those of the inbox. */
export function isPrivate({ name }: Room, { inbox }: Pick<Reader, 'inbox'>): boolean {
	return inbox !== undefined && isInbox(name);
}

/** Adds a line of mine that has no number yet. */
export function withPending(room: Room, line: Pending): Room {
	return { ...room, pending: [...room.pending, line] };
}

/**
 * The broker numbered a line of mine. Its row comes, or came, with the message itself; when that is lost, the line still
 * stands at its number.
 */
export function numbered(room: Room, published: Published, reader: Reader, at: number): Room {
	const { cid, sequence, epoch, timestamp } = published;
	const waiting = room.pending.find((line) => line.cid === cid);
	if (waiting === undefined) {
		return room;
	}
	const others = room.pending.filter((line) => line !== waiting);
	const index = indexOfNumber(room.rows, sequence);
	const row = room.rows[index];
	if (row?.kind === 'said') {
		const mine: Said = { ...row, mine: true, mention: false, ...writtenBefore(waiting, reader, at) };
		return { ...room, rows: room.rows.with(index, mine), pending: others };
	}
	const placed: Pending = { ...waiting, place: { sequence, timestamp } };
	const { status } = room;
	if (status !== undefined && status.epoch === epoch && sequence <= status.position) {
		return { ...room, rows: withOwn(room, placed, reader, at), pending: others };
	}
	return { ...room, pending: room.pending.map((line) => (line === waiting ? placed : line)) };
}

/** The broker does not want a line of mine: it stays, with the reason. */
export function withRefusal(room: Room, { cid, text }: Refused): Room {
	if (!room.pending.some((line) => line.cid === cid)) {
		return room;
	}
	return { ...room, pending: room.pending.map((line) => (line.cid === cid ? { ...line, refused: text } : line)) };
}

/**
 * What was refused stays where it is in time, and what comes later stands below it. Nothing is drawn twice: should it have
 * got a number all the same, its row goes when the message comes.
 */
export function settledRefusals(room: Room, sender: string, moment: Moment): Room {
	if (room.pending.every(({ refused }) => refused === undefined)) {
		return room;
	}
	const isRefused = ({ refused }: Pending) => refused !== undefined;
	const rows = room.pending
		.filter(isRefused)
		.map((line): Row => ({ kind: 'refused', key: line.cid, at: moment.time, sender, line }));
	return { ...room, rows: [...room.rows, ...rows], pending: room.pending.filter((line) => !isRefused(line)) };
}

function withoutRefused(rows: Row[], { cid }: Message): void {
	const index = cid === undefined ? -1 : rows.findIndex((row) => row.kind === 'refused' && row.key === cid);
	if (index !== -1) {
		rows.splice(index, 1);
	}
}

/** An empty pane. What waits for its number stays; what was refused goes. */
export function emptied(room: Room): Room {
	const { scroll: _, reading: _reading, sought: _sought, divider: _divider, ...rest } = room;
	const pending = room.pending.filter(({ refused }) => refused === undefined);
	const { searchedTo: _searched, ...bare } = withoutRows(rest, room.rows.length);
	return { ...bare, pending, older: 'unknown', below: 0 };
}

/**
 * Lines of mine that do not match what is shown here do not come round: once the room has come to their numbers, they
 * stand there all the same.
 */
export function withOwnPassed(room: Room, reader: Reader, at: number): Room {
	const { status, epochs = 0 } = room;
	const isPassed = ({ place: numbered }: Pending) =>
		numbered !== undefined && numbered.sequence <= (status?.position ?? 0);
	if (room.where === undefined || !room.pending.some(isPassed)) {
		return room;
	}
	const rows = [...room.rows];
	for (const own of room.pending.filter(isPassed).flatMap((line) => ownRow(line, { epochs, reader, at }))) {
		place(rows, own, { early: false });
	}
	return { ...room, rows, pending: room.pending.filter((line) => !isPassed(line)) };
}

/** Says so when the pane reaches back to the first message that is kept. */
export function settledOlder(room: Room): Room {
	if (room.older !== 'unknown') {
		return room;
	}
	const lowest = lowestNumber(room.rows);
	const start = Math.max(1, room.status?.oldest ?? 1);
	return lowest !== undefined && lowest <= start ? { ...room, older: 'all' } : room;
}

/** The row of a message. `waiting`: my line that it is the answer to. */
export function saidRow(
	message: Message,
	{
		epochs,
		reader,
		isFor,
		waiting,
		at,
	}: {
		epochs: number;
		reader: Reader;
		isFor: (message: Message) => boolean;
		waiting: Pending | undefined;
		at: number;
	},
): Said {
	const { sequence, content, timestamp, key: by, replyTo, to } = message;
	const mine = waiting !== undefined || isOwn(message, reader);
	return {
		kind: 'said',
		key: `${epochs}:${sequence}`,
		sequence,
		sender: mine ? message.sender : nameOf(message, reader),
		content,
		timestamp,
		mine,
		mention: !mine && isFor(message),
		// Each side of a conversation has numbers of its own.
		...(replyTo !== undefined && to === undefined && { replyTo }),
		...(by !== undefined && { by }),
		...(message.bot === true && { bot: message.bot }),
		...(waiting !== undefined && writtenBefore(waiting, reader, at)),
	};
}

/** Somebody who has not proven to own the nick may have anyone's; the reader's own with no word of a proof is not proven. */
export function nameOf(message: Message, reader: Reader): string {
	const { sender, key, verified } = message;
	if (isOwn(message, reader)) {
		return sender;
	}
	const isWithoutProof = reader.key !== undefined && key === undefined && sender === reader.nick;
	return markedName({ sender, verified: verified ?? (isWithoutProof ? false : undefined) });
}

/** A nick is one person's now and may have been another's before: a key tells, where there is one. */
export function isOwn(
	{ sender, verified, from, key }: Message,
	{ nick, inbox, isVerified = false, ...reader }: Reader,
): boolean {
	if (key !== undefined || reader.key !== undefined) {
		return key === reader.key;
	}
	return from === undefined ? sender === nick && !(isVerified && verified === false) : from === inbox;
}

/** A line of mine has arrived where I am not told its number. */
export function withUnnumbered(room: Room, cid: string, reader: Reader, at: number): Room {
	const waiting = room.pending.find((line) => line.cid === cid);
	if (waiting === undefined) {
		return room;
	}
	const row: Said = {
		...{ kind: 'said', key: cid, sequence: 0, sender: reader.nick, content: waiting.content, mine: true },
		...{ timestamp: waiting.shownAt ?? waiting.writtenAt, mention: false, ...writtenBefore(waiting, reader, at) },
	};
	return { ...room, rows: [...room.rows, row], pending: room.pending.filter((line) => line !== waiting) };
}

function writtenBefore(line: Pending, { onlineSince }: Reader, at: number): { writtenAt?: number } {
	const { writtenAt, shownAt = writtenAt } = line;
	const overOffline = onlineSince !== undefined && onlineSince > writtenAt;
	return overOffline || at - writtenAt > longWaitMs ? { writtenAt: shownAt } : {};
}

/** Whether a content names the reader, as it is drawn. */
export function namesReader({ nick, highlight }: Pick<Reader, 'nick' | 'highlight'>): (content: string) => boolean {
	const mentions = mentionsOf(nick, highlight);
	return (content) => mentions(drawable(clean(content))).length > 0;
}

/**
 * Puts a message where its number belongs; false when it is there already. One from before the join (`early`) goes above
 * what natter has said since, and below what it had said before.
 */
function place(rows: Row[], row: Said, { early }: { early: boolean }): boolean {
	let next: number | undefined;
	for (let index = rows.length - 1; index >= 0 && rows[index]?.kind !== 'epoch'; index--) {
		const number = firstNumber(rows[index]);
		if (number === undefined) {
			continue;
		}
		if (number === row.sequence && rows[index]?.kind === 'said') {
			return false;
		}
		if (number <= row.sequence) {
			// As nearly all do that come live, of which there may be many.
			if (next === undefined && !early) {
				rows.push(row);
				return true;
			}
			const behind = early ? below(rows, index + 1, row) : index + 1;
			rows.splice(behind, 0, row);
			return true;
		}
		next = index;
	}
	rows.splice(next ?? (early ? below(rows, epochStart(rows), row) : rows.length), 0, row);
	return true;
}

/** The place, from this one on, below what natter said before this message; it stays above the next one with a number. */
function below(rows: readonly Row[], start: number, { sequence, timestamp }: Said): number {
	let index = start;
	for (let row = rows[index]; row !== undefined && isBefore(row, sequence, timestamp); row = rows[index]) {
		index++;
	}
	// The greeting alone is below all that was said before one came, whatever the broker's clock shows.
	return rows.slice(start, index).every(isGreeting) ? start : index;
}

/** Whether a row without a number stands above a message that came before the join. */
function isBefore(row: Row, sequence: number, timestamp: number): boolean {
	switch (row.kind) {
		case 'told':
		case 'traffic':
		case 'refused':
		case 'back':
		case 'resumed':
			return row.at <= timestamp;
		case 'cleared':
			return row.upTo < sequence;
		case 'caught-up':
			return true;
		default:
			return false;
	}
}

/** What came last of what was missed is mine, and so was not missed. Returns whether nothing is left of it. */
function withoutOwnMissed(rows: Row[]): boolean {
	const index = rows.findLastIndex(({ kind }) => kind === 'resumed');
	const edge = rows[index];
	if (edge?.kind !== 'resumed') {
		return false;
	}
	const { key, at, awayMs } = edge;
	const missed = edge.missed - 1;
	if (missed === 0) {
		rows[index] = { kind: 'back', key, at, awayMs };
		return true;
	}
	let { from, to } = edge;
	while (isOwnNumber(rows, from)) {
		from++;
	}
	while (isOwnNumber(rows, to)) {
		to--;
	}
	rows[index] = { ...edge, from, to, missed };
	return false;
}

/** Whether what has this number is mine. */
function isOwnNumber(rows: readonly Row[], sequence: number | undefined): boolean {
	const row = sequence === undefined ? undefined : rows[indexOfNumber(rows, sequence)];
	return row?.kind === 'said' && row.mine;
}

function indexOfNumber(rows: readonly Row[], sequence: number): number {
	for (let index = rows.length - 1; index >= 0; index--) {
		const row = rows[index];
		if (row?.kind === 'epoch') {
			return -1;
		}
		if (row?.kind === 'said' && row.sequence <= sequence) {
			return row.sequence === sequence ? index : -1;
		}
	}
	return -1;
}

/** A line that had a number in an epoch that is over will not come round any more. */
function asLostWithEpoch(line: Pending): Pending {
	if (line.place === undefined) {
		return line;
	}
	const { place, ...rest } = line;
	return { ...rest, refused: `it was #${place.sequence} when the room started over` };
}

/** The lines that have one of these numbers, and the others. */
function parted(pending: readonly Pending[], from: number, to: number): readonly [Pending[], Pending[]] {
	const isWithin = ({ place }: Pending) => place !== undefined && place.sequence >= from && place.sequence <= to;
	return [pending.filter(isWithin), pending.filter((line) => !isWithin(line))];
}

/** A line of mine that the broker has numbered, as its message would stand here. */
function ownRow(
	waiting: Pending,
	{ epochs, reader, at }: { epochs: number; reader: Reader; at: number },
): readonly Said[] {
	const { cid, content, place, replyTo } = waiting;
	if (place === undefined) {
		return [];
	}
	const answers = replyTo === undefined ? {} : { replyTo };
	const message = { id: cid, room: '', sender: reader.nick, content, ...place, ...answers };
	return [saidRow(message, { epochs, reader, isFor: () => false, waiting, at })];
}

/** The rows with a line of mine at its number, where these rows say that it was lost. */
function withOwn({ rows, epochs = 0 }: Room, line: Pending, reader: Reader, at: number): readonly Row[] {
	const sequence = line.place?.sequence ?? 0;
	for (let index = rows.length - 1; index >= 0; index--) {
		const row = rows[index];
		if (row?.kind === 'epoch') {
			break;
		}
		if (row?.kind === 'lost' && row.from <= sequence && sequence <= row.to) {
			return rows.toSpliced(index, 1, ...lostRows(row, ownRow(line, { epochs, reader, at })));
		}
	}
	return rows;
}

/** What was lost, around those lines of mine in it that are known all the same, unless they are gone on purpose. */
function lostRows(lost: Lost, own: readonly Said[]): readonly Row[] {
	if (lost.reason === 'expired' || lost.reason === 'cleared') {
		return [lost];
	}
	const rows: Row[] = [];
	let { from, key } = lost;
	for (const row of own.toSorted((one, other) => one.sequence - other.sequence)) {
		if (from < row.sequence) {
			rows.push({ ...lost, key, from, to: row.sequence - 1 });
			key = `${lost.key}+${row.sequence}`;
		}
		rows.push(row);
		from = row.sequence + 1;
	}
	return from <= lost.to ? [...rows, { ...lost, key, from }] : rows;
}
