/**
 * What is listed above the input for what is typed in it, the best first, and which of it is chosen.
 */
import { clean, cleanLine } from '../../protocol/text.ts';
import { readSought, type Sought, says } from '../../protocol/words.ts';
import { type Choice, type Prompt, type PromptKind, type Room, type Row, type State, shownRows } from '../model.ts';
import { placesFor } from '../palette.ts';
import { roomTitle } from '../reports.ts';
import { activeRoom, roomNamed } from '../step.ts';
import { day, isSameDay, timeOfDay } from '../text/dates.ts';
import { lettered, wordPlaces } from '../text/letters.ts';
import { span } from '../text/spans.ts';
import { sectionStart } from './numbers.ts';
import { atNewest } from './scroll.ts';

/** What is listed above the input, and which of it is chosen, 0 for the best. */
interface Listed {
	readonly choices: readonly Choice[];
	readonly choice: number;
}

/** Of a prompt, else of what Tab can put in; `undefined` while nothing is listed. */
export function listed(state: State): Listed | undefined {
	const { prompt, composer } = state;
	if (prompt !== undefined) {
		return { choices: choicesOf(state), choice: prompt.choice };
	}
	return composer.last?.kind === 'completed' ? composer.last : undefined;
}

/** Empty while nothing is asked for. The same State gives the same list. */
function choicesOf(state: State): readonly Choice[] {
	const { prompt } = state;
	if (prompt === undefined) {
		return [];
	}
	const known = lists.get(state);
	if (known !== undefined) {
		return known;
	}
	const fresh = listings[prompt.kind](state, prompt.input.text);
	lists.set(state, fresh);
	return fresh;
}

const lists = new WeakMap<State, readonly Choice[]>();

/** Chooses one that is so much worse, or better with a negative number; stops at the ends. */
export function choiceMoved(state: State, prompt: Prompt, by: number): State {
	return withChoice(state, prompt, prompt.choice + by);
}

/** What Enter would take. */
export function chosen(state: State): Choice | undefined {
	return state.prompt && choicesOf(state)[state.prompt.choice];
}

/**
 * What was chosen is chosen still, wherever it stands now, unless a key chose: what comes while somebody looks must not
 * change what Enter takes. And the room that it leads to is the one that is looked at.
 */
export function settledPrompt(before: State, after: State, isKey: boolean): State {
	const { prompt } = after;
	if (prompt === undefined) {
		return after;
	}
	const value = isKey || prompt !== before.prompt ? undefined : chosen(before)?.value;
	const index = value === undefined ? -1 : choicesOf(after).findIndex((choice) => choice.value === value);
	const held = withChoice(after, prompt, index === -1 ? prompt.choice : index);
	return withLook(held, chosen(held)?.room);
}

function withLook(state: State, room: string | undefined): State {
	const { prompt } = state;
	const looksAt = room === state.active ? undefined : room;
	if (prompt === undefined || prompt.looksAt === looksAt) {
		return state;
	}
	const { looksAt: _, ...rest } = prompt;
	return { ...state, prompt: looksAt === undefined ? rest : { ...rest, looksAt } };
}

/** The room whose pane is on screen: one that is looked at from afar stands at its newest line. */
export function roomOnScreen(state: State): Room {
	const name = state.prompt?.looksAt;
	const room = name === undefined ? undefined : roomNamed(state, name);
	return room === undefined ? activeRoom(state) : atNewest(room);
}

function withChoice(state: State, prompt: Prompt, wanted: number): State {
	const choice = Math.max(0, Math.min(wanted, choicesOf(state).length - 1));
	return choice === prompt.choice ? state : { ...state, prompt: { ...prompt, choice } };
}

const listings: Readonly<Record<PromptKind, (state: State, typed: string) => readonly Choice[]>> = {
	recall: sentBefore,
	jump: placesFor,
	find: saidBefore,
	open: addressesWith,
	mentions: namingMe,
};

