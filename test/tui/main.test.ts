import { PassThrough, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import xterm from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { runScreen } from '../../src/tui/main.ts';
import type { Hosting } from '../../src/tui/model.ts';
import { type FakeClient, fakeClient } from './fake-client.ts';
import { message, noon, online, status } from './happenings.ts';

/** A screen that runs on a terminal without a window. */
function start(client: FakeClient = fakeClient(), host?: Hosting) {
	const terminal = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true, convertEol: true, scrollback: 0 });
	let written = '';
	let changed: () => void = () => undefined;
	const stdout = Object.assign(
		new Writable({
			decodeStrings: false,
			write(chunk: string, _encoding, done) {
				written += chunk;
				terminal.write(chunk, () => {
					done();
					changed();
				});
			},
		}),
		{ isTTY: true, columns: 80, rows: 24 },
	);
	const raw: boolean[] = [];
	const stdin = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode: (on: boolean) => {
			raw.push(on);
			return stdin;
		},
		ref: () => stdin,
		unref: () => stdin,
	});
	const ended = runScreen({
		client,
		stdin: stdin as unknown as ReadStream,
		stdout: stdout as unknown as WriteStream,
		clock: { now: () => noon, setBackMs: 0 },
		...(host !== undefined && { host }),
	});
	const lines = () => {
		const { active } = terminal.buffer;
		return Array.from({ length: terminal.rows }, (_, row) => active.getLine(row)?.translateToString(true) ?? '').join(
			'\n',
		);
	};
	return {
		client,
		ended,
		stdin,
		stdout,
		raw,
		written: () => written,
		lines,
		/** Resolves when the screen shows something. */
		shows: (pattern: RegExp) =>
			new Promise<string>((done) => {
				changed = () => pattern.test(lines()) && done(lines());
				changed();
			}),
		type: (keys: string) => void stdin.write(keys),
		/** The window has another size, of which the process hears later. */
		resizeWindow: (columns: number, rows: number) => terminal.resize(columns, rows),
		resize: (columns: number, rows: number) => {
			terminal.resize(columns, rows);
			Object.assign(stdout, { columns, rows });
			stdout.emit('resize');
		},
		/** The rows that go on from the row before them, as the terminal sees it. */
		continued: () => {
			const { active } = terminal.buffer;
			return Array.from({ length: terminal.rows }, (_, row) => row).filter((row) => active.getLine(row)?.isWrapped);
		},
		alternate: () => terminal.buffer.active.type === 'alternate',
	};
}

type Running = ReturnType<typeof start>;

