import { describe, expect, test } from 'vitest';
import { unreadable } from '../../src/client/incoming.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { message, published, Script } from './script.ts';

function subscribed(script: Script, more: object): FromBroker {
	return { ...{ type: 'subscribed', room: 'r', sequence: 0, ref: script.refOf('subscribe'), epoch: 'e' }, ...more };
}

describe('joining', () => {
	test('waits for a link, asks for the wanted history and resolves to where the room stands', () => {
		const script = new Script({ history: 20 });
		script.join();
		script.welcomed();
		const [, subscribe] = script.sent();
		expect(subscribe).toEqual({ type: 'subscribe', room: 'r', userId: 'sam', ref: 'r1', history: 20 });
		script.says({ type: 'subscribed', room: 'r', sequence: 2, ref: 'r1', epoch: 'e', head: 4, oldest: 1 });
		expect(script.answers()).toEqual([
			'1: {"room":"r","phase":"live","epoch":"e","first":2,"position":2,"head":4,"oldest":1,"canPublish":true}',
		]);
		script.says(message(3), message(4), message(5));
		expect(script.items().map((item) => item.kind === 'message' && item.old)).toEqual([true, true, false]);
	});

	test('after a number learns the epoch first and then asks for everything since', () => {
		const script = new Script().welcomed();
		script.look();
		script.join('r', { after: 3 });
		script.says(subscribed(script, { sequence: 9, head: 9, oldest: 6 }));
		const [again] = script.sent();
		expect(again).toMatchObject({ type: 'subscribe', since: { epoch: 'e', sequence: 3 } });
		const ref = again?.type === 'subscribe' ? again.ref : '';
		const gap = { from: 4, to: 5, reason: 'trimmed' };
		script.says({ ...subscribed0, ref: ref ?? '', sequence: 5, head: 9, oldest: 6, gap } as FromBroker, message(6));
		expect(script.items()).toMatchObject([
			{ kind: 'lost', from: 4, to: 5, reason: 'trimmed' },
			{ kind: 'message', old: true },
		]);
		expect(script.session.room('r')).toMatchObject({ first: 3, position: 6 });
	});

	test('after a number that was not reached yet begins at the head', () => {
		const script = new Script().welcomed();
		script.look();
		script.join('r', { after: 30 });
		script.says(subscribed(script, { sequence: 9, head: 9 }));
		expect(script.session.room('r')).toMatchObject({ phase: 'live', position: 9 });
	});

	test('that is refused rejects with the code, and is not tried on the next link', () => {
		const script = new Script().welcomed();
		script.look();
		script.join();
		script.says({ type: 'error', error: 'No entry', code: 'forbidden', ref: script.refOf('subscribe') });
		expect(script.session.room('r')).toMatchObject({ phase: 'refused', reason: 'No entry' });
		expect(script.answers()).toEqual(['1: forbidden']);
		script.closes().passes(500).welcomed();
		expect(script.sent().some(({ type }) => type === 'subscribe')).toBe(false);
		script.join();
		expect(script.refOf('subscribe')).toBeDefined();
	});

	test('that may succeed later is tried again when the broker says', () => {
		const script = new Script().welcomed();
		script.look();
		script.join();
		const ref = script.refOf('subscribe');
		script.says({ type: 'error', error: 'Busy', code: 'unavailable', ref, retryAfterMs: 3000 });
		expect(
			script
				.passes(2999)
				.sent()
				.some(({ type }) => type === 'subscribe'),
		).toBe(false);
		expect(
			script
				.passes(1)
				.sent()
				.some(({ type }) => type === 'subscribe'),
		).toBe(true);
	});

	test('a second time resolves at once', () => {
		const script = Script.in('r');
		script.join();
		expect(script.answers().length).toBe(1);
	});
});

const subscribed0 = { type: 'subscribed', room: 'r', sequence: 0, epoch: 'e' } as const;

