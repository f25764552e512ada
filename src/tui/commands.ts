/**
 * The commands, as a table: `/help` prints it, and an unknown command is answered with the nearest name in it.
 */
import leven from 'leven';
import { fingerprintOf } from '../protocol/identity.ts';
import { defaultLimits } from '../protocol/limits.ts';
import { cleanLine, cleanNick, cleanRoom } from '../protocol/text.ts';
import { takeName, takeQuotedRoom, typedName, wholeName } from '../protocol/typed-name.ts';
import { administering } from './administering.ts';
import { showBare } from './bare.ts';
import { copy } from './copying.ts';
import { exportRoom } from './exporting.ts';
import { filterExamples } from './filter-help.ts';
import { invite } from './invitation.ts';
import { jumpTo } from './jumping.ts';
import type { Attention, Effect, Room, State } from './model.ts';
import { open } from './opening.ts';
import { aligned, counted, gapReport, roomTitle } from './reports.ts';
import { type Spoken, say, unreachableText } from './saying.ts';
import { askOlder, loadingOlder, pageOf, saidInWindow, scrolledBy, toDivider } from './scrolling.ts';
import { search, searchAgain } from './searching.ts';
import { attentionOf, withAttention } from './slices/activity.ts';
import { doubtText } from './slices/completion.ts';
import { withDraft } from './slices/composer.ts';
import {
	conversationNamed,
	conversationWith,
	isConversation,
	peerOf,
	withConversation,
} from './slices/conversations.ts';
import { markedUnread } from './slices/divider.ts';
import { personNamed, withIgnored, withoutIgnored } from './slices/ignored.ts';
import { jump } from './slices/jump.ts';
import { withWantedNick } from './slices/link.ts';
import { comeBack, goAway } from './slices/own.ts';
import { withPrompt } from './slices/prompt.ts';
import { rejoined } from './slices/rejoining.ts';
import {
	joinText,
	moved,
	switchedBack,
	switchedBy,
	switchedTo,
	switchedToPlace,
	withNewRoom,
	withoutRoom,
} from './slices/rooms.ts';
import { emptied } from './slices/transcript.ts';
import { noted, withMembersToggled, withNumbers, withOverlayToggled } from './slices/view.ts';
import { activeRoom, complaint, type Moment, roomNamed, type Step, step, tell, withRoom } from './step.ts';
import { themeNames } from './theme.ts';
import { discard, listUnsent, retry } from './unsent-lines.ts';
import { parseWhere } from './where.ts';

export interface Command {
	readonly name: string;
	/** Names that it goes by elsewhere. */
	readonly also?: readonly string[];
	/** What may follow the name, as it is printed. Absent: nothing. */
	readonly argument?: string;
	/** In words for people. */
	readonly text: string;
	/** It is about the screen: where lines are printed it does nothing. */
	readonly needsScreen?: true;
	/** Answers `undefined` when the argument is not one that it takes. */
	readonly run: (state: State, argument: string, moment: Moment) => Step | undefined;
}

