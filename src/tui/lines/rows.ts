/**
 * One entry of a room's pane as lines of cells. What was laid out is kept beside its row, so that a row is wrapped again
 * only when its width or its neighbour changes.
 */

import { cellWidth, clean, cleanLine, drawable } from '../../protocol/text.ts';
import { placesOf, type Sought, says } from '../../protocol/words.ts';
import type { Line, PaneLine, Pending, Renamed, Row, Span, State, Style } from '../model.ts';
import { clock, day, isSameDay, timeOfDay } from '../text/dates.ts';
import { doingIn } from '../text/doing.ts';
import { hashOf } from '../text/hash.ts';
import { marks } from '../text/marks.ts';
import { blocksOf, type Piece, piecesOf } from '../text/markup.ts';
import { type Mentions, mentionsOf } from '../text/mentions.ts';
import {
	blanks,
	centred,
	cut,
	cutLine,
	firstThatFits,
	lineWidth,
	ruled,
	sign,
	sliceLine,
	span,
	withStyle,
} from '../text/spans.ts';
import { type Stretch, wrap } from '../text/wrap.ts';
import { type Answered, answeredLine } from './answers.ts';

/** The columns of a pane: mark, time, nick, text. */
export interface Columns {
	/** Of the whole pane. */
	readonly width: number;
	readonly time: boolean;
	/** Of the nick alone. */
	readonly nick: number;
	/** Where the text begins. */
	readonly text: number;
	/** Whether each message carries its number. */
	readonly numbers: boolean;
}

/** What of its reader changes how text looks. */
export interface Looks {
	/** Another for each other reader. */
	readonly key: string;
	/** What in a text names them. */
	readonly mentions: Mentions;
	/** They can click on addresses. */
	readonly links: boolean;
}

export function looksOf({ nick, preferences: { highlight, links } }: Pick<State, 'nick' | 'preferences'>): Looks {
	if (lastLooks.nick !== nick || lastLooks.highlight !== highlight || lastLooks.looks.links !== links) {
		const key = JSON.stringify([nick, highlight, links]);
		lastLooks = { nick, highlight, looks: { key, mentions: mentionsOf(nick, highlight), links } };
	}
	return lastLooks.looks;
}

// They seldom change, and every line asks.
let lastLooks = {
	nick: '',
	highlight: [] as readonly string[],
	looks: { key: '', mentions: mentionsOf(''), links: false } as Looks,
};

/** What a row's lines depend on besides the row. */
export interface Setting {
	readonly columns: Columns;
	readonly looks: Looks;
	/** Nick and time are those of the line above. */
	readonly continued: boolean;
	/** The day that begins with this row. */
	readonly day: string;
	/** What it answers. */
	readonly answered?: Answered | undefined;
	/** It is what somebody asked to see: it has its number, and a mark. */
	readonly isFound: boolean;
	/** What stands on the line that divides this row from what was read. */
	readonly divider?: string;
	/** What is looked for, as it was typed and as it was read: in messages that say it, it stands out. */
	readonly sought?: { readonly text: string; readonly words: Sought };
}

/** The columns for a pane in which the widest nick takes `widestNick` cells. The nick column shrinks first. */
export function columnsFor(width: number, widestNick: number, numbers: boolean): Columns {
	const time = width >= 40;
	const most = width >= 80 ? 16 : width >= 60 ? 10 : width >= 40 ? 6 : 5;
	const nick = Math.min(Math.max(widestNick, 4), most);
	return { width, time, nick, text: 1 + (time ? 6 : 0) + nick + (width >= 60 ? 2 : 1), numbers };
}

export function rowLines(row: Row, setting: Setting): readonly PaneLine[] {
	return remembered(row, row.key, setting, () => {
		const { day: begun, divider, columns } = setting;
		return [
			...(begun === '' ? [] : [centred(titled(begun), 'dim', columns.width)]),
			...(divider === undefined ? [] : [ruled(divider, marks.rule, 'tab-unread', columns.width)]),
			...linesOf(row, setting),
		];
	});
}