describe('who is in a room', () => {
	const refusal = { type: 'error', error: 'Slow down', code: 'rate_limited', retryAfterMs: 400 } as const;

	/** In the room, of which it is asked for under this ref who is there. */
	function entered(): { readonly script: Script; readonly ref: string } {
		const script = new Script().welcomed();
		script.join();
		script.says({ ...subscribed0, ref: script.refOf('subscribe'), head: 0, oldest: 1 });
		return { script, ref: script.refOf('members') };
	}

	function asked(script: Script) {
		return script.sent().filter((frame) => frame.type === 'members');
	}

	test('is asked for when the room is entered, and again when the broker could not say', () => {
		const { script, ref } = entered();
		script.says({ ...refusal, ref });
		expect(script.notices()).toEqual([]);
		expect(asked(script.passes(399))).toEqual([]);
		const [again] = asked(script.passes(1));
		expect(again).toMatchObject({ type: 'members', room: 'r' });
		const ann = { userId: 'ann', state: 'online', verified: false, since: 1 } as const;
		script.says({ type: 'members', room: 'r', ref: again?.ref, members: [ann], asOf: 2 });
		expect(script.look()).toContainEqual({ type: 'members', room: 'r', members: [ann] });
		expect(asked(script.passes(5000))).toEqual([]);
	});

	test('is not asked for again when the broker will never say, nor of a room that was left, nor on another link', () => {
		const refused = entered();
		refused.script.says({ type: 'error', error: 'No', code: 'forbidden', ref: refused.ref });
		expect(asked(refused.script.passes(5000))).toEqual([]);
		const left = entered();
		left.script.leave();
		left.script.says({ ...refusal, ref: left.ref });
		expect(left.script.notices()).toEqual([]);
		expect(asked(left.script.passes(5000))).toEqual([]);
		const lost = entered();
		lost.script
			.says({ ...refusal, ref: lost.ref })
			.closes()
			.passes(500)
			.welcomed();
		expect(asked(lost.script.passes(5000))).toEqual([]);
	});
});

describe('leaving', () => {
	test('resolves when the broker says so, and what still comes is not shown', () => {
		const script = Script.in('r');
		script.leave();
		const ref = script.refOf('unsubscribe');
		script.says(message(1));
		expect(script.items()).toEqual([]);
		script.says({ type: 'unsubscribed', room: 'r', ref, reason: 'client' });
		expect(script.answers()).toEqual(['2: done']);
		expect(script.session.room('r')).toBeUndefined();
	});

	test('resolves when the link ends or the broker says nothing', () => {
		const script = Script.in('r');
		script.leave();
		script.closes();
		expect(script.answers()).toEqual(['2: done']);
		const silent = Script.in('r', 0, { requestMs: 1000 });
		silent.leave();
		expect(silent.passes(1000).answers()).toEqual(['2: done']);
	});

	test('that the broker cannot do now is asked for again when it says, and resolves only then', () => {
		const script = Script.in('r');
		script.leave();
		const refusal = { type: 'error', error: 'Slow down', code: 'rate_limited', retryAfterMs: 400 } as const;
		script.says({ ...refusal, ref: script.refOf('unsubscribe') }, message(1));
		expect(script.passes(399).look()).toEqual([]);
		const ref = script.passes(1).refOf('unsubscribe');
		script.says({ type: 'unsubscribed', room: 'r', ref, reason: 'client' });
		expect(script.answers()).toEqual(['2: done']);
	});

	test('a room that the broker does not send anyway is done', () => {
		const script = Script.in('r');
		script.leave();
		script.says({ type: 'error', error: '?', code: 'not_subscribed', ref: script.refOf('unsubscribe') });
		expect(script.answers()).toEqual(['2: done']);
	});

	test('because of the broker tells why, and is not undone by a new link', () => {
		const script = Script.in('r');
		script.says({ type: 'unsubscribed', room: 'r', reason: 'kicked' });
		expect(script.look()).toContainEqual({
			type: 'room',
			status: expect.objectContaining({ phase: 'left', reason: 'kicked', canPublish: false }),
		});
		script.closes().passes(500).welcomed();
		expect(script.sent().some(({ type }) => type === 'subscribe')).toBe(false);
	});
});