export const commands: readonly Command[] = [
	{
		name: 'join',
		argument: 'ROOM [where FILTER]',
		text: 'join a room, or go to it; FILTER: show only what matches',
		run: join,
	},
	{ name: 'leave', also: ['part', 'close'], argument: '[ROOM]', text: 'leave this room or another', run: leave },
	{ name: 'history', argument: '[N]', text: 'load N older messages, 100 unless told, at most 500', run: history },
	{
		name: 'search',
		needsScreen: true,
		argument: '[--all] WORDS',
		text: 'search all that the broker keeps; --all: in all my rooms',
		run: searchFor,
	},
	{
		name: 'goto',
		needsScreen: true,
		argument: 'N',
		text: 'show message number N of this room, wherever it is',
		run: goto,
	},
	{ name: 'msg', argument: 'NICK [TEXT]', text: 'say something to one person alone', run: message },
	{ name: 'query', also: ['q'], argument: 'NICK', text: 'go to the conversation with one person', run: query },
	{ name: 'nick', argument: 'NAME', text: 'be called otherwise', run: nick },
	{ name: 'away', argument: '[TEXT]', text: 'say that you are away', run: goAway },
	{ name: 'back', text: 'say that you are here again', run: plain(comeBack) },
	{ name: 'me', argument: 'TEXT', text: 'say what you do', run: me },
	{ name: 'reply', argument: 'N TEXT', text: 'answer message N; /numbers shows the numbers', run: reply },
	{ name: 'retry', argument: '[N]', text: 'send again what was refused here, or the Nth of it', run: retry },
	{ name: 'unsent', text: 'what waits to be sent, in all rooms', run: plain(listUnsent) },
	{ name: 'discard', argument: 'N', text: 'never send the unsent line of this number', run: discard },
	{
		name: 'edit',
		needsScreen: true,
		argument: '[TEXT]',
		text: 'write a message in $VISUAL or $EDITOR',
		run: (state, text) => step(state, { type: 'edit', room: state.active, text }),
	},
	{
		name: 'who',
		argument: '[NAME]',
		also: ['names'],
		text: 'who is in this room; NAME: whose names begin so',
		run: who,
	},
	{
		name: 'rooms',
		also: ['list'],
		text: 'rooms of the broker',
		run: asking('list its rooms', (state) => ({ type: 'list-rooms', room: state.active })),
	},
	{
		name: 'token',
		argument: '[revoke]',
		text: 'a token for a program that is to speak as you; or end all',
		run: token,
	},
	{ name: 'invite', text: 'the line that others type to join this room', run: plain(invite) },
	{
		name: 'mouse',
		needsScreen: true,
		argument: '[on|off]',
		text: 'click tabs and nicks, scroll by the wheel; Shift marks text',
		run: mouse,
	},
	{
		name: 'bare',
		needsScreen: true,
		text: 'messages as bare text, to be marked and copied by the terminal',
		run: plain(showBare),
	},
	{
		name: 'copy',
		needsScreen: true,
		argument: '[N[-M]]',
		text: 'copy the newest message, that of a number, or several',
		run: copy,
	},
	{
		name: 'open',
		needsScreen: true,
		argument: '[N]',
		text: 'open the newest address, or that of a message',
		run: open,
	},
	{
		name: 'export',
		argument: 'FILE [N-M] [--force]',
		text: 'write the history to a file, as JSON lines if it ends in .jsonl',
		run: exportRoom,
	},
	{ name: 'ignore', argument: '[NICK]', text: 'do not show what a person says; who that is', run: ignore },
	{ name: 'unignore', argument: 'NICK', text: 'show it again, from now on', run: unignore },
	{ name: 'gap', argument: 'show|why', text: 'what is held back; the proof of the order', run: gap },
	{ name: 'reconnect', text: 'dial the broker now', run: plain((state) => step(state, { type: 'reconnect' })) },
	{ name: 'next', text: 'next room', run: plain((state) => step(switchedBy(state, 1))) },
	{ name: 'prev', text: 'previous room', run: plain((state) => step(switchedBy(state, -1))) },
	{
		name: 'go',
		needsScreen: true,
		argument: '[LETTERS]',
		text: 'go to a room, a person or a command by a few letters',
		run: jump,
	},
	{ name: 'last', text: 'the room before this one', run: plain((state) => step(switchedBack(state))) },
	{ name: 'up', needsScreen: true, argument: '[LINES]', text: 'scroll up, a page unless told', run: scrolling(-1) },
	{ name: 'down', needsScreen: true, argument: '[LINES]', text: 'scroll down, a page unless told', run: scrolling(1) },
	{ name: 'divider', needsScreen: true, text: 'to the first new message; again: to the newest', run: plain(toDivider) },
	{
		name: 'mentions',
		needsScreen: true,
		text: 'what names you, in all rooms; Enter goes there',
		run: plain((state) => step(withPrompt(state, { kind: 'mentions' }))),
	},
	{
		name: 'unread',
		needsScreen: true,
		argument: '[N]',
		text: 'mark #N and all after it as unread; the oldest on screen unless told',
		run: unread,
	},
	{ name: 'move', needsScreen: true, argument: 'PLACE', text: 'move the tab of this room; 1 is the first', run: move },
	{
		name: 'notify',
		needsScreen: true,
		argument: '[all|mentions|none]',
		text: 'what this room rings and notifies for',
		run: notify,
	},
	{ name: '1../9', text: 'room by its place', run: () => undefined },
	{
		name: 'people',
		needsScreen: true,
		text: 'show or hide who is here',
		run: plain((state) => step(withMembersToggled(state))),
	},
	{
		name: 'numbers',
		argument: '[on|off]',
		text: 'show or hide the number of every message',
		run: numbers,
	},
	{
		name: 'clear',
		needsScreen: true,
		text: 'empty this pane; the broker keeps all',
		run: plain((state) => step(withRoom(state, state.active, emptied))),
	},
	{
		name: 'theme',
		needsScreen: true,
		argument: '[THEME]',
		text: 'how the screen looks; without THEME: what there is',
		run: theme,
	},
	{
		name: 'keys',
		needsScreen: true,
		text: 'the keys, as they are bound now',
		run: plain((state) => opened(state, 'keys')),
	},
	{ name: 'help', argument: '[COMMAND]', text: 'keys and commands; /help where: filters', run: help },
	{
		name: 'quit',
		also: ['exit'],
		text: 'leave natter, as /exit',
		run: plain((state) => step(state, { type: 'quit' })),
	},
	...administering,
];

