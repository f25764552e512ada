import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it, for this user alone. Node's own recursive mkdir never returns where the system
 * answers ENOENT although the parent is there, as it does under /proc.
 */
export async function makeDirectory(directory: string): Promise<void> {
	try {
		await mkdir(directory, { mode: 0o700 });
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		if (code === 'EEXIST') {
			if (!(await stat(directory)).isDirectory()) {
				throw error;
			}
			return;
		}
		const parent = dirname(directory);
		if (code !== 'ENOENT' || parent === directory || existsSync(parent)) {
			throw error;
		}
		await makeDirectory(parent);
		await mkdir(directory, { mode: 0o700 });
	}
}
