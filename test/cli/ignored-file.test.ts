import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IgnoredFile } from '../../src/cli/ignored-file.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

function fileIn(directory: string) {
	const told: string[] = [];
	return { file: new IgnoredFile(join(directory, 'ignored.json'), (text) => told.push(text)), told };
}

describe('the file of those who are ignored', () => {
	it('gives back what was kept in it, and is for its owner alone', () => {
		const directory = join(temporaryDirectory(), 'new');
		const { file, told } = fileIn(directory);
		expect(file.list).toEqual([]);
		const list = [{ name: 'bob', key: 'k' }, { name: 'jo' }];
		file.save(list);
		expect(fileIn(directory).file.list).toEqual(list);
		expect(statSync(file.path).mode & 0o777).toBe(0o600);
		expect(told).toEqual([]);
	});

	it.each(['{', '[{"name": 3}]', '"bob"'])('that holds %s hides nobody, says so and is set aside', (content) => {
		const { file, told } = fileIn(temporaryDirectory());
		writeFileSync(file.path, content);
		expect(file.list).toEqual([]);
		expect(told).toEqual([expect.stringContaining('Nobody is ignored')]);
		file.save([{ name: 'bob' }]);
		expect(fileIn(dirname(file.path)).file.list).toEqual([{ name: 'bob' }]);
		expect(readFileSync(`${file.path}.damaged`, 'utf8')).toBe(content);
	});

	it('that cannot be read is not written over', () => {
		const { file, told } = fileIn(temporaryDirectory());
		// A link to itself is what nobody can read, root neither, and what a rename would replace.
		symlinkSync(file.path, file.path);
		expect(file.list).toEqual([]);
		file.save([{ name: 'bob' }]);
		expect(told).toEqual([expect.stringContaining('Nobody is ignored'), expect.stringContaining('cannot be kept')]);
		expect(lstatSync(file.path).isSymbolicLink()).toBe(true);
	});

	it('says when it cannot be written', () => {
		const { file, told } = fileIn(temporaryDirectory());
		mkdirSync(file.path);
		file.save([]);
		expect(told).toEqual([expect.stringContaining('cannot be kept')]);
	});
});
