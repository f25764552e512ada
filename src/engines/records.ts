/**
 * The records of an engine as a mirror in memory, for engines that keep all of them there, or those that every append has
 * to look at.
 */
import type { Author, RecordChange, Restriction } from './engine.ts';

/** Kinds of records that keep their authors from speaking, in the order in which they are named to them. */
const codes = new Map([
	['ban', 'banned'],
	['mute', 'muted'],
] as const);

export class Records {
	readonly #kinds = new Map<string, Map<string, string>>();
	/** When each restriction ends, by kind and key: parsed once, as every append looks at them. */
	readonly #ends = new Map<string, Map<string, number>>();

	/** Whether every record is as its change expects it. */
	isAsExpected(changes: readonly Omit<RecordChange, 'value'>[]): boolean {
		return changes.every(
			({ kind, key, expected }) => expected === undefined || expected === (this.get(kind, key) ?? null),
		);
	}

	get(kind: string, key: string): string | undefined {
		return this.#kinds.get(kind)?.get(key);
	}

	/** How many records of a kind there are. */
	count(kind: string): number {
		return this.#kinds.get(kind)?.size ?? 0;
	}

	/** A copy of all records of a kind. */
	list(kind: string): ReadonlyMap<string, string> {
		return new Map(this.#kinds.get(kind));
	}

	apply(changes: readonly RecordChange[]): void {
		for (const { kind, key, value } of changes) {
			put(this.#kinds, kind, key, value);
			if (restricts(kind)) {
				// What was stored as a restriction is one, whatever an earlier version meant by its value.
				put(this.#ends, kind, key, value === null ? null : (endOf(value) ?? Number.POSITIVE_INFINITY));
			}
		}
	}

	clear(): void {
		this.#kinds.clear();
		this.#ends.clear();
	}

	/** What keeps an author from speaking in a room at `now`, in ms since 1970: a ban before a mute, the room's before that of all. */
	restriction(room: string, author: Author | undefined, now: number): Restriction | undefined {
		if (author === undefined || this.#ends.size === 0) {
			return undefined;
		}
		const authors = typeof author === 'string' ? [author] : author;
		const keys = [room, everywhere].flatMap((place) => authors.map((one) => restrictionKey(place, one)));
		for (const [kind, code] of codes) {
			const ends = this.#ends.get(kind);
			for (const key of ends === undefined ? [] : keys) {
				const until = ends?.get(key);
				if (until !== undefined && until > now) {
					return until === Number.POSITIVE_INFINITY ? { code } : { code, until };
				}
			}
		}
		return undefined;
	}
}

/** `null` removes. A kind without records is not there. */
function put<Value>(kinds: Map<string, Map<string, Value>>, kind: string, key: string, value: Value | null): void {
	const records = kinds.get(kind) ?? new Map<string, Value>();
	if (value === null) {
		records.delete(key);
	} else {
		records.set(key, value);
	}
	if (records.size === 0) {
		kinds.delete(kind);
	} else {
		kinds.set(kind, records);
	}
}

/** Whether appends have to look at records of that kind. */
export function restricts(kind: string): boolean {
	return kind === 'ban' || kind === 'mute';
}

/** Stands for all rooms in the key of a restriction. */
export const everywhere = '';

/** The key of a `ban` or a `mute` of somebody in a room. */
export function restrictionKey(room: string, author: string): string {
	return JSON.stringify([room, author]);
}

/** Room and author of a restriction's key; `undefined` when it is none. */
export function parseRestrictionKey(key: string): readonly [room: string, author: string] | undefined {
	try {
		const [room, author, more]: unknown[] = JSON.parse(key);
		return typeof room === 'string' && typeof author === 'string' && more === undefined ? [room, author] : undefined;
	} catch {
		return undefined;
	}
}

/**
 * When a restriction ends, in ms since 1970; `Infinity` when its value names no time, `undefined` when it is no JSON
 * object.
 */
export function endOf(value: string): number | undefined {
	let parsed: unknown;
	try {
		parsed = JSON.parse(value);
	} catch {
		return undefined;
	}
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
		return undefined;
	}
	const { until } = parsed as { readonly until?: unknown };
	return typeof until === 'number' ? until : Number.POSITIVE_INFINITY;
}
