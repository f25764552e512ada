/**
 * Tab: what is being typed becomes a nick, a room, a command or what follows it, or an emoji, that begins with it. Where
 * there are several they are listed, and Tab goes through them.
 */
import { cellWidth, clean, cleanLine, drawable } from '../../protocol/text.ts';
import { takeName, typedName } from '../../protocol/typed-name.ts';
import type { Choice, Completion, Composer, Effect, Room, State } from '../model.ts';
import { activeRoom } from '../step.ts';
import { type Emoji, emojiFor, shortcodeIn } from '../text/emoji.ts';
import { marks } from '../text/marks.ts';
import { blanks, cut, lineWidth, span } from '../text/spans.ts';
import { themeNames } from '../theme.ts';
import { rewritten, withoutLast } from './composer.ts';
import { namesRooms } from './jump.ts';
import { memberName } from './members.ts';

/** What Tab knows of a command. */
export interface CommandName {
	readonly name: string;
	readonly also?: readonly string[];
	/** What may follow the name, as it is printed. */
	readonly argument?: string;
	readonly text: string;
}

/** The composer with the word before the cursor completed: to the next candidate, or to the one before with -1. */
export function completed(state: State, commands: readonly CommandName[], direction: 1 | -1): Composer {
	const { composer } = state;
	if (composer.last?.kind === 'completed') {
		return withChoiceMoved(composer.last, direction);
	}
	const { start, candidates } = wordAt(state, commands);
	const choices = asChoices(candidates);
	if (choices.length === 0) {
		return composer;
	}
	const completion: Completion = {
		kind: 'completed',
		before: withoutLast(composer),
		...{ start, end: composer.cursor, choices },
		choice: direction === 1 ? 0 : choices.length - 1,
	};
	return withWord(completion);
}

/** What has to be asked for before all is known that may stand there; `undefined` when nothing has. */
export function lookupFor(state: State, commands: readonly CommandName[]): Effect | undefined {
	return state.composer.last?.kind === 'completed' ? undefined : wordAt(state, commands).lookup;
}

/** The one that is so many further, around the ends. */
export function withChoiceMoved(completion: Completion, by: number): Composer {
	const { choice, choices } = completion;
	return withWord({ ...completion, choice: (choice + by + choices.length) % choices.length });
}

/** A single candidate is taken at once, and nothing is listed. */
function withWord(completion: Completion): Composer {
	const { before, start, end, choices, choice } = completion;
	const word = choices[choice]?.value ?? '';
	return rewritten(before, { from: start, to: end, by: word }, choices.length > 1 ? completion : undefined);
}

interface Candidate {
	/** What takes the place of what was typed. */
	readonly word: string;
	readonly name: string;
	readonly about?: string;
	/** What stands before the name. @default nothing */
	readonly mark?: string;
}

/** The widest that the column of names becomes, in cells. */
const mostName = 28;

/** In their order, each word once. */
function asChoices(candidates: readonly Candidate[]): readonly Choice[] {
	const unique = [...Map.groupBy(candidates, ({ word }) => word).values()].flatMap(([first]) => first ?? []);
	const shown = unique.map(({ word, name, about = '', mark = '' }) => ({
		value: word,
		name: cut(mark + cleanLine(name), mostName),
		about: cleanLine(about),
	}));
	const widest = shown.reduce((most, { name }) => Math.max(most, lineWidth(name)), 0);
	return shown.map(({ value, name, about }) => ({
		value,
		line: [...name, ...(about === '' ? [] : [span(`${blanks(widest - lineWidth(name) + 2)}${about}`, 'dim')])],
	}));
}

/** What is typed before the cursor, from `start`, and what it may become. */
interface Word {
	readonly start: number;
	readonly candidates: readonly Candidate[];
	/** What would tell of more. */
	readonly lookup?: Effect | undefined;
}

