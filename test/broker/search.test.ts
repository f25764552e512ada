import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/index.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { restrictionKey } from '../../src/engines/records.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { span } from '../helpers/engine-case.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { wrapped } from '../helpers/wrapped-engine.ts';
import { settle, startHub } from './fake-line.ts';
import { startBroker } from './running.ts';

const drafts = (from: number, to: number) =>
	span(from, to).map((number) => ({ id: `m${number}`, sender: 'bob', content: `Zeile ${number} über Äpfel` }));

const ask = (text: string, more: object = {}) => ({ type: 'search', room: 'general', text, ref: 's', ...more });

test('a client finds what SQLite keeps, page by page, also after a restart', async () => {
	const directory = await mkdtemp(join(tmpdir(), 'natter-search-'));
	try {
		for (const run of [1, 2]) {
			await using engine = await openSqliteEngine({ directory, durability: 'process' });
			await engine.append('general', drafts(run * 100 + 1, run * 100 + 60));
			const { url } = await startBroker({ engine });
			await using sam = connect(url, { nick: 'sam' });
			const numbers: number[] = [];
			for (let before: number | undefined, complete = false; !complete; ) {
				const page = await sam.search('general', 'apfel', { limit: 25, ...(before !== undefined && { before }) });
				numbers.push(...page.messages.map(({ sequence }) => sequence));
				({ from: before, complete } = page);
			}
			expect(numbers).toEqual(span(1, run * 60).toReversed());
			await expect(sam.search('general', '?!')).rejects.toMatchObject({ name: 'NatterError', code: 'empty' });
		}
	} finally {
		await rm(directory, { recursive: true });
	}
});

describe('search', () => {
	test('gives what says it, newest first, as it was stored', async () => {
		const { url, engine } = await startBroker();
		await engine.append('general', drafts(1, 250));
		const ana = await RawPeer.join(url, 'ana');
		const found = await ana.ask(ask('APFEL zeile 24'), 'found');
		expect(found).toMatchObject({ room: 'general', ref: 's', complete: true, from: 1, epoch: expect.any(String) });
		expect(found.messages.map(({ sequence }) => sequence)).toEqual([...span(240, 249).toReversed(), 24]);
		const history = await ana.ask(
			{ type: 'get_history', room: 'general', after: 239, before: 250, ref: 'h' },
			'history',
		);
		expect(found.messages.slice(0, 10)).toEqual(history.messages.toReversed());
	});

	test('goes on below where a page ended', async () => {
		const { url, engine } = await startBroker();
		await engine.append('general', drafts(1, 250));
		const ana = await RawPeer.join(url, 'ana');
		const first = await ana.ask(ask('zeile'), 'found');
		expect(first.messages.map(({ sequence }) => sequence)).toEqual(span(201, 250).toReversed());
		expect(first).toMatchObject({ complete: false, from: 201 });
		const { epoch, from: before } = first;
		const second = await ana.ask(ask('zeile', { before, epoch, limit: 3 }), 'found');
		expect(second.messages.map(({ sequence }) => sequence)).toEqual([200, 199, 198]);
		expect(await ana.ask(ask('zeile', { before, epoch: 'other' }), 'error')).toMatchObject({
			code: 'position_invalid',
		});
	});

	test('keeps a page within the limits of a page of the log', async () => {
		const { url, engine } = await startBroker({ limits: { historyBytes: 2000, historyMessages: 7 } });
		await engine.append('general', drafts(1, 100));
		const ana = await RawPeer.join(url, 'ana');
		expect((await ana.ask(ask('zeile', { limit: 500 }), 'found')).messages).toHaveLength(7);
		await engine.append(
			'general',
			span(101, 110).map((n) => ({ id: `m${n}`, sender: 'bob', content: `lang ${'x'.repeat(700)}` })),
		);
		const found = await ana.ask(ask('lang'), 'found');
		expect(found.messages.map(({ sequence }) => sequence)).toEqual([110, 109]);
		expect(found).toMatchObject({ complete: false, from: 109 });
	});

	test('is refused without a word, and with more than 256 characters', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		expect(await ana.ask(ask(' "?" '), 'error')).toMatchObject({ code: 'empty', ref: 's' });
		expect(await ana.ask(ask('x'.repeat(257)), 'error')).toMatchObject({ code: 'bad_frame', ref: 's' });
		expect(await ana.ask(ask('a', { room: '' }), 'error')).toMatchObject({ code: 'bad_room', ref: 's' });
	});

	test('is nothing that a base client may ask', async () => {
		const { connect } = startHub();
		const base = connect();
		base.say({ type: 'subscribe', room: 'general', userId: 'bas' });
		await settle();
		const before = base.wire.frames.length;
		base.say(ask('a'));
		await settle();
		expect(base.wire.frames.slice(before)).toEqual([
			{ type: 'error', error: 'Invalid message format', code: 'unknown_type' },
		]);
	});

	test('is refused to whoever is banned, without being carried out, and when the ban comes meanwhile', async () => {
		const asked: string[] = [];
		const gate = Promise.withResolvers<void>();
		const memory = memoryEngine();
		const engine: Engine = wrapped(memory, {
			search: async (room, query) => {
				asked.push(query.text);
				await gate.promise;
				return memory.search(room, query);
			},
		});
		const started = startHub({ engine });
		await engine.append('general', drafts(1, 3));
		const { wire, say } = started.connect('eve');
		await settle();
		say(ask('zeile'));
		await settle();
		expect(asked).toEqual(['zeile']);
		const key = restrictionKey('general', '~eve');
		await engine.putRecords([{ kind: 'ban', key, value: '{}' }]);
		gate.resolve();
		await settle();
		expect(wire.frames.at(-1)).toMatchObject({ type: 'error', code: 'banned', ref: 's' });
		say(ask('again'));
		await settle();
		expect(wire.frames.at(-1)).toMatchObject({ type: 'error', code: 'banned', ref: 's' });
		expect(asked).toEqual(['zeile']);
		expect(wire.frames.some(({ type }) => type === 'found')).toBe(false);
	});

	test('is refused when the store cannot be reached', async () => {
		const engine = memoryEngine();
		const started = startHub({ engine });
		const { wire, say } = started.connect('eve');
		await settle();
		await engine.close();
		say(ask('a'));
		await settle();
		expect(wire.frames.at(-1)).toMatchObject({ type: 'error', code: 'unavailable', retryAfterMs: 1000 });
	});
});
