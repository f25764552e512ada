/**
 * What owners and admins may ask of a broker, and how they type it: in natter's screen as in the plain client of a base
 * connection. Pure.
 */
import type { ClientFrames } from './frames.ts';
import { takeName } from './typed-name.ts';

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
	/** What may follow it, as it is printed. Absent: nothing. */
	readonly argument?: string;
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
		argument: 'NICK [--all] [REASON]',
		text: 'send somebody out of this room; --all: off the broker',
		read: (argument, room) => {
			const about = aboutUser(argument, room);
			return about && { op: 'kick', ...about.user, ...reasonIn(about.rest) };
		},
	},
	{
		name: 'ban',
		argument: 'NICK [TIME] [--all] [REASON]',
		text: 'keep somebody out for 30m, 2h, 7d or until /unban; --all: off the broker',
		read: restricting('ban'),
	},
	{
		name: 'unban',
		argument: 'NICK [--all]',
		text: 'let somebody in again; --all: whom --all had banned',
		read: lifting('unban'),
	},
	{
		name: 'mute',
		argument: 'NICK [TIME] [--all] [REASON]',
		text: 'let somebody read and not speak for 30m, 2h, 7d or until /unmute; --all: in all rooms',
		read: restricting('mute'),
	},
	{
		name: 'unmute',
		argument: 'NICK [--all]',
		text: 'let somebody speak again; --all: whom --all had muted',
		read: lifting('unmute'),
	},
	{
		name: 'grant',
		argument: 'NICK admin|member',
		text: 'make somebody an admin, or a member again; owners alone may',
		read: (argument) => {
			const about = aboutUser(argument, '');
			const role = about?.rest;
			return about?.user.room !== undefined && (role === 'admin' || role === 'member')
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

/** `/kick NICK [--all] [REASON]`, and what it does. */
export function adminUsage({ name, argument, text }: AdminCommand): string {
	return `/${name}${argument === undefined ? '' : ` ${argument}`}  ${text}`;
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
	readonly durationMs?: number;
	readonly rest: string;
}

/**
 * A nick, then what else there may be in any order: `--all` and, where one is taken, a time. What looks like another flag is
 * none of a reason's words, so that a slip is not taken for one.
 */
function aboutUser(argument: string, room: string, { hasTime = false } = {}): Typed | undefined {
	let rest = argument;
	let userId: string | undefined;
	let durationMs: number | undefined;
	let isEverywhere = false;
	for (;;) {
		const [word = ''] = /^\S*/u.exec(rest) ?? [];
		if (word === everywhereWord) {
			isEverywhere = true;
			rest = rest.slice(word.length).trimStart();
		} else if (/^--\w/u.test(word)) {
			return undefined;
		} else if (userId === undefined) {
			const typed = takeName(rest);
			if (typed === undefined) {
				return undefined;
			}
			userId = typed.name;
			rest = typed.rest;
		} else if (hasTime && durationMs === undefined && /^\d/u.test(word)) {
			// What begins with a digit is meant as a time, and is one or nothing: nobody is to be banned for ever by a slip.
			durationMs = durationIn(word);
			if (durationMs === undefined) {
				return undefined;
			}
			rest = rest.slice(word.length).trimStart();
		} else {
			break;
		}
	}
	const reason = rest.replace(/\s--all$/u, '').trim();
	const where = isEverywhere || reason !== rest.trim() ? {} : { room };
	return { user: { userId, ...where }, rest: reason, ...(durationMs !== undefined && { durationMs }) };
}

function durationIn(word: string): number | undefined {
	const [, number = '', unit = ''] = /^(\d{1,9})([smhdw])$/u.exec(word) ?? [];
	const durationMs = Number(number) * (units.find(([name]) => name === unit)?.[1] ?? 0);
	return durationMs > 0 && durationMs <= longestMs ? durationMs : undefined;
}

function reasonIn(text: string): { readonly reason?: string } {
	return text === '' ? {} : { reason: text };
}

function restricting(op: 'ban' | 'mute'): AdminCommand['read'] {
	return (argument, room) => {
		const about = aboutUser(argument, room, { hasTime: true });
		if (about === undefined) {
			return undefined;
		}
		const { user, rest, durationMs } = about;
		return { op, ...user, ...(durationMs !== undefined && { durationMs }), ...reasonIn(rest) };
	};
}

function lifting(op: 'unban' | 'unmute'): AdminCommand['read'] {
	return (argument, room) => {
		const about = aboutUser(argument, room);
		return about !== undefined && about.rest === '' ? { op, ...about.user } : undefined;
	};
}
