import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Enough for the log of several large transactions. */
const mostBytes = 4 * 1024 * 1024;
/** Of a small disk no more than this part is taken: it has to find room twice before messages are stored again. */
const mostOfDisk = 1 / 5;

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
		try {
			const size = this.#size();
			if (statSync(this.#path, { throwIfNoEntry: false })?.size === size) {
				return true;
			}
			// A file system that compresses would give no room to zeros.
			const bytes = randomFillSync(Buffer.alloc(size));
			const file = openSync(this.#path, 'w', 0o600);
			try {
				const written = writeSync(file, bytes) + writeSync(file, bytes);
				fsyncSync(file);
				ftruncateSync(file, size);
				if (written === 2 * size) {
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

	#size(): number {
		const { blocks, bsize } = statfsSync(dirname(this.#path));
		return Math.min(mostBytes, Math.floor(blocks * bsize * mostOfDisk));
	}
}
