import { describe, expect, test } from 'vitest';
import type { ClientOptions } from '../../src/client/options.ts';
import type { Output } from '../../src/client/step.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { message, published, Script } from './script.ts';

/** In these rooms of a v1 broker, each at head 0; the token of room `a` is `token-a`. */
function inRooms(rooms: readonly string[], options: Partial<ClientOptions> = {}): Script {
	const script = new Script({ causal: true, ...options }).welcomed();
	for (const room of rooms) {
		script.join(room);
		script.says(subscribed(room, script.refOf('subscribe')));
	}
	script.look();
	return script;
}

function subscribed(room: string, ref: string, more = {}): FromBroker {
	return {
		...{ type: 'subscribed', room, sequence: 0, ref, epoch: 'e', head: 0, oldest: 1, token: `token-${room}` },
		...more,
	};
}

/** The n-th message of a room, by somebody who had seen these: `'b3'` is the third of room `b`. */
function says(room: string, sequence: number, ...seen: readonly string[]): FromBroker {
	const after = seen.map(cause);
	return message(sequence, { room, id: `${room}${sequence}`, ...(after.length > 0 && { after }) });
}

function cause(place: string) {
	return { token: `token-${place.slice(0, 1)}`, epoch: 'e', sequence: Number(place.slice(1)) };
}

/** What was given, as `a1`, or as `a1 late`. */
function given(outputs: readonly Output[]): readonly string[] {
	return outputs.flatMap((output) =>
		output.type === 'deliver'
			? output.items.map((item) =>
					item.kind === 'message'
						? `${output.room}${item.message.sequence}${item.late === true ? ' late' : ''}`
						: `${output.room} ${item.kind}`,
				)
			: [],
	);
}

/** What the last publish said. */
function lastPublish(script: Script) {
	return script.sent().findLast((frame) => frame.type === 'publish');
}

describe('a publish', () => {
	test('says where its author stands in other rooms, those with news first', () => {
		const script = inRooms(['a', 'b', 'c']);
		script.says(says('c', 1), says('a', 1), says('b', 1), says('a', 2));
		script.publish('hello', 'c');
		expect(lastPublish(script)).toMatchObject({ after: [cause('a2'), cause('b1')] });
		script.says(says('b', 2));
		script.publish('hello', 'c');
		expect(lastPublish(script)).toMatchObject({ after: [cause('b2'), cause('a2')] });
	});

	test('names at most eight rooms', () => {
		const names = [...'abcdefghij'];
		const script = inRooms(names);
		script.says(...names.map((room) => says(room, 1)));
		script.publish('hello', 'a');
		expect(lastPublish(script)).toMatchObject({ after: [...'jihgfedc'].map((room) => cause(`${room}1`)) });
	});

	test('says nothing of rooms in which nothing was seen, of messages that wait, and of rooms that were left', () => {
		const script = inRooms(['a', 'b', 'c']);
		script.publish('hello', 'a');
		expect(lastPublish(script)).not.toHaveProperty('after');
		script.says(says('b', 1, 'c1'));
		script.publish('hello', 'a');
		expect(lastPublish(script)).not.toHaveProperty('after');
		script.says(says('c', 1));
		script.leave('c');
		script.publish('hello', 'a');
		expect(lastPublish(script)).toMatchObject({ after: [cause('b1')] });
	});

	test('comes after what its own author said elsewhere, as soon as that has its place', () => {
		const script = inRooms(['a', 'b']);
		script.publish('first', 'a');
		script.says(published('c3', 1, { room: 'a' }));
		script.publish('second', 'b');
		expect(lastPublish(script)).toMatchObject({ content: 'second', after: [cause('a1')] });
	});

	test('says the same when it is sent again, whatever was seen since', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('b', 1));
		script.publish('hello', 'a');
		script.says(says('b', 2));
		const sent = lastPublish(script);
		script.closes().passes(500).welcomed();
		const refs = script.sent().flatMap((frame) => (frame.type === 'subscribe' ? [[frame.room, frame.ref]] : []));
		for (const [room = '', ref = ''] of refs) {
			script.says(subscribed(room, ref, room === 'b' ? { sequence: 2, head: 2 } : {}));
		}
		const again = lastPublish(script);
		expect(again).toEqual({ ...sent, ref: again?.ref });
		expect(again).toMatchObject({ after: [cause('b1')] });
	});

	test('that waits for a link keeps it in the store', () => {
		const script = new Script({ causal: true }, []).welcomed();
		for (const room of ['a', 'b']) {
			script.join(room);
			script.says(subscribed(room, script.refOf('subscribe')));
		}
		script.says(says('b', 1)).closes();
		script.look();
		script.publish('hello', 'a');
		const kept = script.look().flatMap((output) => (output.type === 'keep' ? [output.parcel] : []));
		expect(kept).toMatchObject([{ content: 'hello', after: [cause('b1')] }]);
		const heir = new Script({ causal: true }, kept).welcomed();
		expect(lastPublish(heir)).toMatchObject({ content: 'hello', after: [cause('b1')] });
	});

	test('begins anew with the epoch of a room', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('b', 1), { type: 'reset', room: 'b', epoch: 'f', sequence: 0 });
		script.publish('hello', 'a');
		expect(lastPublish(script)).not.toHaveProperty('after');
		script.says(message(1, { room: 'b', id: 'another' }));
		script.publish('hello', 'a');
		expect(lastPublish(script)).toMatchObject({ after: [{ ...cause('b1'), epoch: 'f' }] });
	});
});

