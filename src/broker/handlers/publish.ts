import { hash } from 'node:crypto';
import type { Draft } from '../../engines/engine.ts';
import type { Cleaned } from '../../protocol/cleaning.ts';
import type { Cause, ClientFrames, Tags } from '../../protocol/frames.ts';
import { type Limits, mostCauses, roomTokenBytes } from '../../protocol/limits.ts';
import { cleanNick } from '../../protocol/names.ts';
import { cleanContent } from '../../protocol/text.ts';
import { baseName, isProvenAs } from '../base-name.ts';
import type { Connection, User } from '../connection.ts';
import { endText, roomTitle } from '../restrictions.ts';
import type { Room } from '../room.ts';
import { subjectsOf } from '../subject.ts';
import { typedCommand } from './admin.ts';
import { type Delivered, deliver } from './direct-message.ts';
import { type Destination, destination } from './room-name.ts';

/**
 * Numbers and keeps a message, then tells its sender. The next frame does not wait for that: the engine applies appends
 * to a room in the order they were made. It waits where the readers of the room are not yet given what was said before, so
 * that nobody says more than they can be given.
 */
export function publish(connection: Connection, frame: ClientFrames['publish']): void | Promise<void> {
	const target = destination(connection, frame);
	const keepingUp = target && connection.hub.rooms.get(target.room)?.keepingUp;
	return keepingUp === undefined
		? say(connection, frame, target)
		: keepingUp.then(() => (connection.ended ? undefined : publish(connection, frame)));
}

function say(
	connection: Connection,
	frame: ClientFrames['publish'],
	target: Destination | undefined,
): void | Promise<void> {
	if (target === undefined) {
		return;
	}
	const draft = draftOf(connection, frame, target);
	if (draft === undefined) {
		return;
	}
	connection.saidName = frame.sender;
	const { rooms, gathering } = connection.hub;
	const room = rooms.get(target.room);
	const command =
		connection.protocol === 'base'
			? typedCommand(connection, frame, { room: target.room, sender: draft.sender })
			: undefined;
	if (command === undefined) {
		room?.says(draft.sender);
		const storing = connection.storing();
		gathering.add(connection, room?.pace, () => storing(store(connection, frame, target, draft, room)));
	}
	return command;
}

async function store(
	connection: Connection,
	frame: ClientFrames['publish'],
	target: Destination,
	draft: Draft,
	hearing: Room | undefined,
): Promise<void> {
	const { engine } = connection.hub.settings;
	const { room, said } = target;
	try {
		const outcome: Delivered | undefined = target.isInbox
			? await deliver({ engine, draft, room, own: draft.from })
			: (await engine.append(room, [draft]))[0];
		if (outcome === undefined || connection.ended) {
			return;
		}
		if (!outcome.ok) {
			refuseOutcome(connection, frame, outcome);
		} else if (connection.protocol === 'v1') {
			const { sequence, epoch, timestamp, duplicate } = outcome;
			connection.tell({
				type: 'published',
				ref: frame.ref,
				cid: frame.cid ?? draft.id,
				room: said,
				id: draft.id,
				sequence,
				epoch,
				timestamp,
				duplicate,
				durability: engine.durability,
			});
		}
	} catch (error) {
		connection.refuseUnavailable(frame, error);
	} finally {
		hearing?.said(draft.sender);
	}
}

function refuseOutcome(
	connection: Connection,
	frame: ClientFrames['publish'],
	outcome: Extract<Delivered, { readonly ok: false }>,
): void {
	switch (outcome.code) {
		case 'duplicate_conflict':
			connection.refuse(frame, outcome.code, 'Expected a cid that was not used for another content', notApplied);
			break;
		case 'out_of_order': {
			const { code, expected } = outcome;
			connection.refuse(frame, code, `Expected pseq ${expected}, got ${frame.pseq}`, { ...notApplied, expected });
			break;
		}
		case 'behind': {
			const detail = 'Expected your earlier message there to be sent again first';
			connection.refuse(frame, 'out_of_order', detail, { outcome: 'unknown', expected: outcome.expected });
			break;
		}
		case 'banned':
		case 'muted': {
			const { code, until } = outcome;
			connection.refuse(frame, code, deniedText(code, frame.room, until), notApplied);
			break;
		}
	}
}

/** What somebody is told who may not speak. `until` is in ms since 1970. */
function deniedText(code: 'banned' | 'muted', room: string, until: number | undefined): string {
	return `You are ${code} in ${roomTitle(room)}, ${endText(until)}`;
}

/** Whom restrictions would be about that the engine has to look for; none restricts an owner. */
function authorOf(connection: Connection, name: string): Pick<Draft, 'author'> {
	const known = connection.protocol === 'base' ? undefined : authors.get(connection.user);
	if (known !== undefined) {
		return known;
	}
	const subjects = subjectsOf(connection, name);
	const author = connection.hub.directory.isOwner(subjects) ? {} : { author: subjects };
	if (connection.protocol !== 'base') {
		authors.set(connection.user, author);
	}
	return author;
}

