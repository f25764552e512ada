/**
 * Where readers' devices stand, kept in the engine: noted with every acknowledgement, stored a second later at the
 * latest, many at once. A crash costs a second of them, after which a device is sent again what it had.
 */
import type { Cursor, Engine } from '../engines/engine.ts';
import { type CursorOwner, NotedCursors } from './noted-cursors.ts';
import type { Surroundings } from './surroundings.ts';

export interface CursorKeeperOptions {
	readonly engine: Engine;
	readonly surroundings: Surroundings;
	/** Told when cursors could not be stored. They are stored later. */
	readonly onError: (error: unknown) => void;
}

export class CursorKeeper {
	readonly #options: CursorKeeperOptions;
	/** Noted and not being stored. */
	#waiting = new NotedCursors();
	/** Being stored. */
	#leaving = new NotedCursors();
	#saving: Promise<number | 'failed'> | undefined;
	#cancelSave: (() => void) | undefined;
	#isClosed = false;

	constructor(options: CursorKeeperOptions) {
		this.#options = options;
	}

	/** Remembers a cursor in place of its owner's earlier one, unless that is further in the same epoch. */
	note(cursor: Cursor): void {
		const earlier = this.#noted(cursor);
		if (earlier?.epoch === cursor.epoch && earlier.sequence >= cursor.sequence) {
			return;
		}
		this.#waiting.set(cursor);
		this.#schedule(lazyMs);
	}

	/**
	 * Where a device stands, in whatever epoch; else how far the user's other devices are in `epoch`; `undefined` when
	 * there is nothing of either. Rejects with an `EngineError`.
	 */
	async find(owner: CursorOwner, epoch: string): Promise<Cursor | undefined> {
		const { engine } = this.#options;
		const { user, room } = owner;
		const own = this.#noted(owner);
		if (own !== undefined) {
			return own;
		}
		// What is being stored may be so by the time that the engine answers, although it was not when the engine looked.
		const noted = [...this.#leaving.ofUser(user, room), ...this.#waiting.ofUser(user, room)];
		const stored = await engine.cursors(user, room);
		if (noted.length + stored.length === 0) {
			return undefined;
		}
		const comparable = [...noted, ...stored].filter((cursor) => cursor.epoch === epoch);
		const [furthest] = comparable.sort((one, other) => other.sequence - one.sequence);
		return stored.find(({ device }) => device === owner.device) ?? furthest;
	}

	/** Settles when all that was noted is stored, or could not be. */
	async flush(): Promise<void> {
		await this.#saving;
		while (this.#waiting.size > 0 && (await this.#save()) !== 'failed') {}
	}

	/** Gives up what waits. Settles when the engine is asked nothing more. */
	async close(): Promise<void> {
		this.#isClosed = true;
		this.#cancelSave?.();
		await this.#saving;
	}

	#noted(owner: CursorOwner): Cursor | undefined {
		return this.#waiting.get(owner) ?? this.#leaving.get(owner);
	}

	#schedule(ms: number): void {
		if (this.#cancelSave === undefined && this.#waiting.size > 0 && !this.#isClosed) {
			this.#cancelSave = this.#options.surroundings.after(ms, () => {
				this.#cancelSave = undefined;
				this.#saveSoon();
			});
		}
	}

	async #saveSoon(): Promise<void> {
		await this.#saving;
		let stored = await this.#save();
		// Whoever did not fit has waited as long as those who did.
		while (stored === storedAtOnce) {
			stored = await this.#save();
		}
		this.#schedule(stored === 'failed' ? retryMs : lazyMs);
	}

	/** How many of those that waited longest are stored now. There is at most one call under way. */
	#save(): Promise<number | 'failed'> {
		this.#saving ??= this.#store().finally(() => {
			this.#saving = undefined;
		});
		return this.#saving;
	}

	async #store(): Promise<number | 'failed'> {
		const { engine, onError } = this.#options;
		if (this.#isClosed) {
			return 'failed';
		}
		const leaving = this.#waiting.take(storedAtOnce);
		if (leaving.size === 0) {
			return 0;
		}
		this.#leaving = leaving;
		try {
			await engine.saveCursors(leaving.all);
			return leaving.size;
		} catch (error) {
			for (const cursor of this.#waiting.all) {
				leaving.set(cursor);
			}
			this.#waiting = leaving;
			onError(error);
			return 'failed';
		} finally {
			this.#leaving = new NotedCursors();
		}
	}
}

const lazyMs = 1000;
const retryMs = 5000;
const storedAtOnce = 1000;
