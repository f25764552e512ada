/**
 * What owners and admins may ask of a broker, and how they type it: in natter's screen as in the plain client of a base
 * connection. Pure.
 */
import type { ClientFrames } from './frames.ts';

/** Without `room` it is about all rooms of the broker. `userId` is as in the frame `admin`. */
export type AdminOrder =
	| { readonly op: 'clear_history'; readonly room: string }
	| ({ readonly op: 'kick' } & AboutUser & { readonly reason?: string })
	| ({ readonly op: 'ban' | 'mute' } & AboutUser & { readonly durationMs?: number; readonly reason?: string })
	| ({ readonly op: 'unban' | 'unmute' } & AboutUser)
	/** An empty topic is none. */
	| { readonly op: 'topic'; readonly room: string; readonly topic: string }
	| { readonly op: 'grant'; readonly userId: string; readonly role: 'admin' | 'member' }
	/** Bans and mutes of a room, and those of all rooms; without a room, every one. */
	| { readonly op: 'list'; readonly room?: string };

interface AboutUser {
	readonly userId: string;
	readonly room?: string;
}

export type ReadOrder =
	| { readonly ok: true; readonly order: AdminOrder }
	| { readonly ok: false; readonly detail: string };

/** The order in a frame, with only what belongs to it; else what is missing. */
export function orderOf({ op, room, userId, durationMs, reason, topic, role }: ClientFrames['admin']): ReadOrder {
	const where = room === undefined ? {} : { room };
	const why = reason === undefined || reason.trim() === '' ? {} : { reason };
	switch (op) {
		case 'clear_history':
			return room === undefined ? lacking(op, 'room') : { ok: true, order: { op, room } };
		case 'topic':
			return room === undefined || topic === undefined
				? lacking(op, 'room and topic')
				: { ok: true, order: { op, room, topic } };
		case 'kick':
			return userId === undefined ? lacking(op, 'userId') : { ok: true, order: { op, userId, ...where, ...why } };
		case 'ban':
		case 'mute': {
			const until = durationMs === undefined ? {} : { durationMs };
			return userId === undefined
				? lacking(op, 'userId')
				: { ok: true, order: { op, userId, ...where, ...until, ...why } };
		}
		case 'unban':
		case 'unmute':
			return userId === undefined ? lacking(op, 'userId') : { ok: true, order: { op, userId, ...where } };
		case 'grant':
			return userId === undefined || role === undefined
				? lacking(op, 'userId and role')
				: { ok: true, order: { op, userId, role } };
		case 'list':
			return { ok: true, order: { op, ...where } };
	}
}

function lacking(op: string, what: string): ReadOrder {
	return { ok: false, detail: `admin ${op}: Expected ${what}` };
}

/** A command by which an order is typed. */
export interface AdminCommand {
	/** Without the `/`. */
	readonly name: string;
	/** What follows it, as it is printed where there is little room. Absent: nothing. */
	readonly argument?: string;
	/** All that may follow it. @default argument */
	readonly arguments?: string;
	/** In words for people. */
	readonly text: string;
	/** What it orders in the room in which it is typed; `undefined` when it is not typed as it has to be. */
	readonly read: (argument: string, room: string) => AdminOrder | undefined;
}

export const adminCommands: readonly AdminCommand[] = [
	{
		name: 'topic',
		argument: '[TEXT]',
		text: 'say what this room is about; - for nothing',
		read: (argument, room) =>
			argument === '' ? undefined : { op: 'topic', room, topic: argument === '-' ? '' : argument },
	},
	{
		name: 'kick',
		argument: 'NICK',
		arguments: 'NICK [--all] [REASON]',
		text: 'send somebody out of this room; --all: off the broker',
		read: (argument, room) => {
			const about = aboutUser(argument, room);
			return about && { op: 'kick', ...about.user, ...reasonIn(about.rest) };
		},
	},
	{
		name: 'ban',
		argument: 'NICK [TIME]',
		arguments: 'NICK [--all] [TIME] [REASON], TIME as in 30m, 2h or 7d',
		text: 'keep somebody out for 30m, 2h, 7d or until /unban; --all: off the broker',
		read: restricting('ban'),
	},
	{
		name: 'unban',
		argument: 'NICK',
		arguments: 'NICK [--all]',
		text: 'let somebody in again',
		read: lifting('unban'),
	},
	{
		name: 'mute',
		argument: 'NICK [TIME]',
		arguments: 'NICK [--all] [TIME] [REASON], TIME as in 30m, 2h or 7d',
		text: 'let somebody read and not speak here; --all: in all rooms',
		read: restricting('mute'),
	},
	{
		name: 'unmute',
		argument: 'NICK',
		arguments: 'NICK [--all]',
		text: 'let somebody speak again',
		read: lifting('unmute'),
	},
	{
		name: 'grant',
		argument: 'NICK ROLE',
		arguments: 'NICK admin|member',
		text: 'make somebody an admin, or a member again; owners alone may',
		read: (argument) => {
			const about = aboutUser(argument, '');
			const role = about?.rest;
			return about !== undefined && (role === 'admin' || role === 'member')
				? { op: 'grant', userId: about.user.userId, role }
				: undefined;
		},
	},
	{
		name: 'bans',
		argument: '[--all]',
		text: 'who is banned or muted here; --all: anywhere',
		read: (argument, room) =>
			argument === '' ? { op: 'list', room } : argument === everywhereWord ? { op: 'list' } : undefined,
	},
	{
		name: 'clear_history',
		text: 'remove all messages of this room, for everybody',
		read: (argument, room) => (argument === '' ? { op: 'clear_history', room } : undefined),
	},
];

