import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

test('the command can be run as it is in a clone', () => {
	const bin = new URL('../../bin/natter.js', import.meta.url);
	expect(statSync(bin).mode & 0o111).toBe(0o111);
});