export function pendingLines(pending: Pending, me: string, setting: Setting): readonly PaneLine[] {
	return remembered(pending, pending.cid, setting, () => unnumbered(pending, me, setting));
}

/** A line of mine that has no number. */
function unnumbered(line: Pending, sender: string, setting: Setting): readonly Line[] {
	const refused =
		line.refused === undefined ? [] : [span(` ${marks.refused} ${cleanLine(line.refused)} - /retry`, 'error')];
	const { content } = line;
	return message({ sender, content, at: shownAt(line), mark: pendingMark(line), after: refused }, setting);
}

/** When a line was written, for people. */
export function shownAt({ writtenAt, shownAt: shown = writtenAt }: Pending): number {
	return shown;
}

function pendingMark({ refused, place }: Pending): Span {
	if (refused !== undefined) {
		return span(marks.refused, 'error');
	}
	return place === undefined ? span(marks.waiting, 'dim') : sign(marks.numbered, 'good');
}

// Rows never change: a changed row is another object.
const layouts = new WeakMap<Row | Pending, { readonly setting: string; readonly lines: readonly PaneLine[] }>();

function remembered(
	row: Row | Pending,
	key: string,
	setting: Setting,
	make: () => readonly Line[],
): readonly PaneLine[] {
	const { columns, continued, day, divider = '', isFound, looks, answered, sought } = setting;
	const quoted = answered && `${answered.sequence} ${answered.said?.key}`;
	const asKey = [
		columns.width,
		columns.nick,
		columns.numbers,
		continued,
		isFound,
		day,
		divider,
		looks.key,
		quoted,
		sought?.text,
	].join(' ');
	const known = layouts.get(row);
	if (known?.setting === asKey) {
		return known.lines;
	}
	const lines = make().map((spans, line): PaneLine => ({ key, line, spans }));
	layouts.set(row, { setting: asKey, lines });
	return lines;
}

function linesOf(row: Row, setting: Setting): readonly Line[] {
	const { columns } = setting;
	switch (row.kind) {
		case 'said':
			return message(
				{
					sender: row.sender,
					...(row.bot === true && { bot: row.bot }),
					content: row.content,
					at: row.timestamp,
					mention: row.mention,
					...(row.mine && { mark: sign(marks.numbered, 'good') }),
					before: numberBefore(row, setting),
					after: additionsTo(row).map((text) => span(` (${text})`, 'dim')),
				},
				setting,
			);
		case 'lost':
			return lostLines(row, columns.width);
		case 'resumed':
			return [centred(resumedText(row, columns.width), 'resumed', columns.width)];
		case 'caught-up':
			return [centred(titled(caughtUpText), 'resumed', columns.width)];
		case 'epoch':
			return epochLines(row, columns.width);
		case 'back':
			return [centred(backText(row, columns.width), 'resumed', columns.width)];
		case 'refused':
			return unnumbered(row.line, row.sender, setting);
		case 'cleared':
			return indented([span(clearedText(row), 'dim')], columns);
		case 'traffic':
			return indented([span(trafficText(row), 'dim')], columns);
		case 'told':
			return told(row, columns);
	}
}

/** When a line was written, where that is not what stands before it. */
function writtenText({ timestamp, writtenAt = timestamp }: Said): string | undefined {
	const date = isSameDay(writtenAt, timestamp) ? '' : `${day(writtenAt, timestamp)} `;
	const text = `${date}${timeOfDay(writtenAt)}`;
	return text === timeOfDay(timestamp) ? undefined : `written ${text}`;
}

/** What natter adds to a message, in the order in which it stands behind it. */
export function additionsTo(row: Said): readonly string[] {
	const written = writtenText(row);
	return [...(row.late === true ? [lateText] : []), ...(written === undefined ? [] : [written])];
}

type Said = Extract<Row, { kind: 'said' }>;

const lateText = 'late: what it answers in another room had not come yet';

