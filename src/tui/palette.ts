/**
 * The jump palette: rooms, people and commands by a few of their letters. Pure.
 */
import type { RoomInfo } from '../client/client.ts';
import { isInbox } from '../protocol/names.ts';
import { cleanLine } from '../protocol/text.ts';
import { typedName } from '../protocol/typed-name.ts';
import { type Command, commands, joined, runCommand, usage } from './commands.ts';
import type { Choice, Line, Room, State } from './model.ts';
import { counted } from './reports.ts';
import { rewritten } from './slices/composer.ts';
import { conversationNamed } from './slices/conversations.ts';
import { switchedTo } from './slices/rooms.ts';
import { activeRoom, type Moment, roomNamed, type Step, step } from './step.ts';
import { matches } from './text/fuzzy.ts';
import { lettered } from './text/letters.ts';
import { span } from './text/spans.ts';

/** Something to go to. */
interface Place {
	/** Its name is shown behind this sign; typed first, it leaves only what has it. */
	readonly sign: '#' | '@' | '/';
	/** What the typed letters are looked for in. */
	readonly name: string;
	readonly after?: string;
	readonly about: Line;
	readonly choice: Omit<Choice, 'line'>;
	/** Other words that it is found by, behind all that is found by its name. */
	readonly words?: readonly string[];
}

/** What there is to go to by what is typed: the best match first, of equals what was on screen last. */
export function placesFor(state: State, typed: string): readonly Choice[] {
	const all = [...openRooms(state), ...people(state), ...otherRooms(state), ...lines];
	const sign = /^[#@/]/u.exec(typed)?.[0];
	const wanted = sign === undefined ? typed : typed.slice(1);
	const places = sign === undefined ? all : all.filter((place) => place.sign === sign);
	const named = matches(wanted, places, ({ name }) => name);
	const found = new Set(named.map(({ candidate }) => candidate));
	const byWords = places.filter((place) => !found.has(place) && hasWord(place, wanted));
	return [
		...named.map(({ candidate, places: letters }) => choiceOf(candidate, letters)),
		...byWords.map((place) => choiceOf(place, new Set())),
	];
}

/** A choice was taken: its room is gone to or joined, its command runs, or waits in the input for what it needs. */
export function jumped(state: State, { room, join, value }: Choice, moment: Moment): Step {
	if (room !== undefined) {
		return step(switchedTo(state, room));
	}
	if (join !== undefined) {
		return joined(state, { name: join }, moment);
	}
	if (!value.endsWith(' ')) {
		return runCommand(state, value, moment);
	}
	return step({ ...state, composer: rewritten(state.composer, { from: 0, to: 0, by: value }) });
}

function openRooms(state: State): readonly Place[] {
	const { rooms, active, visited = [] } = state;
	const others = rooms.filter(({ name }) => name !== active);
	const lastFirst = visited.flatMap((name) => others.find((room) => room.name === name) ?? []);
	const never = others.filter(({ name }) => !visited.includes(name));
	return [...lastFirst, ...never, activeRoom(state)].map((room): Place => {
		const isPerson = isInbox(room.name);
		const name = cleanLine(isPerson ? room.name.slice(1) : room.name);
		const label = `${isPerson ? '@' : '#'}${name}`;
		const about = room.name === active ? [span('you are here', 'dim')] : unreadIn(room);
		return { sign: isPerson ? '@' : '#', name, about, choice: { value: label, room: room.name } };
	});
}

function unreadIn({ unread, mentions }: Room): Line {
	if (unread === 0) {
		return [];
	}
	const named = mentions === 0 ? [] : [span(`, ${counted(mentions, 'mention', 'mentions')}`, 'mention')];
	return [span(`${unread} unread`, 'tab-unread'), ...named];
}

/** Who is in a room and can be spoken to alone, those of the room on screen first. */
function people(state: State): readonly Place[] {
	if (state.link.state === 'online' && state.link.protocol === 'base') {
		return [];
	}
	const room = activeRoom(state);
	const found = new Map<string, Place>();
	for (const { name: where, members } of [room, ...state.rooms]) {
		for (const { userId, state: presence, verified } of members.values()) {
			if (!verified || found.has(userId) || userId === state.nick || conversationNamed(state, `@${userId}`)) {
				continue;
			}
			const about = `${presence === 'away' ? 'away' : 'here'}${where === room.name ? '' : `, in #${cleanLine(where)}`}`;
			const value = `/query ${typedName(userId)}`;
			found.set(userId, { sign: '@', name: cleanLine(userId), about: [span(about, 'dim')], choice: { value } });
		}
	}
	return [...found.values()];
}

/** Rooms of the broker that are not open, those with people in them first. */
function otherRooms(state: State): readonly Place[] {
	const { listed = [] } = state;
	return listed
		.filter(({ room }) => roomNamed(state, room) === undefined && !isInbox(room))
		.toSorted((one, other) => other.online - one.online)
		.map(
			({ room, ...more }): Place => ({
				...{ sign: '#', name: cleanLine(room), about: [span(roomText(more), 'dim')] },
				choice: { value: `#${room}`, join: room },
			}),
		);
}

function roomText({ online, topic }: Omit<RoomInfo, 'room'>): string {
	const here = online === 0 ? 'not open here, empty' : `not open here, ${counted(online, 'person', 'people')}`;
	return topic === undefined || topic === '' ? here : `${here}: ${cleanLine(topic)}`;
}

const lines: readonly Place[] = commands.filter(({ name }) => /^[a-z_]+$/u.test(name)).map(line);

function line(command: Command): Place {
	const { name, also = [], text, argument = '' } = command;
	return {
		sign: '/',
		name,
		after: usage(command).slice(1 + name.length),
		about: [span(text, 'dim')],
		// An argument in brackets may be left out.
		choice: { value: argument === '' || argument.startsWith('[') ? `/${name}` : `/${name} ` },
		words: [...also, ...text.toLowerCase().split(/[^\p{L}\p{N}]+/u)],
	};
}

/** Two letters are in too many words to tell anything. */
const fewestLetters = 3;

function hasWord({ words = [] }: Place, typed: string): boolean {
	const wanted = typed.trim().toLowerCase();
	return wanted.length >= fewestLetters && words.some((word) => word.startsWith(wanted));
}

function choiceOf({ sign, name, after = '', about, choice }: Place, letters: ReadonlySet<number>): Choice {
	const shown = [span(sign), ...lettered(name, letters), span(`${after}  `), ...about];
	return { ...choice, line: shown };
}
