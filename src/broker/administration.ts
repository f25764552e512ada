/**
 * What owners and admins order: who may order what against whom, and what is done then. An order that was answered with
 * `ok` is stored, as durably as messages are.
 *
 * Restrictions are about keys: of somebody who has proven one, whatever nick they use. See `subjectsOf`.
 */
import type { RecordChange, RecordGuard, RoomState } from '../engines/engine.ts';
import { everywhere, restrictionKey } from '../engines/records.ts';
import type { AdminOrder } from '../protocol/admin.ts';
import type { BrokerFrames } from '../protocol/frames.ts';
import type { ErrorCode } from '../protocol/limits.ts';
import { cleanNick, cleanRoom, isInbox } from '../protocol/names.ts';
import type { Role } from './directory.ts';
import { connectionsOf, expel, subscriptionsOf } from './enforcement.ts';
import type { Hub } from './hub.ts';
import {
	because,
	doneWords,
	isInForce,
	type KeptRestriction,
	keptText,
	type NewRestriction,
	newsText,
	restrictionRecord,
	roomTitle,
	topicRecord,
} from './restrictions.ts';
import { areAlike, isName, nameSubjects } from './subject.ts';
import { mostTopics } from './topics.ts';

/** Who gives an order. */
export interface Actor {
	/** What others see as its author. */
	readonly name: string;
	readonly role: Role;
	readonly subjects: readonly string[];
	/** Whether they read a room now. */
	readonly reads: (room: string) => boolean;
	/** Their line, on which they get the answer. */
	readonly reader: unknown;
}

export type Obeyed =
	| { readonly ok: true; readonly text: string; readonly restrictions?: Listed; readonly total?: number }
	| Disobeyed;
type Listed = BrokerFrames['restrictions']['restrictions'];

interface Disobeyed {
	readonly ok: false;
	readonly code: ErrorCode;
	/** For people. */
	readonly detail: string;
}

/** Somebody whom an order is about. */
interface Target {
	readonly subjects: readonly string[];
	/** What they are called, with `~` before it for somebody without a key. */
	readonly userId: string;
}

/** What the checks of an order come to: a refusal, or what is to be stored. */
type Checked<More = object> = Disobeyed | ({ readonly ok: true } & More);

/**
 * Carries out an order, or says why not. Rejects with an `EngineError` when the engine cannot store it: with the outcome
 * `unknown` it may take effect yet.
 */
export async function obey(hub: Hub, actor: Actor, order: AdminOrder): Promise<Obeyed> {
	const wrong = wrongRoom(hub, order) ?? tooLow(actor, order);
	if (wrong !== undefined) {
		return wrong;
	}
	const obeyed = await carryOut(hub, actor, order);
	if (obeyed.ok) {
		const { op } = order;
		hub.settings.log('info', 'admin', {
			...{ by: actor.name, subject: actor.subjects.join(' '), op },
			...('userId' in order && { userId: order.userId }),
			...('room' in order && order.room !== undefined && { room: order.room }),
		});
	}
	return obeyed;
}

function carryOut(hub: Hub, actor: Actor, order: AdminOrder): Promise<Obeyed> {
	switch (order.op) {
		case 'clear_history':
			return clear(hub, actor, order);
		case 'kick':
			return kick(hub, actor, order);
		case 'ban':
		case 'mute':
			return restrict(hub, actor, order);
		case 'unban':
		case 'unmute':
			return lift(hub, actor, order);
		case 'topic':
			return setTopic(hub, actor, order);
		case 'grant':
			return grant(hub, actor, order);
		case 'list':
			return Promise.resolve(list(hub, order.room));
	}
}

type About<Op extends AdminOrder['op']> = Extract<AdminOrder, { readonly op: Op }>;

