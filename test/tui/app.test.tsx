import { render } from 'ink-testing-library';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../../src/protocol/frames.ts';
import { App } from '../../src/tui/App.tsx';
import { createCanvas } from '../../src/tui/canvas.ts';
import { createLoan } from '../../src/tui/loan.ts';
import type { Effect } from '../../src/tui/model.ts';
import { nextRefreshAt, screen } from '../../src/tui/selectors.ts';
import { createStore, type Store } from '../../src/tui/store.ts';
import { initialState } from '../../src/tui/update.ts';
import { type HeadlessTerminal, openTerminal } from '../helpers/terminal.ts';
import { at, online, picture, status } from './states.ts';

let ends: (() => void)[] = [];
afterEach(() => {
	for (const end of ends.reverse()) {
		end();
	}
	ends = [];
});

const enter = '\r';
const f1 = '\x1b[11~';

/** The whole app without its client: what it wants done is kept, and time stands still until it is moved. */
async function start(columns: number, rows: number) {
	const terminal = openTerminal(columns, rows);
	const wanted: Effect[] = [];
	const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
	let now = at('10:12');
	const store = createStore({
		state: initialState({
			at: now,
			size: { columns, rows },
			nick: 'sam',
			url: 'ws://10.0.0.7:8080',
			rooms: ['general', 'ops'],
		}),
		clock: {
			now: () => now,
			setBackMs: () => 0,
			after: (ms, callback) => {
				const timer = { due: now + ms, callback };
				timers.add(timer);
				return () => timers.delete(timer);
			},
		},
		run: 'run',
		wakeAt: nextRefreshAt,
		perform: (effect) => wanted.push(effect),
	});
	const pass = async (ms: number) => {
		now += ms;
		// One that is set meanwhile and is due comes behind the others of the set.
		for (const timer of timers) {
			if (timer.due <= now) {
				timers.delete(timer);
				timer.callback();
			}
		}
		await terminal.settled();
	};
	ends.push(() => terminal.close(), store.close);
	await terminal.mount(<App store={store} loan={createLoan()} canvas={terminal.canvas} />);
	terminal.onResize((size) => store.send({ type: 'resized', size }));
	store.receive({ type: 'link', status: online, nick: 'sam' });
	store.receive({ type: 'room', status: status(0) }, { type: 'room', status: status(0, { room: 'ops' }) });
	await pass(100);
	return { terminal, store, wanted, pass };
}

async function press(terminal: HeadlessTerminal, store: Store, keys: string): Promise<void> {
	const told = new Promise<void>((done) => {
		const stop = store.subscribe(() => {
			stop();
			done();
		});
	});
	terminal.type(keys);
	await told;
	await terminal.settled();
}

function expectDrawn(terminal: HeadlessTerminal, store: Store): void {
	const view = screen(store.snapshot());
	expect(`\n${terminal.lines().join('\n')}\n`).toBe(picture(view));
	expect(terminal.cursor()).toEqual(view.cursor);
}

const message = (sequence: number, sender: string, content: string, cid?: string): Message => ({
	room: 'general',
	id: `id-${sequence}`,
	sequence,
	sender,
	content,
	timestamp: at('10:12'),
	...(cid !== undefined && { cid }),
});