describe('a room that nobody follows and the broker sends all the same', () => {
	/** The `unsubscribe` frames since the last look. */
	const unsubscribed = (script: Script) =>
		script.sent().flatMap((frame) => (frame.type === 'unsubscribe' ? [frame.room] : []));

	/** The room was left, but the broker never said so. */
	function left(): Script {
		const script = Script.in('r', 0, { requestMs: 1000 });
		script.leave();
		script.passes(1000).look();
		return script;
	}

	test('is left again, at most once in the time that an answer may take', () => {
		const script = left();
		script.says(message(1), message(2), message(3)).passes(999).says(message(4));
		expect(unsubscribed(script)).toEqual(['r']);
		script.passes(1).says(message(5));
		expect(unsubscribed(script)).toEqual(['r']);
		expect(unsubscribed(script.passes(5000))).toEqual([]);
	});

	test('is left when the broker can do that, also when no more messages come by then', () => {
		const script = left().says(message(1));
		const refusal = { type: 'error', error: 'Slow down', code: 'rate_limited', retryAfterMs: 400 } as const;
		script.says({ ...refusal, ref: script.refOf('unsubscribe') });
		expect(script.look()).toEqual([]);
		expect(unsubscribed(script.passes(399))).toEqual([]);
		const ref = script.passes(1).refOf('unsubscribe');
		script.says({ type: 'error', error: '?', code: 'not_subscribed', ref }).passes(5000);
		expect(script.notices()).toEqual([]);
		expect(unsubscribed(script)).toEqual([]);
	});

	test('is not left any more once it is joined, or on another link', () => {
		for (const change of [
			(script: Script) => script.join(),
			(script: Script) => script.closes().passes(500).welcomed(),
		]) {
			const script = left().says(message(1));
			script.says({ type: 'error', error: '?', code: 'rate_limited', ref: script.refOf('unsubscribe') });
			change(script);
			expect(unsubscribed(script.passes(5000))).toEqual([]);
		}
	});

	test('is left also when it was refused, and one of very many is not', () => {
		const script = new Script().welcomed();
		script.look();
		script.join();
		script.says({ type: 'error', error: 'No entry', code: 'forbidden', ref: script.refOf('subscribe') });
		script.says(message(1), ...Array.from({ length: 100 }, (_, index) => message(1, { room: `room ${index}` })));
		const rooms = unsubscribed(script);
		expect(rooms[0]).toBe('r');
		expect(rooms.length).toBe(64);
	});

	test('is let be on a base broker, which waits for nobody', () => {
		const script = new Script().based();
		script.says({ type: 'subscribed', room: 'r', sequence: 0 }, message(1));
		expect(unsubscribed(script)).toEqual([]);
	});
});

