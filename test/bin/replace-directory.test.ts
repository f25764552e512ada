import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { replaceDirectory } from '../../bin/replace-directory.ts';

function folder(): string {
	const made = mkdtempSync(join(tmpdir(), 'natter-test-'));
	onTestFinished(() => rmSync(made, { recursive: true }));
	return made;
}

function directory(path: string, ...files: readonly string[]): string {
	mkdirSync(path);
	for (const name of files) {
		writeFileSync(join(path, name), `${name} of ${path}`);
	}
	return path;
}

test('all of the new directory is there, nothing of the old one, and nothing else', () => {
	const place = folder();
	const target = directory(join(place, 'dist'), 'a.js', 'stale.js');
	const fresh = directory(join(place, 'dist-x'), 'a.js', 'b.js');
	replaceDirectory(fresh, target);
	expect([readdirSync(place), readdirSync(target)]).toEqual([['dist'], ['a.js', 'b.js']]);
	expect(readFileSync(join(target, 'a.js'), 'utf8')).toBe(`a.js of ${fresh}`);
});

test('there need not have been an old one', () => {
	const place = folder();
	replaceDirectory(directory(join(place, 'dist-x'), 'a.js'), join(place, 'dist'));
	expect([readdirSync(place), readdirSync(join(place, 'dist'))]).toEqual([['dist'], ['a.js']]);
});

test('what cannot be put there leaves the old one as it was', () => {
	const place = folder();
	const target = directory(join(place, 'dist'), 'a.js');
	expect(() => replaceDirectory(join(place, 'nothing'), target)).toThrow('ENOENT');
	expect(readdirSync(target)).toEqual(['a.js']);
});

/** A rename that fails for this reason, once, where it would lead from or to this path. */
function failing(path: string, code: string, before: () => void = () => undefined) {
	let isDue = true;
	return (from: string, to: string) => {
		if (isDue && [from, to].includes(path)) {
			isDue = false;
			before();
			throw Object.assign(new Error(`${code}: ${from}`), { code });
		}
		renameSync(from, to);
	};
}

test.each(['EXDEV', 'EBUSY'])('an old one that cannot be renamed is emptied and filled: %s', (code) => {
	const place = folder();
	const target = directory(join(place, 'dist'), 'a.js', 'stale.js');
	directory(join(target, 'stale'), 'b.js');
	const fresh = directory(join(place, 'dist-x'), 'a.js');
	directory(join(fresh, 'command'), 'main.js');
	replaceDirectory(fresh, target, { rename: failing(target, code) });
	expect([readdirSync(place), readdirSync(target)]).toEqual([['dist'], ['a.js', 'command']]);
	expect(readdirSync(join(target, 'command'))).toEqual(['main.js']);
	expect(readFileSync(join(target, 'a.js'), 'utf8')).toBe(`a.js of ${fresh}`);
});

test.each(['ENOTEMPTY', 'EEXIST', 'EPERM'])('one that came meanwhile is replaced as well: %s', (code) => {
	const place = folder();
	const target = directory(join(place, 'dist'), 'a.js');
	const fresh = directory(join(place, 'dist-x'), 'b.js');
	replaceDirectory(fresh, target, { rename: failing(fresh, code, () => directory(target, 'other.js')) });
	expect([readdirSync(place), readdirSync(target)]).toEqual([['dist'], ['b.js']]);
});

test('where none came meanwhile the old one is put back', () => {
	const place = folder();
	const target = directory(join(place, 'dist'), 'a.js');
	const fresh = directory(join(place, 'dist-x'), 'b.js');
	expect(() => replaceDirectory(fresh, target, { rename: failing(fresh, 'EPERM') })).toThrow('EPERM');
	expect([readdirSync(place), readdirSync(target)]).toEqual([['dist', 'dist-x'], ['a.js']]);
});

test('an old one that cannot be removed is only warned of', () => {
	const place = folder();
	const target = directory(join(place, 'dist'), 'a.js');
	const fresh = directory(join(place, 'dist-x'), 'b.js');
	const warnings: string[] = [];
	const remove = () => {
		throw new Error('in use');
	};
	replaceDirectory(fresh, target, { remove, warn: (text) => warnings.push(text) });
	expect(readdirSync(target)).toEqual(['b.js']);
	expect(warnings).toEqual([`${fresh}-old-0 stays: in use`]);
});

test('an old one that cannot be put back hides nothing, and is not lost', () => {
	const place = folder();
	const target = directory(join(place, 'dist'), 'a.js');
	const fresh = join(place, 'nothing');
	const old = `${fresh}-old-0`;
	const warnings: string[] = [];
	const rename = (from: string, to: string) => {
		if (from === old) {
			throw new Error('no way back');
		}
		renameSync(from, to);
	};
	expect(() => replaceDirectory(fresh, target, { rename, warn: (text) => warnings.push(text) })).toThrow('ENOENT');
	expect(warnings).toEqual([`What was at ${target} is at ${old} now: no way back`]);
	expect(readdirSync(old)).toEqual(['a.js']);
});

test('the command can be run as it is in a clone', () => {
	const bin = new URL('../../bin/natter.js', import.meta.url);
	expect(statSync(bin).mode & 0o111).toBe(0o111);
});
