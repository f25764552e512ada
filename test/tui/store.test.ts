import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LinkStatus } from '../../src/client/client.ts';
import type { Effect, State, Unstamped } from '../../src/tui/model.ts';
import { nextRefreshAt, screen } from '../../src/tui/selectors.ts';
import { hasNewGap } from '../../src/tui/slices/rooms.ts';
import { createStore, type Store } from '../../src/tui/store.ts';
import { handClock } from './hand-clock.ts';
import { begun, did, items, message, messages, noon, sequences, status } from './happenings.ts';
import { flatRows } from './states.ts';

function open({
	perform = () => undefined,
	wakeAt = () => undefined,
	isSteady = true,
	isHeld = () => false,
}: {
	perform?: (effect: Effect, store: Store) => void;
	wakeAt?: (state: State) => number | undefined;
	isSteady?: boolean;
	isHeld?: (state: State) => boolean;
} = {}) {
	const { clock, wall, pass, setBack, waiting } = handClock();
	const store: Store = createStore({
		state: begun(),
		clock: isSteady ? clock : { ...clock, now: wall },
		run: 'run',
		wakeAt,
		isNotable: hasNewGap,
		isHeld,
		perform: (effect) => perform(effect, store),
	});
	let paints = 0;
	store.subscribe(() => {
		paints++;
	});
	return { store, pass, setBack, waiting, paints: () => paints };
}

