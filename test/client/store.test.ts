import { describe, expect, test } from 'vitest';
import { Kept } from '../../src/client/kept.ts';
import type { Output } from '../../src/client/step.ts';
import type { StoredParcel } from '../../src/client/store.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { MemoryStore } from './memory-store.ts';
import { message, published, Script } from './script.ts';

function parcel(cid: string, more: Partial<StoredParcel> = {}): StoredParcel {
	return { cid, room: 'r', nick: 'sam', content: `text of ${cid}`, writtenAt: 7, sent: false, ...more };
}

/** In the room, with a store that holds this. */
function withStore(...adopted: readonly StoredParcel[]): Script {
	const script = new Script({}, adopted);
	script.join();
	script.welcomed();
	script.says({
		...{ type: 'subscribed', room: 'r', sequence: 0, ref: script.refOf('subscribe') },
		epoch: 'e',
		head: 0,
	});
	return script;
}

/** What the store and the link are given since the last look, in order. */
function given(outputs: readonly Output[]): readonly string[] {
	return outputs.flatMap((output) => {
		switch (output.type) {
			case 'keep':
				return [`keep ${output.parcel.cid} of ${output.parcel.nick}${output.parcel.sent ? ', sent' : ''}`];
			case 'forget':
				return [`forget ${output.cid}`];
			case 'send':
				return output.frame.type === 'publish' ? [`publish ${output.frame.cid}`] : [];
			default:
				return [];
		}
	});
}

describe('what is said', () => {
	test('is kept before it is sent and forgotten when it is numbered', () => {
		const script = withStore();
		script.publish('hello', 'r', { tags: { a: 1 } });
		const outputs = script.look();
		expect(given(outputs)).toEqual(['keep c2 of sam, sent', 'publish c2']);
		expect(outputs).toContainEqual({
			type: 'keep',
			parcel: { ...parcel('c2', { content: 'hello', writtenAt: 1000, sent: true }), tags: { a: 1 } },
		});
		script.says(published('c2', 1));
		expect(given(script.look())).toEqual(['forget c2']);
	});

	test('without a link is kept as not sent, and again before it is sent', () => {
		const script = withStore().closes();
		script.publish('hello');
		expect(given(script.look())).toEqual(['keep c2 of sam']);
		const subscribed = { type: 'subscribed', room: 'r', sequence: 0, epoch: 'e', head: 0 } as const;
		script.passes(500).welcomed();
		script.says({ ...subscribed, ref: script.refOf('subscribe') });
		expect(given(script.look())).toEqual(['keep c2 of sam, sent', 'publish c2']);
		script.closes().passes(2000).welcomed();
		script.says({ ...subscribed, ref: script.refOf('subscribe') });
		expect(given(script.look())).toEqual(['publish c2']);
	});

	test('is kept under the name that was asked for, under which the next run finds it, not the one that was got', () => {
		const script = new Script({}, []);
		script.join();
		script.welcomed('sam_');
		script.says({
			...{ type: 'subscribed', room: 'r', sequence: 0, ref: script.refOf('subscribe') },
			epoch: 'e',
			head: 0,
		});
		script.publish('hello');
		expect(given(script.look())).toEqual(['keep c2 of sam, sent', 'publish c2']);
	});

	test('is kept anew under the name under which it is said again', () => {
		const script = withStore();
		script.publish('hello');
		script.says({ type: 'error', error: 'Later', code: 'rate_limited', ref: 'p1', outcome: 'not_applied' });
		script.rename('ana');
		script.welcomed('ana');
		script.says({
			...{ type: 'subscribed', room: 'r', sequence: 0, ref: script.refOf('subscribe') },
			epoch: 'e',
			head: 0,
		});
		expect(given(script.passes(1000).look())).toEqual(['keep c2 of ana, sent', 'publish c2']);
	});

	test('is forgotten when it is refused or discarded, and never kept when it is refused on the spot', () => {
		const script = withStore();
		script.publish('x'.repeat(70_000));
		expect(given(script.look())).toEqual([]);
		script.publish('hello');
		script.look();
		script.says({ type: 'error', error: 'Hush', code: 'muted', ref: 'p2', outcome: 'not_applied' });
		expect(given(script.look())).toEqual(['forget c3']);
		script.closes();
		script.publish('later');
		script.input({ type: 'discard', cid: 'c4' });
		expect(given(script.look())).toEqual(['keep c4 of sam', 'forget c4']);
	});

	test('stays kept when the client closes, so what becomes of it is open', () => {
		const script = withStore().closes();
		script.publish('hello');
		script.look();
		script.input({ type: 'close' });
		const outputs = script.look();
		expect(given(outputs)).toEqual([]);
		expect(outputs).toContainEqual(
			expect.objectContaining({
				type: 'settle',
				result: { ok: false, failure: expect.objectContaining({ outcome: 'unknown' }) },
			}),
		);
	});

	test('is said on the link that comes about after a broker had not wanted this client back', () => {
		const script = withStore(parcel('a'));
		script.look();
		script.closes();
		script.publish('hello');
		script.passes(0).look();
		script.passes(500).closes({ httpStatus: 403 });
		expect(script.answers()).toEqual(['2: closed unknown']);
		expect(script.session.status.state).toBe('closed');
		script.input({ type: 'reconnect' }).welcomed();
		const ref = script.refOf('subscribe');
		script.says({ type: 'subscribed', room: 'r', ref, sequence: 0, epoch: 'e', head: 0 });
		expect(given(script.look())).toEqual(['publish a', 'keep c2 of sam, sent', 'publish c2']);
		script.says(published('a', 1), published('c2', 2));
		expect(given(script.look())).toEqual(['forget a', 'forget c2']);
		expect(script.answers()).toEqual([]);
	});

	test('without a store is kept nowhere', () => {
		const script = Script.in('r');
		script.publish('hello');
		script.says(published('c2', 1));
		expect(given(script.look())).toEqual(['publish c2']);
	});
});

