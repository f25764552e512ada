/** Files of JSON that are replaced whole: whoever reads one finds what it held before or what it holds now, all of it. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../sqlite/directory.ts';

/** Puts a value in place of what the file holds, for its owner alone. When it throws the file is as it was. */
export function replaceFile(path: string, value: unknown): void {
	const fresh = `${path}.${randomBytes(6).toString('hex')}`;
	try {
		makeDirectory(dirname(path));
		writeFileSync(fresh, `${JSON.stringify(value, null, '\t')}\n`, { mode: 0o600, flag: 'wx', flush: true });
		renameSync(fresh, path);
	} catch (error) {
		rmSync(fresh, { force: true });
		throw error;
	}
}

/**
 * What is made of a file's value; `undefined` when there is no file, or `parse` throws: a file that holds something else is
 * set aside, and `onDamaged` told under which name.
 *
 * @throws when the file cannot be read: then it is not to be replaced either.
 */
export function readFile<Value>(
	path: string,
	parse: (value: unknown) => Value,
	onDamaged: (aside: string) => void,
): Value | undefined {
	let written: string;
	try {
		written = readFileSync(path, 'utf8');
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
			return undefined;
		}
		throw error;
	}
	try {
		return parse(JSON.parse(written));
	} catch {
		onDamaged(setAside(path));
		return undefined;
	}
}

/** Gives a file another name, so that another one can take its place, and answers which. */
function setAside(path: string): string {
	let aside = `${path}.damaged`;
	for (let more = 2; existsSync(aside); more++) {
		aside = `${path}.damaged-${more}`;
	}
	renameSync(path, aside);
	return aside;
}
