import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { type FakeWire, settle, startHub, startReadyHub } from './fake-line.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const codes = (wire: FakeWire) => wire.frames.flatMap((frame) => (frame.type === 'error' ? [frame.code] : []));
const count = (wire: FakeWire, type: string) => wire.frames.filter((frame) => frame.type === type).length;
const publish = (number: number, sender = 'ana') => ({
	type: 'publish',
	room: 'general',
	sender,
	content: `line ${number}`,
	cid: `c${number}`,
});
const subscribe = { type: 'subscribe', room: 'general', userId: 'ana' };

describe('the publish rate', () => {
	test('of a guest from elsewhere is 2 a second after a burst of 10, and more is refused with the time to wait', async () => {
		const { connect, clock } = startHub();
		const { wire, say } = connect('ana');
		for (const number of range(1, 12)) {
			say(publish(number));
		}
		await settle();
		expect(count(wire, 'published')).toBe(10);
		expect(wire.frames.filter(({ type }) => type === 'error')).toEqual(
			['c11', 'c12'].map((cid) => ({
				type: 'error',
				error: 'Expected fewer frames; retry in 500 ms',
				code: 'rate_limited',
				room: 'general',
				cid,
				retryable: true,
				outcome: 'not_applied',
				retryAfterMs: 500,
			})),
		);
		clock.pass(500);
		say(publish(11));
		say(publish(12));
		await settle();
		expect([count(wire, 'published'), codes(wire)]).toEqual([11, ['rate_limited', 'rate_limited', 'rate_limited']]);
	});

	test('of a program on this computer is not limited', async () => {
		const { connect } = startHub();
		const { wire, say } = connect('ana');
		wire.loopback = true;
		for (const number of range(1, 250)) {
			say(publish(number));
		}
		await settle();
		expect([count(wire, 'published'), codes(wire)]).toEqual([250, []]);
	});

	test('holds a base client back instead of refusing: nothing is lost, nothing is reordered', async () => {
		const { connect, clock, engine } = startHub();
		const { wire, say } = connect();
		for (const number of range(1, 90)) {
			say(publish(number));
		}
		await settle();
		expect((await engine.state('general')).head).toBe(10);
		expect(wire.isPaused).toBe(true);
		for (const _ of range(1, 80)) {
			clock.pass(500);
			await settle();
		}
		const { entries } = await engine.range('general', { limit: 100 });
		expect(entries.map(({ text }) => (JSON.parse(text) as { content: string }).content)).toEqual(
			range(1, 90).map((number) => `line ${number}`),
		);
		expect([wire.isPaused, codes(wire)]).toEqual([false, []]);
	});
});

describe('a line that is not read', () => {
	test('is read again for its end, or nobody would hear the goodbye of the other side', async () => {
		const { connect } = startHub();
		const { wire, connection, say } = connect();
		for (const number of range(1, 90)) {
			say(publish(number));
		}
		await settle();
		expect(wire.isPaused).toBe(true);
		connection.end(1012, 'bye');
		expect([wire.isPaused, wire.closing?.code]).toEqual([false, 1012]);
	});
});

describe('the rooms of one window', () => {
	test('take turns: the one that was served last waits for the others', async () => {
		const { connect, engine } = startHub({ limits: { windowMessages: 1 } });
		const { wire, say } = connect('ana');
		for (const room of ['a', 'b']) {
			say({ type: 'subscribe', room, userId: 'ana' });
			await settle();
			await engine.append(
				room,
				range(1, 20).map((number) => ({ id: `${number}`, sender: 'jo', content: 'x' })),
			);
			await settle();
		}
		const { epoch } = await engine.state('a');
		const served: string[] = [];
		for (let seen = 0; served.length < 20; ) {
			const next = wire.frames.slice(seen).filter(({ type }) => type === 'message');
			seen = wire.frames.length;
			expect(next.length).toBe(1);
			for (const frame of next) {
				if (frame.type === 'message') {
					served.push(frame.room);
					say({ type: 'ack', room: frame.room, epoch, sequence: frame.sequence });
				}
			}
			await settle();
		}
		expect(served.filter((room) => room === 'a').length).toBeGreaterThan(8);
		expect(served.filter((room) => room === 'b').length).toBeGreaterThan(8);
	});
});

