/**
 * The commands of owners and admins: what each orders, and what is said of it.
 */
import type { Restriction } from '../client/client.ts';
import { type AdminCommand, type AdminOrder, adminCommands, durationText } from '../protocol/admin.ts';
import { cleanLine } from '../protocol/text.ts';
import type { Command } from './commands.ts';
import type { State } from './model.ts';
import { aligned, counted, roomTitle } from './reports.ts';
import { withMuteToggled } from './slices/activity.ts';
import { doubtText } from './slices/completion.ts';
import { isConversation } from './slices/conversations.ts';
import { activeRoom, type Moment, type Step, step, tell } from './step.ts';
import { day, isSameDay, timeOfDay } from './text/dates.ts';

/** Who may do what is the broker's to say: the commands are there for everybody. */
export const administering: readonly Command[] = adminCommands.map((command) => {
	const { name, argument, text } = command;
	const ordering: Command = { name, ...(argument !== undefined && { argument }), text, run: orderedBy(command) };
	switch (name) {
		case 'topic':
			return { ...ordering, text: 'what this room is about; TEXT says it, - takes it away', run: topic(ordering.run) };
		case 'clear_history':
			return { ...ordering, argument: 'yes', run: clear(ordering.run) };
		case 'mute':
			return {
				...ordering,
				argument: `[${argument}]`,
				text: `${text}; alone: this room calls for nothing but mentions, or for all again`,
				run: mute(ordering.run),
			};
		default:
			return ordering;
	}
});

/** What a person is told who gave an order that was carried out; nothing where the screen shows it anyway. */
export function doneText(order: AdminOrder): string | undefined {
	switch (order.op) {
		case 'clear_history':
		case 'list':
			return undefined;
		case 'topic':
			return order.topic === '' ? 'You removed the topic' : `You set the topic: ${cleanLine(order.topic)}`;
		case 'grant':
			return `${cleanLine(order.userId)} is ${order.role === 'admin' ? 'an admin' : 'no admin'} of this broker now`;
		case 'kick':
			return `${cleanLine(order.userId)} was sent ${order.room === undefined ? 'off the broker' : `out of ${roomTitle(order.room)}`}`;
		case 'ban':
		case 'mute': {
			const end = order.durationMs === undefined ? `until /un${order.op}` : `for ${durationText(order.durationMs)}`;
			return `${cleanLine(order.userId)} is ${restrictedIn(order.op, order.room)} ${end}`;
		}
		case 'unban':
			return `${cleanLine(order.userId)} may come to ${order.room === undefined ? 'the broker' : roomTitle(order.room)} again`;
		case 'unmute':
			return `${cleanLine(order.userId)} may speak ${order.room === undefined ? 'everywhere' : `in ${roomTitle(order.room)}`} again`;
	}
}

/** Who is banned or muted where, until when, by whom and why. */
export function restrictionsReport(
	room: string | undefined,
	restrictions: readonly Restriction[],
	now: number,
): string {
	const place = room === undefined ? 'anywhere' : `in ${roomTitle(room)}`;
	if (restrictions.length === 0) {
		return `Nobody is banned or muted ${place}`;
	}
	const rows = restrictions.map(({ kind, userId, room: where, by, until, reason }) => [
		cleanLine(userId),
		restrictedIn(kind, where),
		until === undefined
			? `until /un${kind}`
			: `until ${isSameDay(until, now) ? '' : `${day(until, now)} `}${timeOfDay(until)}`,
		`by ${cleanLine(by)}`,
		reason === undefined ? '' : cleanLine(reason),
	]);
	return [`${counted(rows.length, 'ban or mute', 'bans and mutes')} ${place}:`, ...aligned(rows)].join('\n');
}

function restrictedIn(kind: 'ban' | 'mute', room: string | undefined): string {
	const place = room === undefined ? 'everywhere' : `${kind === 'ban' ? 'from' : 'in'} ${roomTitle(room)}`;
	return `${kind === 'ban' ? 'banned' : 'muted'} ${place}`;
}

function orderedBy({ name, argument: takes = '', read }: AdminCommand): Command['run'] {
	return (state, argument, moment) => {
		const order = read(argument, state.active);
		if (order === undefined) {
			return undefined;
		}
		const refuse = (text: string) => step(tell(state, moment, { level: 'error', text }));
		if ('room' in order && order.room !== undefined && isConversation(state, order.room)) {
			const all = takes.includes('--all') ? ', or with --all for all of them' : '';
			return refuse(`This conversation is no room; type /${name} in one${all}`);
		}
		const meant = 'userId' in order ? doubtText(state, name, argument.replace(/^--all\s+/u, '')) : undefined;
		if (meant !== undefined) {
			return refuse(meant);
		}
		if (state.link.state !== 'online') {
			return refuse('There is no link to the broker to order this over');
		}
		const { active: room } = state;
		return step(
			state,
			order.op === 'list'
				? { type: 'list-restrictions', room, ...(order.room !== undefined && { about: order.room }) }
				: { type: 'administer', room, order, command: `/${name}` },
		);
	};
}

function topic(set: Command['run']): Command['run'] {
	return (state, argument, moment) => (argument === '' ? tellTopic(state, moment) : set(state, argument, moment));
}

function tellTopic(state: State, moment: Moment): Step {
	const { name, topic: about } = activeRoom(state);
	const text = about === undefined ? `${roomTitle(name)} has no topic` : `${roomTitle(name)}: ${cleanLine(about)}`;
	return step(tell(state, moment, { text }));
}

/** Without a nick it is not the broker's matter but that of this screen. */
function mute(order: Command['run']): Command['run'] {
	return (state, argument, moment) => (argument === '' ? muteRoom(state, moment) : order(state, argument, moment));
}

function muteRoom(state: State, moment: Moment): Step {
	const next = withMuteToggled(state, state.active);
	const title = roomTitle(state.active);
	const text =
		activeRoom(next).isMuted === true
			? `${title} is muted: it rings for nothing, and only mentions in it count; /mute ends that`
			: `${title} is muted no more`;
	return step(tell(next, moment, { text }));
}

const tooLow: ReadonlySet<string> = new Set(['member', 'guest', 'base']);

/** Nobody takes everything from everybody by a slip: a second word has to say it. */
function clear(order: Command['run']): Command['run'] {
	return (state, argument, moment) => {
		if (isConversation(state, state.active)) {
			return order(state, '', moment);
		}
		const role = state.user?.role;
		// It may be another by now: whoever says yes is answered by the broker.
		if (argument === '' && role !== undefined && tooLow.has(role)) {
			const text =
				'Only admins of this broker clear a history, and you came as none; if you are one now: /clear_history yes';
			return step(tell(state, moment, { level: 'error', text }));
		}
		if (argument === '') {
			const text = `This removes all messages of ${roomTitle(state.active)}, for everybody and for good: /clear_history yes`;
			return step(tell(state, moment, { level: 'warning', text }));
		}
		return argument === 'yes' ? order(state, '', moment) : undefined;
	};
}
