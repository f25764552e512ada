import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TabsFile } from '../../src/cli/tabs-file.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

const tabs = {
	active: 'ops',
	list: [{ name: 'general' }, { name: 'ops', where: 'a = 1', attention: 'all', isMuted: true }],
} as const;

function fileIn(directory: string, { nick = 'sam', broker = 'localhost:1/' } = {}) {
	const told: string[] = [];
	const path = join(directory, 'tabs.json');
	return { path, told, file: new TabsFile({ path, broker, nick, onTrouble: (text) => told.push(text) }) };
}

describe('the file of tabs', () => {
	it('gives the next run what was saved last, and is for its owner alone', () => {
		const directory = join(temporaryDirectory(), 'new');
		const { file, path, told } = fileIn(directory);
		expect(file.found).toBeUndefined();
		file.save({ active: 'general', list: [{ name: 'general' }] });
		file.save(tabs);
		file.close();
		expect(fileIn(directory).file.found).toEqual(tabs);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(told).toEqual([]);
	});

	it('is one for all brokers and nicks, each with tabs of their own', () => {
		const directory = temporaryDirectory();
		const owners = [{ nick: 'sam' }, { nick: 'ann' }, { nick: 'sam', broker: 'elsewhere:1/' }];
		for (const [index, owner] of owners.entries()) {
			const { file } = fileIn(directory, owner);
			file.save({ active: `room-${index}`, list: [] });
			file.close();
		}
		expect(owners.map((owner) => fileIn(directory, owner).file.found?.active)).toEqual(['room-0', 'room-1', 'room-2']);
	});

	it('forgets those that were used longest ago', () => {
		const directory = temporaryDirectory();
		const entries = Array.from({ length: 100 }, (_, index) => ({
			broker: `b${index}`,
			nick: 'sam',
			active: 'x',
			list: [],
		}));
		const { file, path } = fileIn(directory);
		writeFileSync(path, JSON.stringify(entries));
		file.save(tabs);
		file.close();
		const kept = JSON.parse(readFileSync(path, 'utf8')) as { readonly broker: string }[];
		expect([kept.length, kept[0]?.broker, kept.at(-1)?.broker]).toEqual([100, 'localhost:1/', 'b98']);
	});

	it.each(['{', '{}', ''])('that holds %j is set aside, which is said once', (content) => {
		const directory = temporaryDirectory();
		writeFileSync(join(directory, 'tabs.json'), content);
		const { file, path, told } = fileIn(directory);
		expect([file.found, told]).toEqual([undefined, [expect.stringContaining(`set aside as ${path}.damaged`)]]);
		expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(content);
		file.save(tabs);
		file.close();
		expect([fileIn(directory).file.found, told.length]).toEqual([tabs, 1]);
		writeFileSync(path, content);
		expect(fileIn(directory).told).toEqual([expect.stringContaining('.damaged-2')]);
	});

	it('leaves entries as they are that it cannot read, and those of others', () => {
		const directory = temporaryDirectory();
		const others = [
			{ broker: 'there:1/', nick: 'sam', active: 'x', list: [], later: [1] },
			{ broker: 3 },
			'what',
			null,
		];
		const own = { broker: 'localhost:1/', nick: 'sam', active: 3, list: [] };
		writeFileSync(join(directory, 'tabs.json'), JSON.stringify([...others, own]));
		const { file, path, told } = fileIn(directory);
		expect([file.found, told]).toEqual([undefined, [expect.stringContaining('not known')]]);
		expect(fileIn(directory, { broker: 'there:1/' }).file.found?.active).toBe('x');
		expect(fileIn(directory, { nick: 'ann' }).told).toEqual([]);
		file.save(tabs);
		file.close();
		const [first, ...rest] = JSON.parse(readFileSync(path, 'utf8')) as readonly unknown[];
		expect(first).toMatchObject({ broker: 'localhost:1/', nick: 'sam' });
		expect(rest).toEqual([...others, own]);
		const again = fileIn(directory);
		expect([again.file.found, again.told]).toEqual([tabs, []]);
	});

	it('says once that it cannot be written', () => {
		const directory = temporaryDirectory();
		const { file, path, told } = fileIn(directory);
		mkdirSync(path);
		file.save(tabs);
		file.close();
		file.save(tabs);
		file.close();
		expect(told).toHaveLength(1);
	});
});
