/**
 * Who is known to this broker: which keys own which nicks, and who may do what. Everything is a record of the engine, held
 * in memory as well, because each frame may have to look something up.
 *
 *   user    by key: their nicks, the first of which names their inbox, and their role
 *   nick    by what looks like it: the key that owns it
 *   token   by its SHA-256: the key whose user it stands for, where a client cannot prove a key
 *   tokens  by key: how many were made and ended, by which changes of them find their order
 *   base    by token: the rooms that its last client of the base protocol read
 *   ban, mute   by room and subject: who is kept from reading, or from speaking; engines obey them too
 *   topic   by room: what it is about
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as v from 'valibot';
import { type Engine, EngineError, type RecordChange, type RecordGuard } from '../engines/engine.ts';
import { everywhere, Records, restrictionKey } from '../engines/records.ts';
import { fingerprintOf } from '../protocol/identity.ts';
import type { Limits } from '../protocol/limits.ts';
import { cleanNick, suggestNick } from '../protocol/names.ts';
import { lookalikeKeys } from './lookalikes.ts';
import {
	isInForce,
	type KeptRestriction,
	type RestrictionKind,
	readRestriction,
	readTopic,
	type Topic,
} from './restrictions.ts';
import type { Surroundings } from './surroundings.ts';

/** What somebody may do: an owner everything, an admin everything but to make admins, the others what they are in the room for. */
export type Role = 'owner' | 'admin' | 'member' | 'guest' | 'base';

export interface DirectoryOptions {
	readonly engine: Engine;
	readonly surroundings: Surroundings;
	/** Fingerprints of the keys that own this broker, whatever records say. */
	readonly owners: ReadonlySet<string>;
	/** The broker's private key. @default kept in the engine, made when there is none */
	readonly key: KeyObject | undefined;
	readonly limits: Pick<Limits, 'nickCodePoints' | 'nickCells'>;
	/** Told of each key of a nick, as `lookalikeKeys` gives them, that has another owner now, or none. */
	readonly onNick: (lookalike: string) => void;
	/** Told of each key whose recorded role is another from now on. @default nobody */
	readonly onRole?: (key: string, role: Role) => void;
	/** Told of what has changed since the directory was ready; it says the new already. @default nobody */
	readonly onChanged?: (changes: readonly RecordChange[]) => void;
	/** Told when the engine cannot say who is known. It is asked again. */
	readonly onError: (error: unknown) => void;
}

/** Somebody who has proven to own a key. */
export interface Person {
	/** The public key. */
	readonly key: string;
	readonly nick: string;
	/** The room that is theirs alone. */
	readonly inbox: string;
	readonly role: Role;
}

const userRecord = v.object({
	/** In the order in which they were claimed. The first is never given back: it names the inbox. */
	nicks: v.array(v.string()),
	/** The one that is used now. */
	nick: v.string(),
	/** What they were granted here. */
	role: v.optional(v.picklist(['admin', 'member'])),
	/** What whoever embeds the broker said of them last; it goes before `role`. */
	vouched: v.optional(v.picklist(['owner', 'admin', 'member'])),
});
type UserRecord = Readonly<v.InferOutput<typeof userRecord>>;

const tokenCount = v.object({ made: v.number(), revoked: v.number() });
type TokenCount = Readonly<v.InferOutput<typeof tokenCount>>;

const baseRecord = v.array(v.object({ room: v.string(), userId: v.string() }));

/** A room that a base client reads, and the name that it says there. */
type BaseRoom = Readonly<v.InferOutput<typeof baseRecord>[number]>;

export class Directory {
	/** Settles when the directory is loaded; `undefined` from then on. */
	ready: Promise<void> | undefined;
	readonly #options: DirectoryOptions;
	readonly #records = new Records();
	/** The last record of a user that was read: whoever comes is looked up several times. */
	#read: { readonly value: string; readonly user: UserRecord } | undefined;
	#key: KeyObject | undefined;
	#stop: (() => void) | undefined;
	#isClosed = false;