describe('the frame rate', () => {
	test('is 100 a second after a burst of 200, on this computer too', async () => {
		const { connect, clock } = await startReadyHub();
		const { wire, say } = connect('ana');
		wire.loopback = true;
		for (const t of range(1, 205)) {
			say({ type: 'ping', t });
		}
		expect([count(wire, 'pong'), codes(wire)]).toEqual([200, Array(5).fill('rate_limited')]);
		clock.pass(20);
		for (const t of range(1, 3)) {
			say({ type: 'ping', t });
		}
		expect(count(wire, 'pong')).toBe(202);
	});
});

describe('bad frames', () => {
	test('are answered ten times a minute, and one more closes for good', async () => {
		const { connect, clock } = await startReadyHub();
		const { wire, connection } = connect('ana');
		for (const _ of range(1, 10)) {
			connection.receive('{');
		}
		expect(wire.closing).toBeUndefined();
		clock.pass(6000);
		connection.receiveBinary();
		expect([codes(wire).length, wire.closing]).toEqual([11, undefined]);
		connection.receive('{"type":"dance"}');
		expect([codes(wire).at(-1), wire.closing]).toEqual(['unknown_type', { code: 4500, reason: 'too many bad frames' }]);
		connection.receive('{"type":"ping"}');
		expect(count(wire, 'pong')).toBe(0);
	});
});

describe('a reader that takes nothing', () => {
	const stall = (wire: FakeWire, unsent = 1024 * 1024 + 1) => Object.assign(wire, { unsent, full: true });

	test('is asked nothing more, costs nothing, and gets everything when it reads on', async () => {
		const { connect, engine } = startHub();
		const { wire, connection, say } = connect('ana');
		say(subscribe);
		await settle();
		stall(wire);
		for (const t of range(1, 64)) {
			expect(wire.isPaused).toBe(false);
			say({ type: 'ping', t });
		}
		expect(wire.isPaused).toBe(true);
		await engine.append(
			'general',
			range(1, 300).map((n) => ({ id: `m${n}`, sender: 'bob', content: 'x' })),
		);
		await settle();
		expect([count(wire, 'message'), count(wire, 'pong')]).toEqual([0, 0]);
		Object.assign(wire, { unsent: 0, full: false });
		connection.drained();
		await settle();
		const numbers = wire.frames.flatMap((frame) => (frame.type === 'message' ? [frame.sequence] : []));
		expect([numbers, count(wire, 'pong'), wire.isPaused]).toEqual([range(1, 300), 64, false]);
	});

	test('is closed with 4409 after 60 s without progress, and not before, also when it is heard of', async () => {
		const { connect, clock, hub } = await startReadyHub();
		const { wire, connection } = connect('ana');
		stall(wire);
		const pass = (seconds: number) => {
			for (const _ of range(1, seconds)) {
				expect(wire.closing).toBeUndefined();
				clock.pass(1000);
				connection.receivePong();
				hub.tick();
			}
		};
		pass(59);
		wire.sent += 10;
		pass(60);
		expect(wire.closing).toBeUndefined();
		pass(1);
		expect(wire.closing?.code).toBe(4409);
	});

	test('is closed at once when far too much waits for it', () => {
		const { connect, hub } = startHub();
		const { wire } = connect('ana');
		stall(wire, 4 * 1024 * 1024 + 1);
		hub.tick();
		expect(wire.closing?.code).toBe(4409);
	});
});