describe('a publish after a room went on in another epoch without a word', () => {
	const moved = (script: Script, room: string, sequence: number) => {
		script.closes().passes(500).welcomed();
		for (const { room: asked, ref = '' } of script.sent().filter((frame) => frame.type === 'subscribe')) {
			const more = asked === room ? { sequence, head: sequence, recovered: 'full', epoch: 'f' } : {};
			script.says(subscribed(asked, ref, more));
		}
	};

	test('names what was seen by the new name', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('b', 1), says('b', 2));
		moved(script, 'b', 2);
		script.publish('hello', 'a');
		expect(lastPublish(script)).toMatchObject({ after: [{ ...cause('b2'), epoch: 'f' }] });
	});

	test('does not name a place of its own that had not come round: it may be no more', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('b', 1));
		script.publish('mine', 'b');
		script.says(published('c3', 5, { room: 'b' }));
		moved(script, 'b', 1);
		script.publish('hello', 'a');
		expect(lastPublish(script)).toMatchObject({ content: 'hello', after: [{ ...cause('b1'), epoch: 'f' }] });
	});
});

describe('a message that its author said after another room had come somewhere', () => {
	test('waits for that, with all behind it, and is given right after it', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('a', 1), says('a', 2, 'b2'), says('a', 3), says('b', 1));
		expect(given(script.look())).toEqual(['a1', 'b1']);
		expect(script.session.room('a')).toMatchObject({ position: 1, head: 3, waiting: 2 });
		script.says(says('b', 2));
		expect(given(script.look())).toEqual(['b2', 'a2', 'a3']);
		expect(script.session.room('a')).not.toHaveProperty('waiting');
		expect(script.session.room('a')).toMatchObject({ position: 3 });
	});

	test('is given after two seconds all the same, and is marked as late', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('a', 1, 'b1'), says('a', 2));
		expect(given(script.passes(1999).look())).toEqual([]);
		expect(given(script.passes(1).look())).toEqual(['a1 late', 'a2']);
		script.says(says('b', 1));
		expect(given(script.look())).toEqual(['b1']);
	});

	test('waits from when it came, not from when those before it were given', () => {
		const script = inRooms(['a', 'b']);
		script
			.says(says('a', 1, 'b1'))
			.passes(1500)
			.says(says('a', 2, 'b2'));
		expect(given(script.passes(500).look())).toEqual(['a1 late']);
		expect(given(script.passes(1499).look())).toEqual([]);
		expect(given(script.passes(1).look())).toEqual(['a2 late']);
	});

	test('waits as long as was asked for, and not at all for 0 ms', () => {
		const patient = inRooms(['a', 'b'], { causalMs: 5000 });
		patient.says(says('a', 1, 'b1'));
		expect(given(patient.passes(4999).look())).toEqual([]);
		expect(given(patient.passes(1).look())).toEqual(['a1 late']);
		const hasty = inRooms(['a', 'b'], { causalMs: 0 });
		expect(given(hasty.says(says('a', 1, 'b1')).look())).toEqual(['a1 late']);
	});

	test('does not wait for rooms that are not followed, for its own room, or for another epoch', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('a', 1, 'x7', 'a9'));
		const after = [{ token: 'token-b', epoch: 'other', sequence: 9 }];
		script.says(message(2, { room: 'a', id: 'a2', after }));
		expect(given(script.look())).toEqual(['a1', 'a2']);
	});

	const passings: readonly (readonly [string, (script: Script) => void, readonly string[]])[] = [
		['is lost', (script) => script.says({ ...gap, from: 1, to: 3 }), ['b lost', 'a1']],
		['is passed over', (script) => script.says({ type: 'position', room: 'b', epoch: 'e', sequence: 3 }), ['a1']],
		[
			'is of an epoch that is over',
			(script) => script.says({ type: 'reset', room: 'b', epoch: 'f', sequence: 0 }),
			['b epoch', 'a1'],
		],
		['is of a room that was left', (script) => script.leave('b'), ['a1']],
		[
			'is of a room from which this person was removed',
			(script) => script.says({ type: 'unsubscribed', room: 'b', reason: 'kicked' }),
			['a1'],
		],
	];
	for (const [what, happens, expected] of passings) {
		test(`does not wait any longer when that ${what}`, () => {
			const script = inRooms(['a', 'b']);
			script.says(says('a', 1, 'b3'));
			expect(given(script.look())).toEqual([]);
			happens(script);
			expect(given(script.look())).toEqual(expected);
		});
	}

	test('does not wait for numbers that were passed over before something that waits itself', () => {
		const script = inRooms(['a', 'b', 'c']);
		// In b, #2 is not for this reader, and #3 waits for a1, which waits for b2.
		script.says(says('b', 1), message(3, { room: 'b', id: 'b3', prev: 1, after: [cause('a1')] }));
		script.says(says('a', 1, 'b2'));
		expect(given(script.look())).toEqual(['b1', 'a1', 'b3']);
	});

	test('is given at once, the one that came first, when several wait for each other', () => {
		const script = inRooms(['a', 'b', 'c', 'd']);
		script.says(says('d', 1, 'a1'), says('b', 1, 'a1')).passes(10);
		script.says(says('a', 1, 'c1')).passes(10);
		expect(given(script.look())).toEqual([]);
		script.says(says('c', 1, 'b1'));
		expect(given(script.look())).toEqual(['b1 late', 'c1', 'a1', 'd1']);
	});

	test('is given when more wait behind it than may be held', () => {
		const script = inRooms(['a', 'b'], { maxHeld: 3 });
		script.says(says('a', 1, 'b1'), says('a', 2), says('a', 3, 'b1'));
		expect(given(script.look())).toEqual([]);
		script.says(says('a', 4));
		expect(given(script.look())).toEqual(['a1 late', 'a2']);
		expect(script.session.room('a')).toMatchObject({ position: 2, waiting: 2 });
	});

	test('is not acknowledged, nor counted as where this person stands, before it is given', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('a', 1), says('a', 2, 'b1'));
		const statuses = script.look().flatMap((output) => (output.type === 'room' ? [output.status] : []));
		expect(statuses.map(({ room, position }) => `${room}${position}`)).toEqual(['a1', 'a1']);
		const acks = () =>
			script.sent().flatMap((frame) => (frame.type === 'ack' ? [`${frame.room}${frame.sequence}`] : []));
		script.passes(1000);
		expect(acks()).toEqual(['a1']);
		script.passes(2000);
		expect(acks()).toEqual(['a2']);
	});

	test('is not acknowledged with a number of a later epoch while numbers of before wait', () => {
		const script = inRooms(['a', 'b']);
		script.says(
			says('a', 1),
			says('a', 2, 'b1'),
			{ type: 'reset', room: 'a', epoch: 'f', sequence: 0 },
			message(1, { room: 'a', id: 'another' }),
		);
		expect(given(script.look())).toEqual(['a1']);
		expect(script.session.room('a')).toMatchObject({ epoch: 'e', position: 1 });
		expect(
			script
				.passes(1500)
				.sent()
				.filter(({ type }) => type === 'ack'),
		).toEqual([]);
		expect(given(script.passes(500).look())).toEqual(['a2 late', 'a epoch', 'a1']);
		expect(script.session.room('a')).toMatchObject({ epoch: 'f', position: 1 });
	});

	test('is not given any more when its room is left, and its number stays open', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('a', 1), says('a', 2, 'b1'));
		script.look();
		script.leave('a');
		const outputs = script.passes(3000).look();
		expect(given(outputs)).toEqual([]);
		const statuses = outputs.flatMap((output) => (output.type === 'room' ? [output.status] : []));
		expect(statuses).toMatchObject([{ room: 'a', phase: 'left', position: 1 }]);
	});

	test('waits over a lost link, for what the next one brings', () => {
		const script = inRooms(['a', 'b']);
		script
			.says(says('a', 1, 'b1'))
			.closes()
			.passes(500)
			.welcomed();
		const asked = script.sent().flatMap((frame) => (frame.type === 'subscribe' ? [frame] : []));
		expect(asked).toMatchObject([
			{ room: 'a', since: { sequence: 1 } },
			{ room: 'b', since: { sequence: 0 } },
		]);
		for (const { room, ref = '' } of asked) {
			const sequence = room === 'a' ? 1 : 0;
			script.says(subscribed(room, ref, { sequence, head: 1, recovered: 'full' }));
		}
		script.says(says('b', 1));
		expect(given(script.look())).toEqual(['b resumed', 'b1', 'b caught_up', 'a1']);
	});

	test('waits for nobody after the broker came back with other tokens', () => {
		const script = inRooms(['a', 'b']);
		script.closes().passes(500).welcomed();
		for (const frame of script.sent()) {
			if (frame.type === 'subscribe') {
				script.says(subscribed(frame.room, frame.ref ?? '', { token: `new-${frame.room}` }));
			}
		}
		script.says(says('a', 1, 'b1'));
		expect(given(script.look())).toEqual(['a1']);
		script.publish('hello', 'b');
		expect(lastPublish(script)).toMatchObject({ after: [{ token: 'new-a', epoch: 'e', sequence: 1 }] });
	});

	test('is not given after the client was closed', () => {
		const script = inRooms(['a', 'b']);
		script.says(says('a', 1, 'b1')).input({ type: 'close' });
		expect(given(script.passes(3000).look())).toEqual([]);
	});
});