describe('publishing', () => {
	test('resolves when the broker has numbered it', () => {
		const script = Script.in('r');
		script.publish('hello', 'r', { tags: { a: 1 }, replyTo: 3, ttlMs: 50 });
		expect(script.sent()).toEqual([
			{
				...{ type: 'publish', room: 'r', sender: 'sam', content: 'hello', ref: 'p1', cid: 'c2' },
				...{ producer: 'run', pseq: 1 },
				...{ tags: { a: 1 }, replyTo: 3, ttlMs: 50 },
			},
		]);
		script.says(published('c2', 1), published('c2', 1));
		expect(script.answers()).toEqual([
			'2: {"room":"r","cid":"c2","id":"m1","sequence":1,"epoch":"e","timestamp":5,"duplicate":false,"durability":"memory"}',
		]);
	});

	test('goes out after the room was subscribed to again, in order', () => {
		const script = Script.in('r').closes();
		script.publish('one');
		script.publish('two');
		script.passes(500).welcomed();
		const frames = script.sent();
		expect(frames.map(({ type }) => type)).toEqual(['hello', 'subscribe', 'ping']);
		const subscribe = frames[1];
		const ref = subscribe?.type === 'subscribe' ? (subscribe.ref ?? '') : '';
		script.says({ ...subscribed0, ref });
		expect(script.sent().flatMap((frame) => (frame.type === 'publish' ? [frame.content] : []))).toEqual(['one', 'two']);
	});

	test('that is refused for good rejects with code and outcome', () => {
		const script = Script.in('r');
		script.publish('hello');
		script.look();
		script.says({ type: 'error', error: 'Hush', code: 'muted', ref: 'p1', outcome: 'not_applied' });
		expect(script.look()).toEqual([
			{ type: 'refused', refused: { room: 'r', cid: 'c2', code: 'muted', text: 'Hush', outcome: 'not_applied' } },
			{
				...{ type: 'settle', id: 2 },
				result: { ok: false, failure: { code: 'muted', text: 'Hush', outcome: 'not_applied' } },
			},
		]);
	});

	test('too fast waits as long as the broker asks and lets nothing of its room pass', () => {
		const script = Script.in('r');
		script.publish('one');
		const refusal = { type: 'error', error: 'Slow down', code: 'rate_limited', retryAfterMs: 400 } as const;
		script.says({ ...refusal, ref: 'p1' });
		script.look();
		script.publish('two');
		script.publish('elsewhere', 'other');
		const contents = () => script.sent().flatMap((frame) => (frame.type === 'publish' ? [frame.content] : []));
		expect(contents()).toEqual(['elsewhere']);
		script.passes(400);
		expect(contents()).toEqual(['one']);
		script.says(published('c2', 1));
		expect(contents()).toEqual(['two']);
	});

	test('that the broker cannot keep now tells that once, until one is numbered', () => {
		const script = Script.in('r');
		const refused = (tries: number) => {
			const notices: string[] = [];
			for (let count = 0; count < tries; count++) {
				script.says({ type: 'error', error: 'Disk full', code: 'unavailable', ref: script.refOf('publish') });
				notices.push(...script.notices());
				script.passes(1000);
			}
			return notices;
		};
		script.publish('one');
		expect(refused(3)).toEqual(['unavailable: Disk full']);
		script.says(published('c2', 1));
		script.look();
		script.publish('two');
		expect(refused(2)).toEqual(['unavailable: Disk full']);
	});

	test('that the broker expects under another number leaves in the name of another producer', () => {
		const script = Script.in('r');
		script.publish('one');
		script.says(published('c2', 1));
		script.publish('two');
		script.look();
		const refusal = { type: 'error', error: '?', code: 'out_of_order', outcome: 'not_applied' } as const;
		script.says({ ...refusal, ref: 'p2', cid: 'c3', room: 'r', expected: 1 });
		expect(script.sent()).toMatchObject([{ type: 'publish', cid: 'c3', producer: 'run.1', pseq: 1 }]);
	});

	test('that the broker expects under another number leaves anew with all after it, and late answers change nothing', () => {
		const script = Script.in('r');
		script.publish('one');
		script.publish('two');
		script.look();
		const refusal = { type: 'error', error: '?', code: 'out_of_order', outcome: 'not_applied' } as const;
		script.says({ ...refusal, ref: 'p1', cid: 'c2', room: 'r', expected: 1 });
		const again = script.sent().flatMap((frame) => (frame.type === 'publish' ? [frame] : []));
		expect(again).toMatchObject([
			{ ref: 'p3', cid: 'c2', producer: 'run.1', pseq: 1 },
			{ ref: 'p4', cid: 'c3', producer: 'run.1', pseq: 2 },
		]);
		script.says({ ...refusal, ref: 'p2', cid: 'c3', room: 'r', expected: 1 });
		expect(script.look()).toEqual([]);
		script.says(published('c2', 1), published('c3', 2));
		expect(script.answers().length).toBe(2);
	});

	test('of which a late answer to an earlier try says nothing may have been stored, whatever is said of later tries', () => {
		const script = Script.in('r');
		script.publish('one');
		script.publish('two');
		const outOfOrder = { type: 'error', error: '?', code: 'out_of_order', outcome: 'not_applied' } as const;
		script.says({ ...outOfOrder, ref: 'p1', cid: 'c2', room: 'r', expected: 1 });
		script.says({ type: 'error', error: '?', code: 'internal', ref: 'p2', cid: 'c3', room: 'r' });
		script.says({ type: 'error', error: '?', code: 'rate_limited', ref: 'p4', outcome: 'not_applied' });
		script.look();
		script.input({ type: 'discard', cid: 'c3' });
		expect(script.answers()).toEqual([]);
		expect(script.session.unsent.map(({ cid }) => cid)).toEqual(['c2', 'c3']);
	});

	test.each(['not_applied', 'unknown', undefined] as const)(
		'that is refused with outcome %s says no more than is sure',
		(outcome) => {
			const script = Script.in('r');
			script.publish('hello');
			script.look();
			script.says({ type: 'error', error: '?', code: 'internal', ref: 'p1', ...(outcome && { outcome }) });
			expect(script.answers()).toEqual([`2: internal ${outcome ?? 'unknown'}`]);
		},
	);

	test('that is refused after an earlier link may have brought it there rejects with an unknown outcome', () => {
		const script = Script.in('r');
		script.publish('hello');
		script.closes().passes(500).welcomed();
		const ref = script.refOf('subscribe');
		script.says({ ...subscribed0, ref });
		script.look();
		script.says({ type: 'error', error: 'Hush', code: 'muted', ref: 'p2', outcome: 'not_applied' });
		expect(script.answers()).toEqual(['2: muted unknown']);
	});

	test('that waits at the end rejects with whether a link has had it', () => {
		const script = Script.in('r');
		script.publish('refused for now');
		script.publish('under way', 'elsewhere');
		script.says({ type: 'error', error: '?', code: 'rate_limited', ref: 'p1', outcome: 'not_applied' });
		script.publish('never sent');
		script.look();
		script.input({ type: 'close' });
		expect(script.answers()).toEqual(['2: closed not_applied', '3: closed unknown', '4: closed not_applied']);
	});

	test('more than a frame holds is refused here, because the broker would end the link', () => {
		const script = Script.in('r');
		script.publish('x'.repeat(70_000));
		expect(script.answers()).toEqual(['2: too_large not_applied']);
		for (let count = 0; count < 70; count++) {
			script.publish('\u0001'.repeat(30_000), 'other');
		}
		expect(script.session.unsent).toEqual([]);
	});

	test('that is not answered is sent again with the same cid', () => {
		const script = Script.in('r', 0, { requestMs: 2000 });
		script.publish('hello');
		script.look();
		expect(script.passes(2000).sent()).toContainEqual(expect.objectContaining({ type: 'publish', cid: 'c2' }));
	});

	test('before it went out can be discarded', () => {
		const script = new Script();
		const id = script.publish('hello');
		expect(script.session.canDiscard(`c${id}`)).toBe(true);
		script.input({ type: 'discard', cid: `c${id}` });
		expect(script.session.canDiscard(`c${id}`)).toBe(false);
		expect(script.answers()).toEqual(['1: closed not_applied']);
		expect(script.session.unsent).toEqual([]);
	});
});