describe('the store', () => {
	it('paints nothing while that is held, and all that came when it ends', () => {
		const { store, pass, paints } = open({ isHeld: ({ composer }) => composer.text === 'a' });
		store.send({ type: 'typed', text: 'a' });
		store.receive(messages(1, 3));
		pass(1000);
		expect(paints()).toBe(0);
		store.send({ type: 'typed', text: 'b' });
		expect([paints(), store.snapshot().composer.text, sequences(store.snapshot())]).toEqual([1, 'ab', [1, 2, 3]]);
	});

	it('paints a key press at once', () => {
		const { store, paints } = open();
		store.send({ type: 'typed', text: 'a' });
		expect([paints(), store.snapshot().composer.text]).toEqual([1, 'a']);
	});

	it('paints once for all the keys of one chunk', () => {
		const { store, paints } = open();
		store.send({ type: 'typed', text: 'a' }, did('left'), { type: 'typed', text: 'b' });
		expect([paints(), store.snapshot().composer.text]).toEqual([1, 'ba']);
	});

	it('paints a burst of news once, and a stream of them fifteen times a second at most', () => {
		const { store, pass, paints } = open();
		store.receive(messages(1, 1));
		store.receive(messages(2, 1));
		expect([paints(), sequences(store.snapshot())]).toEqual([0, []]);
		pass(0);
		expect([paints(), sequences(store.snapshot())]).toEqual([1, [1, 2]]);
		for (let number = 3; number < 1003; number++) {
			store.receive(messages(number, 1));
			pass(1);
		}
		// One of the first burst, and one each 67 ms of the second that follows.
		expect(paints()).toBe(15);
		pass(67);
		expect(sequences(store.snapshot())).toHaveLength(1002);
	});

	it('paints each key press at once while news stream in, and the news no more often for it', () => {
		const { store, pass, paints } = open();
		let keys = 0;
		for (let number = 1; number <= 1000; number++) {
			store.receive(messages(number, 1));
			pass(1);
			if (number % 100 === 50) {
				const before = paints();
				store.send({ type: 'typed', text: 'a' });
				keys++;
				expect([paints() - before, store.snapshot().composer.text]).toEqual([1, 'a'.repeat(keys)]);
			}
		}
		expect(paints() - keys).toBeLessThanOrEqual(15);
	});

	it('paints a key press without the news that it would have to wait for, and those when it is their time', () => {
		const { store, pass, paints } = open();
		const shown = () => [paints(), sequences(store.snapshot()), store.snapshot().composer.text];
		store.receive(messages(1, 2));
		pass(0);
		expect(shown()).toEqual([1, [1, 2], '']);
		pass(20);
		store.receive(messages(3, 2));
		pass(20);
		store.send({ type: 'typed', text: 'a' });
		expect(shown()).toEqual([2, [1, 2], 'a']);
		pass(26);
		expect(shown()).toEqual([2, [1, 2], 'a']);
		pass(1);
		expect(shown()).toEqual([3, [1, 2, 3, 4], 'a']);
		pass(1000);
		expect(paints()).toBe(3);
	});

	it('has what is said while news wait stand below them, each in its place', () => {
		const cids: string[] = [];
		const { store, pass } = open({ perform: (effect) => effect.type === 'publish' && cids.push(effect.cid) });
		const lines = () =>
			flatRows(screen(store.snapshot()))
				.map((line) => /\b(m\d|hi) [^│]*│/u.exec(line)?.[1])
				.filter((text) => text !== undefined);
		store.receive(messages(1, 1));
		pass(100);
		store.receive(messages(2, 1));
		store.send({ type: 'typed', text: 'hi' }, did('send'));
		expect(lines()).toEqual(['m1', 'hi']);
		store.receive(items(message(3, { sender: 'sam', content: 'hi', cid: cids[0] ?? '' }), message(4)));
		pass(67);
		expect(lines()).toEqual(['m1', 'm2', 'hi', 'm4']);
	});

	it('shows each room in its order, a key press at once and news soon, whatever comes when', () => {
		const happening = fc.oneof(
			fc.record({ come: fc.integer({ min: 1, max: 4 }) }),
			fc.constant({ press: 'a' }),
			fc.constant({ tell: 'a notice' }),
			fc.record({ pass: fc.integer({ min: 0, max: 90 }) }),
		);
		fc.assert(
			fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
				const { store, pass, paints } = open();
				const cameAt: number[] = [];
				let elapsed = 0;
				let typed = '';
				store.subscribe(() => {
					const numbers = sequences(store.snapshot());
					expect(numbers).toEqual(cameAt.slice(0, numbers.length).map((_, index) => index + 1));
					expect(store.snapshot().composer.text).toBe(typed);
				});
				for (const one of happenings) {
					if ('come' in one) {
						store.receive(messages(cameAt.length + 1, one.come));
						cameAt.push(...Array.from({ length: one.come }, () => elapsed));
					} else if ('press' in one) {
						const before = paints();
						typed += one.press;
						store.send({ type: 'typed', text: one.press });
						expect(paints()).toBe(before + 1);
					} else if ('tell' in one) {
						store.receive({ type: 'notice', notice: { level: 'info', text: one.tell } });
					} else {
						pass(one.pass);
						elapsed += one.pass;
					}
					const due = cameAt.filter((at) => at <= elapsed - 67).length;
					expect(sequences(store.snapshot()).length).toBeGreaterThanOrEqual(due);
				}
				pass(67);
				expect(sequences(store.snapshot())).toHaveLength(cameAt.length);
			}),
		);
	});

	it('gives every event its time, and every decision a name of its own', () => {
		const effects: Effect[] = [];
		const { store, pass } = open({ perform: (effect) => effects.push(effect) });
		pass(5);
		store.send({ type: 'typed', text: 'one' }, did('send'), { type: 'typed', text: 'two' }, did('send'));
		expect(store.snapshot().now).toBe(noon + 5);
		expect(effects.filter(({ type }) => type === 'publish')).toMatchObject([
			{ type: 'publish', cid: 'run-2' },
			{ type: 'publish', cid: 'run-4' },
		]);
	});

	it('takes in what an effect answers at once, after the event that wanted it', () => {
		const answer: Unstamped = { type: 'receipts', room: 'general', receipts: [] };
		const { store } = open({ perform: (_effect, itself) => itself.receive(answer) });
		store.send({ type: 'typed', text: '/gap why' }, did('send'));
		const rows = store.snapshot().rooms[0]?.rows.at(-1);
		expect(rows).toMatchObject({ kind: 'told', text: 'Nothing has come in #general yet' });
	});

	it('lets a gap be seen that is closed again in a moment, and not the next one soon after', () => {
		const gap = { from: 2, to: 2, held: 1, heldFrom: 3, heldTo: 3, since: noon };
		const { store, pass, paints } = open();
		const standing = (more: object) => store.receive({ type: 'room', status: status({ position: 1, ...more }) });
		const isOpen = () => store.snapshot().rooms[0]?.status?.gap?.askedAt !== undefined;
		standing({ gap });
		pass(250);
		expect([paints(), isOpen()]).toEqual([1, false]);
		standing({ gap: { ...gap, askedAt: noon + 250 } });
		expect([paints(), isOpen()]).toEqual([2, true]);
		pass(1);
		standing({ position: 3 });
		pass(398);
		expect([paints(), isOpen()]).toEqual([2, true]);
		pass(1);
		expect([paints(), isOpen()]).toEqual([3, false]);
		standing({ gap: { ...gap, askedAt: noon + 700 } });
		standing({ position: 5 });
		pass(100);
		expect([paints(), isOpen()]).toEqual([4, false]);
	});

	it('does not let a gap keep a key press from being painted', () => {
		const { store, paints } = open();
		const gap = { from: 2, to: 2, held: 1, heldFrom: 3, heldTo: 3, since: noon, askedAt: noon };
		store.receive({ type: 'room', status: status({ position: 1, gap }) });
		store.receive({ type: 'room', status: status({ position: 3 }) });
		store.send({ type: 'typed', text: 'a' });
		expect([paints(), store.snapshot().composer.text]).toEqual([2, 'a']);
	});

	it('wakes when the state says so, and not while it does not', () => {
		const wakeAt = (state: State) => (state.now < noon + 3000 ? Math.floor(state.now / 1000 + 1) * 1000 : undefined);
		const { store, pass, waiting } = open({ wakeAt });
		store.send({ type: 'ticked' });
		pass(10_000);
		expect(store.snapshot().now).toBe(noon + 3000);
		expect(waiting()).toBe(0);
	});

	it('goes on with its time, and shows that of the clock, when the clock is set back', () => {
		const { store, pass, setBack } = open({ wakeAt: nextRefreshAt });
		store.receive(messages(1, 1));
		pass(1000);
		setBack(3_600_000);
		store.receive(messages(2, 1));
		pass(33);
		expect(sequences(store.snapshot())).toEqual([1, 2]);
		const waiting = { state: 'waiting', attempt: 1, retryAt: noon + 90_000 } as const;
		const cause = { text: 'nobody is listening there', code: 'ECONNREFUSED' };
		const status: LinkStatus = { ...waiting, offlineSince: noon + 1033, cause };
		store.receive({ type: 'link', nick: 'sam', status });
		pass(70_000);
		store.send({ type: 'typed', text: 'hi' }, did('send'));
		const lines = flatRows(screen(store.snapshot())).map((line) => line.trimEnd());
		expect(lines).toContainEqual(expect.stringMatching(/^ 11:01 sam +hi +~ │$/u));
		expect(lines).toContainEqual(expect.stringContaining('offline 1:10'));
	});

	it('does not wait for a clock that goes back to paint', () => {
		const { store, pass, setBack } = open({ isSteady: false });
		store.send({ type: 'typed', text: 'a' });
		setBack(3_600_000);
		store.receive(messages(1, 1));
		pass(400);
		expect(sequences(store.snapshot())).toEqual([1]);
	});

	it('tells nobody who has gone', () => {
		const { store } = open();
		let told = 0;
		const leave = store.subscribe(() => {
			told++;
		});
		leave();
		store.send({ type: 'typed', text: 'a' });
		expect(told).toBe(0);
	});

	it('takes in what came in rooms before whatever else comes, and before it is closed', () => {
		const taken: string[] = [];
		const { clock } = handClock();
		const store = createStore({
			...{ state: begun(), clock, run: 'run', wakeAt: () => undefined, perform: () => undefined },
			watch: (_before, after) => taken.push(`${after.rooms[0]?.rows.length} ${after.composer.text}`.trim()),
		});
		const rows = store.snapshot().rooms[0]?.rows.length ?? 0;
		store.receive(messages(1, 2));
		store.receive(messages(3, 1));
		expect(taken).toEqual([]);
		store.receive({ type: 'notice', notice: { level: 'info', text: 'a notice' } });
		expect(taken).toEqual([`${rows + 3}`, `${rows + 4}`]);
		store.receive(messages(4, 1));
		store.close();
		expect(taken).toHaveLength(3);
	});

	it('takes in what came in rooms before whatever else an effect answers', () => {
		const taken: string[] = [];
		const store: Store = createStore({
			...{ state: begun(), clock: handClock().clock, run: 'run', wakeAt: () => undefined },
			perform: ({ type }) => {
				if (type === 'publish') {
					store.receive(messages(2, 1));
					store.receive({ type: 'notice', notice: { level: 'info', text: 'a notice' } });
				}
			},
			watch: (_before, { rooms: [room] }) => taken.push(room?.rows.map(({ kind }) => kind).join(' ') ?? ''),
		});
		store.receive(messages(1, 1));
		store.send({ type: 'typed', text: 'hi' }, did('send'));
		expect(taken).toEqual(['told', 'told', 'told said said', 'told said said told']);
	});

	it('paints what comes after an effect has failed', () => {
		const { store, pass } = open({
			perform: ({ type }) => {
				if (type === 'bell') {
					throw new Error('broken');
				}
			},
		});
		store.send({ type: 'focus', focused: false });
		store.receive(items(message(1, { content: '@sam?' })));
		expect(() => pass(0)).toThrow('broken');
		store.receive(messages(2, 1));
		pass(67);
		expect(sequences(store.snapshot())).toEqual([1, 2]);
	});

	it('has one time at which it paints, also when an effect answers', () => {
		const { store, pass, paints, waiting } = open({
			perform: ({ type }, itself) => {
				if (type === 'bell') {
					itself.receive(messages(2, 1));
				}
			},
		});
		store.send({ type: 'focus', focused: false });
		const before = paints();
		store.receive(items(message(1, { content: '@sam?' })));
		pass(0);
		expect([paints() - before, waiting(), sequences(store.snapshot())]).toEqual([1, 1, [1]]);
		pass(67);
		expect([paints() - before, waiting(), sequences(store.snapshot())]).toEqual([2, 0, [1, 2]]);
	});

	it('does nothing any more once it is closed', () => {
		const { store, pass, paints, waiting } = open({ wakeAt: (state) => state.now + 1000 });
		store.receive(messages(1, 1));
		store.close();
		store.send({ type: 'typed', text: 'a' });
		store.receive(messages(2, 1));
		pass(5000);
		expect([paints(), waiting(), store.snapshot().composer.text]).toEqual([0, 0, '']);
	});
});