const gap = { type: 'gap', room: 'b', epoch: 'e', reason: 'trimmed' } as const;

describe('without `causal`', () => {
	test('nothing waits for other rooms, and a publish says nothing of them', () => {
		const script = inRooms(['a', 'b'], { causal: false });
		script.says(says('a', 1, 'b1'), says('b', 1));
		expect(given(script.look())).toEqual(['a1', 'b1']);
		script.publish('hello', 'b');
		expect(lastPublish(script)).not.toHaveProperty('after');
	});

	test('what is given is the same as with it, where nobody says what came before', () => {
		const told = [false, true].map((causal) => {
			const script = inRooms(['a', 'b'], { causal });
			script.says(says('a', 1), says('b', 2), says('a', 3), says('b', 1), says('a', 2), { ...gap, from: 3, to: 4 });
			script.passes(3000).says(says('b', 5)).passes(3000);
			return script.look();
		});
		expect(told[1]).toEqual(told[0]);
	});
});

test('on a base broker nothing is said of other rooms', () => {
	const script = new Script({ causal: true }).based();
	for (const room of ['a', 'b']) {
		script.join(room);
		script.says({ type: 'subscribed', room, sequence: 0 });
	}
	script.says(says('b', 1));
	script.publish('hello', 'a');
	expect(lastPublish(script)).toEqual({ type: 'publish', room: 'a', sender: 'sam', content: 'hello' });
});