/** Of those who are known by more than what they say with each frame: it is the same as long as they are. */
const authors = new WeakMap<User, Pick<Draft, 'author'>>();

/** The message as it will be kept, or `undefined` after the publish was refused. */
function draftOf(
	connection: Connection,
	frame: ClientFrames['publish'],
	{ room, said, isInbox }: Destination,
): Draft | undefined {
	const { limits } = connection.hub.settings;
	const isBase = connection.protocol === 'base';
	const sender = isBase ? baseName(connection, frame.sender) : ownNick(connection, frame.sender);
	if (!isBase && (!sender.ok || sender.text !== connection.user.id)) {
		const detail = `Expected the sender to be ${connection.user.id}`;
		connection.refuse(frame, 'identity_mismatch', detail, notApplied);
		return undefined;
	}
	if (!sender.ok) {
		connection.refuse(frame, sender.code, sender.detail, notApplied);
		return undefined;
	}
	const content = cleanContent(frame.content, limits);
	if (!content.ok) {
		connection.refuse(frame, content.code, content.detail, notApplied);
		return undefined;
	}
	const { verified, key, inbox } = provenAs(connection, sender.text);
	const message = {
		...{ sender: sender.text, content: content.text, verified, ...authorOf(connection, frame.sender) },
		...(key !== undefined && { key }),
		...(connection.isBot && { bot: true }),
		...(isInbox && { to: room }),
		...(isInbox && inbox !== undefined && { from: inbox }),
	};
	if (isBase) {
		return { id: connection.hub.surroundings.randomId(), ...message };
	}
	const { cid, pseq, tags, replyTo, after, ttlMs } = frame;
	// Each name that a client has for an inbox is counted by itself, as its rooms are.
	const producer = isInbox && frame.producer !== undefined ? JSON.stringify([frame.producer, said]) : frame.producer;
	const tooMuch = (tags && refuseTags(tags, limits)) ?? (after && refuseCauses(after));
	if (tooMuch !== undefined) {
		connection.refuse(frame, 'limit_exceeded', tooMuch, notApplied);
		return undefined;
	}
	return {
		id: cid === undefined ? connection.hub.surroundings.randomId() : messageId(connection.account, room, cid),
		...message,
		...(cid !== undefined && { cid }),
		...(producer !== undefined && pseq !== undefined && { origin: { producer, pseq } }),
		...(tags !== undefined && { tags }),
		...(replyTo !== undefined && { replyTo }),
		...(after !== undefined && after.length > 0 && { after }),
		...(ttlMs !== undefined && { expiresAt: connection.hub.surroundings.now() + ttlMs }),
	};
}

/** A nick as it would be known; that of the client itself is known already. */
function ownNick({ user, hub }: Connection, nick: string): Cleaned {
	return nick === user.id ? { ok: true, text: nick } : cleanNick(nick, hub.settings.limits);
}

/** What of its user a connection has proven under a name. */
function provenAs(connection: Connection, sender: string): Pick<User, 'verified' | 'key' | 'inbox'> {
	return isProvenAs(connection, sender) ? connection.user : { verified: false };
}

const notApplied = { outcome: 'not_applied' } as const;

/** The same user's retry of the same publish has the same id, whichever broker gets it. */
function messageId(user: string, room: string, cid: string): string {
	return hash('sha256', JSON.stringify([user, room, cid]), 'base64url').slice(0, 22);
}

function refuseTags(tags: Tags, limits: Limits): string | undefined {
	const entries = Object.entries(tags);
	if (entries.length > limits.tags) {
		return `Expected at most ${limits.tags} tags, got ${entries.length}`;
	}
	if (entries.some(([key]) => Buffer.byteLength(key) > limits.tagKeyBytes)) {
		return `Expected tag names of at most ${limits.tagKeyBytes} bytes`;
	}
	const tooLong = entries.some(
		([, value]) => typeof value === 'string' && Buffer.byteLength(value) > limits.tagValueBytes,
	);
	return tooLong ? `Expected tag values of at most ${limits.tagValueBytes} bytes` : undefined;
}

/** Which rooms the tokens name is for readers to know: one that names none is waited for by nobody. */
function refuseCauses(after: readonly Cause[]): string | undefined {
	if (after.length > mostCauses) {
		return `Expected at most ${mostCauses} places in other rooms, got ${after.length}`;
	}
	return after.some(({ token }) => Buffer.byteLength(token) > roomTokenBytes)
		? `Expected tokens of rooms of at most ${roomTokenBytes} bytes`
		: undefined;
}
