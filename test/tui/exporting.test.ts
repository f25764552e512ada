import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { HistoryPage, HistoryQuery } from '../../src/client/client.ts';
import type { Message } from '../../src/protocol/frames.ts';
import { createExporter, type ExportOrder, exportHistory } from '../../src/tui/export-file.ts';
import type { Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { entriesOf, entryText } from '../../src/tui/text/history-file.ts';
import { begun, noon, play, sending, status, told } from './happenings.ts';
import { flatRows } from './states.ts';

const said = (sequence: number, more: Partial<Message> = {}): Message => ({
	id: `id-${sequence}`,
	room: 'general',
	sender: 'maya',
	content: `m${sequence}`,
	sequence,
	timestamp: noon,
	...more,
});

/** A broker that keeps these messages and gives so many at once. */
function keeping(messages: readonly Message[], { pageSize = 3, fails = Number.POSITIVE_INFINITY, ...more } = {}) {
	const asked: (HistoryQuery & { room: string })[] = [];
	const history = async (room: string, query: HistoryQuery = {}): Promise<HistoryPage> => {
		asked.push({ room, ...query });
		if (asked.length > fails) {
			throw new Error('The link was lost');
		}
		const { after = 0 } = query;
		const wanted = messages.filter(({ sequence }) => sequence > after);
		const head = messages.at(-1)?.sequence ?? 0;
		const page = wanted.slice(0, pageSize);
		return { room, messages: page, head, epoch: 'e', complete: page.length === wanted.length, ...more };
	};
	return { client: { history, user: undefined as never }, asked };
}

const folders: string[] = [];
afterEach(() => {
	for (const folder of folders.splice(0)) {
		rmSync(folder, { recursive: true });
	}
});

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'natter-export-'));
	folders.push(path);
	return path;
}

const order = (file: string, more: Partial<ExportOrder> = {}): ExportOrder => ({
	room: 'general',
	...{ file, from: 1, to: Number.MAX_SAFE_INTEGER, force: false },
	...more,
});
const quiet = { signal: new AbortController().signal, progress: () => undefined };
const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

describe('the lines of an exported history', () => {
	it('are text that people read, several lines indented, and nothing that a terminal obeys', () => {
		const text = (message: Message) => entryText({ message }, 'text');
		expect(text(said(407, { content: 'two\nlines' }))).toBe('2026-11-23 12:00 #407 maya: two\n    lines\n');
		expect(text(said(408, { content: '/me waves' }))).toBe('2026-11-23 12:00 #408 * maya waves\n');
		expect(text(said(409, { content: '\x1b[2J' }))).toBe('2026-11-23 12:00 #409 maya: ␛[2J\n');
	});

	it('are JSON with all that the broker gave', () => {
		const message = said(7, { content: 'a\n\x1b[2J', tags: { level: 'error' } });
		expect(JSON.parse(entryText({ message }, 'json'))).toEqual(message);
		const missing = { from: 1, to: 6, reason: 'trimmed' };
		expect(entryText({ missing }, 'json')).toBe('{"missing":{"from":1,"to":6,"reason":"trimmed"}}\n');
	});

	it('name every number once, as a message or as missing', () => {
		const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 30 })).map((all) => all.toSorted((a, b) => a - b));
		const gap = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 5 }));
		fc.assert(
			fc.property(numbers, fc.array(gap, { maxLength: 4 }), fc.nat({ max: 10 }), (kept, told, oldest) => {
				const gaps = told
					.map(([from, more]) => ({ from, to: from + more, reason: 'cleared' as const }))
					.filter(({ from, to }) => !kept.some((number) => number >= from && number <= to));
				const page = { room: 'general', messages: kept.map((number) => said(number)), gaps, oldest, complete: true };
				const named = entriesOf(page, 0).flatMap((entry) =>
					'message' in entry
						? [entry.message.sequence]
						: 'missing' in entry
							? Array.from(
									{ length: entry.missing.to - entry.missing.from + 1 },
									(_, index) => entry.missing.from + index,
								)
							: [],
				);
				const last = Math.max(kept.at(-1) ?? 0, gaps.at(-1)?.to ?? 0);
				expect(named).toEqual(Array.from({ length: last }, (_, index) => index + 1));
			}),
		);
	});

	it('say why numbers are missing', () => {
		const gaps = [{ from: 5, to: 6, reason: 'cleared' as const }];
		const page = { room: 'general', messages: [said(4), said(7), said(9)], gaps, oldest: 4, complete: true };
		expect(entriesOf(page, 0).map((entry) => entryText(entry, 'text').replace(/^2026-11-23 12:00 /u, ''))).toEqual([
			'-- #1-#3 are missing here: not kept any more\n',
			'#4 maya: m4\n',
			'-- #5-#6 are missing here: an admin cleared them\n',
			'#7 maya: m7\n',
			'-- #8 is missing here\n',
			'#9 maya: m9\n',
		]);
	});
});

