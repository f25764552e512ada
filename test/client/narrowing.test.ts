import { describe, expect, test } from 'vitest';
import { checkJoin } from '../../src/client/arguments.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { message, Script } from './script.ts';

const filter = { field: 'tags.level', op: 'eq', value: 'error' } as const;
const other = { field: 'tags.level', op: 'eq', value: 'info' } as const;

function subscribed(script: Script, sequence: number, more: object = {}): FromBroker {
	const ref = script.refOf('subscribe');
	return { ...{ type: 'subscribed', room: 'r', sequence, ref, epoch: 'e', head: sequence }, ...more };
}

const error = { tags: { level: 'error' } };
const info = { tags: { level: 'info' } };

const position = (sequence: number, prev: number): FromBroker => ({
	type: 'position',
	room: 'r',
	epoch: 'e',
	sequence,
	prev,
});

/** In the room with the filter, at this number. */
function joined(sequence: number, options = {}): Script {
	const script = new Script().welcomed();
	script.look();
	script.join('r', { filter, ...options });
	script.says(subscribed(script, sequence));
	script.look();
	return script;
}

const shown = (script: Script) =>
	script.items().map((item) => (item.kind === 'message' ? item.message.sequence : item.kind));
const subscribes = (script: Script) => script.sent().filter(({ type }) => type === 'subscribe');

describe('a room that is followed with a filter', () => {
	test('is subscribed to with it on every link, and where it stands counts what was passed', () => {
		const script = joined(3);
		script.says(message(5, { prev: 3, ...error }), position(9, 5));
		expect([shown(script), script.session.room('r')]).toMatchObject([[5], { position: 9, filter }]);
		script.closes().passes(500).welcomed();
		expect(subscribes(script)).toMatchObject([{ filter, since: { epoch: 'e', sequence: 9 } }]);
	});

	test('tells the broker of numbers that were passed as of those that were shown', () => {
		const script = joined(0);
		script.says(message(1, { prev: 0, ...error }), position(70, 1));
		const acks = script.sent().filter(({ type }) => type === 'ack');
		expect(acks).toEqual([{ type: 'ack', room: 'r', epoch: 'e', sequence: 70 }]);
	});

	test('is subscribed to anew from where it stands when something that matches is missing', () => {
		const script = joined(0);
		script.says(message(9, { prev: 5 })).passes(250);
		expect(subscribes(script)).toMatchObject([{ filter, since: { epoch: 'e', sequence: 0 } }]);
	});

	test('does not take its own publish that does not match for something that is missing', () => {
		const script = joined(0);
		script.publish('hello');
		const published = { cid: 'c2', room: 'r', id: 'i', sequence: 1, epoch: 'e', timestamp: 0 };
		script.says({ type: 'published', ...published, duplicate: false, durability: 'memory' });
		script.look();
		script.passes(5000);
		expect(subscribes(script)).toEqual([]);
	});

	test('that is joined by another filter goes on with that, and takes nothing more by the one before', () => {
		const script = joined(3);
		script.says(message(9, { prev: 7 }));
		script.join('r', { filter: other });
		const [again] = subscribes(script);
		expect(again).toMatchObject({ filter: other, since: { epoch: 'e', sequence: 3 } });
		script.says(message(7, { prev: 3 }), position(8, 7));
		const ref = again?.type === 'subscribe' ? again.ref : '';
		script.says(
			{ type: 'subscribed', room: 'r', sequence: 3, ref, epoch: 'e', head: 9 },
			message(4, { prev: 3, ...info }),
		);
		script.says(position(9, 4));
		expect(shown(script)).toEqual([4]);
		expect(script.session.room('r')).toMatchObject({ position: 9, filter: other });
	});

	test('that is joined by another filter leaves out nothing that the one before did not let through', () => {
		const script = joined(3);
		// By the filter of before, 9 is the next after 5; by the other one, 7 is between them.
		script.says(message(9, { prev: 5, ...info }));
		script.join('r', { filter: other });
		const [again] = subscribes(script);
		const ref = again?.type === 'subscribe' ? again.ref : '';
		script.says({ type: 'subscribed', room: 'r', sequence: 3, ref, epoch: 'e', head: 9 });
		for (const [sequence, prev] of [
			[5, 3],
			[7, 5],
			[9, 7],
		] as const) {
			script.says(message(sequence, { prev, ...info }));
		}
		expect(shown(script)).toEqual([5, 7, 9]);
	});

	test('that is joined by another filter gives nothing any more that waited by the one before', () => {
		const script = new Script({ causal: true }).welcomed();
		const enters = (room: string) => script.says(subscribed(script, 0, { room, token: `token-${room}` }));
		script.join('a');
		enters('a');
		script.join('r', { filter });
		enters('r');
		const after = [{ token: 'token-a', epoch: 'e', sequence: 1 }];
		script.says(message(1, { prev: 0, after, ...error }));
		script.join('r', { filter: other });
		const [again] = subscribes(script);
		expect(again).toMatchObject({ room: 'r', filter: other });
		const ref = again?.type === 'subscribe' ? again.ref : '';
		script.says({ type: 'subscribed', room: 'r', sequence: 1, ref, epoch: 'e', head: 2, token: 'token-r' });
		script.says(message(2, { prev: 1, ...info }));
		expect(shown(script)).toEqual([]);
		script.passes(3000);
		expect(shown(script)).toEqual([2]);
		expect(script.session.room('r')?.position).toBe(2);
	});

	test('that is joined without one gets everything from where it stands', () => {
		const script = joined(3);
		script.join('r');
		const [again] = subscribes(script);
		expect(again).not.toHaveProperty('filter');
		const ref = again?.type === 'subscribe' ? again.ref : '';
		script.says({ type: 'subscribed', room: 'r', sequence: 3, ref, epoch: 'e', head: 4 }, message(4));
		expect([shown(script), script.session.room('r')?.filter]).toEqual([[4], undefined]);
	});

	test('that is joined by the same one again stays as it is', () => {
		const script = joined(3);
		script.join('r', { filter: { ...filter } });
		expect(subscribes(script)).toEqual([]);
	});

	test('gets what matches also from a v1 broker that knows no filters', () => {
		const script = joined(0);
		script.says(message(1), message(2, error), message(3));
		expect([shown(script), script.session.room('r')?.position]).toEqual([[2], 3]);
	});
});