async function clear(hub: Hub, actor: Actor, { room }: About<'clear_history'>): Promise<Obeyed> {
	let cleared: RoomState | undefined;
	const stored = await store(
		hub,
		actor,
		() => ({ ok: true, changes: [] }),
		async (_, guards) => {
			cleared = await hub.settings.engine.clear(room, guards);
			return cleared !== undefined;
		},
	);
	if (!stored.ok || cleared === undefined) {
		return stored.ok ? { ok: true, text: '' } : stored;
	}
	const { epoch, head, oldest } = cleared;
	// What was said since the room was cleared is not.
	const upTo = Math.min(head, oldest - 1);
	const open = hub.rooms.get(room);
	open?.clear({ epoch, sequence: upTo });
	open?.tell(({ reader }) => {
		if (reader.protocol === 'v1') {
			reader.tell({ type: 'cleared', room, epoch, upTo, by: actor.name });
		}
	});
	return { ok: true, text: `The history of ${roomTitle(room)} is cleared` };
}

async function kick(hub: Hub, actor: Actor, { userId, room = everywhere, reason }: About<'kick'>): Promise<Obeyed> {
	const found = targetOf(hub, actor, userId);
	if (!found.ok) {
		return found;
	}
	const { target } = found;
	const places = subscriptionsOf(hub, target.subjects, room).map((subscription) => subscription.room.name);
	const isThere = room === everywhere ? connectionsOf(hub, target.subjects).length > 0 : places.length > 0;
	if (!isThere) {
		return unknownUser(`${target.userId} is not in ${room === everywhere ? 'any room' : roomTitle(room)} now`);
	}
	const why = because(reason === undefined ? undefined : keptText(reason));
	const place = room === everywhere ? 'off this broker' : `out of ${roomTitle(room)}`;
	expel(
		hub,
		{ subjects: target.subjects, room },
		{ reason: 'kicked', text: `You were sent ${place} by ${actor.name}${why}` },
	);
	const text = `${target.userId} was sent ${place} by ${actor.name}${why}`;
	announce(hub, actor, { rooms: places, text, about: target.subjects });
	return { ok: true, text };
}

async function restrict(hub: Hub, actor: Actor, order: About<'ban' | 'mute'>): Promise<Obeyed> {
	const { op: kind, userId, room = everywhere, durationMs, reason } = order;
	const at = hub.surroundings.now();
	let places: readonly string[] = [];
	let kept: NewRestriction | undefined;
	let about: readonly string[] = [];
	const stored = await store(hub, actor, () => {
		const found = targetOf(hub, actor, userId);
		if (!found.ok) {
			return found;
		}
		const { subjects, userId: name } = found.target;
		places = subscriptionsOf(hub, subjects, room).map((subscription) => subscription.room.name);
		about = subjects;
		const why = reason === undefined ? '' : keptText(reason);
		kept = {
			...{ kind, room, by: actor.name, at, userId: name },
			...(durationMs !== undefined && { until: at + durationMs }),
			...(why !== '' && { reason: why }),
		};
		const value = restrictionRecord(kept);
		return {
			ok: true,
			changes: subjects.map((subject) => ({ kind, key: restrictionKey(room, subject), value })),
			about,
		};
	});
	if (!stored.ok || kept === undefined) {
		return stored.ok ? { ok: true, text: '' } : stored;
	}
	const text = newsText(kept);
	announce(hub, actor, { rooms: places, text, about });
	return { ok: true, text };
}

async function lift(
	hub: Hub,
	actor: Actor,
	{ op, userId, room = everywhere }: About<'unban' | 'unmute'>,
): Promise<Obeyed> {
	const kind = op === 'unban' ? 'ban' : 'mute';
	let text = '';
	let about: readonly string[] = [];
	const stored = await store(hub, actor, () => {
		const found = targetOf(hub, actor, userId, { mayBeGone: true });
		if (!found.ok) {
			return found;
		}
		const { subjects, userId: name } = found.target;
		about = subjects;
		const place = room === everywhere ? 'everywhere' : `in ${roomTitle(room)}`;
		const lifted = subjects.flatMap((subject) => wholeOf(hub.directory.restrictionAt(kind, room, subject)));
		if (lifted.length === 0) {
			return unknownUser(`${name} is not ${doneWords[kind]} ${place}${otherwise(hub, kind, room, found.target)}`);
		}
		text = `${name} is no longer ${doneWords[kind]} ${place}, by ${actor.name}`;
		const keys = new Set(lifted.map((subject) => restrictionKey(room, subject)));
		return { ok: true, changes: [...keys].map((key) => ({ kind, key, value: null })), about };
	});
	if (!stored.ok) {
		return stored;
	}
	announce(hub, actor, { rooms: [room], text, about });
	return { ok: true, text };
}