describe('an export', () => {
	it('writes all that is kept, page by page, to a file that nobody else reads', async () => {
		const file = join(folder(), 'log.txt');
		const { client, asked } = keeping(Array.from({ length: 8 }, (_, index) => said(index + 1)));
		const counts: number[] = [];
		const outcome = await exportHistory(order(file), { ...quiet, client, progress: (count) => counts.push(count) });
		expect(outcome).toEqual({ count: 8, missing: 0, first: 1, last: 8 });
		expect(lines(file)).toHaveLength(8);
		expect(asked.map(({ after }) => after)).toEqual([0, 3, 6]);
		expect(counts).toEqual([3, 6, 8]);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(readdirSync(join(file, '..'))).toEqual(['log.txt']);
	});

	it('writes a range alone, and stops asking at its end', async () => {
		const file = join(folder(), 'log.jsonl');
		const { client, asked } = keeping(Array.from({ length: 20 }, (_, index) => said(index + 1)));
		const outcome = await exportHistory(order(file, { from: 4, to: 8 }), { ...quiet, client });
		expect(outcome).toEqual({ count: 5, missing: 0, first: 4, last: 8 });
		expect(lines(file).map((line) => JSON.parse(line).sequence)).toEqual([4, 5, 6, 7, 8]);
		expect(asked).toHaveLength(2);
	});

	it('writes of an inbox what is of the conversation', async () => {
		const file = join(folder(), 'log.txt');
		const from = (sequence: number, person: string) => said(sequence, { room: '@sam', from: person, to: '@sam' });
		const { client, asked } = keeping([from(1, '@bob'), from(2, '@ann'), from(3, '@bob')]);
		const user = { inbox: '@sam' } as never;
		await exportHistory(order(file, { room: '@bob' }), { ...quiet, client: { ...client, user } });
		expect(asked.map(({ room }) => room)).toEqual(['@sam']);
		expect(lines(file).map((line) => /#\d/u.exec(line)?.[0])).toEqual(['#1', '#3']);
	});

	it('writes over nothing unless it is told to, also what came meanwhile', async () => {
		const file = join(folder(), 'log.txt');
		writeFileSync(file, 'mine');
		const { client } = keeping([said(1)]);
		const there = `${file} is there already; --force writes over it`;
		await expect(exportHistory(order(file), { ...quiet, client })).rejects.toThrow(there);
		rmSync(file);
		const progress = () => writeFileSync(file, 'theirs');
		await expect(exportHistory(order(file), { ...quiet, client, progress })).rejects.toThrow(there);
		expect(readFileSync(file, 'utf8')).toBe('theirs');
		expect(readdirSync(join(file, '..'))).toEqual(['log.txt']);
		await exportHistory(order(file, { force: true }), { ...quiet, client });
		expect(lines(file)).toHaveLength(1);
	});

	it('keeps what it has when the link is lost midway, and says so in the file', async () => {
		const file = join(folder(), 'log.txt');
		const { client } = keeping(
			Array.from({ length: 9 }, (_, index) => said(index + 1)),
			{ fails: 2 },
		);
		const outcome = await exportHistory(order(file), { ...quiet, client });
		expect(outcome).toEqual({
			...{ count: 6, missing: 0, first: 1, last: 6 },
			stopped: { after: 6, why: 'The link was lost' },
		});
		expect(lines(file).at(-1)).toBe('-- what is after #6 is not in this file: The link was lost');
	});

	it('ends where the room starts over', async () => {
		const file = join(folder(), 'log.txt');
		const { client } = keeping(Array.from({ length: 9 }, (_, index) => said(index + 1)));
		let epoch = 0;
		const history: typeof client.history = async (...query) => ({
			...(await client.history(...query)),
			epoch: `${epoch++}`,
		});
		const outcome = await exportHistory(order(file), { ...quiet, client: { ...client, history } });
		expect(outcome).toMatchObject({ count: 3, stopped: { after: 3, why: 'the room started over' } });
	});

	it('leaves nothing when it cannot begin, and says why', async () => {
		const place = folder();
		const { client } = keeping([said(1)], { fails: 0 });
		await expect(exportHistory(order(join(place, 'log.txt')), { ...quiet, client })).rejects.toThrow('link was lost');
		const nowhere = join(place, 'no', 'log.txt');
		await expect(exportHistory(order(nowhere), { ...quiet, client })).rejects.toThrow(
			`${nowhere}: there is no such directory`,
		);
		expect(readdirSync(place)).toEqual([]);
	});

	it('takes ~ for the home directory', async () => {
		const { client } = keeping([said(1)]);
		const file = `~/${'x'.repeat(300)}`;
		await expect(exportHistory(order(file), { ...quiet, client })).rejects.toThrow(`${file}: the name is too long`);
		expect(readdirSync(homedir()).some((name) => name.startsWith('xxx'))).toBe(false);
	});

	it('leaves nothing when it is stopped, though the page that it waits for never comes', async () => {
		const place = folder();
		const events: Unstamped[] = [];
		let second: () => void = () => undefined;
		const waiting = new Promise<void>((done) => {
			second = done;
		});
		const { client } = keeping(Array.from({ length: 9 }, (_, index) => said(index + 1)));
		const history: typeof client.history = (room, query = {}) => {
			if (query.after === 0) {
				return client.history(room, query);
			}
			second();
			return new Promise(() => undefined);
		};
		const exporter = createExporter({ ...client, history }, (event) => events.push(event));
		exporter.begin(order(join(place, 'log.txt')));
		await waiting;
		expect(readdirSync(place)).toEqual([expect.stringMatching(/^log\.txt\..+\.part$/u)]);
		await exporter.stop();
		expect(readdirSync(place)).toEqual([]);
		expect(events).toEqual([{ type: 'exporting', count: 3 }, { type: 'export-failed' }]);
		await exporter.stop();
	});
});

describe('/export', () => {
	const run = (line: string, state = begun()) => play(state, ...sending(line));
	const effect = (more: object) => [
		{ type: 'export', room: 'general', file: 'log.txt', force: false, from: 1, to: Number.MAX_SAFE_INTEGER, ...more },
	];

	it.each([
		['/export log.txt', {}],
		['/export log.txt 5-9', { from: 5, to: 9 }],
		['/export log.txt #7', { from: 7, to: 7 }],
		['/export log.txt 7-', { from: 7 }],
		['/export --force log.txt', { force: true }],
		['/export "my log.txt" 3 --force', { file: 'my log.txt', from: 3, to: 3, force: true }],
	])('%s', (line, more) => {
		expect(run(line).effects).toEqual(effect(more));
	});

	it.each(['/export', '/export log.txt 9-5', '/export log.txt 0', '/export a b', '/export a 1 2'])(
		'%s is answered with how it is used',
		(line) => {
			const { state, effects } = run(line);
			expect(told(state)[0]).toMatch(/^Usage: \/export FILE/u);
			expect(effects).toEqual([]);
		},
	);

	it('needs a link, and in a conversation an inbox', () => {
		const offline = play(begun(), { type: 'link', status: { state: 'connecting', attempt: 1 }, nick: 'sam' }).state;
		expect(told(run('/export a', offline).state)).toEqual(['There is no link to the broker to read the history over']);
		const alone = run('/query bob').state;
		expect(told(run('/export a', alone).state, '@bob')).toEqual([
			'Without a key you have no inbox, so nothing of this is kept',
		]);
	});

	it('begins with no number that there is not yet', () => {
		const known = play(begun(), { type: 'room', status: status({ position: 6, head: 6 }) }).state;
		expect(told(run('/export log.txt 7-9', known).state)).toEqual(['There is no #7 yet, the newest is #6']);
		expect(run('/export log.txt 6-9', known).effects).toEqual(effect({ from: 6, to: 9 }));
		const empty = play(begun(), { type: 'room', status: status() }).state;
		expect(run('/export log.txt', empty).effects).toEqual(effect({}));
	});

	it('says how far it is, takes no second, and is stopped by itself', () => {
		const { state } = play(run('/export log.txt').state, { type: 'exporting', count: 1500 });
		expect(flatRows(screen(state)).some((row) => row.includes('exporting: 1500 messages'))).toBe(true);
		const second = run('/export other.txt', state);
		expect(told(second.state)).toEqual(['log.txt is being written; /export alone stops that']);
		expect(second.effects).toEqual([]);
		const stopped = run('/export', state);
		expect(stopped.effects).toEqual([{ type: 'stop-export' }]);
		const ended = play(stopped.state, { type: 'export-failed' }).state;
		expect(told(ended)).toEqual(['/export: stopped, and nothing was written']);
		expect(ended.exporting).toBeUndefined();
	});

	it.each([
		[{ count: 3, missing: 0, first: 4, last: 9 }, 'Wrote 3 messages (#4-#9) of #general to log.txt'],
		[{ count: 0, missing: 0, first: 0, last: 0 }, 'Wrote 0 messages of #general to log.txt'],
		[
			{ count: 1, missing: 2, first: 4, last: 4, stopped: { after: 4, why: 'The link was lost' } },
			'Wrote 1 message (#4) of #general to log.txt; 2 numbers are missing, which it says. It ends after #4: The link was lost',
		],
	])('says what is in the file: %j', (outcome, text) => {
		expect(told(play(run('/export log.txt').state, { type: 'exported', outcome }).state)).toEqual([text]);
	});

	it('says why there is none', () => {
		const { state } = play(run('/export log.txt').state, { type: 'export-failed', text: 'log.txt: the disk is full' });
		expect(told(state)).toEqual(['/export: log.txt: the disk is full']);
	});
});