	constructor(options: DirectoryOptions) {
		this.#options = options;
		this.#key = options.key;
		this.ready = this.#load().then(() => {
			this.ready = undefined;
		});
	}

	/** The broker's private key. Only once the directory is ready. */
	get key(): KeyObject {
		if (this.#key === undefined) {
			throw new Error('Expected the directory to be ready');
		}
		return this.#key;
	}

	/** The key that owns a nick, or one that looks like it. */
	ownerOf(nick: string): string | undefined {
		for (const lookalike of lookalikeKeys(nick)) {
			const owner = this.#records.get('nick', lookalike);
			if (owner !== undefined) {
				return owner;
			}
		}
		return undefined;
	}

	/** Who a key is; `undefined` when it owns no nick here. */
	person(key: string): Person | undefined {
		const user = this.#user(key);
		return user && { key, nick: user.nick, inbox: `@${user.nicks[0] ?? user.nick}`, role: this.#role(key, user) };
	}

	/** Whether this is the key of an owner, whom nothing restricts. */
	isOwner(subjects: readonly string[]): boolean {
		// An embedder's account may read like a key to whoever decodes it.
		return subjects.some((subject) => isPublicKey(subject) && this.#options.owners.has(fingerprintOf(subject)));
	}

	/**
	 * The ban, else the mute, that is in force for somebody in a room: that of the room, else that of all. Who that is, is
	 * asked only when there is any such restriction at all: nearly always there is none.
	 */
	restriction(
		room: string,
		subjectsOf: () => readonly string[],
		kinds: readonly RestrictionKind[],
	): KeptRestriction | undefined {
		const now = this.#options.surroundings.now();
		for (const kind of kinds) {
			if (this.#records.count(kind) === 0) {
				continue;
			}
			const subjects = subjectsOf();
			for (const place of [room, everywhere]) {
				const found = subjects
					.map((subject) => this.restrictionAt(kind, place, subject))
					.find((one) => one !== undefined && isInForce(one, now));
				if (found !== undefined) {
					return this.isOwner(subjects) ? undefined : found;
				}
			}
		}
		return undefined;
	}

	/** What is kept of one ban or mute, whether it has ended by itself or not. */
	restrictionAt(kind: RestrictionKind, room: string, subject: string): KeptRestriction | undefined {
		const key = restrictionKey(room, subject);
		const value = this.#records.get(kind, key);
		return value === undefined ? undefined : readRestriction(kind, key, value);
	}

	/** All bans and mutes, also those that have ended by themselves. */
	restrictions(): readonly KeptRestriction[] {
		return (['ban', 'mute'] as const).flatMap((kind) =>
			[...this.#records.list(kind)].flatMap(([key, value]) => readRestriction(kind, key, value) ?? []),
		);
	}

	/** What a room is about. */
	topic(room: string): Topic | undefined {
		return readTopic(this.#records.get('topic', room));
	}

	/** How many rooms have a topic. */
	get topicCount(): number {
		return this.#records.count('topic');
	}

	/** The records of all topics, by room. */
	topics(): ReadonlyMap<string, string> {
		return this.#records.list('topic');
	}

	/** Whether whoever embeds the broker says what somebody may do, so that nothing granted here would change it. */
	isVouched(key: string): boolean {
		return this.#user(key)?.vouched !== undefined;
	}

	/** The record of a key that makes somebody an admin or no longer; none when the key owns no nick here. */
	grant(key: string, role: 'admin' | 'member'): RecordChange | undefined {
		const user = this.#user(key);
		return user && { ...this.guard(key), kind: 'user', key, value: JSON.stringify({ ...user, role }) };
	}

	/** A change that changes nothing, and is made only while the user's record, and so their role, is as it is now. */
	guard(key: string): RecordChange & RecordGuard {
		const value = this.#records.get('user', key) ?? null;
		return { kind: 'user', key, value, expected: value };
	}

	/**
	 * Gives a key the nick that it asks for, or, when that is somebody else's, the first variant of it that is not. Rejects
	 * with an `EngineError`. `vouched` is the role that whoever embeds the broker says they have, if one is said.
	 */
	async claim(key: string, asked: string, vouched?: UserRecord['vouched']): Promise<Person> {
		// Each time that somebody else was quicker there is one nick less to choose from.
		for (let tries = 0; tries < mostTries; tries += 1) {
			const changes = this.#claimOf(key, this.#freeNick(asked, key, key), vouched);
			const person =
				changes.length === 0 || (await this.#options.engine.putRecords(changes)) ? this.person(key) : undefined;
			if (person !== undefined) {
				return person;
			}
		}
		throw new EngineError('unavailable', 'Too many ask for the same nick', { outcome: 'not_applied' });
	}

	/**
	 * A nick that nobody owns, for somebody without a key: the one that is asked for, or a variant of it, which is the same
	 * for the same `seed`.
	 */
	guestNick(asked: string, seed: string): string {
		return this.#freeNick(asked, undefined, seed);
	}

	/** Whose own token this is, and under which name what belongs to it is kept. */
	tokenOwner(token: string): { readonly key: string; readonly device: string } | undefined {
		const digest = digestOf(token);
		const key = this.#records.get('token', digest);
		return key === undefined ? undefined : { key, device: deviceOf(digest) };
	}

	/**
	 * Has a token stand for a key, beside those that do. `stale`: all were revoked while this was under way. Rejects with an
	 * `EngineError`.
	 */
	async addToken(key: string, token: string): Promise<'added' | 'too many' | 'stale'> {
		const before = this.#tokenCount(key);
		for (let count = before; count.revoked === before.revoked; count = this.#tokenCount(key)) {
			if (this.#tokensOf(key).length >= mostTokens) {
				return 'too many';
			}
			const made = { kind: 'token', key: digestOf(token), value: key } as const;
			if (await this.#options.engine.putRecords([this.#tokensChange(key, { ...count, made: count.made + 1 }), made])) {
				return 'added';
			}
		}
		return 'stale';
	}

	/** Ends all tokens of a key. Resolves to how many there were; rejects with an `EngineError`. */
	async revokeTokens(key: string): Promise<number> {
		for (;;) {
			const digests = this.#tokensOf(key);
			const { made, revoked } = this.#tokenCount(key);
			const ended = digests.flatMap((digest) => [
				{ kind: 'token', key: digest, value: null },
				{ kind: 'base', key: deviceOf(digest), value: null },
			]);
			const change = this.#tokensChange(key, { made, revoked: revoked + 1 });
			if (await this.#options.engine.putRecords([change, ...ended])) {
				return digests.length;
			}
		}
	}

	/** The rooms that the last base client of a device read, each under the name that it went by there. */
	baseRooms(device: string): readonly BaseRoom[] {
		const value = this.#records.get('base', device);
		return value === undefined ? [] : v.parse(baseRecord, JSON.parse(value));
	}

	/** Remembers them. Rejects with an `EngineError`. */
	async setBaseRooms(device: string, rooms: readonly BaseRoom[]): Promise<void> {
		const value = rooms.length === 0 ? null : JSON.stringify(rooms);
		if (value !== (this.#records.get('base', device) ?? null)) {
			await this.#options.engine.putRecords([{ kind: 'base', key: device, value }]);
		}
	}

	/** How many tokens a key has had, and how often all of them were ended. */
	#tokenCount(key: string): TokenCount {
		const value = this.#records.get('tokens', key);
		return value === undefined ? { made: 0, revoked: 0 } : v.parse(tokenCount, JSON.parse(value));
	}

	/** Whoever makes or ends tokens of a key at the same time has to look again. */
	#tokensChange(key: string, count: TokenCount): RecordChange {
		const expected = this.#records.get('tokens', key) ?? null;
		return { kind: 'tokens', key, value: JSON.stringify(count), expected };
	}

	#tokensOf(key: string): readonly string[] {
		return [...this.#records.list('token')].flatMap(([digest, owner]) => (owner === key ? [digest] : []));
	}

	close(): void {
		this.#isClosed = true;
		this.#stop?.();
	}

	async #load(): Promise<void> {
		const { engine, surroundings, onError } = this.#options;
		while (!this.#isClosed) {
			try {
				const missed: (readonly RecordChange[])[] = [];
				let hear = (changes: readonly RecordChange[]): unknown => missed.push(changes);
				this.#stop ??= await engine.followRecords((changes) => hear(changes));
				const listed = await Promise.all(kinds.map((kind) => engine.records(kind)));
				this.#key ??= await this.#storedKey();
				this.#records.clear();
				for (const [index, kind] of kinds.entries()) {
					this.#records.apply([...(listed[index] ?? [])].map(([key, value]) => ({ kind, key, value })));
				}
				for (const changes of missed) {
					this.#records.apply(changes);
				}
				await this.#giveBack();
				hear = (changes) => this.#changed(changes);
				return;
			} catch (error) {
				onError(error);
				this.#stop?.();
				this.#stop = undefined;
				await new Promise<void>((resolve) => surroundings.after(retryMs, resolve));
			}
		}
	}

	/**
	 * A nick whose record is lost is its owner's all the same, whose own record names it: else whoever takes it next would
	 * have the inbox that is named after it.
	 */
	async #giveBack(): Promise<void> {
		const lost = [...this.#records.list('user').keys()].flatMap((key) =>
			(this.#user(key)?.nicks ?? [])
				.flatMap(lookalikeKeys)
				.filter((lookalike) => this.#records.get('nick', lookalike) === undefined)
				.map((lookalike) => ({ kind: 'nick', key: lookalike, value: key })),
		);
		if (lost.length > 0) {
			await this.#options.engine.putRecords(lost);
			this.#records.apply(lost);
		}
	}

	#changed(changes: readonly RecordChange[]): void {
		const people = changes.filter(({ kind }) => kind === 'user');
		const before = people.map(({ key }) => this.person(key)?.role);
		this.#records.apply(changes);
		for (const [index, { key }] of people.entries()) {
			const role = this.person(key)?.role;
			if (role !== undefined && before[index] !== undefined && role !== before[index]) {
				this.#options.onRole?.(key, role);
			}
		}
		for (const { kind, key } of changes) {
			if (kind === 'nick') {
				this.#options.onNick(key);
			}
		}
		this.#options.onChanged?.(changes);
	}

	/** All brokers over one store are one to those who know its key. */
	async #storedKey(): Promise<KeyObject> {
		const { engine } = this.#options;
		const stored = (await engine.records('broker')).get('key');
		if (stored !== undefined) {
			return createPrivateKey(stored);
		}
		const { privateKey } = generateKeyPairSync('ed25519');
		const value = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
		const isMade = await engine.putRecords([{ kind: 'broker', key: 'key', value, expected: null }]);
		return isMade ? privateKey : this.#storedKey();
	}

	#user(key: string): UserRecord | undefined {
		const value = this.#records.get('user', key);
		if (value === undefined) {
			return undefined;
		}
		if (this.#read?.value !== value) {
			this.#read = { value, user: v.parse(userRecord, JSON.parse(value)) };
		}
		return this.#read.user;
	}

	#role(key: string, { role = 'member', vouched = role }: UserRecord): Role {
		return this.isOwner([key]) ? 'owner' : vouched;
	}

	/** The first of a nick and its variants that is nobody's but `owner`'s. After some it is chosen by `seed`. */
	#freeNick(asked: string, owner: string | undefined, seed: string): string {
		const { limits } = this.#options;
		const cleaned = cleanNick(asked, limits);
		const nick = cleaned.ok ? cleaned.text : suggestNick(asked);
		if (this.#isFree(nick, owner)) {
			return nick;
		}
		for (let number = 2; ; number += 1) {
			const variant = variantOf(nick, number <= mostInOrder ? number : chosenBy(seed, number), limits);
			if (this.#isFree(variant, owner)) {
				return variant;
			}
		}
	}

	/** Whether a nick, and all that look like it, are nobody's but this key's. */
	#isFree(nick: string, owner: string | undefined): boolean {
		return lookalikeKeys(nick).every((lookalike) => {
			const holder = this.#records.get('nick', lookalike);
			return holder === undefined || holder === owner;
		});
	}

	/** What has to change for a key to go by a nick that is free or its own. */
	#claimOf(key: string, nick: string, vouched: UserRecord['vouched']): readonly RecordChange[] {
		const user = this.#user(key);
		const value = this.#records.get('user', key) ?? null;
		if (user?.nick === nick && user.nicks.includes(nick) && user.vouched === vouched) {
			return [];
		}
		const [first = nick, ...others] = user?.nicks ?? [];
		const rest = [...others.filter((other) => other !== nick), ...(first === nick ? [] : [nick])];
		const kept = [first, ...rest.slice(1 - mostNicks)];
		const held = new Set((user?.nicks ?? []).flatMap(lookalikeKeys));
		const wanted = new Set(kept.flatMap(lookalikeKeys));
		const ownerNow = (lookalike: string) => this.#records.get('nick', lookalike) ?? null;
		const taken = [...wanted].filter((lookalike) => ownerNow(lookalike) !== key);
		const given = [...held].filter((lookalike) => !wanted.has(lookalike) && ownerNow(lookalike) === key);
		const record: UserRecord = {
			...{ nicks: kept, nick },
			...(user?.role !== undefined && { role: user.role }),
			...(vouched !== undefined && { vouched }),
		};
		return [
			{ kind: 'user', key, value: JSON.stringify(record), expected: value },
			...taken.map((lookalike) => ({ kind: 'nick', key: lookalike, value: key, expected: null })),
			...given.map((lookalike) => ({ kind: 'nick', key: lookalike, value: null, expected: key })),
		];
	}
}

