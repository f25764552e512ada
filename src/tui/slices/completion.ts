/**
 * Tab: what is being typed becomes a nick, a room or a command that begins with it; pressed again, the next one.
 */
import { clean } from '../../protocol/text.ts';
import type { Composer, State } from '../model.ts';
import { activeRoom } from '../step.ts';

/** The composer with the word before the cursor completed: to the next candidate, or to the one before with -1. */
export function completed(state: State, commands: readonly string[], direction: 1 | -1): Composer {
	const { composer } = state;
	const { completion } = composer;
	if (completion !== undefined && isUntouched(composer, completion)) {
		const { words, index } = completion;
		return withWord(composer, { ...completion, index: (index + direction + words.length) % words.length });
	}
	const { text, cursor } = composer;
	const typed = /\S*$/u.exec(text.slice(0, cursor))?.[0] ?? '';
	const start = cursor - typed.length;
	const words = candidates(state, commands, typed, start === 0);
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