interface Message {
	readonly sender: string;
	readonly bot?: true;
	readonly content: string;
	readonly at: number;
	readonly mention?: boolean;
	/** For my own lines: what stands at the right edge. */
	readonly mark?: Span;
	readonly before?: readonly Span[];
	readonly after: readonly Span[];
}

/** The number of a message, where it is shown. */
function numberBefore({ sequence }: Extract<Row, { kind: 'said' }>, { columns, isFound }: Setting): readonly Span[] {
	return (columns.numbers || isFound) && sequence > 0 ? [span(`#${sequence} `, isFound ? 'mention' : 'dim')] : [];
}

function message(said: Message, { columns, continued, isFound, looks, answered, sought }: Setting): readonly Line[] {
	const doing = doingIn(said.content);
	const acts = doing !== undefined;
	const most = said.bot === true && !acts ? columns.nick - cellWidth(marks.bot) : Number.POSITIVE_INFINITY;
	const style: Style = said.mark === undefined ? `nick-${hashOf(said.sender)}` : 'me';
	const nick = [...cut(cleanLine(said.sender), most, style), ...(said.bot === true ? [span(marks.bot, style)] : [])];
	const around = {
		before: [...(said.before ?? []), ...(acts ? [...nick, span(' ')] : [])],
		after: said.after,
	};
	const content = clean(doing ?? said.content);
	// My own lines keep three cells at the right edge for their mark.
	const drawn = contentLines(content, around, {
		width: columns.width - columns.text - (said.mark === undefined ? 0 : 3),
		looks,
	});
	const isSought = sought !== undefined && says(said.content, sought.words);
	// The number before it is no part of what was said.
	const own = (said.before ?? []).reduce((units, part) => units + part.text.length, 0);
	const lines = drawn.map((line, index) => (isSought ? standingOut(line, sought.words, index === 0 ? own : 0) : line));
	const quote = answered === undefined ? [] : [answeredLine(answered, columns.width - columns.text)];
	const above = quote.map((line) => [span(blanks(columns.text)), ...line]);
	const spoken = lines.map((spans, index): Line => {
		const first = index === 0;
		const start = [
			first ? leadingMark(said, isFound) : span(' '),
			...(first && !continued ? heading(said.at, acts ? undefined : nick, columns) : []),
		];
		const star = acts && first;
		const gap = columns.text - lineWidth(start) - (star ? 2 : 0);
		const line = [...start, span(blanks(gap)), ...(star ? [span('* ', 'dim')] : []), ...spans];
		if (said.mark === undefined || index !== lines.length - 1) {
			return line;
		}
		return [...line, span(blanks(columns.width - 2 - lineWidth(line))), said.mark];
	});
	return [...above, ...spoken];
}

/** A line with what it says of what is looked for, behind its first `start` units, in the style of that. */
export function standingOut(line: Line, sought: Sought, start = 0): Line {
	const text = line.map((part) => part.text).join('');
	const places = placesOf(text.slice(start), sought).map(({ from, to }) => ({ from: from + start, to: to + start }));
	return withStyle(line, places, 'found');
}

function leadingMark({ mention }: Message, isFound: boolean): Span {
	return isFound ? sign(marks.found, 'mention') : mention === true ? span(marks.mention, 'mention') : span(' ');
}

/** What was said, as lines, with something of natter's own before and after it. */
function contentLines(
	content: string,
	{ before, after }: { readonly before: Line; readonly after: Line },
	{ width, looks }: { readonly width: number; readonly looks: Looks },
): readonly Line[] {
	const text = drawable(content);
	const blocks = blocksOf(text);
	const bar = sign(`${marks.code} `, 'rule');
	const [first, last] = [blocks[0], blocks.at(-1)];
	return [
		...(first?.kind === 'code' && before.length > 0 ? wrapped(before, width) : []),
		...blocks.flatMap((block): readonly Line[] => {
			const part = text.slice(block.start, block.end);
			if (block.kind === 'code') {
				const code = dressed(part, [{ start: 0, end: part.length, style: 'code' }], looks);
				return wrapped(code, width - lineWidth([bar])).map((spans) => [bar, ...spans]);
			}
			const said = dressed(part, piecesOf(part).map(asOpened(content, part, looks)), looks);
			return wrapped([...(block === first ? before : []), ...said, ...(block === last ? after : [])], width);
		}),
		...(last?.kind === 'code' && after.length > 0 ? wrapped(sliceLine(after, withoutBlank), width) : []),
	];
}

