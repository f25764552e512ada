import { describe, expect, test } from 'vitest';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { welcome } from './model-broker.ts';
import { message, Script } from './script.ts';

/** In the room on a base broker, at this head. */
function basedIn(head: number, options = {}): Script {
	const script = new Script(options).based();
	script.join();
	script.says({ type: 'subscribed', room: 'r', sequence: head });
	script.look();
	return script;
}

function history(...sequences: readonly number[]): FromBroker {
	const messages = sequences.map((sequence) => {
		const { type: _, ...one } = message(sequence);
		return one;
	});
	return { type: 'history', room: 'r', messages };
}

function shown(script: Script): readonly (number | string)[] {
	return script.items().map((item) => {
		switch (item.kind) {
			case 'message':
				return item.message.sequence;
			case 'lost':
				return `lost ${item.from}-${item.to}`;
			case 'resumed':
				return `missed ${item.missed}`;
			default:
				return item.kind;
		}
	});
}

describe('a base broker', () => {
	test('is spoken to when no welcome comes in time, and known by its answer', () => {
		const script = new Script().opened();
		script.join();
		script.look();
		expect(script.passes(2999).sent()).toEqual([]);
		expect(script.passes(1).sent()).toEqual([{ type: 'subscribe', room: 'r', userId: 'sam' }]);
		expect(script.session.status).toEqual({ state: 'connecting', attempt: 1 });
		script.says({ type: 'subscribed', room: 'r', sequence: 0 });
		expect(script.session.status).toMatchObject({ state: 'online', protocol: 'base' });
	});

	test('that answered is online since then, and connecting after a loss until it answers again', () => {
		const script = basedIn(0);
		expect(script.session.status).toMatchObject({ state: 'online', since: 4000 });
		script.closes().passes(500).based();
		expect(script.session.status).toEqual({ state: 'connecting', attempt: 2, offlineSince: 4000 });
		script.says({ type: 'subscribed', room: 'r', sequence: 0 }).closes();
		expect(script.session.status).toMatchObject({ state: 'waiting', offlineSince: 7500 });
	});

	test('is known at once by an error without a code', () => {
		const script = new Script().opened().says({ type: 'error', error: 'Invalid message format' });
		expect(script.session.status).toMatchObject({ state: 'online', protocol: 'base' });
	});

	test('that was only slow is taken for what it is when its welcome comes', () => {
		const script = basedIn(3);
		script.says(welcome('sam'));
		expect(script.session.status).toMatchObject({ state: 'online', protocol: 'v1' });
		const [first] = script.sent();
		expect(first).toMatchObject({ type: 'subscribe', history: 0 });
		const ref = first?.type === 'subscribe' ? (first.ref ?? '') : '';
		script.says({ type: 'subscribed', room: 'r', sequence: 5, ref, epoch: 'e', head: 5, oldest: 1 });
		expect(script.sent()[0]).toMatchObject({ type: 'subscribe', since: { epoch: 'e', sequence: 3 } });
	});

	test('is sent nothing that the base protocol does not have', () => {
		const script = new Script({ history: 5 }).based();
		script.input({ type: 'presence', state: 'away' });
		script.join();
		script.says({ type: 'subscribed', room: 'r', sequence: 0 });
		script.publish('hello');
		script.leave();
		const [hello, ...frames] = script.sent();
		expect(hello?.type).toBe('hello');
		expect(frames).toEqual([
			{ type: 'subscribe', room: 'r', userId: 'sam' },
			{ type: 'publish', room: 'r', sender: 'sam', content: 'hello' },
			{ type: 'unsubscribe', room: 'r' },
		]);
		expect(script.session.room('r')).toBeUndefined();
	});

	test('is pinged by the WebSocket itself', () => {
		const script = new Script({ pingMs: 5000 }).based();
		expect(script.look()).toContainEqual({ type: 'probe', link: 1 });
		script.says({ type: 'error', error: 'Invalid message format' });
		script.at += 7;
		script.input({ type: 'echo', link: 1 });
		expect(script.session.status).toMatchObject({ roundTripMs: 7 });
		expect(script.passes(10_000).session.status.state).toBe('waiting');
	});

	test('cannot list rooms; its members are those that presence told of', () => {
		const script = basedIn(0);
		script.request({ kind: 'rooms' });
		script.says(
			{ type: 'presence', userId: 'sam', action: 'join', timestamp: 1 },
			{ type: 'presence', userId: 'jo', action: 'join', timestamp: 2, room: 'r' },
			{ type: 'presence', userId: 'li', action: 'join', timestamp: 3 },
			{ type: 'presence', userId: 'li', action: 'leave', timestamp: 4 },
		);
		script.request({ kind: 'members', room: 'r' });
		// Nothing is said of a proof, so nothing is claimed.
		const member = { state: 'online' };
		expect(script.answers()).toEqual([
			'2: unsupported not_applied',
			`3: ${JSON.stringify([
				{ userId: 'sam', ...member, since: 1 },
				{ userId: 'jo', ...member, since: 2 },
			])}`,
		]);
	});

	test('that does not say the room of a presence has it passed on so when there are several', () => {
		const script = basedIn(0);
		script.join('other');
		script.says({ type: 'presence', userId: 'jo', action: 'join', timestamp: 2 });
		expect(script.look()).toContainEqual({
			type: 'presence',
			change: { userId: 'jo', action: 'join', state: 'online', timestamp: 2 },
		});
	});
});