/** Whether a line is a command; `//` at its beginning says that it is not. */
export function isCommand(line: string): boolean {
	return line.startsWith('/') && !line.startsWith('//');
}

/** Runs a line that begins with `/`. What it does not understand it says, and sends nothing. */
export function runCommand(state: State, line: string, moment: Moment): Step {
	const [, name = '', argument = ''] = /^\/(\S*)\s*([\s\S]*)$/u.exec(line) ?? [];
	if (/^[1-9]$/.test(name) && argument.trim() === '') {
		return step(switchedToPlace(state, Number(name)));
	}
	const command = named(name);
	if (command === undefined) {
		return complaint(state, moment, unknownText(name));
	}
	if (state.isPlain === true && command.needsScreen === true) {
		return complaint(state, moment, `/${command.name} needs the full screen: natter without --plain has it`);
	}
	return command.run(state, argument.trim(), moment) ?? complaint(state, moment, `Usage: ${explained(command)}`);
}

/** `/history [N]` */
export function usage({ name, argument }: Command): string {
	return argument === undefined ? `/${name}` : `/${name} ${argument}`;
}

/** `/history [N]` and what it does. */
function explained(command: Command): string {
	return `${usage(command)}  ${command.text}`;
}

function named(name: string): Command | undefined {
	const word = name.toLowerCase();
	return commands.find((command) => command.name === word || command.also?.includes(word));
}

function unknownText(name: string): string {
	const word = cleanLine(name, 32).toLowerCase();
	const [nearest] = commands
		.map((command) => ({ name: command.name, distance: leven(word, command.name) }))
		.sort((one, other) => one.distance - other.distance);
	// Two letters off is often two letters swapped, and else another word.
	const near =
		nearest !== undefined && (nearest.distance <= 1 || (nearest.distance === 2 && nearest.name[0] === word[0]));
	const guess = near && nearest !== undefined ? `Did you mean /${nearest.name}?` : '/help lists all.';
	return `There is no command /${word}. ${guess} A line that begins with // is sent as it is`;
}

/** A command that takes no argument. */
function plain(run: (state: State, moment: Moment) => Step): Command['run'] {
	return (state, argument, moment) => (argument === '' ? run(state, moment) : undefined);
}

/** A command without argument whose answer is of this moment: without a link it is not kept for later. */
function asking(what: string, effect: (state: State) => Effect): Command['run'] {
	return plain((state, moment) => withoutLink(state, what, moment) ?? step(state, effect(state)));
}

function who(state: State, argument: string, moment: Moment): Step {
	const room = state.active;
	if (isConversation(state, room)) {
		return complaint(state, moment, `Only you and ${cleanLine(room.slice(1))} are here`);
	}
	const beginning = argument === '' ? {} : { beginning: argument };
	return withoutLink(state, 'ask who is here', moment) ?? step(state, { type: 'list-members', room, ...beginning });
}