describe('what an earlier run left behind', () => {
	test('is said before anything new, in its order, and answered by events alone', () => {
		const script = withStore(parcel('a', { sent: true }), parcel('b'));
		script.publish('new');
		expect(given(script.look())).toEqual([
			...['publish a', 'keep b of sam, sent', 'publish b', 'keep c2 of sam, sent', 'publish c2'],
		]);
		script.says(published('a', 1, { duplicate: true }));
		script.says({ type: 'error', error: 'Hush', code: 'muted', ref: 'p2', outcome: 'not_applied' });
		const outputs = script.look();
		expect(given(outputs)).toEqual(['forget a', 'forget b', 'publish c2']);
		expect(outputs.map(({ type }) => type)).not.toContain('settle');
		expect(outputs).toContainEqual({
			type: 'refused',
			refused: { room: 'r', cid: 'b', code: 'muted', text: 'Hush', outcome: 'not_applied' },
		});
	});

	test('may have been numbered when it was sent: it cannot be discarded, and a refusal leaves that open', () => {
		const script = withStore(parcel('a', { sent: true }));
		expect(script.session.unsent).toMatchObject([{ cid: 'a', sent: true }]);
		script.input({ type: 'discard', cid: 'a' });
		expect(script.session.unsent.length).toBe(1);
		script.says({ type: 'error', error: 'Hush', code: 'muted', ref: 'p1', outcome: 'not_applied' });
		expect(script.look()).toContainEqual(
			expect.objectContaining({ refused: expect.objectContaining({ cid: 'a', outcome: 'unknown' }) }),
		);
	});

	test('is settled under its name before another one is asked for', () => {
		const script = new Script({}, [parcel('a', { sent: true }), parcel('b')]);
		script.rename('maya');
		script.welcomed();
		const outputs = script.look();
		expect(given(outputs)).toEqual(['publish a']);
		script.says(published('a', 1));
		expect(given(script.look())).toEqual(['forget a']);
		expect(given(script.welcomed('maya').look())).toEqual(['keep b of maya, sent', 'publish b']);
	});

	test('under another name is left alone', () => {
		expect(new Script({}, [parcel('a', { nick: 'maya' })]).session.unsent).toEqual([]);
	});
});