describe('on a base broker', () => {
	function based(head: number): Script {
		const script = new Script().based();
		script.join('r', { filter: { field: 'content', op: 'contains', value: '7' } });
		script.says({ type: 'subscribed', room: 'r', sequence: head });
		return script;
	}

	test('what does not match is left out here, and a notice says so once', () => {
		const script = based(5);
		script.says(message(6), message(7, { content: 'seven: 7' }));
		const outputs = script.look();
		const notices = outputs.flatMap((output) => (output.type === 'notice' ? [output.notice] : []));
		expect(notices).toMatchObject([{ level: 'info', room: 'r', text: expect.stringContaining('cannot filter') }]);
		const items = outputs.flatMap((output) => (output.type === 'deliver' ? output.items : []));
		expect(items).toMatchObject([{ kind: 'message', message: { sequence: 7 } }]);
		expect(script.session.room('r')?.position).toBe(7);
		script.closes().passes(500).based();
		script.says({ type: 'subscribed', room: 'r', sequence: 7 });
		expect(script.notices()).toEqual([]);
	});

	test('a publish is known to be numbered also when it does not match', () => {
		const script = based(0);
		script.publish('hello');
		script.look();
		script.says(message(1, { sender: 'sam', content: 'hello' }));
		const outputs = script.look();
		expect(outputs.some(({ type }) => type === 'deliver')).toBe(false);
		expect(outputs).toContainEqual(
			expect.objectContaining({ type: 'settle', result: expect.objectContaining({ ok: true }) }),
		);
	});
});

describe('a filter that a program gives', () => {
	test('is refused at the call with what was expected', () => {
		const bad = { field: 'level', op: 'eq', value: 'error' } as never;
		expect(() => checkJoin({ filter: bad })).toThrow(
			'`filter`: field: Expected sender, verified, content or tags. and a name, got "level"',
		);
		expect(() => checkJoin({ filter: null as never })).toThrow('Expected a filter');
	});

	test('is sent with its own members alone', () => {
		expect(checkJoin({ filter: { value: 'error', op: 'eq', field: 'tags.level' } })).toEqual({ filter });
	});
});
