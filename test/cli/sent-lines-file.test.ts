import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SentLinesFile } from '../../src/cli/sent-lines-file.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

afterEach(() => vi.useRealTimers());

function fileIn(directory: string, { nick = 'sam', broker = 'localhost:1/' } = {}) {
	const told: string[] = [];
	const path = join(directory, 'sent-lines.json');
	return { path, told, file: new SentLinesFile({ path, broker, nick, onTrouble: (text) => told.push(text) }) };
}

function keep(directory: string, lines: readonly string[], owner = {}) {
	const { file } = fileIn(directory, owner);
	for (const line of lines) {
		file.add(line);
	}
	file.close();
}

describe('the file of sent lines', () => {
	it('gives the next run what was sent, and is for its owner alone', () => {
		const directory = join(temporaryDirectory(), 'new');
		const { file, path, told } = fileIn(directory);
		expect(file.found).toEqual([]);
		file.add('one');
		file.add('two\nrows');
		file.close();
		expect(fileIn(directory).file.found).toEqual(['one', 'two\nrows']);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(told).toEqual([]);
	});

	it('is written within a second, whatever becomes of the process', () => {
		vi.useFakeTimers();
		const directory = temporaryDirectory();
		fileIn(directory).file.add('one');
		expect(fileIn(directory).file.found).toEqual([]);
		vi.advanceTimersByTime(1000);
		expect(fileIn(directory).file.found).toEqual(['one']);
	});

	it('keeps the last 200 lines of each broker and nick', () => {
		const directory = temporaryDirectory();
		const owners = [{ nick: 'sam' }, { nick: 'ann' }, { broker: 'elsewhere:1/' }];
		for (const [index, owner] of owners.entries()) {
			keep(directory, [`of ${index}`], owner);
		}
		keep(
			directory,
			Array.from({ length: 201 }, (_, index) => `line ${index}`),
		);
		const [sam, ...others] = owners.map((owner) => fileIn(directory, owner).file.found);
		expect([sam?.length, sam?.[0], sam?.at(-1)]).toEqual([200, 'line 1', 'line 200']);
		expect(others).toEqual([['of 1'], ['of 2']]);
	});

	it('has the lines of all natters of one person, who run at once', () => {
		const directory = temporaryDirectory();
		const [one, other] = [fileIn(directory).file, fileIn(directory).file];
		one.add('first of one');
		one.close();
		other.add('first of the other');
		other.close();
		one.add('second of one');
		one.close();
		expect(fileIn(directory).file.found).toEqual(['first of one', 'first of the other', 'second of one']);
	});

	it('forgets brokers and nicks that were used longest ago', () => {
		const directory = temporaryDirectory();
		for (let index = 0; index <= 20; index++) {
			keep(directory, ['x'], { broker: `b${index}` });
		}
		const { path } = fileIn(directory);
		const brokers = (JSON.parse(readFileSync(path, 'utf8')) as { broker: string }[]).map(({ broker }) => broker);
		expect([brokers.length, brokers[0], brokers.at(-1)]).toEqual([20, 'b20', 'b1']);
	});

	it.each(['{', '{}', ''])('that holds %j is set aside, which is said once', (content) => {
		const directory = temporaryDirectory();
		writeFileSync(join(directory, 'sent-lines.json'), content);
		const { file, path, told } = fileIn(directory);
		expect([file.found, told]).toEqual([[], [expect.stringContaining(`set aside as ${path}.damaged`)]]);
		expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(content);
		file.add('one');
		file.close();
		expect([fileIn(directory).file.found, told.length]).toEqual([['one'], 1]);
		writeFileSync(path, content);
		expect(fileIn(directory).told).toEqual([expect.stringContaining('.damaged-2')]);
	});

	it('leaves entries as they are that it cannot read, and those of others', () => {
		const directory = temporaryDirectory();
		const others = [{ broker: 'there:1/', nick: 'sam', lines: ['x'], later: [1] }, { broker: 3 }, 'what', null];
		const own = { broker: 'localhost:1/', nick: 'sam', lines: [3] };
		writeFileSync(join(directory, 'sent-lines.json'), JSON.stringify([...others, own]));
		const { file, path, told } = fileIn(directory);
		expect([file.found, told]).toEqual([[], [expect.stringContaining('not known')]]);
		expect(fileIn(directory, { broker: 'there:1/' }).file.found).toEqual(['x']);
		expect(fileIn(directory, { nick: 'ann' }).told).toEqual([]);
		file.add('one');
		file.close();
		const [first, ...rest] = JSON.parse(readFileSync(path, 'utf8')) as readonly unknown[];
		expect(first).toMatchObject({ broker: 'localhost:1/', nick: 'sam' });
		expect(rest).toEqual([...others, own]);
		const again = fileIn(directory);
		expect([again.file.found, again.told]).toEqual([['one'], []]);
	});

	it('says once that it cannot be written', () => {
		const directory = temporaryDirectory();
		mkdirSync(join(directory, 'sent-lines.json'));
		const { file, told } = fileIn(directory);
		for (const line of ['one', 'two']) {
			file.add(line);
			file.close();
		}
		expect(told).toHaveLength(1);
		rmdirSync(join(directory, 'sent-lines.json'));
		file.close();
		expect(fileIn(directory).file.found).toEqual(['one', 'two']);
	});
});