function expectRestored({ written, raw, alternate, client }: Running): void {
	const text = written();
	expect(alternate()).toBe(false);
	expect(raw.at(-1)).toBe(false);
	for (const [on, off] of [
		['\x1b[?1049h', '\x1b[?1049l'],
		['\x1b[?25l', '\x1b[?25h'],
		['\x1b[?2004h', '\x1b[?2004l'],
		['\x1b[?1004h', '\x1b[?1004l'],
		['\x1b[22;2t', '\x1b[23;2t'],
	] as const) {
		expect(text.lastIndexOf(off)).toBeGreaterThan(text.lastIndexOf(on));
	}
	expect(client.asked.at(-1)).toEqual(['close']);
	expect(client.listeners()).toBe(0);
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const listenerCounts = () =>
	[...signals, 'uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name));

describe('the running screen', () => {
	it('draws what the client tells and publishes what is typed', async () => {
		const running = start();
		await running.shows(/You are sam/);
		running.client.tell('status', online);
		running.client.tell('room', status({ position: 1, head: 1 }));
		running.client.tell('items', 'general', [message(1, { content: 'hello there' })]);
		await running.shows(/maya +hello there/);
		running.type('hi maya\r');
		await running.shows(/sam +hi maya +~/);
		const [publish] = running.client.asked;
		expect(publish?.slice(0, 3)).toEqual(['publish', 'general', 'hi maya']);
		const { cid } = (publish?.[3] ?? {}) as { cid?: string };
		running.client.tell('items', 'general', [message(2, { sender: 'sam', content: 'hi maya', ...(cid && { cid }) })]);
		await running.shows(/sam +hi maya +✓/);
		running.type('\x03\x03');
		expect(await running.ended).toBe(0);
		expectRestored(running);
	});

	it('lets the terminal break long lines in the bare view, draws nothing over it, and then all anew', async () => {
		const running = start();
		running.client.tell('status', online);
		running.client.tell('room', status({ position: 2, head: 2 }));
		const long = `https://a.example/${'x'.repeat(150)}`;
		running.client.tell('items', 'general', [message(1), message(2, { content: long })]);
		await running.shows(/https/u);
		const before = running.lines();
		running.type('half a word\x1bl');
		const bare = await running.shows(/any key goes back/u);
		const shown = `12:00 maya: ${long}`;
		const rows = [shown.slice(0, 80), shown.slice(80, 160), shown.slice(160)];
		expect(bare.trimEnd().split('\n').slice(-5, -1)).toEqual(['12:00 maya: m1', ...rows]);
		expect(running.continued()).toHaveLength(2);
		running.client.tell('items', 'general', [message(3)]);
		running.type('x');
		const after = await running.shows(/ m3/u);
		expect(after.split('\n').at(-2)).toBe(' #general > half a word');
		expect(after.split('\n')[0]).toBe(before.split('\n')[0]);
		expect(after).not.toContain('maya: m1');
		// The title draws nothing.
		const title = '\x1b]2;natter #general (1)\x07';
		const [, behind] = running.written().split('any key goes back\x1b[22m');
		expect(behind?.replace(title, '').startsWith('\x1b[?2026h\x1b[?25l\x1b[?7l\x1b[1;1H\x1b[K')).toBe(true);
		running.type('\x03\x03\x03');
		await running.ended;
	});

	it('leaves no junk in 500 resizes, also when it drew for the old size in a window that has a new one', {
		timeout: 60_000,
	}, async () => {
		const size = fc.tuple(fc.integer({ min: 20, max: 250 }), fc.integer({ min: 5, max: 80 }));
		const running = start();
		running.client.tell('status', online);
		await running.shows(/live/);
		let told = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(size, { minLength: 4, maxLength: 4 }), size, async (dragged, [columns, rows]) => {
				for (const one of dragged) {
					running.resize(...one);
				}
				running.resizeWindow(columns, rows);
				told++;
				const before = running.written().length;
				running.client.tell('items', 'general', [message(told, { content: `n${told}.` })]);
				await vi.waitUntil(() => running.written().includes(`n${told}.`, before));
				running.resize(columns, rows);
				running.type(`<${told}`);
				const drawn = await running.shows(new RegExp(`> <${told}(?!\\S)`));
				running.type('\x0c\b>');
				const anew = await running.shows(new RegExp(`> <${`${told}`.slice(0, -1)}>(?!\\S)`));
				running.type('\x15');
				expect(drawn.replace(/> <.*/su, '')).toBe(anew.replace(/> <.*/su, ''));
			}),
			{ numRuns: 100, endOnFailure: true },
		);
		running.type('/quit\r');
		await running.ended;
	});

	it('has the rooms of the client as tabs, and joins general when there are none', async () => {
		const two = start(fakeClient({ joined: ['ops', 'news'] }));
		expect(await two.shows(/1 #ops/)).toMatch(/\[1 #ops\].*2 #news/);
		two.type('\x1b[17~');
		await two.shows(/\[2 #news\]/);
		two.type('/quit\r');
		expect(await two.ended).toBe(0);
		expect(two.client.asked).toEqual([['close']]);
		const none = start(fakeClient({ joined: [] }));
		await none.shows(/#general/);
		none.type('/quit\r');
		await none.ended;
		expect(none.client.asked).toEqual([['join', 'general'], ['close']]);
	});

	it('tells a host where it is', async () => {
		const host = {
			url: 'ws://127.0.0.1:8080',
			joinLine: 'npx natter',
			shareLine: 'npx natter ws://10.0.0.7:8080',
			keptIn: '/data',
		};
		const running = start(fakeClient(), host);
		expect(await running.shows(/You are hosting natter/)).toMatch(/npx natter ws:\/\/10\.0\.0\.7:8080/);
		running.type('\x04');
		await running.ended;
	});

	it('takes a lone Esc for Esc after a moment, and a paste for one message', async () => {
		const running = start();
		await running.shows(/You are sam/);
		running.type('\x1bOP');
		await running.shows(/what matches/);
		running.type('\x1b');
		await running.shows(/You are sam/);
		running.type('\x1b[200~one\rtwo\x1b[201~\r');
		await running.shows(/sam +one[^\n]*\n +two/);
		expect(running.client.asked.map(([name, , content]) => [name, content])).toEqual([['publish', 'one\ntwo']]);
		running.type('\x04');
		await running.ended;
	});

	it('draws for the new size when the window changes', async () => {
		const running = start();
		await running.shows(/You are sam/);
		running.resize(60, 18);
		await running.shows(/#general >[^\n]*$/);
		running.resize(40, 10);
		await running.shows(/#general >[^\n]*$/);
		running.type('\x04');
		await running.ended;
		expectRestored(running);
	});

	it('draws nothing of the old size in a window that has a new one', async () => {
		const running = start();
		running.type('a');
		await running.shows(/> a/u);
		const before = running.written().length;
		running.resize(60, 18);
		running.type('b');
		await running.shows(/> ab/u);
		// Each frame that is drawn whole ends with what erases the rest of the terminal.
		const wholes = running.written().slice(before).split('\x1b[J').slice(0, -1);
		expect(wholes.map((whole) => whole.slice(-7))).toEqual(['\x1b[18;1H']);
		running.type('\x03\x03\x03');
		await running.ended;
	});

	it('draws everything anew with Ctrl+L', async () => {
		const running = start();
		await running.shows(/You are sam/);
		running.stdout.write('\x1b[1;1Hjunk from elsewhere');
		await running.shows(/junk/);
		running.type('\x0c');
		await running.shows(/^ \[1 #general\]/);
		expect(running.lines()).not.toMatch(/junk/);
		running.type('\x04');
		await running.ended;
	});

	it('turns the wheel as arrows off when it is on, and on again at the end', async () => {
		const running = start();
		await running.shows(/You are sam/);
		await vi.waitFor(() => expect(running.written()).toContain('\x1b[?1007$p'));
		running.type('\x1b[?1007;1$y');
		await vi.waitFor(() => expect(running.written()).toContain('\x1b[?1007l'));
		running.type('\x04');
		await running.ended;
		expect(running.written().lastIndexOf('\x1b[?1007h')).toBeGreaterThan(running.written().indexOf('\x1b[?1007l'));
		const untouched = start();
		await untouched.shows(/You are sam/);
		untouched.type('\x1b[?1007;2$y\x04');
		await untouched.ended;
		expect(untouched.written()).not.toMatch(/\[\?1007[hl]/);
	});
});

describe('the terminal is given back', () => {
	it.each([
		['SIGINT', 130],
		['SIGTERM', 143],
		['SIGHUP', 129],
	] as const)('after %s, with exit code %i', async (signal, code) => {
		const before = process.listeners(signal);
		const counts = listenerCounts();
		const running = start();
		await running.shows(/You are sam/);
		const [ours] = process
			.listeners(signal)
			.filter((listener) => !before.includes(listener) && listener.name === 'onSignal');
		ours?.(signal);
		expect(await running.ended).toBe(code);
		expectRestored(running);
		expect(listenerCounts()).toEqual(counts);
	});

	it('when nobody caught an error', async () => {
		const before = process.listeners('uncaughtException');
		const running = start();
		await running.shows(/You are sam/);
		const [ours] = process.listeners('uncaughtException').filter((listener) => !before.includes(listener));
		ours?.(new Error('out of the blue'), 'uncaughtException');
		await expect(running.ended).rejects.toThrow('out of the blue');
		expectRestored(running);
	});

	it('when a component throws', async () => {
		const running = start();
		await running.shows(/You are sam/);
		const broken = { ...status(), gap: {} as never };
		Object.defineProperty(broken, 'position', {
			get: () => {
				throw new Error('cannot be drawn');
			},
		});
		running.client.tell('room', broken);
		await expect(running.ended).rejects.toThrow('cannot be drawn');
		expectRestored(running);
	});

	it('when the terminal goes away', async () => {
		const gone = start();
		await gone.shows(/You are sam/);
		gone.stdin.end();
		expect(await gone.ended).toBe(0);
		const broken = start();
		await broken.shows(/You are sam/);
		broken.stdout.destroy(new Error('EPIPE'));
		expect(await broken.ended).toBe(0);
		expect(broken.client.asked).toEqual([['close']]);
	});
});

it('refuses to run without a terminal', async () => {
	const pipe = new PassThrough() as unknown as ReadStream & WriteStream;
	await expect(runScreen({ client: fakeClient(), stdin: pipe, stdout: pipe })).rejects.toThrow(/Expected a terminal/);
});
