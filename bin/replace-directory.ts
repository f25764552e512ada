import { renameSync, rmSync } from 'node:fs';

/**
 * Puts a directory in the place of another one, of which nothing stays. Who reads there at that moment finds the old one or
 * the new one, and nothing for no longer than between two renames. Several that do it at once come one after the other.
 */
export function replaceDirectory(fresh: string, target: string): void {
	const old = `${fresh}-old`;
	let isDone = false;
	while (!isDone) {
		const hasOld = renamed(target, old, 'ENOENT');
		try {
			// Another one may have come there in the meantime.
			isDone = renamed(fresh, target, 'ENOTEMPTY');
		} catch (error) {
			if (hasOld) {
				renameSync(old, target);
			}
			throw error;
		}
		rmSync(old, { recursive: true, force: true });
	}
}

/** Whether it could be renamed; throws when it could not for any reason but this one. */
function renamed(from: string, to: string, unless: 'ENOENT' | 'ENOTEMPTY'): boolean {
	try {
		renameSync(from, to);
		return true;
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === unless) {
			return false;
		}
		throw error;
	}
}