describe('asking', () => {
	test('for history gives the page, and leaves the order of the room alone', () => {
		const script = Script.in('r');
		script.request({ kind: 'history', room: 'r', query: { before: 9 } });
		const [frame] = script.sent();
		expect(frame).toMatchObject({ type: 'get_history', room: 'r', before: 9, limit: 100, order: 'desc' });
		const ref = frame?.type === 'get_history' ? (frame.ref ?? '') : '';
		const { type: _, ...one } = message(1);
		script.says({ type: 'history', room: 'r', ref, messages: [one], epoch: 'e', head: 1, oldest: 1, complete: true });
		const outputs = script.look();
		expect(outputs.some(({ type }) => type === 'deliver')).toBe(false);
		expect(outputs).toContainEqual({
			...{ type: 'settle', id: 2 },
			result: { ok: true, value: { room: 'r', messages: [one], epoch: 'e', head: 1, oldest: 1, complete: true } },
		});
	});

	test('for what is sought gives it, newest first', () => {
		const script = Script.in('r');
		script.request({ kind: 'search', room: 'r', text: 'a b', query: { before: 9, epoch: 'e', limit: 5 } });
		const [frame] = script.sent();
		const asked = { type: 'search', room: 'r', text: 'a b', before: 9, epoch: 'e', limit: 5 };
		expect(frame).toEqual({ ...asked, ref: expect.any(String) });
		const ref = frame?.type === 'search' ? (frame.ref ?? '') : '';
		const [one, two] = [message(1), message(2)].map(({ type: _, ...rest }) => rest);
		const page = { room: 'r', epoch: 'e', from: 1, complete: true };
		const beyond = { ...message(9), type: undefined };
		script.says({ type: 'found', ref, ...page, messages: [beyond, two, one] as never });
		const outputs = script.look();
		expect(outputs.some(({ type }) => type === 'deliver')).toBe(false);
		expect(outputs).toContainEqual({
			...{ type: 'settle', id: 2 },
			result: { ok: true, value: { ...page, messages: [two, one] } },
		});
	});

	test('for what is sought ends with a page that does not bring the search on', () => {
		const script = Script.in('r');
		script.request({ kind: 'search', room: 'r', text: 'a', query: { before: 9 } });
		const ref = script.refOf('search');
		script.says({ type: 'found', ref, room: 'r', epoch: 'e', from: 9, complete: false, messages: [] });
		expect(script.answers()).toEqual([expect.stringContaining('"complete":true')]);
	});

	test('for what is sought is refused by a broker that is older, which is asked only once', () => {
		const script = Script.in('r');
		const search = () => script.request({ kind: 'search', room: 'r', text: 'a', query: {} });
		search();
		script.says({
			type: 'error',
			error: 'Unknown frame type "search"',
			code: 'unknown_type',
			ref: script.refOf('search'),
		});
		search();
		const outputs = script.look();
		const older = {
			code: 'unsupported',
			text: 'This broker is older than searching, and cannot do that',
			outcome: 'not_applied',
		};
		expect(outputs.filter(({ type }) => type === 'send')).toEqual([]);
		expect(outputs.filter(({ type }) => type === 'settle')).toEqual([
			{ type: 'settle', id: 2, result: { ok: false, failure: older } },
			{ type: 'settle', id: 3, result: { ok: false, failure: older } },
		]);
		script.closes().passes(500).welcomed();
		search();
		expect(script.refOf('search')).toBeDefined();
	});

	test('for what is sought is refused on a base broker, once it is known to be one', () => {
		const script = new Script().based();
		script.request({ kind: 'search', room: 'r', text: 'a', query: {} });
		expect(script.answers()).toEqual([]);
		script.says({ type: 'history', room: 'x', messages: [] });
		expect(script.answers()).toEqual(['1: unsupported not_applied']);
	});

	test('for rooms follows the pages of the list', () => {
		const script = new Script().welcomed();
		script.look();
		script.request({ kind: 'rooms', prefix: 'a' });
		const row = { room: 'ab', online: 1, head: 2 };
		script.says({ type: 'rooms', ref: script.refOf('rooms'), rooms: [row], cursor: 'ab' });
		const [frame] = script.sent();
		expect(frame).toMatchObject({ type: 'rooms', prefix: 'a', cursor: 'ab' });
		const ref = frame?.type === 'rooms' ? (frame.ref ?? '') : '';
		script.says({ type: 'rooms', ref, rooms: [{ ...row, room: 'ac' }] });
		expect(script.answers()).toEqual([`1: ${JSON.stringify([row, { ...row, room: 'ac' }])}`]);
	});

	test('for rooms begins anew when the link ends between two pages', () => {
		const script = new Script().welcomed();
		script.look();
		script.request({ kind: 'rooms' });
		const row = { room: 'a', online: 1, head: 2 };
		script.says({ type: 'rooms', ref: script.refOf('rooms'), rooms: [row], cursor: 'a' });
		script.closes().passes(500).welcomed();
		script.says({ type: 'rooms', ref: script.refOf('rooms'), rooms: [row] });
		expect(script.answers()).toEqual([`1: ${JSON.stringify([row])}`]);
	});

	test('is given up after requestMs, with or without a link', () => {
		const script = new Script({ requestMs: 1000 });
		script.request({ kind: 'members', room: 'r' });
		expect(script.passes(1000).answers()).toEqual(['1: timeout']);
	});

	test('is repeated on the next link when the first one ended', () => {
		const script = new Script().welcomed();
		script.request({ kind: 'members', room: 'r' });
		script.closes().passes(500).welcomed();
		script.says({ type: 'members', room: 'r', ref: script.refOf('members'), members: [], asOf: 0 });
		expect(script.answers()).toEqual(['1: []']);
	});
});

