import { describe, expect, test } from 'vitest';
import { type Draft, type Engine, EngineError } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { everywhere, restrictionKey } from '../../src/engines/records.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { makeProver, type Prover } from '../helpers/proving.ts';
import { type FakeWire, settle, startHub } from './fake-line.ts';

type Started = ReturnType<typeof startHub>;
type Line = ReturnType<Started['connect']> & { readonly nick: string };

const framesOf = <Type extends FromBroker['type']>({ wire }: { readonly wire: FakeWire }, type: Type) =>
	wire.frames.filter((frame): frame is Extract<FromBroker, { type: Type }> => frame.type === type);

/** Logs in, with a key or as a guest. */
async function come(started: Started, nick: string, prover?: Prover): Promise<Line> {
	const line = started.connect(...(prover === undefined ? [nick] : []));
	if (prover !== undefined) {
		const hello = prover.hello(nick);
		line.say(hello);
		await settle();
		const [challenge] = framesOf(line, 'challenge');
		if (challenge !== undefined) {
			line.say(prover.auth(hello, challenge));
		}
	}
	await settle();
	expect(framesOf(line, 'welcome')).toMatchObject([{ user: { id: nick, verified: prover !== undefined } }]);
	return { ...line, nick };
}

/** Says something, and gives what the broker answers. */
async function ask(line: Line, frame: object): Promise<readonly FromBroker[]> {
	const before = line.wire.frames.length;
	line.say(frame);
	await settle();
	return line.wire.frames.slice(before);
}

const publish = (sender: string, room: string, content: string, more: object = {}) => ({
	...{ type: 'publish', room, sender, content, ref: content, cid: content, ...more },
});

const read = (room: string) => ({ type: 'subscribe', room, userId: 'x', presence: 'off', history: 100 });

async function people() {
	const started = startHub();
	const provers = { sam: makeProver(), bob: makeProver(), eve: makeProver() };
	const [sam, bob, eve] = [
		await come(started, 'sam', provers.sam),
		await come(started, 'bob', provers.bob),
		await come(started, 'eve', provers.eve),
	];
	return { started, provers, sam, bob, eve };
}

const logOf = async (engine: Engine, room: string) =>
	(await engine.range(room, { limit: 100 })).entries.map(({ text }) => JSON.parse(text));

