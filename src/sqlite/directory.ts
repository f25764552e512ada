import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it, for this user alone. Node's own recursive mkdir never returns where the system
 * answers ENOENT although the parent is there, as it does under /proc, and says ENOENT of a disk that is read-only.
 */
export function makeDirectory(directory: string): void {
	try {
		mkdirSync(directory, { mode: 0o700 });
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		if (code === 'EEXIST') {
			if (!statSync(directory).isDirectory()) {
				throw error;
			}
			return;
		}
		const parent = dirname(directory);
		if (code !== 'ENOENT' || parent === directory || existsSync(parent)) {
			throw error;
		}
		makeDirectory(parent);
		mkdirSync(directory, { mode: 0o700 });
	}
}
