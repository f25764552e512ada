import { PassThrough, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { render } from 'ink';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { App } from '../../src/tui/App.tsx';
import { createCanvas } from '../../src/tui/canvas.ts';
import { createLoan } from '../../src/tui/loan.ts';
import type { Unstamped } from '../../src/tui/model.ts';
import { nextWakeAt } from '../../src/tui/selectors.ts';
import { createStore } from '../../src/tui/store.ts';
import { handClock } from './hand-clock.ts';
import { did, items, message, online, sending, status } from './happenings.ts';
import { release, room, state as stateOf } from './states.ts';

const running: { end: () => void }[] = [];
afterEach(() => {
	for (const { end } of running.splice(0)) {
		end();
	}
});

/** A screen as it is drawn on a terminal, with time that passes when it is told to. */
async function drawn() {
	const { clock, pass } = handClock();
	const store = createStore({
		state: stateOf({
			now: clock.now(),
			link: online,
			own: { keyAt: clock.now(), toldAt: clock.now() },
			rooms: [release({ pending: [] }), room('random'), room('@maya', { unread: 2, mentions: 2 })],
		}),
		...{ clock, run: 'run', wakeAt: nextWakeAt, perform: () => undefined },
	});
	let written = '';
	const stdout = Object.assign(
		new Writable({
			decodeStrings: false,
			write(chunk: string, _encoding, done) {
				written += chunk;
				done();
			},
		}),
		{ isTTY: true, columns: 100, rows: 30 },
	);
	const stdin = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode: () => stdin,
		ref: () => stdin,
		unref: () => stdin,
	});
	const loan = createLoan();
	const canvas = createCanvas((bytes, taken) => stdout.write(bytes, taken));
	canvas.open();
	const screen = render(<App store={store} loan={loan} canvas={canvas} />, {
		stdin: stdin as unknown as ReadStream,
		stdout: stdout as unknown as WriteStream,
		...{ interactive: true, exitOnCtrlC: false, patchConsole: false },
	});
	running.push({
		end: () => {
			store.close();
			screen.unmount();
		},
	});
	await screen.waitUntilRenderFlush();
	return {
		store,
		loan,
		stdin,
		pass,
		written: () => written,
		/** What something that happens has written on the terminal. */
		writing: async (happen: () => void) => {
			const before = written.length;
			happen();
			await screen.waitUntilRenderFlush();
			return written.slice(before);
		},
	};
}

describe('a screen that shows what it showed', () => {
	it('writes nothing in a minute in which nothing happens', async () => {
		const { pass, writing } = await drawn();
		expect(await writing(() => pass(60_000))).toBe('');
	});

	it.each<[string, readonly Unstamped[]]>([
		['time that passed', [{ type: 'ticked' }]],
		[
			'a standing that is the same',
			[{ type: 'room', status: status({ position: 411, head: 411, topic: release().topic ?? '' }) }],
		],
		['a round trip that took as long', [{ type: 'link', status: { ...online }, nick: 'sam' }]],
		['a round trip that took hardly longer', [{ type: 'link', status: { ...online, roundTripMs: 31 }, nick: 'sam' }]],
		['rooms of the broker', [{ type: 'rooms-found', rooms: [{ room: 'ops', online: 1, head: 1 }] }]],
		['who is in another room', [{ type: 'members', room: 'random', members: [] }]],
		[
			'older messages of another room',
			[items({ ...message(1, { sender: 'sam', old: true }) })].map((one) => ({ ...one, room: 'random' }) as Unstamped),
		],
		['a key that moves nothing', [did('end')]],
		['the mouse while it is off', [{ type: 'mouse', what: 'up', x: 5, y: 5 }]],
	])('writes nothing for %s', async (_, events) => {
		const { store, pass, writing } = await drawn();
		expect(
			await writing(() => {
				store.receive(...events);
				pass(1000);
			}),
		).toBe('');
	});

	it('tells of a round trip that takes much longer, or shorter again', async () => {
		const { store, pass, writing } = await drawn();
		const told = (roundTripMs: number) =>
			writing(() => {
				store.receive({ type: 'link', status: { ...online, roundTripMs }, nick: 'sam' });
				pass(1000);
			});
		expect(await told(90)).toContain('live 90ms');
		expect(await told(130)).toBe('');
		expect(await told(40)).toContain('live 40ms');
		expect(await told(21)).toBe('');
	});

	it('writes what changed alone, in the rows in which it stands', async () => {
		const { store, writing } = await drawn();
		const typed = await writing(() => store.send({ type: 'typed', text: 'q' }));
		expect(typed).toContain('q');
		expect(typed).not.toContain('canary');
		expect(typed.length).toBeLessThan(400);
	});
});

describe('the keyboard', () => {
	it('is read again from the first key on, when the terminal is taken again', async () => {
		const { store, loan, stdin } = await drawn();
		await loan.lend(async () => {
			stdin.write('qw');
			await setImmediate();
			expect(store.snapshot().composer.text).toBe('');
		});
		await vi.waitUntil(() => store.snapshot().composer.text === 'qw');
	});
});

describe('the mouse', () => {
	it('is given away with the terminal, and taken again', async () => {
		const { store, loan, written, writing } = await drawn();
		const on = await writing(() => store.send(...sending('/mouse on')));
		expect(on).toContain('\x1b[?1000h\x1b[?1006h');
		const before = written().length;
		let lent = before;
		await loan.lend(async () => {
			lent = written().length;
		});
		expect(written().slice(before, lent)).toContain('\x1b[?1006l\x1b[?1000l');
		expect(written().slice(lent)).toContain('\x1b[?1000h\x1b[?1006h');
		expect(await writing(() => store.send(...sending('/mouse off')))).toContain('\x1b[?1006l\x1b[?1000l');
	});
});