describe('who I am', () => {
	test('is what the broker says', () => {
		expect(new Script().welcomed('sam-2').session.nick).toBe('sam-2');
	});

	test('changes with a new hello once what is under way was answered, without a mark when nothing was missed', () => {
		const script = Script.in('r');
		script.publish('mine');
		script.rename('maya');
		script.publish('after');
		expect(script.look().some(({ type }) => type === 'hangUp')).toBe(false);
		script.says(message(1), published('c2', 1));
		expect(script.sent()).toContainEqual({ type: 'bye' });
		script.welcomed('maya');
		const frames = script.sent();
		expect(frames[0]).toMatchObject({ type: 'hello', user: 'maya', session: 's.1' });
		const ref = frames[1]?.type === 'subscribe' ? (frames[1].ref ?? '') : '';
		script.says({ ...subscribed0, ref, sequence: 1, head: 1 }, message(2));
		const outputs = script.look();
		expect(outputs).toContainEqual(
			expect.objectContaining({ type: 'send', frame: expect.objectContaining({ sender: 'maya', content: 'after' }) }),
		);
		expect(outputs.flatMap((output) => (output.type === 'deliver' ? output.items : []))).toMatchObject([
			{ kind: 'message', old: false },
		]);
	});

	test('changes only after what an earlier link may have brought there was settled under the old name', () => {
		const script = Script.in('r');
		script.publish('in doubt');
		script.closes();
		script.rename('maya');
		script.publish('new');
		script.look();
		script.passes(500).welcomed();
		const [hello, subscribe] = script.sent();
		expect(hello).toMatchObject({ type: 'hello', user: 'sam' });
		script.says({ ...subscribed0, ref: subscribe?.type === 'subscribe' ? (subscribe.ref ?? '') : '' });
		const publishes = () =>
			script.sent().flatMap((frame) => (frame.type === 'publish' ? [`${frame.sender}: ${frame.content}`] : []));
		expect(publishes()).toEqual(['sam: in doubt']);
		script.says(published('c2', 1));
		const frames = script.welcomed('maya').sent();
		expect(frames.find(({ type }) => type === 'hello')).toMatchObject({ user: 'maya' });
		const again = frames.findLast(({ type }) => type === 'subscribe');
		script.says({ ...subscribed0, ref: again?.type === 'subscribe' ? (again.ref ?? '') : '' });
		expect(publishes()).toEqual(['maya: new']);
	});

	test('resolves to the name that was given', () => {
		const script = new Script().welcomed();
		script.look();
		script.rename('maya');
		expect(script.welcomed('maya-2').answers()).toEqual(['1: "maya-2"']);
	});

	test('away is told again after every return', () => {
		const script = new Script().welcomed();
		script.look();
		script.input({ type: 'presence', state: 'away', status: 'lunch' });
		expect(script.sent()).toEqual([{ type: 'presence', ref: 'r1', state: 'away', status: 'lunch' }]);
		script.closes().passes(500).welcomed();
		const sent = script.sent();
		expect(sent[0]).toMatchObject({ type: 'hello', presence: 'away', status: 'lunch' });
		expect(sent.filter(({ type }) => type === 'presence')).toEqual([]);
	});
});