describe('while no welcome came and nothing that only a base broker says', () => {
	const line = { cid: 'a', room: 'ops', nick: 'sam', content: 'kept', writtenAt: 1, sent: false };

	/** With a line that an earlier run left behind and one of this run, both for rooms that are not joined. */
	function guessing(): Script {
		const script = new Script({}, [line]);
		script.join();
		script.publish('hello', 'elsewhere', { tags: { a: 1 } });
		script.look();
		return script.based();
	}

	test('lines are held for rooms that are not joined, and leave when the welcome comes late', () => {
		const script = guessing().passes(9000);
		const types = script.look().map(({ type }) => type);
		expect(types).not.toContain('refused');
		expect(types).not.toContain('settle');
		expect(script.session.unsent.map(({ cid }) => cid)).toEqual(['a', 'c2']);
		script.says(welcome('sam'));
		expect(script.sent().flatMap((frame) => (frame.type === 'publish' ? [frame.cid] : []))).toEqual(['a', 'c2']);
	});

	test('the broker is asked once for what tells, and its answer decides', () => {
		const script = guessing();
		const asked = { type: 'get_history', room: 'ops' };
		const sent = script.passes(9000).sent();
		expect(sent.filter(({ type }) => type === 'get_history')).toEqual([asked]);
		script.says({ type: 'history', room: 'ops', messages: [] });
		const outputs = script.look();
		expect(outputs).toContainEqual({ type: 'forget', cid: 'a' });
		expect(outputs.flatMap((output) => (output.type === 'refused' ? [output.refused] : []))).toMatchObject([
			{ cid: 'a', code: 'not_subscribed', outcome: 'not_applied' },
			{ cid: 'c2', code: 'unsupported', outcome: 'not_applied' },
		]);
	});

	test('the broker is asked on each link anew, and not where an answer is due anyway', () => {
		const script = new Script();
		script.publish('hello');
		const asks = () =>
			script
				.based()
				.sent()
				.filter(({ type }) => type === 'get_history').length;
		expect([asks(), script.closes().passes(500), asks()]).toEqual([1, script, 1]);
		script.closes().join();
		expect([script.passes(1000), asks()]).toEqual([script, 0]);
	});

	test('questions wait for what the broker turns out to be', () => {
		for (const [proof, answers] of [
			[{ type: 'error', error: 'Invalid message format' }, ['1: unsupported not_applied', '2: []']],
			[welcome('sam'), []],
		] as const) {
			const script = new Script();
			script.request({ kind: 'rooms' });
			script.request({ kind: 'members', room: 'r' });
			expect(script.based().answers()).toEqual([]);
			script.says(proof);
			const outputs = script.look();
			const settled = outputs.flatMap((output) => (output.type === 'settle' ? [output] : []));
			expect(settled.map(({ id }) => `${id}`)).toEqual(answers.map((answer) => answer.slice(0, 1)));
			expect(outputs.some((output) => output.type === 'send' && output.frame.type === 'rooms')).toBe(
				proof.type === 'welcome',
			);
		}
	});

	test('what only a v1 broker says decides nothing', () => {
		const script = guessing();
		script.says(
			{ type: 'error', error: 'Later', code: 'unavailable' },
			{ type: 'history', room: 'ops', messages: [], epoch: 'e' },
		);
		expect(script.session.unsent.length).toBe(2);
		expect(script.session.status.state).toBe('connecting');
	});
});

