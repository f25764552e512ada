/** What the docs say of attacks, against what holds. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkOptions } from '../../src/broker/options.ts';
import { KnownBrokersFile } from '../../src/cli/known-brokers.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { ignoring, personNamed } from '../../src/tui/slices/ignored.ts';
import { received } from '../../src/tui/slices/transcript.ts';
import { settle, startHub } from '../broker/fake-line.ts';
import { comes, startOwned } from '../broker/known-people.ts';
import { challenged, logIn, only } from '../broker/logging-in.ts';
import { makeProver } from '../helpers/proving.ts';
import { room } from '../tui/states.ts';

describe('a login that is carried on', () => {
	test('is void at a broker that is embedded in a server, with nothing said of hosts', async () => {
		const server = createServer();
		const { hosts } = checkOptions({ engine: memoryEngine(), server }, { node: 'n', seed: 1 });
		const started = startHub({ server });
		expect(hosts).toBe('any');
		const maya = makeProver();
		// maya dials somebody else, who carries all frames to this broker and back.
		const line = await challenged(started, maya, 'maya', { authority: 'evil.example.com:443' });
		expect(line.wire.frames.map(({ type }) => type)).not.toContain('challenge');
	});
});

describe('known_brokers', () => {
	test('that was edited by hand and ends without a line end still takes the next broker', () => {
		const path = join(mkdtempSync(join(tmpdir(), 'st-')), 'known_brokers');
		const [one, other] = [makeProver().publicKey, makeProver().publicKey];
		writeFileSync(path, `a:1 ed25519 ${one}`);
		chmodSync(path, 0o600);
		const file = new KnownBrokersFile(path);
		file.add('b:2', other);
		expect(file.find('b:2')).toBe(other);
		expect(file.find('a:1')).toBe(one);
	});

	test('keeps its comments when a broker is forgotten', () => {
		const path = join(mkdtempSync(join(tmpdir(), 'st-')), 'known_brokers');
		writeFileSync(path, `# mine\na:1 ed25519 ${makeProver().publicKey}\nb:2 ed25519 ${makeProver().publicKey}\n`);
		chmodSync(path, 0o600);
		new KnownBrokersFile(path).forget('a:1');
		expect(readFileSync(path, 'utf8')).toContain('# mine');
	});
});

describe('two connections of one key', () => {
	test('that come under two nicks at once each get their own', async () => {
		const started = startHub();
		const ann = makeProver();
		await logIn(started, ann, 'ann');
		const one = await challenged(started, ann, 'aa');
		const two = await challenged(started, ann, 'bb');
		one.say(ann.auth(one.hello, only(one.wire, 'challenge')));
		two.say(ann.auth(two.hello, only(two.wire, 'challenge')));
		await settle();
		expect([only(one.wire, 'welcome').user.id, only(two.wire, 'welcome').user.id]).toEqual(['aa', 'bb']);
	});
});

describe('a publish whose answer was lost', () => {
	test('is known again when its author’s nick is another one now', async () => {
		const started = await startOwned();
		const eve = makeProver();
		const first = await comes(started, 'eve', eve);
		await first.ask({ type: 'publish', room: 'r', sender: 'eve', content: 'hi', cid: 'c', producer: 'p', pseq: 1 });
		const second = await comes(started, 'eva', eve);
		const told = await second.ask({
			...{ type: 'publish', room: 'r', sender: 'eva', content: 'hi', cid: 'c', producer: 'p', pseq: 1 },
		});
		expect(told).toMatchObject([{ type: 'published', duplicate: true }]);
	});
});

describe('/ignore', () => {
	test('of a base client that speaks under an owned nick holds for what it says next', () => {
		const wire = { sender: '~maya', content: 'spam' };
		// `/ignore ~maya` means this, and takes what stands on the screen already away.
		const person = personNamed({ rooms: [] }, '~maya');
		expect(ignoring(person === undefined ? [] : [person])(wire)).toBe(true);
	});
});

describe('what another key said under a nick that is mine now', () => {
	test('is not shown as mine', () => {
		const message = {
			...{ id: 'm', room: 'general', sender: 'boss', content: 'from before', sequence: 1, timestamp: 5 },
			...{ verified: true, key: makeProver().publicKey },
		};
		const reader = { nick: 'boss', onlineSince: 0, inbox: '@boss', isVerified: true };
		const item = { kind: 'message', message, old: true } as const;
		const { rows } = received(room('general'), [item], reader, { at: 10, time: 10, id: 'x' });
		expect(rows).toMatchObject([{ kind: 'said', mine: false }]);
	});
});