/** What comes after text on its line, on a line of its own. */
const withoutBlank: Stretch = { start: 1, end: Number.POSITIVE_INFINITY };

/** A link opens what was written: not when its reader wants none, nor where it is drawn otherwise than it was written. */
function asOpened(content: string, part: string, { links }: Looks): (piece: Piece) => Piece {
	return (piece) => {
		if (piece.target === undefined || (links && content.includes(part.slice(piece.start, piece.end)))) {
			return piece;
		}
		const { target: _, ...rest } = piece;
		return rest;
	};
}

/** Some pieces of a text as spans; what names the reader stands out in each of them. */
function dressed(text: string, pieces: readonly Piece[], { mentions }: Looks): Span[] {
	const spans: Span[] = [];
	const add = ({ start, end }: Stretch, { style, target }: Omit<Span, 'text'>) => {
		if (start < end) {
			spans.push({ text: text.slice(start, end), style, ...(target !== undefined && { target }) });
		}
	};
	const names = mentions(text);
	let next = 0;
	for (const piece of pieces) {
		let at = piece.start;
		while ((names[next]?.end ?? Number.POSITIVE_INFINITY) <= at) {
			next++;
		}
		for (let index = next; index < names.length; index++) {
			const name = names[index];
			if (name === undefined || name.start >= piece.end) {
				break;
			}
			const start = Math.max(at, name.start);
			const end = Math.min(name.end, piece.end);
			add({ start: at, end: start }, piece);
			add({ start, end }, { ...piece, style: 'mention' });
			at = end;
		}
		add({ start: at, end: piece.end }, piece);
	}
	return spans;
}

function heading(at: number, nick: Line | undefined, columns: Columns): Span[] {
	const shown = nick === undefined ? [] : cutLine(nick, columns.nick);
	return [
		...(columns.time ? [span(timeOfDay(at), 'time'), span(' ')] : []),
		...shown,
		...(nick === undefined ? [] : [span(blanks(columns.nick - lineWidth(shown)))]),
	];
}

/** Lines of natter's own in the text column. */
function indented(text: Line, columns: Columns): readonly Line[] {
	return wrapped(text, columns.width - columns.text).map((spans) => [span(blanks(columns.text)), ...spans]);
}

/** Lines of natter's own over the whole width, with a mark before the first. */
export function note(text: Line, { mark, style }: { mark: string; style: Style }, width: number): readonly Line[] {
	// One cell stays free before the border.
	return wrapped(text, width - 4).map((spans, index) =>
		index === 0 ? [span(' '), sign(mark, style), span(' '), ...spans] : [span(blanks(3)), ...spans],
	);
}

function told({ text, level }: Extract<Row, { kind: 'told' }>, columns: Columns): readonly Line[] {
	const style: Style = level === 'info' ? 'plain' : level === 'warning' ? 'gap' : 'error';
	const mark = level === 'info' ? { mark: marks.told, style: 'dim' as const } : { mark: marks.warned, style };
	return drawable(clean(text))
		.split('\n')
		.flatMap((line) => note([span(line, style)], mark, columns.width));
}

function wrapped(text: Line, width: number): Line[] {
	const joined = text.map((part) => part.text).join('');
	return wrap(joined, width).map((stretch) => sliceLine(text, stretch));
}

function titled(text: string): string {
	const side = marks.rule.repeat(2);
	return `${side} ${text} ${side}`;
}