/** All subjects of whoever is restricted: who was named to lift it may have one of them alone. */
function wholeOf(found: KeptRestriction | undefined): readonly string[] {
	const names = found !== undefined && isName(found.subject) ? nameSubjects(found.userId) : [];
	return found === undefined ? [] : [found.subject, ...names];
}

/** Under which other name or in which other place there is such a restriction. */
function otherwise(hub: Hub, kind: 'ban' | 'mute', room: string, { subjects, userId }: Target): string {
	const has = (place: string, who: readonly string[]) =>
		who.some((subject) => hub.directory.restrictionAt(kind, place, subject) !== undefined);
	if (room !== everywhere && has(everywhere, subjects)) {
		return ', but everywhere';
	}
	if (room === everywhere) {
		const rooms = restrictedRooms(hub, kind, subjects);
		if (rooms.length > 0) {
			const more = rooms.length > 3 ? ` and ${rooms.length - 3} more` : '';
			return `, but in ${rooms.slice(0, 3).map(roomTitle).join(', ')}${more}: /un${kind} there`;
		}
	}
	const guest = nameSubjects(userId);
	return !subjects.some(isName) && (has(room, guest) || has(everywhere, guest)) ? `, but ~${userId} is` : '';
}

/** The rooms in which there is such a restriction of somebody that is in force. */
function restrictedRooms(hub: Hub, kind: 'ban' | 'mute', subjects: readonly string[]): readonly string[] {
	const now = hub.surroundings.now();
	const found = hub.directory
		.restrictions()
		.filter((one) => one.kind === kind && subjects.includes(one.subject) && isInForce(one, now));
	return [...new Set(found.map((one) => one.room))];
}

async function setTopic(hub: Hub, actor: Actor, { room, topic }: About<'topic'>): Promise<Obeyed> {
	const kept = keptText(topic).trim();
	const stored = await store(hub, actor, () => {
		const restriction = hub.directory.restriction(room, () => actor.subjects, ['ban', 'mute']);
		if (restriction !== undefined) {
			const code = doneWords[restriction.kind];
			return { ok: false, code, detail: `You are ${code} in ${roomTitle(room)}, and may not say what it is about` };
		}
		const isOneMore = kept !== '' && hub.directory.topic(room) === undefined;
		if (isOneMore && actor.role === 'member' && hub.directory.topicCount >= mostTopics) {
			return { ok: false, code: 'limit_exceeded', detail: 'So many rooms have a topic that only an admin may add one' };
		}
		const value = kept === '' ? null : topicRecord({ topic: kept, by: actor.name, at: hub.surroundings.now() });
		return { ok: true, changes: [{ kind: 'topic', key: room, value }] };
	});
	if (!stored.ok) {
		return stored;
	}
	const text = kept === '' ? `${actor.name} removed the topic` : `${actor.name} set the topic: ${kept}`;
	announce(hub, actor, { rooms: [room], text });
	return { ok: true, text };
}