describe('order', () => {
	test('a gap is asked for, told with the time of asking, and closed', () => {
		const script = Script.in('r', 40);
		script.says(message(42));
		expect(script.session.room('r')?.gap).toMatchObject({ from: 41, to: 41, held: 1 });
		expect(script.session.room('r')?.gap?.askedAt).toBeUndefined();
		script.passes(250);
		expect(script.session.room('r')?.gap?.askedAt).toBe(1250);
		const ask = script.sent().find(({ type }) => type === 'get_history');
		expect(ask).toMatchObject({ epoch: 'e', after: 40, before: 42, order: 'asc', limit: 500 });
		const ref = ask?.type === 'get_history' ? (ask.ref ?? '') : '';
		const { type: _, ...missing } = message(41);
		const place = { epoch: 'e', head: 42, oldest: 1, complete: true };
		script.says({ type: 'history', room: 'r', ref, messages: [missing], ...place });
		expect(script.items().map((item) => item.kind === 'message' && item.message.sequence)).toEqual([41, 42]);
		expect(script.session.room('r')?.gap).toBeUndefined();
	});

	test('a gap stays while there is no link, but nobody is asked or gives up', () => {
		const script = Script.in('r', 40);
		script.says(message(42)).passes(250).closes({ retryAfterMs: 60_000, httpStatus: 503 });
		expect(script.session.room('r')?.gap).toMatchObject({ from: 41, to: 41, held: 1 });
		expect(script.session.room('r')?.gap?.askedAt).toBeUndefined();
		script.look();
		expect(script.passes(50_000).look()).toEqual([]);
	});

	test.each<FromBroker>([
		published('of somebody', 3),
		{ type: 'pong', heads: [{ room: 'r', epoch: 'e', sequence: 3 }] },
		{ type: 'history', room: 'r', messages: [], epoch: 'e', head: 3 },
	])('a message that never came is noticed by $type', (revealing) => {
		const script = Script.in('r', 2);
		script.says(revealing);
		script.look();
		expect(script.passes(250).sent()).toContainEqual(
			expect.objectContaining({ type: 'get_history', after: 2, before: 4 }),
		);
	});

	test('numbers of another epoch reveal nothing', () => {
		const script = Script.in('r', 2);
		script.says({ type: 'pong', heads: [{ room: 'r', epoch: 'other', sequence: 3 }] });
		expect(script.session.room('r')?.head).toBe(2);
	});

	test.each<[string, number | undefined, FromBroker & { type: 'pong' }]>([
		['in an answer to a question from before it was entered', -1, { type: 'pong', heads: [] }],
		['in an answer to nobody knows what', undefined, { type: 'pong', heads: [] }],
		['by a broker that names none', 1, { type: 'pong' }],
	])('a room that is not named %s is followed as before', (_, after, pong) => {
		const script = Script.in('r', 2);
		const entered = script.at;
		script.passes(10).look();
		script.says({ ...pong, ...(after !== undefined && { t: entered + after }) });
		expect(script.sent()).toEqual([]);
	});

	test('a room that the broker sends no more, and said so in vain, is entered again', () => {
		const script = Script.in('r', 2);
		script.passes(10).look();
		script.says({ type: 'pong', t: script.at, heads: [{ room: 'other', epoch: 'e', sequence: 3 }] });
		expect(script.sent()).toEqual([
			expect.objectContaining({ type: 'subscribe', room: 'r', since: { epoch: 'e', sequence: 2 } }),
		]);
	});

	test('an answer in another epoch leads to a new subscribe, which tells of the new epoch', () => {
		const script = Script.in('r', 2);
		script.says(message(4)).passes(250);
		const ref = script.refOf('get_history');
		script.says({ type: 'history', room: 'r', ref, messages: [], epoch: 'f', head: 0, oldest: 1, complete: true });
		script.says({ ...subscribed0, ref: script.refOf('subscribe'), epoch: 'f', head: 0 });
		expect(script.items().map(({ kind }) => kind)).toEqual(['lost', 'message', 'epoch']);
	});

	test('a question for what is missing whose place the broker does not know makes for a subscribe at once', () => {
		const script = Script.in('r', 2);
		script.says(message(4)).passes(250);
		const ref = script.refOf('get_history');
		script.says({ type: 'error', error: '?', code: 'position_invalid', ref });
		expect(script.sent()).toMatchObject([{ type: 'subscribe', since: { epoch: 'e', sequence: 2 } }]);
	});

	test('messages that come before the answer to a new subscribe are not read by its numbers: they come again', () => {
		const script = Script.in('r', 2);
		script.says(message(4)).passes(250);
		const ref = script.refOf('get_history');
		script.says({ type: 'history', room: 'r', ref, messages: [], epoch: 'f', head: 1, oldest: 1, complete: true });
		script.says(message(1, { content: 'of the old epoch' }), message(2, { content: 'also' }));
		script.says({ ...subscribed0, ref: script.refOf('subscribe'), epoch: 'f', head: 1 });
		script.look();
		script.says(message(1, { id: 'n1', content: 'new' }), message(2, { id: 'n2', content: 'newer' }));
		const contents = script.items().flatMap((item) => (item.kind === 'message' ? [item.message.content] : []));
		expect(contents).toEqual(['new', 'newer']);
	});

	test('a position that the broker does not take is given up for a new beginning, and what is no more is told', () => {
		const script = Script.in('r', 5).closes().passes(500).welcomed();
		script.says({ type: 'error', error: '?', code: 'position_invalid', ref: script.refOf('subscribe') });
		const [frame] = script.sent();
		expect(frame).toMatchObject({ type: 'subscribe', history: 500 });
		expect(frame).not.toHaveProperty('since');
		const ref = frame?.type === 'subscribe' ? (frame.ref ?? '') : '';
		script.says({ ...subscribed0, ref, sequence: 1, head: 2, recovered: 'new' }, message(2));
		expect(script.items()).toMatchObject([
			{ kind: 'epoch', epoch: 'e', sequence: 1, lost: 3 },
			...[{ kind: 'resumed', from: 2, to: 2 }, { kind: 'message', old: true }, { kind: 'caught_up' }],
		]);
	});

	test('a broker that begins anew is followed: the epoch is told, then what is new', () => {
		const script = Script.in('r', 2).closes().passes(500).welcomed();
		const ref = script.refOf('subscribe');
		script.says({ ...subscribed0, ref, epoch: 'f', sequence: 0, head: 1, recovered: 'none' }, message(1));
		expect(script.items()).toMatchObject([
			{ kind: 'epoch', epoch: 'f', sequence: 0 },
			{ kind: 'resumed', from: 1, to: 1, missed: 1, awayMs: 500 },
			{ kind: 'message', old: true },
			{ kind: 'caught_up', to: 1 },
		]);
	});
});