describe('a room that an earlier run followed', () => {
	const place = { type: 'subscribed', room: 'r', epoch: 'e' } as const;

	/** The page that answers the question for the history of a room. */
	function context(epoch: string, from: number, to: number): FromBroker {
		const messages = range(from, to).map((sequence) => {
			const { type: _, ...one } = message(sequence);
			return one;
		});
		return { type: 'history', room: 'r', ref: 'r3', messages, epoch, complete: true };
	}

	/** The `subscribe` that goes out for a room where an earlier run came to #100. */
	function rejoined(options = {}): Script {
		const script = new Script({ history: 20, ...options }).welcomed();
		script.look();
		script.join('r', {}, { epoch: 'e', sequence: 100 });
		return script;
	}

	test('goes on there, with the wanted history before it', () => {
		const script = rejoined();
		const [subscribe] = script.sent();
		expect(subscribe).toMatchObject({ type: 'subscribe', since: { epoch: 'e', sequence: 100 } });
		script.says({ ...place, ref: 'r1', sequence: 100, head: 130, oldest: 1, recovered: 'full' }, message(101));
		const asked = script.sent().find(({ type }) => type === 'get_history');
		expect(asked).toMatchObject({ epoch: 'e', after: 80, before: 101, order: 'asc' });
		script.says(context('e', 81, 100));
		const items = script.items();
		expect(items.map((item) => item.kind === 'message' && item.old && item.message.sequence)).toEqual(range(81, 101));
		expect(script.session.room('r')).toMatchObject({ first: 80, position: 101, head: 130 });
		expect(items.filter((item) => item.kind === 'message' && item.unseen)).toMatchObject([
			{ message: { sequence: 101 } },
		]);
	});

	test('goes on at the very beginning, where all is unseen, and what comes live is not', () => {
		const script = new Script().welcomed();
		script.look();
		script.join('r', {}, { epoch: 'e', sequence: 0 });
		script.says({ ...place, ref: 'r1', sequence: 0, head: 1, oldest: 1, recovered: 'full' }, message(1), message(2));
		expect(script.items().map((item) => item.kind === 'message' && item.unseen)).toEqual([true, undefined]);
	});

	test('is asked for where the earlier run was until this one is there again', () => {
		const script = rejoined();
		script.says({ ...place, ref: 'r1', sequence: 100, head: 130, oldest: 1, recovered: 'full' });
		script.closes().passes(500).welcomed();
		const subscribe = script.sent().findLast(({ type }) => type === 'subscribe');
		expect(subscribe).toMatchObject({ since: { epoch: 'e', sequence: 100 } });
		const rewind = { to: 95, lost: 5 };
		const answer = { ...place, epoch: 'f', sequence: 95, head: 200, oldest: 1, recovered: 'rewound', rewind } as const;
		script.says({ ...answer, ref: (subscribe?.type === 'subscribe' && subscribe.ref) || '' });
		expect(script.items()).toEqual([{ kind: 'epoch', epoch: 'f', sequence: 95, lost: 5 }]);
		expect(script.session.room('r')).toMatchObject({ epoch: 'f', position: 80, head: 200 });
	});

	test('is joined, not returned to, also when the first dials of this run failed', () => {
		const script = new Script({ history: 20 });
		script.join('r', {}, { epoch: 'e', sequence: 100 });
		script.closes().passes(500).welcomed();
		const ref = script.refOf('subscribe');
		script.says({ ...place, ref, sequence: 100, head: 130, oldest: 1, recovered: 'full' }, context('e', 81, 81));
		expect(script.items().map(({ kind }) => kind)).toEqual(['message']);
	});

	test('from its beginning when there is less than the wanted history before it', () => {
		const script = rejoined({ history: 500 });
		script.look();
		script.says({ ...place, ref: 'r1', sequence: 100, head: 100, oldest: 1, recovered: 'full' });
		expect(script.sent().find(({ type }) => type === 'get_history')).toMatchObject({ after: 0, before: 101 });
	});

	test('does not name history as lost that the earlier run had given', () => {
		for (const [oldest, lost] of [
			[91, []],
			[111, [{ kind: 'lost', from: 101, to: 110, reason: 'trimmed' }]],
		] as const) {
			const script = rejoined();
			const sequence = Math.max(100, oldest - 1);
			const gap = { from: 101, to: oldest - 1, reason: 'trimmed' } as const;
			const how = sequence > 100 ? ({ recovered: 'partial', gap } as const) : ({ recovered: 'full' } as const);
			script.says({ ...place, ref: 'r1', sequence, head: 130, oldest, ...how });
			expect(script.items()).toEqual(lost);
		}
	});

	test('tells of a log that came back older than the earlier run had seen it', () => {
		const script = rejoined();
		const rewind = { to: 90, lost: 10 };
		const answer = { ...place, epoch: 'f', ref: 'r1', sequence: 90, oldest: 1, recovered: 'rewound', rewind } as const;
		script.says({ ...answer, head: 90 });
		expect(script.items()).toEqual([{ kind: 'epoch', epoch: 'f', sequence: 90, lost: 10 }]);
	});

	test('tells of it also when the older log has grown beyond that, with the history before the loss', () => {
		const script = rejoined();
		const rewind = { to: 90, lost: 10 };
		const answer = { ...place, epoch: 'f', ref: 'r1', sequence: 90, oldest: 1, recovered: 'rewound', rewind } as const;
		script.says({ ...answer, head: 300 }, message(91));
		const [lost] = script.look().flatMap((output) => (output.type === 'deliver' ? output.items : []));
		expect(lost).toEqual({ kind: 'epoch', epoch: 'f', sequence: 90, lost: 10 });
		script.says(context('f', 71, 90));
		const items = script.items();
		expect(items.map((item) => item.kind === 'message' && item.message.sequence)).toEqual(range(71, 91));
		expect(script.session.room('r')).toMatchObject({ epoch: 'f', first: 70, position: 91 });
	});

	test('tells of numbers that started over, and gives all of the new ones', () => {
		const script = rejoined();
		script.look();
		const answer = { ...place, epoch: 'f', head: 900, oldest: 1 } as const;
		script.says({ ...answer, ref: 'r1', sequence: 400, recovered: 'none' });
		const [again] = script.sent();
		expect(again).toMatchObject({ type: 'subscribe', since: { epoch: 'f', sequence: 0 } });
		script.says({ ...answer, ref: 'r2', sequence: 0, recovered: 'full' } satisfies FromBroker, message(1));
		expect(script.items()).toMatchObject([{ kind: 'epoch', epoch: 'f', sequence: 0 }, { kind: 'message' }]);
	});

	test('tells so also when what is kept of the new numbers begins beyond the old ones', () => {
		const script = rejoined();
		script.look();
		const answer = { ...place, epoch: 'f', head: 900, oldest: 301 } as const;
		script.says({ ...answer, ref: 'r1', sequence: 400, recovered: 'none' });
		const ref = script.refOf('subscribe');
		script.says({ ...answer, ref, sequence: 300, recovered: 'full' }, message(301));
		expect(script.items()).toMatchObject([{ kind: 'epoch', epoch: 'f', sequence: 300 }, { kind: 'message' }]);
	});
});

