/** What falls between two parts. */
import { describe, expect, test } from 'vitest';
import { FakeWire, numbersOf, settle, startHub } from '../broker/fake-line.ts';
import { logIn, only } from '../broker/logging-in.ts';
import { makeProver } from '../helpers/proving.ts';

describe('a base client that comes back with a token', () => {
	test('gets what it had not confirmed, whatever another one of its user confirmed meanwhile', async () => {
		const started = startHub();
		const ann = makeProver();
		await logIn(started, ann, 'ann');
		const base = () => {
			const wire = new FakeWire();
			const connection = started.hub.accept(wire, { offersV1: false, credential: { key: ann.publicKey } });
			return { wire, connection, say: (frame: object) => connection.receive(JSON.stringify(frame)) };
		};
		const append = (id: string) => started.engine.append('r', [{ id, sender: 'x', content: id, verified: false }]);
		const desk = base();
		desk.say({ type: 'subscribe', room: 'r', userId: 'ann' });
		await settle();
		await append('one');
		await settle();
		expect(numbersOf(desk.wire)).toEqual([1]);
		// Its link is lost; it has confirmed nothing of what comes now.
		desk.connection.closed(1006);
		await append('two');
		// Another base client of the same user begins to read the room.
		const phone = base();
		phone.say({ type: 'subscribe', room: 'r', userId: 'ann' });
		await settle();
		const back = base();
		back.say({ type: 'get_history', room: 'other' });
		await settle();
		expect(numbersOf(back.wire)).toContain(2);
	});
});

describe('a token', () => {
	test('that is revoked by a connection which came with it answers before it closes', async () => {
		const started = startHub();
		const ann = makeProver();
		await logIn(started, ann, 'ann');
		const wire = new FakeWire();
		const connection = started.hub.accept(wire, { offersV1: true, credential: { key: ann.publicKey } });
		connection.receive(JSON.stringify({ type: 'hello', v: 1, user: 'ann' }));
		await settle();
		connection.receive(JSON.stringify({ type: 'token', ref: 't', revoke: true }));
		await settle();
		expect(only(wire, 'token')).toMatchObject({ ref: 't' });
	});
});

describe('a guest whose nick is claimed by a key', () => {
	test('has what it sends again stored once', async () => {
		const started = startHub();
		await started.hub.directory.ready;
		const publish = { type: 'publish', room: 'r', content: 'hello', cid: 'c-1', producer: 'run', pseq: 1 };
		const guest = started.connect('bob');
		guest.say({ ...publish, sender: 'bob' });
		// The answer does not reach the guest: its nick is proven to be another's in this moment, so it comes back.
		await logIn(started, makeProver(), 'bob');
		expect(guest.wire.closing).toMatchObject({ code: 1012 });
		const back = started.connect('bob');
		await settle();
		const { id } = only(back.wire, 'welcome').user;
		back.say({ ...publish, sender: id });
		await settle();
		// As natter's client does (docs/protocol.md, "What a client does", 6).
		const refused = back.wire.frames.find((frame) => frame.type === 'error');
		if (refused?.type === 'error' && refused.expected !== undefined) {
			back.say({ ...publish, sender: id, pseq: refused.expected });
			await settle();
		}
		const said = (await started.engine.range('r', { limit: 10 })).entries.map(({ text }) => JSON.parse(text).content);
		expect(said).toEqual(['hello']);
	});
});

describe('what a base client calls itself in a publish that is refused', () => {
	test('is not kept, whatever its size', async () => {
		const started = startHub();
		await started.hub.directory.ready;
		const { connection, say } = started.connect();
		say({ type: 'publish', room: 'r', sender: '\ufdfa'.repeat(20_000), content: 'x' });
		await settle();
		// It would be looked at by each `get_history`, for 30 ms.
		expect(connection.saidName.length).toBeLessThan(200);
	});
});
