/**
 * A disk that fails to confirm what it was given: the broker's own calls of fsync fail, by a library that is put between it
 * and the system. Without a C compiler, or elsewhere than on Linux, these tests are skipped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, type Running, runNatter, temporaryDirectory } from '../helpers/processes.ts';
import { RawPeer } from '../helpers/raw-peer.ts';

afterEach(endProcesses);

const canCompile = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

const refused = (outcome: string) => expect.objectContaining({ type: 'error', code: 'unavailable', outcome });

/** A disk that can be made to fail, and brokers on it. */
function makeDisk() {
	const directory = temporaryDirectory();
	const library = join(directory, 'failing-sync.so');
	const source = fileURLToPath(new URL('failing-sync.c', import.meta.url));
	expect(spawnSync('cc', ['-shared', '-fPIC', '-o', library, source]).status).toBe(0);
	const marks = { once: join(directory, 'once'), always: join(directory, 'always') };
	const env = { LD_PRELOAD: library, SYNC_FAILS: marks.always, SYNC_FAILS_ONCE: marks.once };
	return {
		fail: (how: keyof typeof marks) => writeFileSync(marks[how], ''),
		/** Whether the one failure has happened. */
		hasFailed: () => !existsSync(marks.once),
		heal: () => rmSync(marks.always),
		run: () => runNatter(['--serve', '--port', '0', '--data', join(directory, 'data')], { env }),
	};
}

async function urlOf(broker: Running): Promise<string> {
	const [, url = ''] = await broker.printed(/listening on (ws:\/\/\S+)/u);
	return url;
}

/** Publishes the lines, all of them under way at once; `onFirst` is called when the first one is answered. */
async function publish(peer: RawPeer, lines: readonly string[], onFirst: () => void = () => {}) {
	for (const line of lines) {
		peer.send({ type: 'publish', room: 'general', sender: 'sam', content: line, cid: line });
	}
	const answers = [await peer.takeOneOf(['published', 'error'])];
	onFirst();
	while (answers.length < lines.length) {
		answers.push(await peer.takeOneOf(['published', 'error']));
	}
	return answers;
}

/** What the room holds, told to somebody who comes now, as `number content`. */
async function log(url: string): Promise<readonly string[]> {
	const visitor = await RawPeer.join(url, 'visitor');
	const { messages } = await visitor.ask({ type: 'get_history', room: 'general', limit: 500 }, 'history');
	visitor.socket.close();
	return messages.map(({ sequence, content }) => `${sequence} ${content}`);
}

/** What a reader was shown when this number is there, in the same words. */
async function shown(reader: RawPeer, last: number): Promise<readonly string[]> {
	while ((await reader.take('message')).sequence < last) {}
	await reader.untilPong();
	return reader.frames.flatMap((frame) => (frame.type === 'message' ? [`${frame.sequence} ${frame.content}`] : []));
}

async function health(url: string): Promise<unknown> {
	const response = await fetch(new URL('/healthz', url.replace('ws:', 'http:')));
	return [response.status, ((await response.json()) as { status: string }).status];
}

/** What the broker said of its store, without the times. */
function saidOfStore(broker: Running): readonly unknown[] {
	const lines = broker.output.stderr.split('\n').filter((line) => line !== '');
	const events = lines.map((line) => JSON.parse(line) as { readonly event: string; readonly text?: string });
	return events.flatMap(({ event, text }) => (event === 'store' ? [text] : []));
}

const cannotStore = /"event":"store","text":"Nothing can be stored until the disk is well again: disk I\/O error"\}\n/u;
const canStore = /"event":"store","text":"Messages can be stored again"\}\n/u;

describe.skipIf(!canCompile)(
	`a broker whose disk fails to sync${canCompile ? '' : ' (needs a C compiler, on Linux)'}`,
	{ timeout: 120_000 },
	() => {
		it.each(['once', 'always'] as const)(
			'refuses what is sent, serves readers, and goes on when it is well: fails %s',
			async (how) => {
				const disk = makeDisk();
				const broker = disk.run();
				const url = await urlOf(broker);
				const reader = await RawPeer.join(url, 'ana');
				await reader.ask({ type: 'subscribe', room: 'general', userId: 'ana' }, 'subscribed');
				const sam = await RawPeer.join(url, 'sam');
				expect(await publish(sam, ['a', 'b'])).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);

				disk.fail(how);
				expect(await publish(sam, ['c'])).toEqual([refused('unknown')]);
				await broker.complained(cannotStore);
				if (how === 'always') {
					expect(await publish(sam, ['d'])).toEqual([refused('not_applied')]);
					expect(await log(url)).toEqual(['1 a', '2 b']);
					expect(await shown(reader, 2)).toEqual(['1 a', '2 b']);
					expect(await health(url)).toEqual([503, 'cannot store']);
					disk.heal();
				}
				await broker.complained(canStore);
				expect(disk.hasFailed()).toBe(true);

				// `c` may be there already: it is told where it stands all the same.
				const [c, d] = [...(await publish(sam, ['c'])), ...(await publish(sam, ['d']))];
				expect([c, d]).toMatchObject([{ sequence: 3 }, { sequence: 4, duplicate: false }]);
				const all = ['1 a', '2 b', '3 c', '4 d'];
				expect(await log(url)).toEqual(all);
				expect(await shown(reader, 4)).toEqual(all);
				expect(await health(url)).toEqual([200, 'ok']);
				broker.kill('SIGTERM');
				expect(await broker.ended).toBe(0);
				expect(saidOfStore(broker)).toHaveLength(2);
				expect(await log(await urlOf(disk.run()))).toEqual(all);
			},
		);

		it('goes on refusing while it does not get well, ends with 0, and has all that it acknowledged', async () => {
			const disk = makeDisk();
			const broker = disk.run();
			const url = await urlOf(broker);
			const sam = await RawPeer.join(url, 'sam');
			const lines = Array.from({ length: 200 }, (_, index) => `line ${index}`);
			// Some may be stored by then, all together, and the disk has failed some by the last one.
			const answers = await publish(sam, lines, () => disk.fail('always'));
			answers.push(...(await publish(sam, ['late'])));
			await broker.complained(cannotStore);
			expect(await publish(sam, ['later'])).toEqual([refused('not_applied')]);
			const acknowledged = answers.filter(({ type }) => type === 'published');
			const served = await log(url);
			expect(served).toEqual(acknowledged.map((_, index) => `${index + 1} line ${index}`));
			broker.kill('SIGTERM');
			expect(await broker.ended).toBe(0);
			expect(saidOfStore(broker)).toEqual([
				'Nothing can be stored until the disk is well again: disk I/O error',
				'The log stays beside the database, to be read at the next start: disk I/O error',
			]);

			disk.heal();
			const kept = await log(await urlOf(disk.run()));
			expect(kept.slice(0, served.length)).toEqual(served);
			// Beyond these, at most those of which nobody was told what became of them.
			const open = answers.filter((answer) => answer.type === 'error' && answer.outcome === 'unknown');
			expect(kept.length).toBeLessThanOrEqual(served.length + open.length);
		});
	},
);
