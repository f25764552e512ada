/**
 * What a search has found, as a page over the pane: one line a message, what was sought standing out.
 */
import { cellWidth, cleanLine, graphemes } from '../../protocol/text.ts';
import { placesOf, readSought, type Sought } from '../../protocol/words.ts';
import type { FoundMessage, Line, Search, State } from '../model.ts';
import { roomTitle } from '../reports.ts';
import { isOpen, shownFound } from '../slices/search.ts';
import { day, isSameDay, timeOfDay } from '../text/dates.ts';
import { marks } from '../text/marks.ts';
import { cut, cutLine, padded, sign, span } from '../text/spans.ts';
import { note, standingOut } from './rows.ts';
import { roomLabel } from './tabs.ts';

/** All lines of the page, however many fit; the first is its title. */
export function searchLines(state: State, search: Search, width: number): readonly Line[] {
	const shown = shownFound(search);
	const columns = columnsOf(shown, search, state.now, width);
	return [
		[span(' '), ...cut(`"${cleanLine(search.text)}" in ${searchedPlace(search)}`, width - 2, 'tab-active')],
		...shown.map((found, index) => cutLine(markedLine(foundLine(found, columns), index === search.choice), width)),
		...endLines(search, shown.length, width),
	];
}

/** What stands on the rule below: which of how many is chosen, and what the keys do. */
export function searchLabel(search: Search): string {
	const count = shownFound(search).length;
	return count === 0
		? 'Esc closes'
		: `${search.choice + 1} of ${count}${isOpen(search) ? '+' : ''} - Enter shows it - Esc closes`;
}

function searchedPlace({ room }: Search): string {
	return room === undefined ? 'all your rooms' : roomTitle(room);
}

function endLines({ parts, room }: Search, count: number, width: number): readonly Line[] {
	const quiet = (text: string): Line => [span('   '), ...cut(text, width - 4, 'dim')];
	const failed = parts.flatMap((part): Line[] => {
		const text = `${roomTitle(part.room)}: ${cleanLine(part.text ?? '')}`;
		const mark = { mark: marks.warned, style: 'error' } as const;
		return part.state === 'failed' ? [...note([span(text, 'error')], mark, width)] : [];
	});
	const isAsked = parts.some(({ state }) => state === 'asked');
	const isAll = parts.every(({ state }) => state === 'all');
	const place = room === undefined ? 'in your rooms' : 'here';
	const end = isAsked
		? [quiet('searching...')]
		: isAll
			? [quiet(count === 0 ? `nothing that is kept ${place} says this` : 'that is all that is kept')]
			: [];
	return [...failed, ...end];
}

interface Columns {
	readonly width: number;
	readonly number: number;
	readonly time: number;
	/** 0 when all are of one room. */
	readonly room: number;
	readonly nick: number;
	readonly now: number;
	readonly sought: Sought;
	/** Of everything above. */
	readonly key: string;
}

function columnsOf(shown: readonly FoundMessage[], { room, text }: Search, now: number, width: number): Columns {
	const widest = (texts: readonly string[]) => texts.reduce((most, one) => Math.max(most, cellWidth(one)), 0);
	const isWide = width >= 60;
	const found = {
		width,
		number: widest(shown.map(({ sequence }) => `#${sequence}`)),
		time: width < 40 ? 0 : widest(shown.map(({ timestamp }) => shortMoment(timestamp, now))),
		room: room === undefined ? Math.min(widest(shown.map(({ room }) => roomLabel(room))), isWide ? 16 : 8) : 0,
		nick: Math.min(widest(shown.map(nameText)), isWide ? 12 : 6),
	};
	const key = `${Object.values(found).join(' ')} ${new Date(now).toDateString()} ${text}`;
	return { ...found, now, sought: readSought(text) ?? { phrases: [] }, key };
}

// Found messages never change.
const layouts = new WeakMap<FoundMessage, { readonly key: string; readonly line: Line }>();

function foundLine(found: FoundMessage, columns: Columns): Line {
	const known = layouts.get(found);
	if (known?.key === columns.key) {
		return known.line;
	}
	const { number, time, room, nick, now, width } = columns;
	const { sequence, timestamp } = found;
	const start: Line = [
		span(`${`#${sequence}`.padStart(number)} `, 'dim'),
		...(time > 0 ? [...padded(shortMoment(timestamp, now), time, 'time'), span(' ')] : []),
		...(room > 0 ? [...padded(roomLabel(found.room), room), span(' ')] : []),
		...padded(nameText(found), nick, 'me'),
		span(' '),
	];
	const left = start.reduce((sum, { text }) => sum + cellWidth(text), 2);
	const line = [...start, ...beginningNear(found.content, columns.sought, width - left - 1)];
	layouts.set(found, { key: columns.key, line });
	return line;
}

function nameText({ sender, bot }: FoundMessage): string {
	return `${cleanLine(sender)}${bot === true ? marks.bot : ''}`;
}

/** On a day that is not today its date, else the time: both would leave little to the text. */
function shortMoment(at: number, now: number): string {
	return isSameDay(at, now) ? timeOfDay(at) : day(at, now).replace(/^\w+ /u, '');
}

function markedLine(line: Line, isChosen: boolean): Line {
	return [span(isChosen ? `${marks.chosen} ` : '  ', isChosen ? 'mention' : 'plain'), ...line];
}

/** Of a text, in code points: more than a broker takes. */
const longest = 10_000;

/** A text in one line, from a little before what was sought in it. */
function beginningNear(content: string, sought: Sought, width: number): Line {
	const whole = cleanLine(content, longest);
	const [first] = placesOf(whole, sought);
	const start =
		first === undefined || cellWidth(whole.slice(0, first.to)) < width ? 0 : before(whole, first.from, width);
	const cutBefore = start === 0 ? [] : [sign(marks.cut)];
	// What is not shown is not looked through once more.
	return standingOut(cutLine([...cutBefore, span(whole.slice(start))], width), sought);
}

/** Where to begin so that a third of the line stands before this place. */
function before(text: string, place: number, width: number): number {
	let start = place;
	let cells = 0;
	for (const grapheme of graphemes(text.slice(0, place)).reverse()) {
		cells += cellWidth(grapheme);
		if (cells > width / 3) {
			break;
		}
		start -= grapheme.length;
	}
	return start;
}