describe('joining on a base broker', () => {
	test('begins with the wanted part of its history', () => {
		const script = new Script({ history: 2 }).based();
		script.join();
		script.says({ type: 'subscribed', room: 'r', sequence: 4 });
		expect(script.sent()).toContainEqual({ type: 'get_history', room: 'r' });
		script.says(message(5), history(1, 2, 3, 4));
		expect(shown(script)).toEqual([3, 4, 5]);
		expect(script.session.room('r')).toMatchObject({ phase: 'live', first: 2, position: 5 });
	});

	test('does without when no history comes', () => {
		const script = new Script({ history: 2, requestMs: 1000 }).based();
		script.join();
		script.says({ type: 'subscribed', room: 'r', sequence: 4 }, message(5));
		expect(shown(script.passes(1000))).toEqual([5]);
	});

	test('after a number gives what is kept and names what is not', () => {
		const script = new Script().based();
		script.join('r', { after: 1 });
		script.says({ type: 'subscribed', room: 'r', sequence: 5 }, history(4, 5));
		expect(shown(script)).toEqual(['lost 2-3', 4, 5]);
	});
});

describe('order on a base broker', () => {
	test('is repaired from its history', () => {
		const script = basedIn(0);
		script.says(message(2));
		expect(script.passes(250).sent()).toContainEqual({ type: 'get_history', room: 'r' });
		script.says(history(1, 2));
		expect(shown(script)).toEqual([1, 2]);
	});

	test('after a return is closed from its history, with the exact count', () => {
		const script = basedIn(3).closes().passes(500).based();
		script.look();
		script.says({ type: 'subscribed', room: 'r', sequence: 7 });
		expect(script.sent()).toContainEqual({ type: 'get_history', room: 'r' });
		script.says(history(5, 6, 7));
		expect(shown(script)).toEqual(['lost 4-4', 'missed 3', 5, 6, 7, 'caught_up']);
	});

	test('begins anew when its numbers do, with what it has by then', () => {
		const script = basedIn(9).closes().passes(500).based();
		script.look();
		script.says({ type: 'subscribed', room: 'r', sequence: 2 }, history(1, 2));
		expect(shown(script)).toEqual(['epoch', 'missed 2', 1, 2, 'caught_up']);
	});

	test('follows an unasked subscribed', () => {
		const script = basedIn(3);
		script.says({ type: 'subscribed', room: 'r', sequence: 5 });
		script.passes(250).says(history(5));
		script.says(message(6));
		expect(shown(script)).toEqual(['lost 4-4', 5, 6]);
	});
});