describe('heartbeats', () => {
	test('ask at the latest every 25 s, and close with 4408 when there is no pong for 10 s', async () => {
		const { connect, clock, hub } = startHub();
		const watcher = connect('bob');
		watcher.say({ ...subscribe, userId: 'bob' });
		const { wire, connection, say } = connect('ana');
		say(subscribe);
		await settle();
		const pass = (seconds: number) => {
			for (const _ of range(1, seconds)) {
				clock.pass(1000);
				hub.tick();
				watcher.connection.receivePong();
			}
		};
		pass(22);
		expect(wire.pings).toBe(0);
		pass(1);
		expect(wire.pings).toBe(1);
		connection.receivePong();
		pass(23);
		expect([wire.pings, wire.closing]).toEqual([2, undefined]);
		pass(9);
		expect(wire.closing).toBeUndefined();
		pass(1);
		expect(wire.closing).toEqual({ code: 4408, reason: 'no pong' });
		await settle();
		clock.pass(250);
		expect(watcher.wire.frames.at(-1)).toMatchObject({ type: 'presence', userId: 'ana', action: 'leave' });
	});
});

describe('a peer that is gone', () => {
	/** Lets time pass, a second at a time, until the line is closed; returns how many seconds. */
	async function untilClosed({ clock, hub }: ReturnType<typeof startHub>, wire: FakeWire): Promise<number> {
		for (const seconds of range(1, 100)) {
			clock.pass(1000);
			hub.tick();
			await settle();
			if (wire.closing !== undefined) {
				return seconds;
			}
		}
		return Number.POSITIVE_INFINITY;
	}

	test.each([
		['that was idle', () => {}],
		['to which something waits', (wire: FakeWire) => Object.assign(wire, { unsent: 2000, full: true })],
		['to which much waits', (wire: FakeWire) => Object.assign(wire, { unsent: 1024 * 1024 + 1, full: true })],
	])('%s is noticed within two ping intervals', async (_, prepare) => {
		const started = startHub();
		const { wire } = started.connect('ana');
		prepare(wire);
		expect(await untilClosed(started, wire)).toBeLessThanOrEqual(50);
		expect(wire.closing?.code).toBe(4408);
	});

	test.each([
		['v1', 'ana'],
		['base', undefined],
	])('is noticed as soon when its line is not read, since a %s client has asked too much', async (_, user) => {
		const engine = memoryEngine();
		engine.append = () => new Promise(() => {});
		const started = startHub({ engine });
		const { wire, say } = started.connect(user);
		wire.loopback = true;
		for (const number of range(1, 256)) {
			say(publish(number));
		}
		expect(wire.isPaused).toBe(true);
		expect(await untilClosed(started, wire)).toBeLessThanOrEqual(50);
		expect(wire.closing?.code).toBe(4408);
	});

	test('is told from one whose line is not read and who is there: it is read until something comes', async () => {
		const engine = memoryEngine();
		engine.append = () => new Promise(() => {});
		const { connect, clock, hub } = await startReadyHub({ engine });
		const { wire, say, connection } = connect('ana');
		wire.loopback = true;
		for (const number of range(1, 256)) {
			say(publish(number));
		}
		const reads: number[] = [];
		for (const second of range(1, 120)) {
			clock.pass(1000);
			hub.tick();
			if (!wire.isPaused) {
				reads.push(second);
				connection.receivePong();
			}
		}
		expect([reads, wire.isPaused, wire.closing]).toEqual([[23, 46, 69, 92, 115], true, undefined]);
	});
});

