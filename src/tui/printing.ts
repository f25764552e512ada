/**
 * The chat as lines that are printed one after the other, for screen readers, terminals that can do nothing else, and
 * pipes: what each step of the state adds to them. Pure. No line has anything in it that a terminal acts on.
 */
import { clean, cleanLine, drawable } from '../protocol/text.ts';
import { isGreeting } from './greeting.ts';
import { answeredBy } from './lines/answers.ts';
import { gapText } from './lines/pane.ts';
import { additionsTo, plainText, shownAt } from './lines/rows.ts';
import { type Pending, type Renamed, type Room, type Row, type State, visibleGap } from './model.ts';
import { counted, roomTitle } from './reports.ts';
import { brieflyUntil } from './slices/link.ts';
import { unsentCount } from './slices/unsent.ts';
import { roomNamed } from './step.ts';
import { dateOf, isSameDay, timeOfDay } from './text/dates.ts';
import { doingIn } from './text/doing.ts';
import { marks } from './text/marks.ts';

export interface Printed {
	readonly lines: readonly string[];
	/** The room that was spoken of last; the next line names its own where it is another. */
	readonly room?: string | undefined;
}

type Said = Extract<Row, { kind: 'said' }>;
type Refused = Extract<Row, { kind: 'refused' }>;

/** What a step of the state adds: rows that are new in it, each once, and what else a person should hear of. */
export function printed(before: State | undefined, after: State, room?: string): Printed {
	const lines = [...linkTexts(before, after), ...whereTexts(before, after)];
	let last = room;
	for (const shown of before?.rooms === after.rooms ? [] : after.rooms) {
		const earlier = before && roomNamed(before, shown.name);
		if (earlier === shown) {
			continue;
		}
		const name = (isOwnAnswer: boolean) => {
			const isNamed = !isOwnAnswer && (after.rooms.length > 1 || shown.name !== last);
			last = isOwnAnswer ? last : shown.name;
			return isNamed ? `${roomTitle(shown.name)} ` : '';
		};
		for (const fresh of freshRows(earlier, shown)) {
			lines.push(...rowTexts(fresh, { state: after, room: shown, earlier, name }));
		}
		const gap = visibleGap(shown);
		if (gap !== undefined && gap.from !== (earlier && visibleGap(earlier))?.from) {
			lines.push(`${name(false)}${gapText(gap)}`);
		}
	}
	return { lines: [...lines, ...ownTexts(before, after)], room: last };
}

/** A row that was not there, and whether messages that were printed stand below it. */
interface Fresh {
	readonly row: Row;
	readonly isOutOfTurn: boolean;
}

function freshRows(before: Room | undefined, { rows }: Room): readonly Fresh[] {
	const known = before?.rows ?? [];
	if (known === rows) {
		return [];
	}
	// Nearly always rows are added at the end.
	let same = 0;
	while (same < known.length && known[same] === rows[same]) {
		same++;
	}
	const byKey = new Map(known.slice(same).map((row) => [row.key, row]));
	const fresh: Fresh[] = [];
	let isOutOfTurn = false;
	for (const row of rows.slice(same).toReversed()) {
		const was = byKey.get(row.key);
		const news = was === row ? undefined : newsIn(row, was, known);
		if (news !== undefined) {
			fresh.push({ row: news, isOutOfTurn });
		} else if (row.kind === 'said') {
			isOutOfTurn = true;
		}
	}
	return [...fresh.reverse(), ...undone(known, rows)];
}

/** What a row tells that the one of before did not; `undefined` when that is nothing. */
function newsIn(row: Row, was: Row | undefined, known: readonly Row[]): Row | undefined {
	if (isGreeting(row)) {
		// It is told when there is a link, and the broker has said who this is.
		return was === undefined ? undefined : row;
	}
	if (row.kind === 'traffic' && was?.kind === 'traffic') {
		return trafficSince(row, was);
	}
	if (row.kind === 'lost') {
		const isTold = (other: Row) => other.kind === 'lost' && other.from <= row.from && row.to <= other.to;
		return was === undefined && !known.some(isTold) ? row : undefined;
	}
	return was === undefined ? row : undefined;
}

type Traffic = Extract<Row, { kind: 'traffic' }>;

/** Who came and went since a row was printed; `undefined` when nobody did. A person may be again what they were before it. */
function trafficSince(row: Traffic, was: Traffic): Traffic | undefined {
	const { joined, left, renamed = [] } = row;
	const { renamed: wasRenamed = [] } = was;
	const otherwise = [
		...renamed
			.map(({ from, to }) => ({ from: wasRenamed.find(isFrom(from))?.to ?? from, to }))
			.filter(({ from, to }) => from !== to),
		...wasRenamed.filter(({ from }) => !renamed.some(isFrom(from))).map(({ from, to }) => ({ from: to, to: from })),
	];
	const isBack = (name: string) => !left.includes(name) && !joined.includes(name) && !otherwise.some(isFrom(name));
	const news = {
		joined: [...without(joined, was.joined), ...was.left.filter(isBack)],
		left: without(left, was.left),
		renamed: otherwise,
	};
	const more = {
		joined: (row.more?.joined ?? 0) - (was.more?.joined ?? 0),
		left: (row.more?.left ?? 0) - (was.more?.left ?? 0),
	};
	const count = news.joined.length + news.left.length + news.renamed.length + more.joined + more.left;
	return count === 0 ? undefined : { kind: 'traffic', key: row.key, at: row.at, ...news, more };
}

function without(names: readonly string[], others: readonly string[]): readonly string[] {
	const known = new Set(others);
	return names.filter((name) => !known.has(name));
}

