import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createBroker, memoryEngine } from '../../src/index.ts';
import { freePort } from '../helpers/free-port.ts';
import {
	endProcesses,
	type PtyScreen,
	type RunningBroker,
	runNatter,
	startBroker,
	startScreen,
	temporaryDirectory,
} from '../helpers/processes.ts';

afterEach(endProcesses);

/** What a room of the broker holds, whole and in order. */
async function log(broker: RunningBroker, count: number, room = 'general'): Promise<readonly string[]> {
	const tail = runNatter(['tail', room, '--since', '0', '--json', '--url', broker.url]);
	await tail.printed(new RegExp(`"sequence":${count}\\b`, 'u'));
	tail.kill('SIGINT');
	await tail.ended;
	const lines = tail.output.stdout.trim().split('\n');
	const messages = lines.map((line) => JSON.parse(line) as { content: string; sequence: number });
	expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
	return messages.map(({ content }) => content);
}

async function say(screen: PtyScreen, ...lines: readonly string[]): Promise<void> {
	for (const line of lines) {
		screen.type(`${line}\r`);
		await screen.shows(new RegExp(`${line} +~`, 'u'));
	}
}

/** A broker whose port and data stay the same over its restarts. */
async function lasting() {
	const data = temporaryDirectory();
	const port = String(await freePort());
	return { url: `ws://127.0.0.1:${port}`, start: () => startBroker(['--data', data, '--port', port]) };
}