describe('what one client can make the broker hold', () => {
	/** A client that sends as long as its line is read. Returns how much it got rid of. */
	async function flood(user: string | undefined, frame: object) {
		const engine = memoryEngine();
		engine.append = () => new Promise(() => {});
		const { connect } = await startReadyHub({ engine });
		const { wire, say } = connect(user);
		wire.loopback = true;
		let frames = 0;
		while (!wire.isPaused && frames < 100_000) {
			say(frame);
			frames += 1;
		}
		await settle();
		return { frames, length: frames * JSON.stringify(frame).length, wire, say };
	}

	test.each([
		['v1', 'ana'],
		['base', undefined],
	])('of small publishes that are not stored is 256, for a %s client', async (_, user) => {
		expect((await flood(user, publish(1))).frames).toBe(256);
	});

	test.each([
		['v1', 'ana'],
		['base', undefined],
	])('of large ones is half a million characters and one more frame, for a %s client', async (_, user) => {
		const tags = Object.fromEntries(range(1, 16).map((number) => [`t${number}`, 'x'.repeat(256)]));
		const { length } = await flood(user, { ...publish(1), content: 'x'.repeat(8000), tags, ref: 'r' });
		expect(length).toBeGreaterThan(512 * 1024);
		expect(length).toBeLessThan(512 * 1024 + 64 * 1024);
	});

	test('of requests whose answers it does not read is 64', async () => {
		const { connect } = startHub();
		const { wire, say } = connect('ana');
		Object.assign(wire, { unsent: 1024 * 1024 + 1, full: true });
		let frames = 0;
		while (!wire.isPaused) {
			say({ type: 'ping' });
			frames += 1;
		}
		expect([frames, count(wire, 'pong')]).toEqual([64, 0]);
	});

	test('of publishes that are being stored is 256, also of those that waited behind a slow request', async () => {
		const engine = memoryEngine();
		const { state } = engine;
		const slow = Promise.withResolvers<void>();
		const stored = Promise.withResolvers<void>();
		let storing = 0;
		let most = 0;
		engine.state = async (room) => {
			await slow.promise;
			return state.call(engine, room);
		};
		engine.append = async () => {
			storing += 1;
			most = Math.max(most, storing);
			await stored.promise;
			storing -= 1;
			return [];
		};
		const { connect } = startHub({ engine });
		const { wire, say } = connect('ana');
		wire.loopback = true;
		for (const number of range(1, 255)) {
			say(publish(number));
		}
		say(subscribe);
		for (const number of range(256, 319)) {
			say(publish(number));
		}
		await settle();
		slow.resolve();
		await settle();
		expect([storing, most]).toEqual([256, 256]);
		stored.resolve();
		await settle();
		expect([storing, most]).toEqual([0, 256]);
	});

	test('of large requests behind a slow one is half a million characters and one more frame', async () => {
		const engine = memoryEngine();
		engine.range = () => new Promise(() => {});
		const { connect } = startHub({ engine });
		const { wire, say } = connect();
		say({ type: 'get_history', room: 'general' });
		let length = 0;
		while (!wire.isPaused) {
			say({ type: 'get_history', room: 'general', with: 'x'.repeat(60_000) });
			length += 60_000;
		}
		expect(length).toBeLessThan(512 * 1024 + 64 * 1024);
	});
});