function isFrom(name: string): (renamed: Renamed) => boolean {
	return ({ from }) => from === name;
}

/** A row of comings and goings goes when all are again what they were. */
function undone(known: readonly Row[], rows: readonly Row[]): readonly Fresh[] {
	const last = known.at(-1);
	const isGone = last?.kind === 'traffic' && rows.length === known.length - 1 && rows.at(-1) === known.at(-2);
	const row = isGone ? trafficSince({ ...last, joined: [], left: [], renamed: [] }, last) : undefined;
	return row === undefined ? [] : [{ row, isOutOfTurn: false }];
}

interface Setting {
	readonly state: State;
	readonly room: Room;
	/** The room as it was. */
	readonly earlier: Room | undefined;
	/** The room before what is said of it, where it must be named. */
	readonly name: (isOwnAnswer: boolean) => string;
}

function rowTexts({ row, isOutOfTurn }: Fresh, setting: Setting): readonly string[] {
	const { state, room, name } = setting;
	switch (row.kind) {
		case 'said':
			return saidTexts(row, isOutOfTurn, setting);
		case 'refused':
			return refusedTexts(row, setting);
		case 'told':
			return indented(`${name(room.name === state.active)}${plainText(row)}`);
		default:
			return indented(`${name(false)}${plainText(row)}`);
	}
}

function saidTexts(row: Said, isOutOfTurn: boolean, { state, room, earlier, name }: Setting): readonly string[] {
	const { sequence, sender, content, bot, mention } = row;
	const mark = mention ? `${marks.mention} ` : '';
	const number = sequence > 0 && (isOutOfTurn || state.view.numbers) ? `#${sequence} ` : '';
	const who = `${cleanLine(sender)}${bot === true ? marks.bot : ''}`;
	const answered = answeredBy(room, row);
	const author = answered?.said && `${cleanLine(answered.said.sender)}, `;
	const answers = answered === undefined ? '' : ` (answers ${author ?? ''}#${answered.sequence})`;
	const more = [...additionsTo(row), ...(isSentNow(row, room, earlier) ? ['sent'] : [])];
	return indented(
		`${mark}${timeText(row.timestamp, state.now)} ${name(false)}${number}${spoken(`${who}${answers}`, who, content)}${added(more)}`,
	);
}

function refusedTexts({ sender, line }: Refused, { state, name }: Setting): readonly string[] {
	const who = cleanLine(sender);
	const why = `not sent: ${cleanLine(line.refused ?? '')}`;
	return indented(
		`${timeText(shownAt(line), state.now)} ${name(false)}${spoken(who, who, line.content)}${added([why])}`,
	);
}

function spoken(speaker: string, who: string, content: string): string {
	const doing = doingIn(content);
	return doing === undefined ? `${speaker}: ${drawable(clean(content))}` : `* ${who} ${drawable(clean(doing))}`;
}

function added(texts: readonly string[]): string {
	return texts.map((text) => ` (${text})`).join('');
}

/** Whether it has just got its number. */
function isSentNow({ mine, content }: Said, { pending }: Room, earlier: Room | undefined): boolean {
	const isNumbered = (line: Pending) => line.content === content && !pending.some(({ cid }) => cid === line.cid);
	return mine && earlier?.pending.some(isNumbered) === true;
}

/** `10:02`, and the day before it when it is not that of `now`. */
function timeText(at: number, now: number): string {
	return isSameDay(at, now) ? timeOfDay(at) : `${dateOf(at)} ${timeOfDay(at)}`;
}

/** What begins where a line does is natter's own, or a message. */
function indented(text: string): readonly string[] {
	return text.split('\n').map((line, index) => (index === 0 ? line : `  ${line}`));
}

function whereTexts(before: State | undefined, after: State): readonly string[] {
	return before === undefined || before.active === after.active ? [] : [`now in ${roomTitle(after.active)}`];
}

/** A link that is gone for a moment only is not spoken of. */
function linkTexts(before: State | undefined, after: State): readonly string[] {
	if (before === undefined) {
		const waiting = unsentCount(after);
		return [
			`connecting to ${cleanLine(after.url)}`,
			...(waiting === 0
				? []
				: [`${counted(waiting, 'line of yours waits', 'lines of yours wait')} to be sent: /unsent`]),
		];
	}
	const { link } = after;
	if (isOffline(after) && !isOffline(before)) {
		const why = link.state === 'waiting' ? `: ${cleanLine(link.cause.text)}` : '';
		return [`${marks.offline} offline${why}; natter goes on dialling`];
	}
	return link.state === 'online' && isOffline(before) ? ['online'] : [];
}

/** That it is closed for good is a row. */
function isOffline(state: State): boolean {
	const { link } = state;
	const isOut = link.state === 'waiting' || (link.state === 'connecting' && link.offlineSince !== undefined);
	return isOut && brieflyUntil(state) === undefined;
}

function ownTexts(before: State | undefined, { own, view, isRefusing }: State): readonly string[] {
	if (before === undefined) {
		return [];
	}
	const isIdle = own.away?.by === 'idle';
	const wasIdle = before.own.away?.by === 'idle';
	return [
		...(isRefusing === true && before.isRefusing !== true
			? [`${marks.warned} the broker cannot keep messages now`]
			: []),
		...(isIdle && !wasIdle ? ['you are away until you enter a line'] : []),
		...(wasIdle && own.away === undefined ? ['you are back'] : []),
		...(view.numbers === before.view.numbers ? [] : [view.numbers ? 'numbers are shown' : 'numbers are not shown']),
	];
}
