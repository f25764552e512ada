/**
 * Tab: what is being typed becomes a nick, a room or a command that begins with it; pressed again, the next one.
 */
import { clean, cleanLine } from '../../protocol/text.ts';
import { takeName, typedName } from '../../protocol/typed-name.ts';
import type { Composer, State } from '../model.ts';
import { activeRoom } from '../step.ts';

/** What Tab knows of the commands, without their `/`. */
export interface CommandNames {
	readonly all: readonly string[];
	/** Those that a nick follows: it is put in quotes there when it has spaces. */
	readonly beforeNick: ReadonlySet<string>;
}

/** The composer with the word before the cursor completed: to the next candidate, or to the one before with -1. */
export function completed(state: State, commands: CommandNames, direction: 1 | -1): Composer {
	const { composer } = state;
	const { completion } = composer;
	if (completion !== undefined && isUntouched(composer, completion)) {
		const { words, index } = completion;
		return withWord(composer, { ...completion, index: (index + direction + words.length) % words.length });
	}
	const { text, cursor } = composer;
	const before = text.slice(0, cursor);
	const [, command = '', nick] = /^\/(\S+)\s+(?:--all\s+)?(@?"[^"]*|\S+)$/u.exec(before) ?? [];
	const isNick = nick !== undefined && commands.beforeNick.has(command.toLowerCase());
	const typed = isNick ? nick : (/\S*$/u.exec(before)?.[0] ?? '');
	const start = cursor - typed.length;
	const words = isNick ? quotedNicks(state, typed) : candidates(state, commands.all, typed, start === 0);
	const first = { start, end: cursor, words, index: direction === 1 ? 0 : words.length - 1 };
	return words.length === 0 ? composer : withWord(composer, first);
}

type Completion = NonNullable<Composer['completion']>;

function isUntouched({ text, cursor }: Composer, { start, end, words, index }: Completion): boolean {
	return cursor === end && text.slice(start, end) === words[index];
}

function withWord(composer: Composer, { start, end, words, index }: Completion): Composer {
	const word = words[index] ?? '';
	const cursor = start + word.length;
	const text = composer.text.slice(0, start) + word + composer.text.slice(end);
	return { ...composer, text, cursor, completion: { start, end: cursor, words, index } };
}

function candidates(state: State, commands: readonly string[], typed: string, isFirst: boolean): readonly string[] {
	if (typed === '') {
		return [];
	}
	if (isFirst && typed.startsWith('/')) {
		return matching(
			commands.map((name) => `/${name} `),
			typed,
		);
	}
	if (typed.startsWith('#')) {
		return matching(
			state.rooms.filter(({ name }) => !name.startsWith('@')).map(({ name }) => `#${name} `),
			typed,
		);
	}
	const mark = typed.startsWith('@') ? '@' : '';
	// Who is spoken to comes first, as everywhere.
	const after = isFirst && mark === '' ? ': ' : ' ';
	return matching(
		nicksOf(state).map((nick) => `${mark}${nick}${after}`),
		typed,
	);
}

function quotedNicks(state: State, typed: string): readonly string[] {
	const mark = typed.startsWith('@') ? '@' : '';
	const wanted = typed.replace(/^@?"?/u, '').toLowerCase();
	const words = nicksOf(state).filter((nick) => nick.toLowerCase().startsWith(wanted));
	return words.map((nick) => `${mark}${typedName(nick)} `);
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

function matching(words: readonly string[], typed: string): readonly string[] {
	const wanted = typed.toLowerCase();
	return [...new Set(words)].filter((word) => word.toLowerCase().startsWith(wanted));
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