async function grant(hub: Hub, actor: Actor, { userId, role }: About<'grant'>): Promise<Obeyed> {
	let text = '';
	let about: readonly string[] = [];
	let places: readonly string[] = [];
	const stored = await store(hub, actor, () => {
		const found = targetOf(hub, actor, userId, { mayBeGone: true });
		if (!found.ok) {
			return found;
		}
		const { subjects, userId: name } = found.target;
		const [key = ''] = subjects;
		if (isName(key) && !userId.startsWith('~') && connectionsOf(hub, subjects).length === 0) {
			return unknownUser(`Nobody called ${name.slice(1)} is known here`);
		}
		if (!isName(key) && hub.directory.isVouched(key)) {
			return forbidden(`what ${name} may do is said by the program that this broker is part of`);
		}
		const change = isName(key) ? undefined : hub.directory.grant(key, role);
		if (change === undefined) {
			return unknownUser(`${name} has no key by which an admin could be known: they have to come with natter itself`);
		}
		about = subjects;
		places = subscriptionsOf(hub, subjects, everywhere).map((subscription) => subscription.room.name);
		text = `${name} is ${role === 'admin' ? 'an admin' : 'no admin'} of this broker now, by ${actor.name}`;
		return { ok: true, changes: [change] };
	});
	if (!stored.ok) {
		return stored;
	}
	announce(hub, actor, { rooms: places, text, about });
	return { ok: true, text };
}

function list(hub: Hub, room: string | undefined): Obeyed {
	const now = hub.surroundings.now();
	const all = hub.directory
		.restrictions()
		.filter((one) => isInForce(one, now))
		.filter((one) => room === undefined || one.room === room || one.room === everywhere)
		.filter((one) => isFirstOf(hub, one))
		.sort((one, other) => other.at - one.at);
	const restrictions = all.slice(0, maxListed).map(({ kind, userId, room: place, by, at, until, reason }) => ({
		...{ kind, userId, by, at },
		...(place !== everywhere && { room: place }),
		...(until !== undefined && { until }),
		...(reason !== undefined && { reason }),
	}));
	return { ok: true, text: listText(restrictions, all.length), restrictions, total: all.length };
}

/** Whether a record is not just another one of the same restriction of a name. */
function isFirstOf({ directory }: Hub, { kind, room, subject, userId }: KeptRestriction): boolean {
	const subjects = isName(subject) ? nameSubjects(userId) : [];
	const first = subjects.find((one) => directory.restrictionAt(kind, room, one)?.userId === userId);
	return first === undefined || first === subject;
}

/** For a client that cannot show a list. */
function listText(restrictions: Listed, total: number): string {
	const shown = restrictions.slice(0, 20).map(({ kind, userId, room }) => {
		return `${userId} is ${doneWords[kind]} ${room === undefined ? 'everywhere' : `in ${roomTitle(room)}`}`;
	});
	return total === 0
		? 'Nobody is banned or muted'
		: [...shown, ...(total > 20 ? [`and ${total - 20} more`] : [])].join('; ');
}

const maxListed = 500;

/** Why the room of an order is none. */
function wrongRoom(hub: Hub, order: AdminOrder): Disobeyed | undefined {
	if (!('room' in order) || order.room === undefined) {
		return undefined;
	}
	const cleaned = cleanRoom(order.room, hub.settings.limits);
	if (!cleaned.ok) {
		return { ok: false, code: cleaned.code, detail: cleaned.detail };
	}
	return isInbox(cleaned.text)
		? { ok: false, code: 'forbidden', detail: "An inbox is its owner's alone: nobody is an admin there" }
		: undefined;
}

/** Why somebody of this role may not order this of anybody. */
function tooLow({ role, reads }: Actor, order: AdminOrder): Disobeyed | undefined {
	const { op } = order;
	if (op === 'grant') {
		return role === 'owner' ? undefined : forbidden('only the owner of this broker may do this');
	}
	if (role === 'owner' || role === 'admin') {
		return undefined;
	}
	if (op === 'topic') {
		return role === 'member' && reads(order.room)
			? undefined
			: forbidden('only people with a key who are in the room, and admins of this broker, may do this');
	}
	return forbidden('only admins of this broker may do this');
}

/**
 * Whom an order means, unless they may not be meant. Without `~` it is the key that owns the nick, now or still; a nick that
 * nobody owns has to be somebody's who is here, or a slip would restrict nobody without a word.
 */