function scrolling(direction: 1 | -1): Command['run'] {
	return (state, argument) => {
		const lines = argument === '' ? pageOf(state) : Number(argument);
		return /^\d*$/.test(argument) && lines > 0 ? scrolledBy(state, direction * lines) : undefined;
	};
}

function unread(state: State, argument: string, moment: Moment): Step | undefined {
	const [, digits] = /^#?(\d*)$/u.exec(argument) ?? [];
	const from = digits === '' ? saidInWindow(state)[0]?.sequence : Number(digits);
	if (digits === undefined) {
		return undefined;
	}
	const marked = from === undefined ? undefined : markedUnread(activeRoom(state), from);
	if (marked === undefined) {
		return complaint(state, moment, `Nobody else has said anything here${digits === '' ? '' : ` from #${digits} on`}`);
	}
	const { sequence = 0, count = 0 } = marked.divider ?? {};
	return step(
		noted(
			withRoom(state, marked.name, () => marked),
			`#${sequence} and what follows is unread until you come back: ${counted(count, 'message', 'messages')}`,
		),
	);
}

function move(state: State, argument: string): Step | undefined {
	const place = Number(argument);
	return /^\d+$/.test(argument) && place > 0 ? step(moved(state, place)) : undefined;
}

function notify(state: State, argument: string, moment: Moment): Step | undefined {
	const room = activeRoom(state);
	const title = roomTitle(room.name);
	if (argument === '') {
		return step(tell(state, moment, { text: attentionText(title, attentionOf(state, room)) }));
	}
	const wanted = attentions.find((name) => name === argument.toLowerCase());
	return wanted === undefined
		? undefined
		: step(tell(withAttention(state, room.name, wanted), moment, { text: attentionText(title, wanted) }));
}

const attentions = ['all', 'mentions', 'none'] as const;

function attentionText(title: string, attention: Attention): string {
	switch (attention) {
		case 'all':
			return `${title} rings and notifies for all that is said`;
		case 'mentions':
			return `${title} rings and notifies for what names you`;
		case 'none':
			return `${title} rings and notifies for nothing, and mentions in it do not count`;
	}
}

function token(state: State, argument: string, moment: Moment): Step | undefined {
	if (argument !== '' && argument !== 'revoke') {
		return undefined;
	}
	const room = state.active;
	const effect = argument === '' ? ({ type: 'make-token', room } as const) : ({ type: 'revoke-tokens', room } as const);
	return withoutLink(state, 'ask for it', moment) ?? step(state, effect);
}

function withoutLink(state: State, what: string, moment: Moment): Step | undefined {
	return state.link.state === 'online'
		? undefined
		: complaint(state, moment, `There is no link to the broker to ${what} over`);
}

function join(state: State, argument: string, moment: Moment): Step | undefined {
	if (argument === '') {
		return undefined;
	}
	const quoted = takeQuotedRoom(argument);
	const behind = quoted === undefined ? argument : ` ${quoted.rest}`;
	const [, before = behind, text] = /^(.*?)\s+where(?:\s+(.*))?$/isu.exec(behind) ?? [];
	const isFiltered = before !== behind;
	const named = quoted?.name ?? before;
	// Quotes that are not closed, or have more than a filter behind them, name nothing.
	if (quoted === undefined ? /^#?"/u.test(argument) : before.trim() !== '') {
		return undefined;
	}
	if (isConversation(state, named)) {
		return query(state, named, moment);
	}
	const room = cleanRoom(quoted === undefined ? named.replace(/^#/, '') : named, defaultLimits);
	if (!room.ok) {
		return complaint(state, moment, room.detail);
	}
	// A room may be called so, but hardly anybody means that; whoever is in it can go there.
	const [, meantRoom, filter] = isFiltered || quoted !== undefined ? [] : (withoutWhere.exec(argument) ?? []);
	if (meantRoom !== undefined && roomNamed(state, room.text) === undefined) {
		const meant = cleanLine(`/join ${meantRoom} where ${filter}`);
		return complaint(state, moment, `A filter stands after where: ${meant}`);
	}
	const read = isFiltered ? parseWhere(text ?? '') : undefined;
	if (read?.ok === false) {
		return complaint(state, moment, `${read.detail}. /help where lists what a filter may be`);
	}
	const where = read && { text: text ?? '', filter: read.filter };
	return joined(state, { name: room.text, where }, moment);
}

/** In the room, by the filter or by none: the room on screen when one is in it so, else what it takes to be. */
export function joined(
	state: State,
	{ name, where }: { readonly name: string; readonly where?: Room['where'] },
	moment: Moment,
): Step {
	const known = roomNamed(state, name);
	if (known !== undefined) {
		const isSame = JSON.stringify(known.where?.filter) === JSON.stringify(where?.filter);
		// Whoever was put out of it may want to come back.
		const isOut = known.status?.phase === 'left' || known.status?.phase === 'refused';
		const back = { type: 'join', room: name, ...(where !== undefined && { filter: where.filter }) } as const;
		return isSame
			? step(switchedTo(state, name), ...(isOut ? [back] : []))
			: (withoutLink(state, 'change what is shown', moment) ?? rejoined(state, { name, where }, moment));
	}
	if (state.rooms.length >= defaultLimits.roomsPerConnection) {
		return complaint(state, moment, `You are in ${state.rooms.length} rooms, the most there may be; /leave one first`);
	}
	const next = withRoom(switchedTo(withNewRoom(state, name), name), name, (fresh) => ({
		...fresh,
		...(where !== undefined && { where }),
	}));
	return step(next, { type: 'join', room: name, ...(where !== undefined && { filter: where.filter }) });
}

/** A room, and behind it what looks like a comparison. */
const withoutWhere =
	/^(.*?\S)\s+((?:not\s+|exists\s+|\(\s*)*(?:tags[.[]|(?:sender|content)\s+(?:in\s*\[|contains\s|starts\s|ends\s)|\w+\s*[!=<>]=?).*)$/isu;

function leave(state: State, argument: string, moment: Moment): Step {
	const name = argument === '' ? state.active : (takeQuotedRoom(argument)?.name ?? argument.replace(/^#/, ''));
	if (roomNamed(state, name) === undefined) {
		return complaint(state, moment, `You are not in ${roomTitle(name)}`);
	}
	if (state.rooms.length === 1) {
		return complaint(state, moment, `${roomTitle(name)} is your only room; /join another first, or /quit`);
	}
	const left = withoutRoom(state, name);
	const isPrivate = isConversation(state, name);
	const back = isPrivate
		? `/query ${cleanLine(typedName(peerOf(name)))}`
		: joinText(name, roomNamed(state, name)?.where);
	return step(
		tell(left, moment, { text: `You left ${roomTitle(name)}; ${back} goes back there` }),
		...(isPrivate ? [] : [{ type: 'leave', room: name } as const]),
	);
}

function query(state: State, argument: string, moment: Moment): Step | undefined {
	const name = wholeName(argument);
	if (name === undefined) {
		return undefined;
	}
	const opened = talking(state, name);
	return typeof opened === 'string' ? complaint(state, moment, opened) : step(opened);
}

function message(state: State, argument: string, moment: Moment): Step | undefined {
	const typed = takeName(argument);
	if (typed === undefined) {
		return undefined;
	}
	const meant = doubtText(state, 'msg', argument);
	if (meant !== undefined) {
		return complaint(state, moment, meant);
	}
	const { name, rest: text } = typed;
	const opened = talking(state, name);
	// What cannot be said to the one it is for is said to nobody.
	if (typeof opened === 'string') {
		return complaint(state, moment, opened);
	}
	return text === '' ? step(opened) : say(opened, text, moment);
}

/** With the conversation with somebody on screen; or why there is none. */
function talking(state: State, wanted: string): State | string {
	const known = conversationNamed(state, `@${wanted}`);
	const met = known ?? conversationWith(state, personNamed(state, wanted)?.key);
	if (met !== undefined && isConversation(state, met.name)) {
		return switchedTo(state, met.name);
	}
	if (state.link.state === 'online' && state.link.protocol === 'base') {
		return 'This broker knows nobody, so that nothing can be said to one person alone';
	}
	const nick = cleanNick(wanted, defaultLimits);
	if (!nick.ok) {
		return /^~./u.test(wanted) ? unreachableText(wanted) : nick.detail;
	}
	if (nick.text.toLowerCase() === state.nick.toLowerCase()) {
		return `${nick.text} is you`;
	}
	const name = `@${nick.text}`;
	return switchedTo(withConversation(state, name), name);
}

function ignore(state: State, argument: string, moment: Moment): Step | undefined {
	const { ignored = [] } = state;
	if (argument === '') {
		const names = ignored.map(({ name, key }) => (key === undefined ? `~${name}` : `${name} (${fingerprintOf(key)})`));
		const text = names.length === 0 ? 'You ignore nobody' : `You ignore ${names.join(', ')}`;
		return step(tell(state, moment, { text }));
	}
	const name = wholeName(argument);
	if (name === undefined) {
		return undefined;
	}
	if (name.toLowerCase() === state.nick.toLowerCase()) {
		return complaint(state, moment, `${cleanLine(name)} is you`);
	}
	const person = personNamed(state, name);
	if (person === undefined) {
		const text = `Nothing of ${cleanLine(name)} is on this screen to tell whose messages to hide; a guest is ~${cleanLine(name)}`;
		return complaint(state, moment, text);
	}
	const next = withIgnored(state, person);
	const who = person.key === undefined ? `guests called ${cleanLine(person.name)}` : cleanLine(person.name);
	const text = `What ${who} say${person.key === undefined ? '' : 's'} is not shown any more; /unignore ${cleanLine(typedName(person.name))} ends that`;
	return step(tell(next, moment, { text }), { type: 'save-ignored', ignored: next.ignored ?? [] });
}

function unignore(state: State, argument: string, moment: Moment): Step | undefined {
	const name = wholeName(argument);
	if (name === undefined) {
		return undefined;
	}
	const next = withoutIgnored(state, name);
	if (next === undefined) {
		return complaint(state, moment, `You do not ignore ${cleanLine(name)}; /ignore lists whom you do`);
	}
	const text = `What ${cleanLine(name)} says from now on is shown again`;
	return step(tell(next, moment, { text }), { type: 'save-ignored', ignored: next.ignored ?? [] });
}

function history(state: State, argument: string, moment: Moment): Step | undefined {
	const limit = argument === '' ? 100 : Number(argument);
	if (!/^\d*$/.test(argument) || limit < 1 || limit > defaultLimits.historyMessages) {
		return undefined;
	}
	const room = activeRoom(state);
	return (
		withoutLink(state, 'load older messages', moment) ??
		step(withRoom(state, room.name, loadingOlder), askOlder(room, 'command', limit))
	);
}

function goto(state: State, argument: string, moment: Moment): Step | undefined {
	const [, number] = /^#?([1-9]\d{0,15})$/.exec(argument) ?? [];
	return number === undefined ? undefined : jumpTo(state, { room: state.active, sequence: Number(number) }, moment);
}

function searchFor(state: State, argument: string, moment: Moment): Step | undefined {
	if (argument === '') {
		return searchAgain(state);
	}
	const [, all, words = ''] = /^(--all(?:\s+|$))?([\s\S]*)$/u.exec(argument) ?? [];
	const started = search(state, words, all !== undefined, moment);
	return typeof started === 'string' ? complaint(state, moment, started) : started;
}

function nick(state: State, argument: string, moment: Moment): Step | undefined {
	if (argument === '') {
		return undefined;
	}
	const name = cleanNick(argument, defaultLimits);
	if (!name.ok) {
		return complaint(state, moment, name.detail);
	}
	if (name.text === state.nick) {
		return step(tell(state, moment, { text: `You are ${state.nick} already` }));
	}
	const { link } = state;
	const isLater = link.state === 'waiting' || link.state === 'connecting';
	const text = `You will be ${name.text} when there is a link to the broker again`;
	return step(withWantedNick(isLater ? tell(state, moment, { text }) : state, name.text), {
		type: 'change-nick',
		room: state.active,
		nick: name.text,
	});
}

function me(state: State, argument: string, moment: Moment): Step | undefined {
	if (argument === '') {
		return undefined;
	}
	const line = `/me ${argument}`;
	return orTyped(say(state, line, moment), line);
}

function reply(state: State, argument: string, moment: Moment): Step | undefined {
	const [, digits, text = ''] = /^#?(\d{1,15})\s+(\S[\s\S]*)$/u.exec(argument) ?? [];
	const number = Number(digits);
	if (digits === undefined || number === 0) {
		return undefined;
	}
	const unsaid = (why: string) =>
		orTyped({ ...step(tell(state, moment, { level: 'error', text: why })), said: false }, `/reply ${argument}`);
	if (isConversation(state, state.active)) {
		return unsaid(
			'Not sent: in a conversation each of you has other numbers, so that nobody could tell what you answer',
		);
	}
	if (state.link.state === 'online' && state.link.protocol === 'base') {
		return unsaid('Not sent: this broker knows no answers');
	}
	const { head } = activeRoom(state).status ?? {};
	if (head !== undefined && number > head) {
		return unsaid(`Not sent: there is no #${number} yet${head === 0 ? '' : `, the newest is #${head}`}`);
	}
	return orTyped(say(state, text, moment, number), `/reply ${argument}`);
}

/** What could not be sent stays in the input. */
function orTyped(spoken: Spoken, typed: string): Step {
	return spoken.said ? spoken : step({ ...spoken.state, composer: withDraft(spoken.state.composer, typed) });
}

function mouse(state: State, argument: string, moment: Moment): Step | undefined {
	const { preferences } = state;
	if (argument !== '' && argument !== 'on' && argument !== 'off') {
		return undefined;
	}
	const isOn = argument === '' ? preferences.mouse : argument === 'on';
	const text = isOn
		? 'The mouse is on: tabs, nicks and the wheel. With Shift the terminal marks text as before'
		: 'The mouse is off: the terminal marks text with it';
	return step(tell({ ...state, preferences: { ...preferences, mouse: isOn } }, moment, { text }));
}

function theme(state: State, name: string, moment: Moment): Step {
	const { preferences } = state;
	const names = themeNames(preferences.themes);
	const all = names.map((known) => (known === preferences.theme ? `${known} (now)` : known)).join(', ');
	if (name === '') {
		return step(tell(state, moment, { text: `Themes: ${all}` }));
	}
	return names.includes(name)
		? step({ ...state, preferences: { ...preferences, theme: name } })
		: complaint(state, moment, `There is no theme ${cleanLine(name, 32)}; there are ${all}`);
}

function numbers(state: State, argument: string): Step | undefined {
	const wanted = argument === '' ? !state.view.numbers : argument === 'on';
	return argument === '' || argument === 'on' || argument === 'off' ? step(withNumbers(state, wanted)) : undefined;
}

function gap(state: State, argument: string, moment: Moment): Step | undefined {
	const room = activeRoom(state);
	switch (argument) {
		case 'show':
			return step(tell(state, moment, { text: gapReport(room, state.now) }));
		case 'why':
			return step(state, { type: 'list-receipts', room: room.name });
		default:
			return undefined;
	}
}

function opened(state: State, page: 'help' | 'keys'): Step {
	return step(state.view.overlay?.name === page ? state : withOverlayToggled(state, page));
}

function help(state: State, argument: string, moment: Moment): Step {
	if (argument === '') {
		return state.isPlain === true ? step(tell(state, moment, { text: plainHelp() })) : opened(state, 'help');
	}
	if (argument.toLowerCase() === 'where') {
		const examples = aligned(filterExamples.map(({ keys, text }) => [keys, text]));
		const text = ['What stands after where, as in /join deploys where tags.level = error:', ...examples].join('\n');
		return step(tell(state, moment, { text }));
	}
	const command = named(argument.replace(/^\//, ''));
	if (command === undefined) {
		return complaint(state, moment, unknownText(argument.replace(/^\//, '')));
	}
	return step(tell(state, moment, { text: explained(command) }));
}

/** Each command by itself: what stands in columns is read out badly. */
function plainHelp(): string {
	const lines = commands
		.filter(({ needsScreen }) => needsScreen !== true)
		.map((command) => `${usage(command)}: ${command.text}`);
	return [...lines, 'Any other line is said in the room you are in'].join('\n');
}