function addressesWith({ prompt }: State, typed: string): readonly Choice[] {
	const wanted = typed.toLowerCase();
	const { addresses = [] } = prompt ?? {};
	return addresses
		.filter((address) => address.toLowerCase().includes(wanted))
		.map((value) => ({ value, line: [span(value)] }));
}

/** Messages of all rooms that name me and contain what is typed, or are by somebody who is called so, the newest first. */
function namingMe({ rooms, now }: State, typed: string): readonly Choice[] {
	const wanted = typed.toLowerCase();
	const today = new Date(now).toDateString();
	return rooms
		.flatMap(({ name, rows, reading }) => {
			const all = [...(reading?.rows.slice(sectionStart(reading.rows)) ?? []), ...rows.slice(sectionStart(rows))];
			return all.flatMap((row) =>
				row.kind === 'said' &&
				row.mention &&
				isMentionWanted(row, wanted, () => mentionText(row, name).includes(wanted))
					? [{ name, row }]
					: [],
			);
		})
		.toSorted((one, other) => other.row.timestamp - one.row.timestamp)
		.map(({ name, row }) => mentionChoice(row, today, () => choiceOfMention(row, name, now)));
}

function mentionText({ sender, content }: Said, room: string): string {
	return `${roomTitle(room)} ${sender} ${content}`.toLowerCase();
}

function choiceOfMention({ sequence, timestamp, sender, content }: Said, room: string, now: number): Choice {
	const date = isSameDay(timestamp, now) ? '' : `${day(timestamp, now)} `;
	const place = `${roomTitle(room)} #${sequence}  ${date}${timeOfDay(timestamp)} `;
	return {
		value: `${sequence} ${room}`,
		line: [span(place, 'dim'), span(`${cleanLine(sender)} `), span(cleanLine(content.slice(0, longestShown)))],
	};
}

/** Of a message, in UTF-16 units: more than a row has. */
const longestShown = 1000;

/** Lines of the input history that contain all words that are typed, the newest first, each once. */
function sentBefore({ composer: { history } }: State, typed: string): readonly Choice[] {
	const placesIn = wordPlaces(typed);
	return [...new Set(history.toReversed())].flatMap((value) => {
		const shown = cleanLine(value);
		const places = placesIn(shown);
		return places === undefined ? [] : [{ value: clean(value), line: lettered(shown, places) }];
	});
}

/** Messages of the room on screen, as far as it is loaded, that say what is typed, the newest first. */
function saidBefore(state: State, typed: string): readonly Choice[] {
	const sought = readSought(typed);
	const rows = shownRows(activeRoom(state));
	const known = searched.get(rows);
	if (sought === undefined || known?.typed === typed) {
		return sought === undefined ? [] : (known?.choices ?? []);
	}
	const choices = rows.flatMap((row) => (row.kind === 'said' ? saying(row, typed, sought) : [])).toReversed();
	searched.set(rows, { typed, choices });
	return choices;
}

// What else changes of a state does not change which of them say it.
const searched = new WeakMap<readonly Row[], { readonly typed: string; readonly choices: readonly Choice[] }>();

function saying(row: Said, typed: string, sought: Sought): readonly Choice[] {
	return sayingIt(row, typed, () => (says(row.content, sought) ? [{ value: row.key, line: [] }] : []));
}

type Said = Extract<Row, { kind: 'said' }>;

/**
 * Remembers what was made of each row under the key of last time. Thousands of messages are looked through again with each
 * one that comes, and they may be long: it costs no more than the looking at itself.
 */
function remembering<Value>(): (row: Said, key: string, make: () => Value) => Value {
	const known = new WeakMap<Said, { readonly key: string; readonly value: Value }>();
	return (row, key, make) => {
		const last = known.get(row);
		if (last?.key === key) {
			return last.value;
		}
		const value = make();
		known.set(row, { key, value });
		return value;
	};
}

const sayingIt = remembering<readonly Choice[]>();
const isMentionWanted = remembering<boolean>();
const mentionChoice = remembering<Choice>();
