import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, runNatter, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

describe('a screen whose broker goes away and comes back', { timeout: 90_000 }, () => {
	it('says so, keeps what is typed, shows what was missed once and in order, and sends the queued lines once', async () => {
		const data = temporaryDirectory();
		const first = await startBroker(['--data', data]);
		const port = String(first.port);
		const screen = startScreen([first.url, '--nick', 'sam']);
		await screen.shows(/live/u);
		screen.type('before\r');
		await screen.shows(/before +✓/u);

		first.kill('SIGTERM');
		expect(await first.ended).toBe(0);
		await screen.shows(/offline/u);
		await screen.shows(/retry in \d+s/u);
		screen.type('queued one\r');
		screen.type('queued two\r');
		await screen.shows(/queued one +~[^\n]*\n[^\n]*queued two +~/u);
		await screen.shows(/2 unsent/u);

		// Someone else talks first: a broker on another port with the same data.
		const elsewhere = await startBroker(['--data', data]);
		const send = runNatter(['send', 'general', '--url', elsewhere.url, '--nick', 'ana']);
		send.child.stdin.end('missed one\nmissed two\nmissed three\n');
		expect(await send.ended).toBe(0);
		elsewhere.kill('SIGTERM');
		await elsewhere.ended;

		await startBroker(['--data', data, '--port', port]);
		screen.type('\r');
		const back = await screen.shows(/queued two .*✓/u);
		const rows = back.split('\n');
		const place = (pattern: RegExp) => rows.findIndex((row) => pattern.test(row));
		const order = [
			place(/before +✓/u),
			place(/you missed 3 messages \(#2-#4\)/u),
			place(/missed one/u),
			place(/missed two/u),
			place(/missed three/u),
			place(/end of missed/u),
			place(/queued one .*✓/u),
			place(/queued two .*✓/u),
		];
		expect(order).toEqual([...order].sort((a, b) => a - b));
		expect(order).not.toContain(-1);
		await screen.shows(/#6 in order/u);

		const tail = runNatter(['tail', 'general', '--since', '0', '--json', '--url', `ws://127.0.0.1:${port}`]);
		await tail.printed(/"sequence":6/u);
		expect(
			tail.output.stdout
				.trim()
				.split('\n')
				.map((line) => (JSON.parse(line) as { content: string }).content),
		).toEqual(['before', 'missed one', 'missed two', 'missed three', 'queued one', 'queued two']);
	});
});

describe('a broker that misbehaves on purpose', { timeout: 90_000 }, () => {
	it('makes a gap that the screen shows in three places and closes; the transcript is complete and in order', async () => {
		const broker = await startBroker(['--chaos', 'drop', '--chaos-seed', '1']);
		const screen = startScreen([broker.url, '--nick', 'sam'], { rows: 40 });
		await screen.shows(/live/u);
		const send = runNatter(['send', 'general', '--url', broker.url, '--nick', 'ana']);
		for (let line = 1; line <= 30; line += 1) {
			send.child.stdin.write(`line ${line}\n`);
		}
		send.child.stdin.end();
		const shown = await screen.shows(/gap: \d+ messages? buffered, waiting for #\d+/u);
		expect(await send.ended).toBe(0);
		await screen.shows(/#30 in order/u);
		expect(shown).toMatch(/\[1 #general ~\d+\]/u);
		expect(shown).toMatch(/gap \d+ in #general: holding (\d+ of )?#\d+(-#\d+)? for #\d+/u);
		const text = screen.lines().join('\n');
		const numbers = [...text.matchAll(/line (\d+)\b/gu)].map((match) => Number(match[1]));
		expect(numbers).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
		expect(text).not.toMatch(/waiting for|never delivered/u);
	});

	it.each(['reorder', 'dup', 'delay', 'reorder,drop,dup,delay'])(
		'under %s tail prints every message once, in order',
		async (faults) => {
			const broker = await startBroker(['--chaos', faults, '--chaos-seed', '7']);
			const tail = runNatter(['tail', 'general', '--json', '--url', broker.url, '--nick', 'rae']);
			const send = runNatter(['send', 'general', '--url', broker.url, '--nick', 'ana']);
			send.child.stdin.end(Array.from({ length: 200 }, (_, index) => `line ${index + 1}\n`).join(''));
			expect(await send.ended).toBe(0);
			await tail.printed(/"sequence":200\b/u);
			const got = tail.output.stdout
				.trim()
				.split('\n')
				.map((line) => (JSON.parse(line) as { sequence: number }).sequence);
			const first = got[0] ?? 0;
			expect(got).toEqual(Array.from({ length: 201 - first }, (_, index) => first + index));
		},
	);
});
