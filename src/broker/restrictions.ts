/**
 * What is kept of bans, mutes and topics, as records of the engine. Of the value of a ban or a mute the engine itself reads
 * `until`; the rest is for people.
 */
import * as v from 'valibot';
import { everywhere, parseRestrictionKey } from '../engines/records.ts';
import { durationText } from '../protocol/admin.ts';
import { cleanLine } from '../protocol/text.ts';

export type RestrictionKind = 'ban' | 'mute';

export interface KeptRestriction {
	readonly kind: RestrictionKind;
	/** `everywhere` for all rooms. */
	readonly room: string;
	readonly subject: string;
	/** What they were called then, with `~` before it for somebody without a key. */
	readonly userId: string;
	/** Who put it. */
	readonly by: string;
	/** When, in ms since 1970. */
	readonly at: number;
	readonly until?: number;
	readonly reason?: string;
}

/** What is kept under each subject of whoever it is about. */
export type NewRestriction = Omit<KeptRestriction, 'subject'>;

export interface Topic {
	readonly topic: string;
	readonly by: string;
	/** When it was set, in ms since 1970. */
	readonly at: number;
}

const instant = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));
// What an engine takes for a restriction is listed, whatever else is in it.
const restrictionValue = v.object({
	userId: v.fallback(v.string(), ''),
	by: v.fallback(v.string(), ''),
	at: v.fallback(instant, 0),
	until: v.fallback(v.optional(instant), undefined),
	reason: v.fallback(v.optional(v.string()), undefined),
});
const topicValue = v.object({ topic: v.string(), by: v.fallback(v.string(), ''), at: v.fallback(instant, 0) });

/** The value of its record. */
export function restrictionRecord({ userId, by, at, until, reason }: NewRestriction): string {
	return JSON.stringify({ userId, by, at, until, reason });
}

/** What a record says; `undefined` when it is none that a broker has put. */
export function readRestriction(kind: RestrictionKind, key: string, value: string): KeptRestriction | undefined {
	const about = parseRestrictionKey(key);
	const told = v.safeParse(restrictionValue, parsed(value));
	if (about === undefined || !told.success) {
		return undefined;
	}
	const [room, subject] = about;
	const { userId, by, at, until, reason } = told.output;
	return {
		...{ kind, room, subject, userId: userId || subject, by, at },
		...(until !== undefined && { until }),
		...(reason !== undefined && { reason }),
	};
}

export function topicRecord({ topic, by, at }: Topic): string {
	return JSON.stringify({ topic, by, at });
}

export function readTopic(value: string | undefined): Topic | undefined {
	const told = v.safeParse(topicValue, value === undefined ? undefined : parsed(value));
	return told.success ? told.output : undefined;
}

/** `#general`: a room as people are told of it; an inbox is called `@ann` in any case. */
export function roomTitle(room: string): string {
	return room.startsWith('@') ? room : `#${room}`;
}

/** `You are banned from #ops until 2026-11-28 21:00 UTC, by sam: spam`: what they are told whom it is about. */
export function restrictionText({ kind, room, by, until, reason }: KeptRestriction): string {
	const place = placeText(kind, room);
	return `You are ${doneWords[kind]} ${place} ${endText(until)}${by === '' ? '' : `, by ${by}`}${because(reason)}`;
}

function placeText(kind: RestrictionKind, room: string): string {
	if (room === everywhere) {
		return kind === 'ban' ? 'from this broker' : 'everywhere';
	}
	return `${kind === 'ban' ? 'from' : 'in'} ${roomTitle(room)}`;
}

/** Whether it has not ended by itself yet. */
export function isInForce({ until }: Pick<KeptRestriction, 'until'>, now: number): boolean {
	return until === undefined || until > now;
}

/** `until an admin lifts it`, or a time. */
export function endText(until: number | undefined): string {
	return until === undefined ? 'until an admin lifts it' : `until ${timeText(until)}`;
}

/** `maya was banned from #ops by sam for 1h: spam`: what the others are told. */
export function newsText({ kind, room, userId, by, at, until, reason }: NewRestriction): string {
	const how = until === undefined ? '' : ` for ${durationText(until - at)}`;
	return `${userId} was ${doneWords[kind]} ${placeText(kind, room)} by ${by}${how}${because(reason)}`;
}

export function because(reason: string | undefined): string {
	return reason === undefined ? '' : `: ${reason}`;
}

/** A reason or a topic as it is kept: one line that can be shown. */
export function keptText(text: string): string {
	return cleanLine(text, 256);
}

export const doneWords = { ban: 'banned', mute: 'muted' } as const;

function timeText(at: number): string {
	return `${new Date(Math.min(at, 8.64e15)).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