const kinds = ['user', 'nick', 'token', 'tokens', 'base', 'ban', 'mute', 'topic'] as const;
/** How often a claim begins anew when somebody else was quicker. */
const mostTries = 16;
/** So many variants of a nick are tried in their order. */
const mostInOrder = 20;
/** How long until an engine that could not answer is asked again, in ms. */
const retryMs = 1000;
/** How many tokens may stand for one key. */
const mostTokens = 16;
/** How many nicks one key may hold; of more, those after the first that were claimed first are anybody's again. */
const mostNicks = 5;

/** Only this is kept of a token: it is as hard to guess as the token is. */
function digestOf(token: string): string {
	return createHash('sha256').update(token).digest('base64url');
}

/** Under which name what belongs to a token is kept; an embedder's base clients, who have none, are one device. */
function deviceOf(digest: string): string {
	return `base:${digest.slice(0, 22)}`;
}

function isPublicKey(subject: string): boolean {
	return /^[\w-]{43}$/.test(subject);
}

/** A number of some digits that is the same for the same seed and try. */
function chosenBy(seed: string, number: number): number {
	return 100 + (createHash('sha256').update(`${number}:${seed}`).digest().readUInt32BE() % 100_000);
}

/** `maya2`, `maya3` ...; a nick that has no room for that is cut. */
function variantOf(nick: string, number: number, limits: DirectoryOptions['limits']): string {
	const signs = Array.from(nick);
	for (let length = signs.length; length > 0; length -= 1) {
		const variant = cleanNick(`${signs.slice(0, length).join('').trimEnd()}${number}`, limits);
		if (variant.ok) {
			return variant.text;
		}
	}
	return `guest${number}`;
}