describe('lines that wait when the client is killed', { timeout: 120_000 }, () => {
	it('are shown as unsent at the next start, sent once and in order, and have their numbers', async () => {
		const place = await lasting();
		const env = { XDG_STATE_HOME: temporaryDirectory() };
		const first = await place.start();
		const before = startScreen([`${place.url}#general,ops`, '--nick', 'sam'], { env });
		await before.shows(/live/u);
		before.type('seen\r');
		await before.shows(/seen +✓/u);
		first.kill('SIGKILL');
		await before.shows(/reconnecting|offline/u);
		await say(before, 'one', 'two');
		before.type('/2\r');
		await before.shows(/\[2 #ops\]/u);
		await say(before, 'elsewhere');
		before.type('half a sen');
		await before.shows(/#ops > half a sen/u);
		before.type('/1\x1b');
		before.kill('SIGKILL');
		await before.ended;

		// The room of the third line is not asked for: it has a tab because of the line.
		const after = startScreen([`${place.url}#general`, '--nick', 'sam'], { env });
		await after.shows(/one +~[\s\S]*two +~[\s\S]*3 unsent/u);
		expect(after.lines()[0]).toMatch(/^ \[1 #general\] {2}2 #ops/u);
		const broker = await place.start();
		after.type('\r');
		const back = await after.shows(/#3 in order[\s\S]*seen +✓[\s\S]*one .*✓[\s\S]*two .*✓/u);
		expect(back).not.toMatch(/missed|back at/u);
		after.type('\x0e');
		await after.shows(/elsewhere .*✓/u);
		expect(await log(broker, 3)).toEqual(['seen', 'one', 'two']);
		expect(await log(broker, 1, 'ops')).toEqual(['elsewhere']);

		after.type('\x15/quit\r');
		expect((await after.ended).exitCode).toBe(0);
		expect(after.written()).not.toContain('kept on disk');
		const third = startScreen([`${place.url}#general`, '--nick', 'sam'], { env });
		await third.shows(/#3 in order/u);
		expect(third.lines().join('\n')).not.toMatch(/ ~ *$/mu);
	});

	it('go out once each when two clients of one person had some, one of them killed', async () => {
		const place = await lasting();
		const env = { XDG_STATE_HOME: temporaryDirectory() };
		const first = await place.start();
		const [one, other] = [0, 1].map(() => startScreen([place.url, '--nick', 'sam'], { env })) as [PtyScreen, PtyScreen];
		await one.shows(/live/u);
		await other.shows(/live/u);
		first.kill('SIGKILL');
		await one.shows(/reconnecting|offline/u);
		await other.shows(/reconnecting|offline/u);
		await say(one, 'a1', 'a2');
		await say(other, 'b1', 'b2');
		one.kill('SIGKILL');
		await one.ended;
		const third = startScreen([`${place.url}#general`, '--nick', 'sam'], { env });
		await third.shows(/a1 +~[\s\S]*a2 +~/u);
		expect(third.lines().join('\n')).not.toMatch(/b1/u);
		const broker = await place.start();
		third.type('\r');
		other.type('\r');
		for (const screen of [third, other]) {
			await screen.shows(/#4 in order/u);
		}
		const lines = await log(broker, 4);
		expect(lines.filter((line) => line.startsWith('a'))).toEqual(['a1', 'a2']);
		expect(lines.filter((line) => line.startsWith('b'))).toEqual(['b1', 'b2']);
	});

	it.each([
		['/quit', '/quit\r'],
		['Ctrl+D', '\x04'],
		['Ctrl+C twice', '\x03\x03'],
	])('are named in one line when the person leaves by %s', async (_way, keys) => {
		const place = await lasting();
		const env = { XDG_STATE_HOME: temporaryDirectory() };
		const screen = startScreen([place.url, '--nick', 'sam'], { env, columns: 120 });
		await screen.shows(/retry in/u);
		await say(screen, 'one', 'two');
		screen.type(keys);
		expect((await screen.ended).exitCode).toBe(0);
		expect(screen.alternate()).toBe(false);
		expect(screen.lines().filter((line) => line !== '')).toEqual([
			`2 unsent lines are kept on disk; they are sent when you next start natter as sam at ${place.url}`,
		]);
	});
});

describe('lines that wait for one of two brokers at the same port', { timeout: 120_000 }, () => {
	it('are not sent to the other, and the screen says where they wait', async () => {
		const server = createHttpServer();
		await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
		const { port } = server.address() as AddressInfo;
		const place = `127.0.0.1:${port}`;
		const env = { XDG_STATE_HOME: temporaryDirectory() };
		await using _broker = await createBroker({ engine: memoryEngine(), server, path: '/b' });
		const before = startScreen([`ws://${place}/a`, '--nick', 'sam'], { env });
		await before.shows(/retry in/u);
		await say(before, 'for a alone');
		before.kill('SIGKILL');
		await before.ended;

		const after = startScreen([`ws://${place}/b`, '--nick', 'sam'], { env });
		await after.shows(new RegExp(`1 line waits for ${place}/a \\(start natter there as sam[\\s\\S]*live`, 'u'));
		after.type('for b\r');
		await after.shows(/#1 in order[\s\S]*for b +✓/u);
		expect(after.lines().join('\n')).not.toContain('for a alone');
		after.kill('SIGKILL');
		await after.ended;
		server.close();
	});
});

describe('a state file that is damaged', { timeout: 120_000 }, () => {
	it('is set aside with one line that names both, and the chat goes on', async () => {
		const broker = await startBroker();
		const state = temporaryDirectory();
		mkdirSync(join(state, 'natter'));
		writeFileSync(join(state, 'natter', 'state.db'), 'rubbish'.repeat(2000));
		const screen = startScreen([broker.url, '--nick', 'sam'], { env: { XDG_STATE_HOME: state }, columns: 240 });
		await screen.shows(/! .*state\.db is damaged\. Lines not sent and drafts may be in it; it was set aside as /u);
		screen.type('hello\r');
		await screen.shows(/hello +✓/u);
		expect(readdirSync(join(state, 'natter')).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
	});
});

describe('a broker that is killed in mid-conversation', { timeout: 120_000 }, () => {
	it('has all that it acknowledged, gets what was queued once, and goes on with the numbers', async () => {
		const place = await lasting();
		const first = await place.start();
		const sam = startScreen([place.url, '--nick', 'sam']);
		const ana = startScreen([place.url, '--nick', 'ana']);
		await sam.shows(/live/u);
		await ana.shows(/live/u);
		for (const [screen, text] of [
			[sam, 'hi ana'],
			[ana, 'hi sam'],
			[sam, 'how are you'],
		] as const) {
			screen.type(`${text}\r`);
			await screen.shows(new RegExp(`${text} +✓`, 'u'));
		}
		first.kill('SIGKILL');
		await sam.shows(/reconnecting|offline/u);
		await ana.shows(/reconnecting|offline/u);
		await say(sam, 'sam queued one', 'sam queued two');
		await say(ana, 'ana queued');
		const broker = await place.start();
		sam.type('\r');
		ana.type('\r');
		await sam.shows(/#6 in order/u);
		await ana.shows(/#6 in order/u);
		const lines = await log(broker, 6);
		expect(lines.slice(0, 3)).toEqual(['hi ana', 'hi sam', 'how are you']);
		expect(lines.filter((line) => line.startsWith('sam'))).toEqual(['sam queued one', 'sam queued two']);
		expect(lines.toSorted()).toEqual(
			['hi ana', 'hi sam', 'how are you', 'sam queued one', 'sam queued two', 'ana queued'].toSorted(),
		);
		for (const screen of [sam, ana]) {
			expect(screen.lines().join('\n')).not.toMatch(/never delivered|started over|waiting for #| ~ *(│|$)/mu);
		}
	});

	it('is restarted without an alarm: reconnecting on the status row, and no new rows', async () => {
		const place = await lasting();
		const first = await place.start();
		// She comes first, so that he never sees her join.
		const ana = startScreen([place.url, '--nick', 'ana']);
		await ana.shows(/live/u);
		const sam = startScreen([place.url, '--nick', 'sam']);
		await sam.shows(/live/u);
		sam.type('before\r');
		await ana.shows(/#1 in order[\s\S]*before/u);
		await sam.shows(/here 2[\s\S]*before +✓/u);
		const pane = () =>
			sam
				.lines()
				.slice(3, 26)
				.map((line) => line.slice(0, 84).trimEnd());
		const before = pane();
		first.kill('SIGTERM');
		await sam.shows(/~ reconnecting/u);
		expect(pane()).toEqual(before);
		expect(await first.ended).toBe(0);
		await place.start();
		sam.type('\r');
		await sam.shows(/live/u);
		ana.type('\r');
		await ana.shows(/live/u);
		await sam.shows(/here 2/u);
		ana.type('after\r');
		await sam.shows(/#2 in order[\s\S]*after/u);
		const rows = sam.lines().join('\n');
		expect(rows).not.toMatch(/restart|draining|stopping|joined|left|never delivered|closed the link/u);
	});
});

describe('two first starts in the same instant', { timeout: 120_000 }, () => {
	it('come together in one room: one hosts, the other joins it', async () => {
		const env = { PORT: String(await freePort()), XDG_DATA_HOME: temporaryDirectory() };
		const screens = ['ana', 'bob'].map((nick) => startScreen(['--nick', nick], { env }));
		for (const screen of screens) {
			await screen.shows(/here 2/u);
		}
		const hosting = screens.filter((screen) => screen.lines().some((line) => line.includes('You are hosting')));
		expect(hosting).toHaveLength(1);
	});

	it('joins a broker on every address of this computer by the loopback address', async () => {
		const broker = await startBroker(['--host', '0.0.0.0', '--open']);
		const screen = startScreen(['--host', '0.0.0.0', '--port', String(broker.port), '--nick', 'sam']);
		await screen.shows(/live/u);
		expect(screen.lines()[0]).toContain(`sam @ ws://127.0.0.1:${broker.port}`);
	});
});

describe('a pipe without a broker', { timeout: 60_000 }, () => {
	it.each([
		['send', ['send', 'general', 'hello']],
		['tail', ['tail', 'general']],
	])('natter %s says so soon, and goes on when there is one', async (_name, words) => {
		const place = await lasting();
		const pipe = runNatter([...words, '--url', place.url]);
		await pipe.complained(/^natter: ws:\/\/\S+: nobody is listening there; trying for 10 s\n$/u);
		await place.start();
		if (words[0] === 'send') {
			expect(await pipe.ended).toBe(0);
		} else {
			expect(await runNatter(['send', 'general', 'hello', '--url', place.url]).ended).toBe(0);
			await pipe.printed(/hello/u);
		}
	});

	it('that is ended by a signal tells what became of its lines', async () => {
		const place = await lasting();
		const pipe = runNatter(['send', 'general', '--url', place.url]);
		pipe.child.stdin.write('one\n\ntwo\nthree\n');
		await pipe.complained(/nobody is listening/u);
		pipe.kill('SIGTERM');
		expect(await pipe.ended).toBe(143);
		expect(pipe.output.stderr).toMatch(
			/^natter: 3 not numbered, 0 numbered, nothing read after line 4: ended by SIGTERM$/mu,
		);
	});
});