/** What a row that nobody said tells, without what the screen has around it; the lines of an answer are kept. */
export function plainText(row: Exclude<Row, { kind: 'said' | 'refused' }>): string {
	switch (row.kind) {
		case 'lost': {
			const { text, isCalm } = lostText(row);
			return isCalm ? text : `${marks.warned} ${text}`;
		}
		case 'resumed':
			return missedText(row);
		case 'caught-up':
			return caughtUpText;
		case 'back':
			return unmissedText(row);
		case 'epoch':
			return row.rewound === undefined
				? startedOverText(row.at)
				: `${marks.warned} ${wentBackText(row.at, row.rewound.to)}: ${rewoundText(row.rewound)}`;
		case 'cleared':
			return clearedText(row);
		case 'traffic':
			return trafficText(row);
		case 'told':
			return `${row.level === 'info' ? '' : `${marks.warned} `}${drawable(clean(row.text))}`;
	}
}

const caughtUpText = 'end of missed';

type Lost = Extract<Row, { kind: 'lost' }>;

/** What the broker keeps no more is no mishap. */
function lostText({ from, to, reason, isFiltered }: Lost): { readonly text: string; readonly isCalm: boolean } {
	const count = to - from + 1;
	const one = count === 1;
	const numbers = one ? `#${from}` : `#${from}-#${to}`;
	switch (reason) {
		case 'trimmed':
		case 'expired':
		case 'cleared': {
			const text = `${numbers} ${calmReasons[reason](one ? 'is' : 'are')}${one ? '' : `: ${count} messages`}`;
			return { text, isCalm: true };
		}
		case 'damaged': {
			const text = `[damaged] ${numbers}: what the broker has stored cannot be read${one ? '' : `, ${count} messages`}`;
			return { text, isCalm: false };
		}
		case 'slow':
		case 'timeout': {
			const text = `${numbers} ${one ? 'was' : 'were'} never delivered (${lostReasons[reason](one ? 'it' : 'them')})`;
			const most = isFiltered === true ? 'up to ' : '';
			return { text: `${text} ! ${most}${one ? '1 message' : `${count} messages`} missing here`, isCalm: false };
		}
	}
}

function lostLines(row: Lost, width: number): readonly Line[] {
	const { text, isCalm } = lostText(row);
	return isCalm
		? note([span(text, 'dim')], { mark: marks.told, style: 'dim' }, width)
		: note([span(text, 'lost')], { mark: marks.warned, style: 'lost' }, width);
}

const calmReasons: Record<Extract<Lost['reason'], 'trimmed' | 'expired' | 'cleared'>, (are: 'is' | 'are') => string> = {
	trimmed: (are) => `${are} not kept any more`,
	expired: (are) => `${are} too old and not kept any more`,
	cleared: (are) => `${are} gone, the history was cleared`,
};

const lostReasons: Record<Extract<Lost['reason'], 'slow' | 'timeout'>, (them: 'it' | 'them') => string> = {
	slow: () => 'this connection was too slow',
	timeout: (them) => `broker did not send ${them} in time`,
};

function epochLines({ at, rewound }: Extract<Row, { kind: 'epoch' }>, width: number): readonly Line[] {
	if (rewound === undefined) {
		return [centred(titled(startedOverText(at)), 'resumed', width)];
	}
	const { to } = rewound;
	const edge = firstThatFits([titled(wentBackText(at, to)), titled(`back to #${to} at ${timeOfDay(at)}`)], width);
	return [
		...note([span(rewoundText(rewound), 'lost')], { mark: marks.warned, style: 'lost' }, width),
		centred(edge, 'resumed', width),
	];
}

function startedOverText(at: number): string {
	return `the room started over at ${timeOfDay(at)}`;
}

function wentBackText(at: number, to: number): string {
	return `at ${timeOfDay(at)} the broker went back to #${to}`;
}