describe('a client that sends without end', () => {
	/** Lets a minute pass in which the client answers, and sends what one read takes, whenever its line is read. */
	async function minute(
		{ hub, clock }: Pick<ReturnType<typeof startHub>, 'hub' | 'clock'>,
		{ wire, connection }: ReturnType<ReturnType<typeof startHub>['connect']>,
		sendSome: () => void,
	) {
		for (const _ of range(1, 60)) {
			clock.pass(1000);
			hub.tick();
			await settle();
			if (!wire.isPaused) {
				connection.receivePong();
				sendSome();
			}
		}
	}

	test.each([
		// Each read takes so many frames; beside them the broker holds twice what it would like to.
		{ size: 'large', count: 1, padding: 'x'.repeat(60_000), most: (2 * 512 * 1024) / 60_000 + 1 },
		{ size: 'small', count: 4000, padding: '', most: 2 * 64 + 4000 },
	])('of $size frames and hardly reads is held up, not ended, and answered when it reads', async (sent) => {
		const started = startHub();
		const line = started.connect('ana');
		const { wire, connection, say } = line;
		Object.assign(wire, { unsent: 1024 * 1024 + 1, full: true });
		let frames = 0;
		for (const _ of range(1, 120)) {
			wire.sent += 10;
			await minute(started, line, () => {
				for (const t of range(1, sent.count)) {
					say({ type: 'ping', t, padding: sent.padding });
				}
				frames += sent.count;
			});
			expect([wire.closing, wire.isPaused]).toEqual([undefined, true]);
		}
		expect(frames).toBeLessThanOrEqual(sent.most);
		expect(wire.pings).toBeGreaterThan(240);
		Object.assign(wire, { unsent: 0, full: false });
		connection.drained();
		expect([wire.frames.length, wire.isPaused]).toEqual([1 + frames, false]);
	});

	/** What a read brings of publishes that wait in a base client's line. */
	const read = 400;

	test('over the rate of a base client is held up, not ended, and stored in order', async () => {
		const started = startHub();
		const line = started.connect();
		let said = 0;
		for (const _ of range(1, 20)) {
			await minute(started, line, () => {
				for (const number of range(said + 1, Math.min(2000, said + read))) {
					line.say(publish(number));
					said = number;
				}
			});
			const { head } = await started.engine.state('general');
			expect(said - head).toBeLessThan(2 * 64 + read);
		}
		const { entries } = await started.engine.range('general', { limit: 3000 });
		expect(entries.map(({ text }) => (JSON.parse(text) as { content: string }).content)).toEqual(
			range(1, 2000).map((number) => `line ${number}`),
		);
		expect([line.wire.closing, line.wire.isPaused]).toEqual([undefined, false]);
	});

	test('until it is gone is noticed when most of what it sent has been handled', async () => {
		const { connect, clock, hub, engine } = startHub();
		const { wire, say } = connect();
		for (const number of range(1, read)) {
			say(publish(number));
		}
		let seconds = 0;
		for (; wire.closing === undefined && seconds < 600; seconds += 1) {
			clock.pass(1000);
			hub.tick();
			await settle();
		}
		expect([wire.closing?.code, seconds <= read / 2 + 50]).toEqual([4408, true]);
		expect((await engine.state('general')).head).toBeGreaterThan(read - 2 * 64);
	});
});

describe('a user who does nothing for 5 minutes', () => {
	test('is shown as away, whatever their program asks by itself, until they do something', async () => {
		const { connect, clock, hub } = startHub();
		const watcher = connect('bob');
		watcher.say({ ...subscribe, userId: 'bob' });
		const { say, connection } = connect('ana');
		say(subscribe);
		await settle();
		clock.pass(250);
		const pass = async (ms: number) => {
			clock.pass(ms);
			connection.receivePong();
			watcher.connection.receivePong();
			hub.tick();
			await settle();
			clock.pass(250);
		};
		await pass(200_000);
		watcher.say({ type: 'members', room: 'general' });
		say({ type: 'ping' });
		await pass(100_000);
		const told = () => watcher.wire.frames.filter(({ type }) => type === 'presence').at(-1);
		expect(told()).toMatchObject({ userId: 'ana', action: 'update', state: 'away' });
		say({ type: 'members', room: 'general' });
		say({ type: 'get_history', room: 'general' });
		say({ ...subscribe, since: { epoch: 'e', sequence: 0 } });
		await pass(0);
		expect(told()).toMatchObject({ userId: 'ana', action: 'update', state: 'away' });
		say({ type: 'publish', room: 'general', sender: 'ana', content: 'back', cid: 'c' });
		await pass(0);
		expect(told()).toMatchObject({ userId: 'ana', action: 'update', state: 'online' });
	});
});

describe('presence changes', () => {
	test('are collected for 250 ms', async () => {
		const { connect, clock } = startHub();
		const watcher = connect('bob');
		watcher.say({ ...subscribe, userId: 'bob' });
		await settle();
		clock.pass(250);
		for (const nick of ['ana', 'cleo']) {
			const { say } = connect(nick);
			say(subscribe);
			await settle();
			clock.pass(100);
		}
		const joins = () => watcher.wire.frames.filter((frame) => frame.type === 'presence' && frame.userId !== 'bob');
		expect(joins()).toEqual([]);
		clock.pass(50);
		expect(joins()).toMatchObject([{ userId: 'ana' }, { userId: 'cleo' }]);
	});
});