describe('the app', () => {
	it('has the keyboard of Ink, and no row drawn by it', async () => {
		const { store } = await start(100, 30);
		const written: string[] = [];
		const canvas = createCanvas((bytes, taken) => {
			written.push(bytes);
			taken?.();
		});
		canvas.open();
		const mounted = render(<App store={store} loan={createLoan()} canvas={canvas} />);
		ends.push(mounted.cleanup);
		mounted.stdin.write('hello');
		expect(store.snapshot().composer.text).toBe('hello');
		await vi.waitFor(() => expect(written.at(-1)).toMatch(/#general.*hello/u));
		expect(mounted.frames.join('')).not.toMatch(/general|hello/u);
	});

	it('says where one is before anything has happened', async () => {
		const { terminal, store } = await start(100, 30);
		expectDrawn(terminal, store);
		expect(terminal.lines().join('\n')).toMatch(/· You are sam at ws:\/\/10\.0\.0\.7:8080/u);
		expect(terminal.lines().join('\n')).toContain('· nothing has been said here yet - type and press Enter');
	});

	it('draws what is typed and sent, and marks it when it comes back', async () => {
		const { terminal, store, wanted, pass } = await start(100, 30);
		await press(terminal, store, '日本 hi');
		expectDrawn(terminal, store);
		expect(terminal.lines()[28]).toBe(' #general > 日本 hi');
		expect(terminal.cursor()).toEqual({ x: 12 + 7, y: 28 });
		await press(terminal, store, enter);
		expect(terminal.lines()[25]).toMatch(/10:12 sam {3}日本 hi +~ │/u);
		const [effect] = wanted.filter(({ type }) => type === 'publish');
		const cid = effect?.type === 'publish' ? effect.cid : '';
		store.receive({
			type: 'items',
			room: 'general',
			items: [{ kind: 'message', message: message(1, 'sam', '日本 hi', cid), old: false }],
		});
		await pass(100);
		expect(terminal.lines()[25]).toMatch(/10:12 sam {3}日本 hi +✓ │/u);
		expectDrawn(terminal, store);
	});

	it('switches rooms, opens help and closes it', async () => {
		const { terminal, store } = await start(80, 24);
		await press(terminal, store, '\x0e');
		expect(terminal.lines()[0]).toContain(' 1 #general  [2 #ops]');
		await press(terminal, store, f1);
		expect(terminal.lines().join('\n')).toContain('/join ROOM');
		expectDrawn(terminal, store);
		await press(terminal, store, '\x0e');
		await press(terminal, store, '\x0e');
		expectDrawn(terminal, store);
	});

	it('leaves no junk when the window is resized', async () => {
		const { terminal, store, pass } = await start(120, 40);
		store.receive({
			type: 'items',
			room: 'general',
			items: Array.from({ length: 60 }, (_, index) => ({
				kind: 'message' as const,
				message: message(index + 1, index % 3 ? 'maya' : '日本', `line ${index + 1} ${'word '.repeat(index % 30)}👍🏽`),
				old: false,
			})),
		});
		await pass(100);
		await press(terminal, store, 'a draft');
		for (const [columns, rows] of [
			[120, 40],
			[100, 30],
			[80, 24],
			[60, 18],
			[40, 10],
			[60, 18],
			[80, 24],
			[100, 30],
			[120, 40],
			[15, 3],
			[1, 1],
			[100, 30],
		] as const) {
			terminal.resize(columns, rows);
			await terminal.settled();
			expectDrawn(terminal, store);
		}
	});

	it('counts the time offline and down to the retry, and then stands still', async () => {
		const { terminal, store, pass } = await start(100, 30);
		store.receive({
			type: 'link',
			nick: 'sam',
			status: {
				state: 'waiting',
				attempt: 1,
				offlineSince: at('10:12'),
				retryAt: at('10:12') + 11_000,
				cause: { text: 'nobody is listening there', code: 'ECONNREFUSED' },
			},
		});
		await pass(100);
		expect(terminal.lines()[27]).toBe(' ~ reconnecting');
		const calm = terminal.written().length;
		await pass(4799);
		expect(terminal.written()).toHaveLength(calm);
		await pass(1);
		expect(terminal.lines()[27]).toContain(' ! offline 0:05 │ retry in 6s │ nobody is listening there');
		await pass(1000);
		await pass(100);
		expect(terminal.lines()[27]).toContain(' ! offline 0:06 │ retry in 5s │ nobody is listening there');
		store.receive({ type: 'link', nick: 'sam', status: online });
		await pass(100);
		expect(terminal.lines()[27]).toBe(' ✓ live 12ms │ not encrypted');
		const quiet = terminal.written().length;
		await pass(5000);
		expect(terminal.written()).toHaveLength(quiet);
	});
});