describe('a store', () => {
	const standing = { room: 'r', phase: 'live', first: 0, head: 9, canPublish: true } as const;

	test('is told where a room stands, but not on the way back to where it was', () => {
		const store = new MemoryStore();
		store.savePosition('r', { epoch: 'e', sequence: 100 });
		const kept = new Kept(store, () => {});
		expect(kept.from('r')).toEqual({ epoch: 'e', sequence: 100 });
		kept.standing({ ...standing, epoch: 'e', position: 81 });
		expect(store.position('r')?.sequence).toBe(100);
		kept.standing({ ...standing, epoch: 'e', position: 101 });
		expect(store.position('r')?.sequence).toBe(101);
	});

	test('is told of a lower number when numbers start over, in the same epoch or another', () => {
		for (const epoch of ['e', 'f']) {
			const store = new MemoryStore();
			store.savePosition('r', { epoch: 'e', sequence: 100 });
			const kept = new Kept(store, () => {});
			kept.from('r');
			kept.delivered('r', [{ kind: 'epoch', epoch, sequence: 30, lost: 70 }]);
			kept.standing({ ...standing, epoch, position: 30 });
			expect(store.position('r')).toEqual({ epoch, sequence: 30 });
		}
	});

	test('of a broker without epochs is told nothing', () => {
		const store = new MemoryStore();
		new Kept(store, () => {}).standing({ ...standing, position: 5 });
		expect(store.positions.size).toBe(0);
	});

	test('that throws at every call breaks nothing, and is told of once', () => {
		const fail = (): never => {
			throw new Error('disk \u001b[31mon fire');
		};
		const texts: string[] = [];
		const store = { adopt: fail, keep: fail, forget: fail, position: fail, savePosition: fail, close: fail };
		const kept = new Kept(
			Object.defineProperty(store, 'device', { get: fail }) as typeof store & { device: string },
			(text) => texts.push(text),
		);
		expect([kept.device, kept.adopt(), kept.from('r')]).toEqual([undefined, [], undefined]);
		kept.keep(parcel('a'));
		kept.forget('a');
		kept.standing({ ...standing, epoch: 'e', position: 1 });
		kept.close();
		expect(texts).toEqual([expect.stringMatching(/^What is not sent yet is kept in memory only: disk .*on fire$/)]);
		expect(texts[0]).not.toContain('\u001b');
	});
});

function range(from: number, to: number): readonly number[] {
	return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