describe('who speaks before others were told that they came', () => {
	/** A room with two who know of each other, and what the first of them hears from now on, without remarks on itself. */
	async function talk() {
		const started = startHub();
		const [watcher, cleo] = [started.connect('bob'), started.connect('cleo')];
		watcher.say({ ...subscribe, userId: 'bob' });
		cleo.say({ ...subscribe, userId: 'cleo' });
		await settle();
		started.clock.pass(250);
		watcher.wire.frames.length = 0;
		const join = async (nick: string) => {
			const line = started.connect(nick);
			line.say({ ...subscribe, userId: nick });
			await settle();
			return line;
		};
		const heard = () =>
			watcher.wire.frames.map((frame) => {
				switch (frame.type) {
					case 'presence':
						return `${frame.userId} ${frame.action}`;
					case 'message':
						return `${frame.sender}: ${frame.content}`;
					default:
						return frame.type;
				}
			});
		return { ...started, cleo, join, heard };
	}

	test('is told before the message, with the others who came, and once', async () => {
		const { clock, join, heard } = await talk();
		const samuel = await join('samuel');
		await join('tom');
		expect(heard()).toEqual([]);
		samuel.say(publish(1, 'samuel'));
		samuel.say(publish(2, 'samuel'));
		await settle();
		clock.pass(250);
		expect(heard()).toEqual(['samuel join', 'tom join', 'samuel: line 1', 'samuel: line 2']);
	});

	test('changes nothing of when others are told', async () => {
		const { clock, cleo, join, heard } = await talk();
		await join('samuel');
		cleo.say(publish(1, 'cleo'));
		await settle();
		expect(heard()).toEqual(['cleo: line 1']);
		clock.pass(250);
		expect(heard()).toEqual(['cleo: line 1', 'samuel join']);
	});

	test('comes after the last words of whoever left in the same moment', async () => {
		const { clock, cleo, join, heard } = await talk();
		const samuel = await join('samuel');
		cleo.say(publish(1, 'cleo'));
		cleo.say({ type: 'unsubscribe', room: 'general' });
		samuel.say(publish(2, 'samuel'));
		await settle();
		clock.pass(250);
		expect(heard()).toEqual(['cleo: line 1', 'samuel join', 'cleo leave', 'samuel: line 2']);
	});

	test('is not told by name in a crowded room', async () => {
		const { connect, clock } = startHub({ limits: { presenceFull: 1 } });
		const watcher = connect('bob');
		watcher.say({ ...subscribe, userId: 'bob' });
		await settle();
		clock.pass(250);
		watcher.wire.frames.length = 0;
		const samuel = connect('samuel');
		samuel.say({ ...subscribe, userId: 'samuel' });
		samuel.say(publish(1, 'samuel'));
		await settle();
		expect(watcher.wire.frames.map(({ type }) => type)).toEqual(['message']);
		clock.pass(2000);
		expect(watcher.wire.frames.map(({ type }) => type)).toEqual(['message', 'presence_count']);
	});
});

describe('a handler that throws', () => {
	test('closes its connection with 1011 and nothing else', async () => {
		const { connect, engine, hub, logged } = startHub();
		const other = connect('bob');
		const { wire, say } = connect('ana');
		const { range: read } = engine;
		engine.range = () => {
			throw new Error('a fault of ours');
		};
		say({ type: 'get_history', room: 'general' });
		await settle();
		engine.range = read;
		expect(wire.closing).toEqual({ code: 1011, reason: 'internal error' });
		expect(logged).toEqual(['internal']);
		other.say(publish(1, 'bob'));
		await settle();
		expect([other.wire.closing, count(other.wire, 'published')]).toEqual([undefined, 1]);
		expect(hub.rooms.size).toBe(0);
	});
});

describe('a connection that is gone', () => {
	test('leaves no room open, also when it goes while a room is being opened', async () => {
		const { connect, hub, engine } = startHub();
		const { say, connection } = connect('ana');
		say(subscribe);
		connection.closed();
		say({ ...subscribe, room: 'news' });
		await settle();
		expect([hub.rooms.size, hub.connections.size]).toEqual([0, 0]);
		expect((await engine.members('general')).size).toBe(0);
	});
});