function targetOf(
	hub: Hub,
	actor: Actor,
	userId: string,
	{ mayBeGone = false }: { readonly mayBeGone?: boolean } = {},
): Checked<{ readonly target: Target }> {
	const isMarked = userId.startsWith('~');
	const nick = cleanNick(userId.replace(/^[~@]/, ''), hub.settings.limits);
	if (!nick.ok) {
		return { ok: false, code: 'unknown_user', detail: `Nobody can be called that. ${nick.detail}` };
	}
	const owner = isMarked ? undefined : hub.directory.ownerOf(nick.text);
	const target: Target =
		owner === undefined
			? { subjects: nameSubjects(nick.text), userId: `~${nick.text}` }
			: { subjects: [owner], userId: hub.directory.person(owner)?.nick ?? nick.text };
	if (owner === undefined && !isMarked && !mayBeGone && connectionsOf(hub, target.subjects).length === 0) {
		return unknownUser(
			`Nobody here is called ${nick.text}; ~${nick.text} is whoever comes under that name without a key`,
		);
	}
	if (areAlike(target.subjects, actor.subjects)) {
		return forbidden('this cannot be done to oneself');
	}
	const recorded = owner === undefined ? 'guest' : hub.directory.person(owner)?.role;
	const roles = new Set([recorded, ...connectionsOf(hub, target.subjects).map(({ user }) => user.role)]);
	if (roles.has('owner')) {
		return forbidden(`${target.userId} owns this broker: nobody may do this to them`);
	}
	if (roles.has('admin') && actor.role !== 'owner') {
		return forbidden(`${target.userId} is an admin: only the owner of this broker may do this to them`);
	}
	return { ok: true, target };
}

/**
 * Stores what `decide` comes to, provided that neither the role of who orders nor that of whom it is about is another by
 * then; else decides anew. So whoever is no admin any more when an order would be stored has none stored. `put` says
 * whether the records were as expected, and then has done it.
 */
async function store(
	hub: Hub,
	actor: Actor,
	decide: () => Checked<{ readonly changes: readonly RecordChange[]; readonly about?: readonly string[] }>,
	put: Put = (changes, guards) => hub.settings.engine.putRecords([...changes, ...guards]),
): Promise<Checked> {
	const { directory } = hub;
	const roleThen = recordedRole(hub, actor);
	for (;;) {
		// It may have been taken since the order came.
		const isStillOne = recordedRole(hub, actor) === roleThen;
		const decided = isStillOne ? decide() : forbidden('only admins of this broker may do this');
		if (!decided.ok) {
			return decided;
		}
		const { changes, about = [] } = decided;
		const guards = [...actor.subjects, ...about]
			.filter((subject) => !isName(subject))
			.filter((subject) => !changes.some(({ kind, key }) => kind === 'user' && key === subject))
			.map((subject) => directory.guard(subject));
		if (await put(changes, guards)) {
			return { ok: true };
		}
	}
}

type Put = (changes: readonly RecordChange[], guards: readonly (RecordChange & RecordGuard)[]) => Promise<boolean>;

/** What is recorded of somebody's role: the word of whoever embeds the broker is, too. */
function recordedRole({ directory }: Hub, { subjects: [key = ''] }: Actor): Role | undefined {
	return isName(key) ? undefined : directory.person(key)?.role;
}

interface News {
	readonly rooms: readonly string[];
	readonly text: string;
	/** Whom it is about: they are told in their own words, as is who ordered it. */
	readonly about?: readonly string[];
}

/** Tells those who read these rooms, as far as they understand it. */
function announce(hub: Hub, actor: Actor, { rooms, text, about = [] }: News): void {
	const own = new Set<unknown>([actor.reader, ...connectionsOf(hub, about)]);
	for (const room of new Set(rooms)) {
		for (const { reader } of hub.rooms.get(room)?.readers ?? []) {
			if (reader.protocol === 'v1' && !own.has(reader)) {
				reader.tell({ type: 'notice', room, level: 'info', text });
			}
		}
	}
}

function forbidden(detail: string): Disobeyed {
	return { ok: false, code: 'forbidden', detail };
}

function unknownUser(detail: string): Disobeyed {
	return { ok: false, code: 'unknown_user', detail };
}