describe('a hostile broker', () => {
	test('cannot bring text to the screen that is not clean', () => {
		const script = Script.in('r');
		const evil = '\u001b]0;x\u0007\u202e';
		script.says(
			message(1, { sender: `e${evil}`, content: `c${evil}`, tags: { [`t${evil}`]: `v${evil}` } }),
			{ type: 'notice', level: 'info', text: `n${evil}` },
			{ type: 'error', error: `e${evil}`, code: 'internal' },
			{ type: 'presence', userId: `p${evil}`, action: 'join', timestamp: 1, room: 'r', status: `s${evil}` },
			{
				...{ type: 'members', room: 'r', asOf: 1 },
				members: [{ userId: `m${evil}`, state: 'online', verified: false, since: 1, status: evil }],
			},
			{ type: 'draining', reconnectAfterMs: 1, reason: `d${evil}` },
		);
		expect(JSON.stringify(script.look())).not.toMatch(/\\u00|\u202e/);
	});

	test('gets what cannot be shown shown as that, under its number', () => {
		const script = Script.in('r');
		script.says(message(1, { content: '\u200b' }), message(2, { content: 'x'.repeat(100_000) }), message(3));
		expect(script.items().map((item) => item.kind === 'message' && item.message.content)).toEqual([
			unreadable,
			unreadable,
			'text 3',
		]);
	});

	test('cannot flood a person with notices', () => {
		const script = Script.in('r');
		for (let count = 0; count < 1000; count++) {
			script.input({ type: 'garbled', link: script.link, refusal: { code: 'bad_frame', detail: 'no' } });
			script.says({ type: 'notice', level: 'info', text: 'hey' });
		}
		expect(script.look().length).toBe(20);
		script.passes(10_000).input({ type: 'garbled', link: script.link, refusal: { code: 'bad_frame', detail: 'no' } });
		expect(script.look().some(({ type }) => type === 'notice')).toBe(true);
	});

	test('may know frames that this version does not', () => {
		const script = Script.in('r');
		script.input({ type: 'garbled', link: script.link, refusal: { code: 'unknown_type', detail: 'typing' } });
		expect(script.look()).toEqual([]);
	});

	test('cannot settle what it was not asked, or speak of rooms that nobody joined', () => {
		const script = Script.in('r');
		script.says(
			published('nothing', 1, { epoch: 'other' }),
			{ ...subscribed0, room: 'elsewhere' },
			{ type: 'history', room: 'r', ref: 'r99', messages: [] },
			{ type: 'rooms', ref: 'r99', rooms: [] },
			{ type: 'ok', ref: 'r99' },
			{ type: 'presence', userId: 'x', action: 'join', timestamp: 1, room: 'elsewhere' },
		);
		expect(script.look()).toEqual([]);
	});
});