describe('a direct message', () => {
	test('is in two inboxes under one id, and is numbered for its sender by their own', async () => {
		const { started, provers, sam, bob } = await people();
		await ask(bob, publish('bob', '@sam', 'earlier'));
		await ask(bob, read('@bob'));
		const told = await ask(sam, publish('sam', '@bob', 'hi', { producer: 'p', pseq: 1 }));
		expect(told).toMatchObject([{ type: 'published', room: '@bob', cid: 'hi', sequence: 2, duplicate: false }]);
		const said = { sender: 'sam', content: 'hi', verified: true, key: provers.sam.publicKey, to: '@bob', from: '@sam' };
		const [copy] = (await logOf(started.engine, '@sam')).slice(1);
		const [message] = (await logOf(started.engine, '@bob')).slice(1);
		expect(copy).toMatchObject({ ...said, room: '@sam', sequence: 2, cid: 'hi' });
		expect(message).toMatchObject({ ...said, room: '@bob', sequence: 2, id: copy.id });
		expect(framesOf(bob, 'message').at(-1)).toEqual(message);
	});

	test('reaches all connections of its addressee, and one who was away when they come', async () => {
		const { started, provers, sam, bob } = await people();
		const other = await come(started, 'bobby', provers.bob);
		await ask(bob, read('@bob'));
		// By any of one's nicks; the numbers are those of the one inbox.
		expect(framesOf({ wire: other.wire }, 'error')).toEqual([]);
		expect(await ask(other, read('@bobby'))).toMatchObject([{ type: 'subscribed', room: '@bob', canPublish: false }]);
		await ask(sam, publish('sam', '@bobby', 'hi'));
		for (const line of [bob, other]) {
			expect(framesOf(line, 'message')).toMatchObject([{ content: 'hi', room: '@bob', to: '@bob' }]);
			line.say({ type: 'bye' });
		}
		await ask(sam, publish('sam', '@BOB', 'later'));
		const back = await come(started, 'bob', provers.bob);
		await ask(back, read('@bob'));
		expect(framesOf(back, 'message').map(({ content }) => content)).toEqual(['hi', 'later']);
	});

	test('of a guest or a base client arrives unverified and shows its sender nothing of the inbox', async () => {
		const { started, sam, bob } = await people();
		await ask(sam, publish('sam', '@bob', 'one'));
		const jo = await come(started, 'jo');
		expect(await ask(jo, publish('jo', '@bob', 'two'))).toMatchObject([
			{ type: 'published', room: '@bob', sequence: 0, epoch: 'hidden', duplicate: false },
		]);
		expect(await ask(jo, publish('jo', '@bob', 'two'))).toMatchObject([{ sequence: 0, duplicate: true }]);
		const base = started.connect();
		base.say({ type: 'subscribe', room: '@bob', userId: 'li' });
		base.say({ type: 'subscribe', room: '@nobody', userId: 'li' });
		base.say({ type: 'publish', room: '@bob', sender: 'li', content: 'three' });
		base.say({ type: 'get_history', room: '@bob' });
		base.say({ type: 'unsubscribe', room: '@bob' });
		await settle();
		await ask(bob, read('@bob'));
		await ask(sam, publish('sam', '@bob', 'four'));
		expect(base.wire.frames).toEqual([
			{ type: 'subscribed', room: '@bob', sequence: 0 },
			{ type: 'subscribed', room: '@nobody', sequence: 0 },
			{ type: 'history', room: '@bob', messages: [] },
		]);
		expect(framesOf(bob, 'message').map(({ sender, verified, from }) => ({ sender, verified, from }))).toEqual([
			{ sender: 'sam', verified: true, from: '@sam' },
			{ sender: 'jo', verified: false },
			{ sender: 'li', verified: false },
			{ sender: 'sam', verified: true, from: '@sam' },
		]);
		expect(await ask(bob, { type: 'members', room: '@bob' })).toMatchObject([{ members: [{ userId: 'bob' }] }]);
	});

	test.each([
		['to a nick that nobody owns', '@nobody', /nobody called nobody who has a key is known here.*come back with a key/],
		['to oneself', '@sam', /somebody else: sam is you/],
		['to another nick of oneself', '@sammy', /somebody else: sammy is you/],
		['to what looks like oneself', '@SAM', /somebody else: SAM is you/],
	])('%s is refused with what to do', async (_, room, detail) => {
		const { started, provers, sam } = await people();
		await come(started, 'sammy', provers.sam);
		expect(await ask(sam, publish('sam', room, 'hi'))).toMatchObject([
			{ type: 'error', code: 'forbidden', error: expect.stringMatching(detail), cid: 'hi', outcome: 'not_applied' },
		]);
		expect((await started.engine.rooms({ limit: 10 })).rooms).toEqual([]);
	});

	test('under another name is refused', async () => {
		const { started, eve } = await people();
		expect(await ask(eve, publish('sam', '@bob', 'hi'))).toMatchObject([{ code: 'identity_mismatch' }]);
		expect(await logOf(started.engine, '@bob')).toEqual([]);
	});

	test.each(['banned', 'muted'] as const)('of one who is %s everywhere is kept nowhere', async (code) => {
		const { started, provers, sam } = await people();
		const jo = await come(started, 'jo');
		const kind = code === 'banned' ? 'ban' : 'mute';
		for (const author of [provers.sam.publicKey, '~jo']) {
			const key = restrictionKey(everywhere, author);
			await started.engine.putRecords([{ kind, key, value: '{}' }]);
		}
		const answers = [
			...(await ask(sam, publish('sam', '@bob', 'hi'))),
			...(await ask(jo, publish('jo', '@bob', 'hi'))),
		];
		// Who is banned everywhere is sent away.
		const refused = { code, outcome: 'not_applied' };
		expect(answers).toMatchObject(code === 'muted' ? [refused, refused] : []);
		expect((await started.engine.rooms({ limit: 10 })).rooms).toEqual([]);
	});
});