/** What a line that is typed in a room orders: nothing when it is no such command. */
export function typedOrder(line: string, room: string): ReadOrder | undefined {
	const [, name, argument = ''] = /^\/(\S+)\s*([\s\S]*)$/u.exec(line) ?? [];
	const command = name === undefined ? undefined : adminCommands.find((one) => one.name === name.toLowerCase());
	if (command === undefined) {
		return undefined;
	}
	const order = command.read(argument.trim(), room);
	return order === undefined ? { ok: false, detail: `Usage: ${adminUsage(command)}` } : { ok: true, order };
}

/** `/kick NICK [--all] [REASON]` */
export function adminUsage({ name, argument, arguments: all = argument }: AdminCommand): string {
	return all === undefined ? `/${name}` : `/${name} ${all}`;
}

/** `1h`, `7d`: the largest unit in which it is a whole number, else in seconds. */
export function durationText(ms: number): string {
	const [unit, size] = units.findLast(([, of]) => ms >= of && ms % of === 0) ?? ['s', 1000];
	return `${Math.max(1, Math.round(ms / size))}${unit}`;
}

const everywhereWord = '--all';
const units = [
	['s', 1000],
	['m', 60_000],
	['h', 3_600_000],
	['d', 86_400_000],
	['w', 604_800_000],
] as const;
/** Some thirty years. */
const longestMs = 1_000_000_000_000;

interface Typed {
	readonly user: AboutUser;
	readonly rest: string;
}

/** A nick, in quotes when it has spaces, and `--all` before it, behind it or at the end. */
function aboutUser(argument: string, room: string): Typed | undefined {
	const first = withoutWord(argument);
	const [, quoted, bare, behind = ''] = /^(?:"([^"]+)"|([^\s"]\S*))(?:\s+([\s\S]*))?$/u.exec(first.rest) ?? [];
	const userId = quoted ?? bare;
	if (userId === undefined) {
		return undefined;
	}
	const second = withoutWord(behind);
	const isEverywhere = first.isFound || second.isFound;
	return { user: { userId, ...(!isEverywhere && { room }) }, rest: second.rest.trim() };
}

function withoutWord(text: string): { readonly isFound: boolean; readonly rest: string } {
	const rest = text.replace(/^--all(?:\s+|$)|(?:^|\s+)--all$/u, '');
	return { isFound: rest !== text, rest };
}

function reasonIn(text: string): { readonly reason?: string } {
	return text === '' ? {} : { reason: text };
}

/** What begins with a digit is meant as a time, and is one or nothing: nobody is to be banned for ever by a slip. */
function restricting(op: 'ban' | 'mute'): AdminCommand['read'] {
	return (argument, room) => {
		const about = aboutUser(argument, room);
		if (about === undefined) {
			return undefined;
		}
		const { user, rest } = about;
		if (!/^\d/.test(rest)) {
			return { op, ...user, ...reasonIn(rest) };
		}
		const [, number = '', unit = '', reason = ''] = /^(\d{1,9})([smhdw])(?:\s+([\s\S]+))?$/u.exec(rest) ?? [];
		const size = units.find(([name]) => name === unit)?.[1] ?? 0;
		const durationMs = Number(number) * size;
		return durationMs > 0 && durationMs <= longestMs ? { op, ...user, durationMs, ...reasonIn(reason) } : undefined;
	};
}

function lifting(op: 'unban' | 'unmute'): AdminCommand['read'] {
	return (argument, room) => {
		const about = aboutUser(argument, room);
		return about !== undefined && about.rest === '' ? { op, ...about.user } : undefined;
	};
}