function wordAt(state: State, commands: readonly CommandName[]): Word {
	const { text, cursor } = state.composer;
	const before = text.slice(0, cursor);
	const [, name = '', typed] = /^\/(\S+)\s+(?:--all\s+)?([@#]?"[^"]*|\S*)$/u.exec(before) ?? [];
	if (typed !== undefined) {
		const command = commands.find((one) => [one.name, ...(one.also ?? [])].includes(name.toLowerCase()));
		const follows = command && following(state, commands, command, typed);
		if (command !== undefined && follows !== undefined) {
			const lookup = firstArgument(command) === 'ROOM' ? roomLookup(state) : undefined;
			return { start: cursor - typed.length, candidates: follows, lookup };
		}
	}
	const word = /\S*$/u.exec(before)?.[0] ?? '';
	const start = cursor - word.length;
	if (word === '') {
		return { start, candidates: [] };
	}
	const shortcode = shortcodeIn(word);
	if (shortcode !== undefined) {
		return state.emoji === undefined
			? { start, candidates: [], lookup: { type: 'find-emoji', room: state.active } }
			: { start, candidates: emojiFor(state.emoji, shortcode).map(emojiCandidate) };
	}
	const lookup = word.startsWith('#') ? roomLookup(state) : undefined;
	return { start, candidates: candidatesFor(state, commands, word, start === 0), lookup };
}

function roomLookup(state: State): Effect | undefined {
	return state.listed === undefined && namesRooms(state) ? { type: 'find-rooms' } : undefined;
}

function emojiCandidate({ emoji, name }: Emoji): Candidate {
	const shown = drawable(emoji);
	return { word: emoji, mark: `${shown}${blanks(3 - cellWidth(shown))}`, name: `:${name}:` };
}

/** The name of what follows a command. */
function firstArgument({ argument = '' }: CommandName): string {
	return argument.replace(/^\[/u, '').split(/[\] ]/u)[0] ?? '';
}

/** What may follow a command; `undefined` where that is any text. */
function following(
	state: State,
	commands: readonly CommandName[],
	command: CommandName,
	typed: string,
): readonly Candidate[] | undefined {
	const first = firstArgument(command);
	switch (first) {
		case 'NICK':
			return quotedNicks(state, typed);
		case 'ROOM':
			return roomsFor(state, typed, typedName);
		case 'COMMAND':
			return commandsFor(commands, typed.replace(/^\//u, '')).map((one) => ({ ...one, word: one.word.slice(1, -1) }));
		case 'THEME':
			return wordsFor(themeNames(state.preferences.themes), typed);
		default:
			return /^[a-z|]+$/u.test(first) ? wordsFor(first.split('|'), typed) : undefined;
	}
}

function wordsFor(words: readonly string[], typed: string): readonly Candidate[] {
	return words.filter((word) => word.startsWith(typed.toLowerCase())).map((word) => ({ word, name: word }));
}

function candidatesFor(
	state: State,
	commands: readonly CommandName[],
	typed: string,
	isFirst: boolean,
): readonly Candidate[] {
	if (isFirst && typed.startsWith('/')) {
		return commandsFor(commands, typed.slice(1));
	}
	if (typed.startsWith('#')) {
		return roomsFor(state, typed);
	}
	const mark = typed.startsWith('@') ? '@' : '';
	// Who is spoken to comes first, as everywhere.
	const after = isFirst && mark === '' ? ': ' : ' ';
	return nicksFor(state, typed.slice(mark.length)).map((one) => ({ ...one, word: `${mark}${one.word}${after}` }));
}

function commandsFor(commands: readonly CommandName[], typed: string): readonly Candidate[] {
	return commands
		.filter(({ name }) => /^[a-z_]+$/u.test(name) && name.startsWith(typed.toLowerCase()))
		.map(({ name, argument, text }) => ({
			word: `/${name} `,
			name: argument === undefined ? `/${name}` : `/${name} ${argument}`,
			about: text,
		}));
}

/** My rooms in the order of their tabs, then those that the broker has told of, each as it is to be written. */
function roomsFor(state: State, typed: string, write = (name: string) => name): readonly Candidate[] {
	const wanted = typed.replace(/^#?"?/u, '').toLowerCase();
	const mine = state.rooms.filter(({ name }) => !name.startsWith('@'));
	const others = (state.listed ?? []).filter(({ room }) => !mine.some(({ name }) => name === room));
	const all = [
		...mine.map((room) => ({ name: room.name, about: aboutRoom(room) })),
		...others.map(({ room, online, topic = '' }) => ({ name: room, about: joined([`${online} here`, topic]) })),
	];
	return all
		.filter(({ name }) => name.toLowerCase().startsWith(wanted))
		.map(({ name, about }) => ({
			word: `${typed.startsWith('#') ? '#' : ''}${write(name)} `,
			name: `#${name}`,
			about,
		}));
}

function aboutRoom({ unread, mentions, topic = '' }: Room): string {
	return joined([unread > 0 ? `${unread} unread${mentions > 0 ? '!' : ''}` : '', topic]);
}

function joined(parts: readonly string[]): string {
	return parts.filter((part) => part !== '').join('  ');
}

function quotedNicks(state: State, typed: string): readonly Candidate[] {
	const mark = typed.startsWith('@') ? '@' : '';
	const wanted = typed.replace(/^@?"?/u, '');
	return nicksFor(state, wanted).map((one) => ({ ...one, word: `${mark}${typedName(one.word)} ` }));
}

function nicksFor(state: State, typed: string): readonly Candidate[] {
	const wanted = typed.toLowerCase();
	return nicksOf(state)
		.filter((nick) => nick.toLowerCase().startsWith(wanted))
		.map((nick) => ({ word: nick, ...whereabouts(state, nick) }));
}

/** Whether somebody is here, and what they say of being away; nothing of somebody who is not known to be connected. */
function whereabouts(state: State, nick: string): Pick<Candidate, 'name' | 'about' | 'mark'> {
	const room = activeRoom(state);
	const member = [room, ...state.rooms].flatMap(({ members, membersKnown }) =>
		membersKnown ? (members.get(nick) ?? []) : [],
	)[0];
	if (member === undefined) {
		return { name: nick, mark: ' ' };
	}
	const name = memberName(member);
	return member.state === 'away'
		? { name, mark: marks.away, about: joined(['away', member.status ?? '']) }
		: { name, mark: marks.here, about: 'here' };
}

/**
 * Why it is not clear who is meant: what was typed without quotes is a nick and more, and somebody is called like both.
 * `undefined` when it is clear.
 */
export function doubtText(state: State, command: string, argument: string): string | undefined {
	const typed = takeName(argument);
	if (typed === undefined || typed.isQuoted || typed.rest === '') {
		return undefined;
	}
	const line = `${argument.replace(/^@/u, '').toLowerCase()} `;
	const longer = nicksOf(state).find((nick) => nick.includes(' ') && line.startsWith(`${nick.toLowerCase()} `));
	return longer === undefined
		? undefined
		: `Who is meant? /${command} ${cleanLine(typedName(longer))}, or /${command} "${cleanLine(typed.name)}"`;
}

/** Who spoke here last comes first, then who is here, then who speaks or is spoken to elsewhere. */
function nicksOf(state: State): readonly string[] {
	const room = activeRoom(state);
	const speakers = (rows: typeof room.rows) =>
		rows.flatMap((row) => (row.kind === 'said' && !row.mine ? [row.sender] : [])).reverse();
	const others = state.rooms.filter((one) => one !== room);
	const all = [
		...speakers(room.rows),
		...room.members.keys(),
		...state.rooms.flatMap(({ name }) => (name.startsWith('@') ? [name.slice(1)] : [])),
		...others.flatMap(({ rows, members }) => [...speakers(rows), ...members.keys()]),
	];
	const names = all.map((name) => clean(name.replace(/^~/u, ''))).filter((name) => name !== '' && name !== state.nick);
	return [...new Set(names)];
}