function rewoundText({ to, lost }: { readonly to: number; readonly lost: number }): string {
	const which = lost === 1 ? `#${to + 1}, which you had seen, is` : `#${to + 1}-#${to + lost}, which you had seen, are`;
	return `${which} not in the broker's log any more${lost === 1 ? '' : `: ${lost} messages`}`;
}

function backText(row: Extract<Row, { kind: 'back' }>, width: number): string {
	return firstThatFits([titled(unmissedText(row)), titled('back - nothing was missed'), 'nothing was missed'], width);
}

function unmissedText(row: Extract<Row, { kind: 'back' }>): string {
	return `${sinceText(row)} - nothing was missed`;
}

function sinceText({ at, awayMs }: { readonly at: number; readonly awayMs: number }): string {
	return `back at ${timeOfDay(at)} after ${clock(awayMs)}`;
}

function resumedText(row: Extract<Row, { kind: 'resumed' }>, width: number): string {
	const { from, to, missed, isFiltered } = row;
	const messages = missed === 1 ? '1 message' : `${missed} messages`;
	const numbers = from === to ? `(#${from})` : `(#${from}-#${to})`;
	if (isFiltered === true) {
		const part = `what matches of ${numbers.slice(1, -1)}`;
		return firstThatFits([titled(missedText(row)), titled(`missed ${part}`), `missed ${part}`], width);
	}
	return firstThatFits(
		[
			titled(missedText(row)),
			titled(`${sinceText(row)} - missed ${missed} ${numbers}`),
			titled(`you missed ${messages} ${numbers}`),
			titled(`missed ${missed} ${numbers}`),
			`missed ${missed}`,
		],
		width,
	);
}

function missedText(row: Extract<Row, { kind: 'resumed' }>): string {
	const { from, to, missed, isFiltered } = row;
	const numbers = from === to ? `#${from}` : `#${from}-#${to}`;
	const what =
		isFiltered === true
			? `what matches of ${numbers}`
			: `${missed === 1 ? '1 message' : `${missed} messages`} (${numbers})`;
	return `${sinceText(row)} - you missed ${what}`;
}

function clearedText({ upTo, by }: Extract<Row, { kind: 'cleared' }>): string {
	return `-- messages up to #${upTo} were cleared${by === undefined ? '' : ` by ${cleanLine(by)}`}`;
}

const mostNames = 10;

function trafficText({ joined, left, renamed = [], more }: Extract<Row, { kind: 'traffic' }>): string {
	const came = joined.length + (more?.joined ?? 0);
	const went = left.length + (more?.left ?? 0);
	const [first] = renamed;
	if (came + went === 0) {
		const last = first ?? { from: '', to: '' };
		return renamed.length > 1
			? `-- ${renamed.length} are called otherwise now (${changesOf(renamed)})`
			: `-- ${cleanLine(last.from)} is now called ${cleanLine(last.to)}`;
	}
	if (came + went === 1 && first === undefined) {
		return joined[0] === undefined ? `-- ${cleanLine(left[0] ?? '')} left` : `-- ${cleanLine(joined[0])} joined`;
	}
	const counts = [
		...(came > 0 ? [`${came} joined`] : []),
		...(went > 0 ? [`${went} left`] : []),
		...(first === undefined ? [] : [`${renamed.length} renamed`]),
	];
	const names = [
		...(came > 0 ? [namesOf(joined, came, '')] : []),
		...(went > 0 ? [namesOf(left, went, '-')] : []),
		...(first === undefined ? [] : [changesOf(renamed)]),
	];
	return `-- ${counts.join(', ')} (${names.join('; ')})`;
}

/** `maya: mia, li: lee` */
function changesOf(renamed: readonly Renamed[]): string {
	return namesOf(
		renamed.map(({ from, to }) => `${from}: ${to}`),
		renamed.length,
		'',
	);
}

function namesOf(people: readonly string[], count: number, mark: string): string {
	const named = people.slice(0, mostNames).map((name) => mark + cleanLine(name));
	const rest = count - named.length;
	return [...named, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
