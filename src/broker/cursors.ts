/**
 * Where readers' devices stand, kept in the engine: noted with every acknowledgement, stored a second later at the
 * latest, many at once. A crash costs a second of them, after which a device is sent again what it had.
 */
import type { Cursor, Engine } from '../engines/engine.ts';
import type { Surroundings } from './surroundings.ts';

export interface CursorKeeperOptions {
	readonly engine: Engine;
	readonly surroundings: Surroundings;
	/** Told when cursors could not be stored. They are stored later. */
	readonly onError: (error: unknown) => void;
}

/** Whose cursor. */
export type CursorOwner = Pick<Cursor, 'user' | 'device' | 'room'>;

export class CursorKeeper {
	readonly #options: CursorKeeperOptions;
	/** Noted and not being stored, those that wait longest first. At most `maxWaiting`. */
	#waiting = new Map<string, Cursor>();
	/** Being stored. */
	#leaving: ReadonlyMap<string, Cursor> = new Map();
	#saving: Promise<boolean> | undefined;
	#isScheduled = false;

	constructor(options: CursorKeeperOptions) {
		this.#options = options;
	}

	/** Remembers a cursor in place of its owner's earlier one, unless that is further in the same epoch. */
	note(cursor: Cursor): void {
		const key = keyOf(cursor);
		const earlier = this.#waiting.get(key) ?? this.#leaving.get(key);
		if (earlier?.epoch === cursor.epoch && earlier.sequence >= cursor.sequence) {
			return;
		}
		const [longest] = this.#waiting.keys();
		if (this.#waiting.size >= maxWaiting && longest !== undefined && !this.#waiting.has(key)) {
			this.#waiting.delete(longest);
		}
		this.#waiting.set(key, cursor);
		this.#schedule(lazyMs);
	}

	/**
	 * Where a device stands, in whatever epoch; else how far the user's other devices are in `epoch`; `undefined` when
	 * there is nothing of either. Rejects with an `EngineError`.
	 */
	async find(owner: CursorOwner, epoch: string): Promise<Cursor | undefined> {
		const { engine } = this.#options;
		const key = keyOf(owner);
		const own = this.#waiting.get(key) ?? this.#leaving.get(key);
		if (own !== undefined) {
			return own;
		}
		const isAnothers = (cursor: Cursor) =>
			cursor.user === owner.user && cursor.room === owner.room && cursor.epoch === epoch;
		// What is being stored may be so by the time that the engine answers, although it was not when the engine looked.
		const noted = [...this.#leaving.values(), ...this.#waiting.values()].filter(isAnothers);
		const stored = await engine.cursors(owner.user, owner.room);
		const others = [...noted, ...stored.filter(isAnothers)].sort((one, other) => other.sequence - one.sequence);
		return stored.find(({ device }) => device === owner.device) ?? others[0];
	}

	/** Settles when all that was noted is stored, or could not be. */
	async flush(): Promise<void> {
		await this.#saving;
		while (this.#waiting.size > 0 && (await this.#save())) {}
	}

	#schedule(ms: number): void {
		if (!this.#isScheduled && this.#waiting.size > 0) {
			this.#isScheduled = true;
			this.#options.surroundings.after(ms, () => {
				this.#isScheduled = false;
				this.#saveSoon();
			});
		}
	}

	async #saveSoon(): Promise<void> {
		await this.#saving;
		const isStored = await this.#save();
		this.#schedule(isStored ? lazyMs : retryMs);
	}

	/** Whether those that waited longest are stored now. There is at most one call under way. */
	#save(): Promise<boolean> {
		this.#saving ??= this.#store().finally(() => {
			this.#saving = undefined;
		});
		return this.#saving;
	}

	async #store(): Promise<boolean> {
		const { engine, onError } = this.#options;
		const leaving = new Map([...this.#waiting].slice(0, storedAtOnce));
		for (const key of leaving.keys()) {
			this.#waiting.delete(key);
		}
		this.#leaving = leaving;
		if (leaving.size === 0) {
			return true;
		}
		try {
			await engine.saveCursors([...leaving.values()]);
			return true;
		} catch (error) {
			this.#waiting = new Map([...leaving, ...this.#waiting]);
			onError(error);
			return false;
		} finally {
			this.#leaving = new Map();
		}
	}
}

const lazyMs = 1000;
const retryMs = 5000;
const storedAtOnce = 1000;
/** Beyond it, those that wait longest are given up: it takes an engine that stores nothing for long. */
const maxWaiting = 100_000;

function keyOf({ user, device, room }: CursorOwner): string {
	return JSON.stringify([user, device, room]);
}
