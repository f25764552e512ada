import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface Means {
	readonly rename: (from: string, to: string) => void;
	readonly remove: (path: string) => void;
	readonly warn: (text: string) => void;
}

const real: Means = {
	rename: renameSync,
	remove: (path) => rmSync(path, { recursive: true, force: true }),
	warn: console.warn,
};

/** Of a directory that cannot be renamed: it came with the image of a container, or something is mounted there. */
const fixed: ReadonlySet<unknown> = new Set(['EXDEV', 'EBUSY']);
/** What systems say when something stands already where a directory is to come. */
const taken: ReadonlySet<unknown> = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM']);

/**
 * Puts a directory in the place of another one, of which nothing stays. Who reads there at that moment finds the old one or
 * the new one, and nothing for no longer than between two renames. Several that do it at once come one after the other. What
 * is there stays when the new one cannot come. Only where the old one cannot be renamed is it emptied first, and filled then.
 */
export function replaceDirectory(fresh: string, target: string, means: Partial<Means> = {}): void {
	const { rename, remove, warn } = { ...real, ...means };
	const olds: string[] = [];
	try {
		for (let isDone = false; !isDone; ) {
			const old = `${fresh}-old-${olds.length}`;
			const unmoved = failureOf(() => rename(target, old));
			if (fixed.has(unmoved?.code)) {
				refill(fresh, target);
				olds.push(fresh);
				return;
			}
			if (unmoved !== undefined && unmoved.code !== 'ENOENT') {
				throw unmoved;
			}
			const refused = failureOf(() => rename(fresh, target));
			// Another one may have come there in the meantime.
			if (refused !== undefined && !(taken.has(refused.code) && existsSync(target))) {
				const lost = unmoved === undefined ? failureOf(() => rename(old, target)) : undefined;
				if (lost !== undefined) {
					warn(`What was at ${target} is at ${old} now: ${lost.message}`);
				}
				throw refused;
			}
			if (unmoved === undefined) {
				olds.push(old);
			}
			isDone = refused === undefined;
		}
	} finally {
		for (const old of olds) {
			const failure = failureOf(() => remove(old));
			if (failure !== undefined) {
				warn(`${old} stays: ${failure.message}`);
			}
		}
	}
}

function refill(from: string, to: string): void {
	for (const name of readdirSync(to)) {
		rmSync(join(to, name), { recursive: true, force: true });
	}
	cpSync(from, to, { recursive: true });
}

function failureOf(act: () => void): NodeJS.ErrnoException | undefined {
	try {
		act();
		return undefined;
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}
