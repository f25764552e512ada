import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Enough for the log of several large transactions. */
const reserveBytes = 4 * 1024 * 1024;

/**
 * A file of nothing in particular: the room that it takes is given up when the disk is full, so that old messages can
 * still be removed and the log still be brought into the database.
 */
export class Reserve {
	readonly #path: string;

	constructor(directory: string) {
		this.#path = join(directory, 'reserve');
	}

	/** Takes the room. Returns whether there is as much again beside it, without which it is not taken. */
	take(): boolean {
		if (statSync(this.#path, { throwIfNoEntry: false })?.size === reserveBytes) {
			return true;
		}
		// A file system that compresses would give no room to zeros.
		const bytes = randomFillSync(Buffer.alloc(reserveBytes));
		try {
			const file = openSync(this.#path, 'w', 0o600);
			try {
				const written = writeSync(file, bytes) + writeSync(file, bytes);
				fsyncSync(file);
				ftruncateSync(file, reserveBytes);
				if (written === 2 * reserveBytes) {
					return true;
				}
			} finally {
				closeSync(file);
			}
		} catch {
			// It is given up below.
		}
		this.giveUp();
		return false;
	}

	giveUp(): void {
		try {
			rmSync(this.#path, { force: true });
		} catch {
			// A file system that cannot even remove a file gives nothing back.
		}
	}
}