describe('publishing on a base broker', () => {
	test('resolves when the message comes back, each by its own', () => {
		const script = basedIn(0);
		script.publish('same');
		script.publish('same');
		script.says(
			message(1, { sender: 'jo', content: 'same' }),
			message(2, { sender: 'sam', content: 'same' }),
			message(3, { sender: 'sam', content: 'same' }),
		);
		expect(script.answers().map((answer) => /"sequence":\d/.exec(answer)?.[0])).toEqual([
			'"sequence":2',
			'"sequence":3',
		]);
	});

	test('recognises what the broker has cleaned', () => {
		const script = basedIn(0);
		script.publish('tab\there\r\nnext ');
		script.says(message(1, { sender: 'sam', content: 'tab    here\nnext' }));
		expect(script.session.unsent).toEqual([]);
	});

	test('is given up when it does not come back, with the outcome unknown', () => {
		const script = basedIn(0, { requestMs: 1000 });
		script.publish('lost');
		expect(script.passes(1000).answers()).toEqual(['2: timeout unknown']);
	});

	test('is not answered by an error that guesses what it was sent under', () => {
		const script = basedIn(0, { requestMs: 1000 });
		script.publish('hello');
		for (const guess of [{ ref: 'p1' }, { cid: 'c2' }]) {
			script.says({ type: 'error', error: 'No', code: 'unavailable', outcome: 'unknown', ...guess });
		}
		expect(script.notices()).toEqual(['unavailable: No', 'unavailable: No']);
		expect(script.passes(1000).answers()).toEqual(['2: timeout unknown']);
	});

	test('cannot be discarded once it went out, even when the step that is to discard it gives it up', () => {
		const script = basedIn(0, { requestMs: 1000 });
		script.publish('lost');
		script.at += 1000;
		expect(script.session.canDiscard('c2')).toBe(false);
		expect(script.input({ type: 'discard', cid: 'c2' }).answers()).toEqual(['2: timeout unknown']);
	});

	test('is not repeated after a return when what was missed shows that it had arrived', () => {
		const script = basedIn(3);
		script.publish('hello');
		script.closes().passes(500).based();
		script.look();
		script.says({ type: 'subscribed', room: 'r', sequence: 4 });
		expect(script.sent().some(({ type }) => type === 'publish')).toBe(false);
		const { type: _, ...mine } = message(4, { sender: 'sam', content: 'hello' });
		script.says({ type: 'history', room: 'r', messages: [mine] });
		expect(script.session.unsent).toEqual([]);
		expect(script.sent().some(({ type }) => type === 'publish')).toBe(false);
	});

	test('is repeated after a return when it had not arrived', () => {
		const script = basedIn(3);
		script.publish('hello');
		script.closes().passes(500).based();
		script.look();
		script.says({ type: 'subscribed', room: 'r', sequence: 3 });
		expect(script.sent().map(({ type }) => type)).toEqual(['publish']);
	});

	test('is kept with where the room stood, and not repeated by the next run when it is among what came after', () => {
		const first = new Script({}, []).based();
		first.join();
		first.says({ type: 'subscribed', room: 'r', sequence: 2 });
		first.publish('hello');
		const [kept] = first.look().flatMap((output) => (output.type === 'keep' ? [output.parcel] : []));
		expect(kept).toMatchObject({ content: 'hello', sent: true, bareAfter: 2 });
		const page = [2, 3].map((sequence) => {
			const { type: _, ...mine } = message(sequence, { sender: 'sam', content: 'hello' });
			return mine;
		});
		for (const [count, outcome] of [
			[2, ['forget c2']],
			[1, ['publish hello']],
		] as const) {
			const script = new Script({ history: 9 }, kept && [kept]).based();
			script.join();
			script.says({ type: 'subscribed', room: 'r', sequence: count + 1 });
			script.look();
			script.says({ type: 'history', room: 'r', messages: page.slice(0, count) });
			const done = script.look().flatMap((output) => {
				if (output.type === 'send' && output.frame.type === 'publish') {
					return [`publish ${output.frame.content}`];
				}
				return output.type === 'forget' ? [`forget ${output.cid}`] : [];
			});
			expect(done).toEqual(outcome);
		}
	});

	test('needs the room to be joined, and cannot carry more than text', () => {
		const script = basedIn(0);
		script.publish('hello', 'elsewhere');
		script.publish('hello', 'r', { tags: { a: 1 } });
		expect(script.answers()).toEqual(['2: not_subscribed not_applied', '3: unsupported not_applied']);
	});
});

test('a page of history is cut from what a base broker gives', () => {
	const script = basedIn(9);
	script.request({ kind: 'history', room: 'r', query: { after: 5, before: 9, limit: 2 } });
	script.says(history(4, 5, 6, 7, 8, 9));
	const [answer] = script.answers();
	expect(JSON.parse(answer?.slice(3) ?? '')).toMatchObject({
		messages: [{ sequence: 7 }, { sequence: 8 }],
		complete: false,
	});
});
