import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

	it.each(['{', '[{"name": 3}]', '"bob"'])('that holds %s hides nobody, says so and stays', (content) => {
		const { file, told } = fileIn(temporaryDirectory());
		writeFileSync(file.path, content);
		expect(file.list).toEqual([]);
		expect(told).toEqual([expect.stringContaining('Nobody is ignored')]);
		expect(readFileSync(file.path, 'utf8')).toBe(content);
	});

	it('says when it cannot be written', () => {
		const { file, told } = fileIn(temporaryDirectory());
		mkdirSync(file.path);
		file.save([]);
		expect(told).toEqual([expect.stringContaining('cannot be kept')]);
	});
});