describe("somebody's inbox", () => {
	test.each([
		read('@bob'),
		{ type: 'get_history', room: '@bob' },
		{ type: 'search', room: '@bob', text: 'secret' },
		{ type: 'members', room: '@bob' },
		{ type: 'unsubscribe', room: '@bob' },
		{ type: 'ack', room: '@bob', epoch: 'e', sequence: 1 },
	])('is closed to others: $type', async (frame) => {
		const { started, sam, bob, eve } = await people();
		await ask(bob, read('@bob'));
		await ask(sam, publish('sam', '@bob', 'secret'));
		const jo = await come(started, 'jo');
		for (const line of [eve, jo, sam]) {
			const [refused, ...more] = await ask(line, frame);
			expect(refused).toMatchObject({ type: 'error', code: 'forbidden' });
			expect(more).toEqual([]);
			// Whether there is such a user is not told.
			const [other] = await ask(line, { ...frame, room: '@nobody' });
			expect(other).toEqual({ ...refused, room: '@nobody' });
		}
		await ask(sam, publish('sam', '@bob', 'more'));
		for (const line of [eve, jo]) {
			expect(JSON.stringify([...line.wire.frames, ...(await ask(line, { type: 'ping' }))])).not.toMatch(/secret|more/);
		}
	});

	test('is in no list of rooms, and takes nobody a place in one', async () => {
		const { started, sam, bob } = await people();
		const { engine } = started;
		const names = Array.from({ length: 120 }, (_, index) => `@n${index}`);
		const rooms = ['!first', ...Array.from({ length: 150 }, (_, index) => `room${index}`)].sort();
		for (const room of [...names, ...rooms]) {
			await engine.append(room, [{ id: 'a', sender: 'x', content: 'x' }]);
		}
		await ask(bob, read('@bob'));
		const pages: string[][] = [];
		let cursor: string | undefined;
		do {
			const [page] = await ask(sam, { type: 'rooms', ...(cursor !== undefined && { cursor }) });
			if (page?.type !== 'rooms') {
				throw new Error('Expected rooms');
			}
			pages.push(page.rooms.map(({ room }) => room));
			cursor = page.cursor;
			expect(cursor ?? '').not.toMatch(/^@/);
		} while (cursor !== undefined);
		expect(pages.flat()).toEqual(rooms);
		expect(pages.map(({ length }) => length)).toEqual([100, 51]);
		expect(await ask(bob, { type: 'rooms', prefix: '@' })).toMatchObject([{ rooms: [] }]);
	});

	test('has no token, by which its owner would tell in other rooms how much they are written', async () => {
		const { bob } = await people();
		const [own] = await ask(bob, read('@bob'));
		expect(own).toMatchObject({ type: 'subscribed', room: '@bob' });
		expect(own).not.toHaveProperty('token');
		expect(await ask(bob, read('general'))).toMatchObject([{ token: expect.any(String) }]);
	});

	test('is read beside as many rooms as a connection may read', async () => {
		const started = startHub({ limits: { roomsPerConnection: 1 } });
		const bob = await come(started, 'bob', makeProver());
		expect(await ask(bob, read('a'))).toMatchObject([{ type: 'subscribed' }]);
		expect(await ask(bob, read('@bob'))).toMatchObject([{ type: 'subscribed' }]);
		expect(await ask(bob, read('b'))).toMatchObject([{ code: 'limit_exceeded' }]);
	});
});

describe('a store that fails between the message and its copy', () => {
	/** An engine that keeps nothing in sam's inbox while it fails. */
	function failing() {
		const engine = memoryEngine();
		const append = engine.append.bind(engine);
		const control = { fails: true, drafts: [] as Draft[] };
		engine.append = (room, drafts) =>
			control.fails && room === '@sam'
				? Promise.reject(new EngineError('unavailable', 'full', { outcome: 'not_applied' }))
				: append(room, drafts);
		return { engine, control };
	}

	test('leaves the outcome unknown, and the next try puts things right, in order', async () => {
		const { engine, control } = failing();
		const started = startHub({ engine });
		const [sam] = [await come(started, 'sam', makeProver()), await come(started, 'bob', makeProver())];
		const dm = (number: number) => publish('sam', '@bob', `m${number}`, { producer: 'p', pseq: number });
		expect(await ask(sam, dm(1))).toMatchObject([{ code: 'unavailable', outcome: 'unknown', retryable: true }]);
		control.fails = false;
		expect(await ask(sam, dm(2))).toMatchObject([{ code: 'out_of_order', outcome: 'unknown', expected: 1 }]);
		expect(await ask(sam, dm(1))).toMatchObject([{ type: 'published', sequence: 1, duplicate: false }]);
		expect(await ask(sam, dm(2))).toMatchObject([{ type: 'published', sequence: 2, duplicate: false }]);
		expect(await ask(sam, dm(2))).toMatchObject([{ type: 'published', sequence: 2, duplicate: true }]);
		for (const room of ['@sam', '@bob']) {
			expect((await logOf(engine, room)).map(({ content, sequence }) => [content, sequence])).toEqual([
				['m1', 1],
				['m2', 2],
			]);
		}
	});

	test('makes the copy also for a sender whose line is gone meanwhile', async () => {
		const { started, sam } = await people();
		sam.say(publish('sam', '@bob', 'last'));
		sam.connection.closed();
		await settle();
		expect(await logOf(started.engine, '@sam')).toMatchObject([{ content: 'last' }]);
	});
});
