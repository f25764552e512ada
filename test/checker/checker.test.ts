import { describe, expect, test } from 'vitest';
import type { RoomItem } from '../../src/client/client.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { Checker, type CheckerOptions, type Entry, type Observation } from './checker.ts';

/** The n-th message of room `r`; its publish had the cid `c<n>`. */
function entry(sequence: number, what = sequence): Entry {
	return { id: `i${what}`, sender: 'ada', content: `text ${what}`, cid: `c${what}`, sequence, timestamp: 1000 };
}

function intended(what: number, client = 'ada'): Observation {
	return { type: 'intended', client, room: 'r', cid: `c${what}`, content: `text ${what}` };
}

function acked(what: number, sequence = what, epoch = 'e'): Observation {
	return { type: 'acked', client: 'ada', room: 'r', cid: `c${what}`, epoch, sequence };
}

function refused(what: number): Observation {
	return { type: 'refused', client: 'ada', room: 'r', cid: `c${what}`, code: 'empty', outcome: 'not_applied' };
}

/** The broker reads and answers tries of the n-th publish, on a connection of its sender. */
function tries(what: number, ref: string, connection = 'k1'): Observation {
	const publish = { type: 'publish', room: 'r', sender: 'ada', content: `text ${what}`, cid: `c${what}`, ref };
	return { type: 'heard', connection, frame: publish };
}

function published(what: number, ref: string, more: { readonly duplicate?: boolean; readonly sequence?: number } = {}) {
	const { id, cid = '', timestamp = 0 } = entry(what);
	return wrote({
		...{ type: 'published', room: 'r', ref, cid, id, sequence: what, epoch: 'e', timestamp },
		...{ duplicate: false, durability: 'fsync', ...more },
	});
}

function refusesTry(what: number, ref: string, code: 'unavailable' | 'rate_limited' | 'out_of_order' | 'empty') {
	return wrote({ type: 'error', error: '', code, room: 'r', ref, cid: `c${what}`, outcome: 'not_applied' });
}

function provoked(what: number, code = 'empty'): Observation {
	return { type: 'provoked', cid: `c${what}`, code };
}

function committed(...entries: readonly Entry[]): Observation {
	return { type: 'committed', room: 'r', epoch: 'e', entries };
}

function stored(
	entries: readonly Entry[],
	more: { readonly oldest?: number; readonly epoch?: string } = {},
): Observation {
	const head = entries.at(-1)?.sequence ?? 0;
	return { type: 'stored', room: 'r', epoch: 'e', head, oldest: 1, gone: [], entries, ...more };
}

function wrote(frame: FromBroker, connection = 'k1'): Observation {
	return { type: 'wrote', connection, frame };
}

function message(sequence: number, what = sequence): FromBroker & { readonly type: 'message' } {
	return { type: 'message', room: 'r', timestamp: 1000, ...entry(sequence, what) };
}

function subscribed(sequence: number, room = 'r'): FromBroker {
	return { type: 'subscribed', room, sequence, epoch: 'e' };
}

function welcome(id: string): FromBroker {
	return {
		...{ type: 'welcome', v: 1, server: { name: 'natter', version: '0' }, node: 'n', connection: 'k', session: 's' },
		...{ sessionTtlMs: 0, user: { id, verified: false, role: 'guest' }, time: 0, durability: 'fsync', limits: {} },
		...{ heartbeat: { intervalMs: 1, timeoutMs: 1 }, resumed: false },
	};
}

function joined(sequence: number): Observation {
	return { type: 'joined', client: 'bob', room: 'r', epoch: 'e', sequence };
}

function shown(item: RoomItem, epoch = 'e'): Observation {
	return { type: 'shown', client: 'bob', room: 'r', epoch, item };
}

function showsMessage(sequence: number, what = sequence, epoch = 'e'): Observation {
	const { type: _, ...fields } = message(sequence, what);
	return shown({ kind: 'message', message: fields, old: false }, epoch);
}

function rests(position: number, epoch = 'e'): Observation {
	return { type: 'rests', client: 'bob', room: 'r', epoch, position };
}

/** The invariants that a history breaks. */
function broken(history: readonly Observation[], options?: CheckerOptions): readonly string[] {
	const checker = new Checker(options);
	for (const observation of history) {
		// As it comes from another process.
		checker.observe(JSON.parse(JSON.stringify(observation)) as Observation);
	}
	return [...new Set(checker.finish().map(({ invariant }) => invariant))];
}

const two = [entry(1), entry(2)];
const lost = (from: number, to: number, reason: 'trimmed' | 'timeout' = 'trimmed') =>
	shown({ kind: 'lost', from, to, reason });

test('a history in which all is well breaks nothing', () => {
	const history = [
		...[intended(1), intended(2), intended(3)],
		...[committed(entry(1)), acked(1), committed(entry(2)), acked(2), provoked(3), refused(3)],
		...[wrote(welcome('bob')), wrote(subscribed(0)), wrote(message(1)), wrote(message(2))],
		...[joined(0), showsMessage(1), showsMessage(2), stored(two), rests(2)],
		{ type: 'measured', what: 'window', value: 512, bound: 512 } as const,
	];
	expect(broken(history)).toEqual([]);
});

test('a violation says in a sentence which numbers are wrong', () => {
	const checker = new Checker();
	checker.observe(wrote(subscribed(4)));
	checker.observe(wrote(message(6)));
	expect(checker.violations.map(({ message: text }) => text)).toEqual([
		'I2: k1: r #6 came where #5 was to come (after a reader was told its place, it gets the next numbers in order ' +
			'until a frame names another place)',
	]);
});

describe('I1', () => {
	test('is broken by a hole in what is committed', () => {
		expect(broken([committed(entry(1)), committed(entry(3))])).toEqual(['I1']);
	});

	test('is broken by a number with another content', () => {
		expect(broken([wrote(subscribed(0)), wrote(message(1)), stored([entry(1, 7)])])).toEqual(['I1']);
	});

	test('is broken by a head that goes back', () => {
		expect(broken([committed(...two), stored([entry(1)])])).toEqual(['I1']);
	});

	test('is broken by a kept range with a number that is neither kept nor named', () => {
		expect(broken([stored([entry(1), entry(3)])])).toEqual(['I1']);
	});

	test('holds when an older copy goes on in another epoch', () => {
		const history: Observation[] = [
			committed(...two),
			{ type: 'restored', room: 'r', from: 'e', to: 'f', kept: 1 },
			{ type: 'committed', room: 'r', epoch: 'f', entries: [entry(2, 9)] },
			stored([entry(1), entry(2, 9)], { epoch: 'f' }),
		];
		expect(broken(history)).toEqual([]);
	});
});

describe('I2', () => {
	const begin = [wrote(welcome('bob')), wrote(subscribed(0)), wrote(message(1))];

	test.each([
		['a number is left out', [message(3)]],
		['a number comes twice', [message(1)]],
		['a gap leaves a number out', [{ type: 'gap', room: 'r', epoch: 'e', from: 3, to: 4, reason: 'trimmed' }]],
		[
			'a message comes after the subscription ended',
			[{ type: 'unsubscribed', room: 'r', reason: 'client' }, message(2)],
		],
	] as const)('is broken when %s', (_, frames) => {
		expect(broken([...begin, ...frames.map((frame) => wrote(frame))])).toEqual(['I2']);
	});

	test('holds when a frame names another place', () => {
		const gap = { type: 'gap', room: 'r', epoch: 'e', from: 2, to: 4, reason: 'trimmed' } as const;
		const reset = { type: 'reset', room: 'r', epoch: 'f', sequence: 0 } as const;
		expect(broken([...begin, wrote(gap), wrote(message(5)), wrote(reset), wrote(message(1, 8))])).toEqual([]);
	});

	test('is broken by a gap that a base client is sent, and not by its being aligned anew', () => {
		const gap = { type: 'gap', room: 'r', epoch: 'e', from: 1, to: 4, reason: 'trimmed' } as const;
		expect(broken([wrote(subscribed(0)), wrote(gap)])).toEqual(['I2']);
		expect(broken([wrote(subscribed(0)), wrote(subscribed(4)), wrote(message(5))])).toEqual([]);
	});

	test('is broken by what a client shows twice or too late', () => {
		expect(broken([joined(0), showsMessage(1), showsMessage(1)])).toEqual(['I2']);
		expect(broken([joined(0), showsMessage(1), showsMessage(2, 1)])).toEqual(['I2']);
		// The log may hold one message twice, when it was said again after its id was forgotten.
		const again = [intended(1), committed({ ...entry(1), elapsed: 0 }, { ...entry(2, 1), elapsed: 10 }), joined(0)];
		expect(broken([...again, showsMessage(1), showsMessage(2, 1), acked(1)], { dedupeMs: 5 })).toEqual([]);
	});
});

describe('I3', () => {
	test('is broken by a log in which a later publish comes first', () => {
		expect(broken([intended(1), intended(2), acked(2, 1), acked(1, 2), stored([entry(1, 2), entry(2, 1)])])).toEqual([
			'I3',
		]);
	});

	test('holds over two producers, and over a run and its heir', () => {
		const swapped = [acked(2, 1), acked(1, 2), stored([entry(1, 2), entry(2, 1)])];
		expect(broken([intended(1), intended(2, 'eve'), ...swapped])).toEqual([]);
		const heir: Observation = { type: 'ended', client: 'ada', heir: 'ada2' };
		expect(broken([intended(1), heir, intended(2, 'ada2'), ...swapped])).toEqual(['I3']);
	});
});

describe('I4', () => {
	test('is broken by a hole in what is shown, and not by one that is named', () => {
		expect(broken([joined(0), showsMessage(2)])).toEqual(['I4']);
		expect(broken([joined(0), lost(1, 1), showsMessage(2)])).toEqual([]);
	});

	test('holds when a copy of what was shown is left out after numbers went back', () => {
		const history: Observation[] = [
			committed(entry(1), entry(2)),
			...[joined(0), showsMessage(1), showsMessage(2)],
			{ type: 'restored', room: 'r', from: 'e', to: 'f', kept: 1 },
			{ type: 'committed', room: 'r', epoch: 'f', entries: [entry(2), entry(3)] },
			shown({ kind: 'epoch', epoch: 'f', sequence: 1 }),
			showsMessage(3, 3, 'f'),
			stored([entry(1), entry(2), entry(3)], { epoch: 'f' }),
			rests(3, 'f'),
		];
		expect(broken(history)).toEqual([]);
	});
});

describe('I5', () => {
	test('is broken by a publish that is stored twice', () => {
		expect(broken([intended(1), acked(1), stored([entry(1), entry(2, 1)])])).toEqual(['I5']);
	});

	test('is broken by an entry that nobody published', () => {
		expect(broken([intended(1), acked(1), stored(two)])).toEqual(['I5']);
	});

	test('is broken by a publish that is settled twice', () => {
		expect(broken([intended(1), acked(1), acked(1), stored([entry(1)])])).toEqual(['I5']);
	});

	test('holds for a publish that is repeated when its id is forgotten', () => {
		const late = { ...entry(2, 1), timestamp: 1000 + 24 * 3_600_000 };
		expect(broken([intended(1), acked(1), stored([entry(1), late])])).toEqual([]);
		// What the wall clock says of it counts only when nothing else is known.
		const soon = committed({ ...entry(1), elapsed: 0 }, { ...late, elapsed: 9 });
		expect(broken([intended(1), soon, acked(1)], { dedupeMs: 10 })).toEqual(['I5']);
		expect(broken([intended(1), soon, acked(1)], { dedupeMs: 9 })).toEqual([]);
	});
});

describe('I6', () => {
	const begin = [committed(entry(1)), wrote(subscribed(0)), wrote(message(1)), joined(0), showsMessage(1)];

	test('is broken by a message that is written, shown or acknowledged before it is committed', () => {
		expect(broken([...begin, wrote(message(2)), committed(entry(2))])).toEqual(['I6']);
		expect(broken([...begin, showsMessage(2), committed(entry(2))])).toEqual(['I6']);
		expect(broken([...begin, intended(1), intended(2), acked(1), acked(2), committed(entry(2))])).toEqual(['I6']);
	});

	test('is broken by an acknowledgement of another place', () => {
		const history = [intended(1), intended(2), acked(1, 2), acked(2, 1), stored(two)];
		expect(broken(history)).toEqual(['I6']);
	});

	test('is broken by an acknowledged message that the log has not', () => {
		expect(broken([intended(1), intended(2), acked(1), acked(2), stored([entry(1)])])).toEqual(['I6']);
	});

	test('holds when it was trimmed since', () => {
		const history = [intended(1), intended(2), acked(1), acked(2), stored([entry(2)], { oldest: 2 })];
		expect(broken(history)).toEqual([]);
	});
});

describe('I7', () => {
	const eve: Observation = { type: 'proved', user: 'eve', key: 'k', inbox: '@eve' };
	const ada: Observation = { type: 'proved', user: 'ada', key: 'a', inbox: '@ada' };
	const inboxed = (id: string, key: string, inbox = `@${id}`): FromBroker =>
		({ ...welcome(id), user: { id, verified: true, role: 'member', key, inbox } }) as FromBroker;
	const direct = { ...message(1), room: '@eve', to: '@eve', from: '@ada' };
	const begin = [eve, ada, wrote(inboxed('eve', 'k'))];
	const bob = [eve, ada, wrote(welcome('bob'))];

	test('holds when one reads the own inbox', () => {
		expect(broken([...begin, wrote(subscribed(0, '@eve')), wrote(direct)])).toEqual([]);
	});

	test('is broken by any word of the inbox of another, on each way', () => {
		expect(broken([...bob, wrote(subscribed(0, '@eve'))])).toEqual(['I7']);
		expect(broken([...bob, wrote({ type: 'pong', heads: [{ room: '@eve', epoch: 'e', sequence: 1 }] })])).toContain(
			'I7',
		);
		expect(broken([...bob, wrote({ type: 'members', room: '@eve', members: [], asOf: 0 })])).toEqual(['I7']);
		expect(broken([...bob, wrote({ type: 'history', room: '@eve', messages: [] })])).toEqual(['I7']);
		const info = { room: '@eve', online: 0, head: 1 };
		expect(broken([...bob, wrote({ type: 'rooms', rooms: [info] })])).toEqual(['I7']);
		expect(broken([...bob, wrote({ type: 'rooms', rooms: [], cursor: '@eve' })])).toEqual(['I7']);
		const presence = { type: 'presence', userId: 'eve', action: 'join', timestamp: 0, room: '@eve' } as const;
		expect(broken([...bob, wrote(presence)])).toEqual(['I7']);
	});

	test('is broken by a direct message elsewhere, and by an inbox that is given to another', () => {
		const leak = { ...direct, room: 'r' };
		expect(broken([...bob, wrote(subscribed(0)), wrote(leak)])).toEqual(['I7']);
		expect(broken([eve, ada, wrote(inboxed('ada', 'a', '@eve'))])).toEqual(['I7']);
	});

	test('is broken by what a search finds in the inbox of another', () => {
		const found: FromBroker = { type: 'found', room: '@eve', epoch: 'e', from: 1, complete: true, messages: [direct] };
		expect(broken([eve, ada, wrote(found)])).toContain('I7');
	});

	test('lets a base client know that it may write, and nothing more', () => {
		expect(broken([eve, wrote({ type: 'subscribed', room: '@eve', sequence: 0 })])).toEqual([]);
		expect(broken([eve, wrote({ type: 'subscribed', room: '@eve', sequence: 2 })])).toEqual(['I7']);
		expect(broken([eve, wrote({ type: 'history', room: '@eve', messages: [direct] })])).toContain('I7');
	});

	const intends = (copyIn?: string): Observation => ({
		...{ type: 'intended', client: 'ada', room: '@eve', cid: 'c1', content: 'text 1' },
		...(copyIn !== undefined && { copyIn }),
	});
	const commits = (...rooms: string[]): readonly Observation[] =>
		rooms.map((room) => ({ type: 'committed', room, epoch: 'e', entries: [entry(1)] }));
	const acks = (sequence: number, epoch: string): Observation => ({
		...{ type: 'acked', client: 'ada', room: '@eve', cid: 'c1', epoch, sequence },
	});

	test('and I6 want a direct message in both inboxes when it is acknowledged', () => {
		expect(broken([intends('@ada'), ...commits('@eve', '@ada'), acks(1, 'e')])).toEqual([]);
		expect(broken([intends('@ada'), ...commits('@eve'), acks(1, 'e')])).toEqual(['I6']);
		expect(broken([intends('@ada'), ...commits('@ada'), acks(1, 'e')])).toEqual(['I6']);
		expect(broken([intends(), ...commits('@eve'), acks(0, 'hidden')])).toEqual([]);
		expect(broken([intends('@ada'), ...commits('@eve', '@ada', '@bob'), acks(1, 'e')])).toEqual(['I7']);
	});
});

test('I8 is broken by a leave that is told while a connection of the user is left', () => {
	const leave = { type: 'presence', userId: 'bob', action: 'leave', timestamp: 0, room: 'r' } as const;
	const history = [
		...[wrote(welcome('bob'), 'k1'), wrote(subscribed(0), 'k1')],
		...[wrote(welcome('eve'), 'k2'), wrote(subscribed(0), 'k2')],
	];
	expect(broken([...history, wrote(leave, 'k2')])).toEqual(['I8']);
	expect(broken([...history, { type: 'disconnected', connection: 'k1' }, wrote(leave, 'k2')])).toEqual([]);
});

describe('I8 of sessions', () => {
	const at = (time: number, observation: Observation): Observation => ({ ...observation, at: time }) as Observation;
	const hello = (id: string, more: object = {}): FromBroker =>
		({ ...welcome(id), session: `session of ${id}`, sessionTtlMs: 30_000, ...more }) as FromBroker;
	const leave = (time: number) =>
		at(time, wrote({ type: 'presence', userId: 'bob', action: 'leave', timestamp: 0, room: 'r' }, 'eve'));
	const lost = (time: number, lostAt?: number): Observation => ({
		...{ type: 'disconnected', connection: 'bob', at: time },
		...(lostAt !== undefined && { lostAt }),
	});
	const enters = (time: number, connection = 'bob', more: object = {}) => [
		at(time, wrote(hello(connection.slice(0, 3), more), connection)),
		at(time, wrote(subscribed(0), connection)),
	];
	const begun = [...enters(0, 'eve'), ...enters(0)];

	test('is broken by a leave within the time in which the user may come back, and by one long after it', () => {
		expect(broken([...begun, lost(1000, 1000), leave(30_999)])).toEqual(['I8']);
		expect(broken([...begun, lost(1000, 1000), leave(31_000)])).toEqual([]);
		expect(broken([...begun, lost(1000, 1000), leave(34_001)])).toEqual(['I8']);
		expect(broken([...begun, lost(1000), leave(1250)])).toEqual([]);
		expect(broken([...begun, lost(1000), leave(4001)])).toEqual(['I8']);
	});

	test('is not broken by a leave of somebody who may be banned from that room, or from all', () => {
		const outlaw = (more: object): Observation => ({ type: 'may be put out', user: 'bob', ...more });
		for (const [room, codes] of [
			['r', []],
			[undefined, []],
			['elsewhere', ['I8']],
		] as const) {
			const banned = outlaw(room === undefined ? {} : { room });
			expect(broken([...begun, lost(1000, 1000), banned, leave(2000)])).toEqual(codes);
			expect(broken([banned, ...begun, lost(1000, 1000), leave(2000)])).toEqual(codes);
		}
	});

	test('counts the time from the last sign of life, where that is what was missed', () => {
		expect(broken([...begun, lost(34_000, 1000), leave(34_250)])).toEqual([]);
	});

	test('is broken by a leave while a user who is back is not in the room again', () => {
		const back = at(20_000, wrote(hello('bob', { resumed: true }), 'bob2'));
		const history = [...begun, lost(1000, 1000), back];
		expect(broken([...history, leave(40_000)])).toEqual(['I8']);
		expect(broken([...history, leave(50_000)])).toEqual([]);
		const goes: Observation = { type: 'disconnected', connection: 'bob2', at: 41_000 };
		expect(broken([...history, at(20_010, wrote(subscribed(0), 'bob2')), goes, leave(41_250)])).toEqual([]);
	});

	test('is broken by a session that is not resumed in time, or resumed by another', () => {
		expect(broken([...begun, lost(1000, 1000), ...enters(20_000, 'bob2')])).toEqual(['I8']);
		expect(broken([...begun, lost(1000, 1000), ...enters(31_000, 'bob2')])).toEqual([]);
		const thief = { session: 'session of bob', resumed: true };
		expect(broken([...begun, ...enters(1000, 'ann', thief)])).toEqual(['I8']);
	});

	test('begins anew with the broker', () => {
		expect(broken([...begun, lost(1000, 1000), { type: 'started' }, ...enters(2000, 'bob2')])).toEqual([]);
	});
});

test('I8 is broken by whoever is believed to be there and is not, and the other way round', () => {
	const believes = (...users: readonly string[]): readonly Observation[] => [
		...[wrote(welcome('ada'), 'k1'), wrote(subscribed(0), 'k1')],
		...[wrote(welcome('bob'), 'k2'), wrote(subscribed(0), 'k2')],
		{ type: 'believes', by: 'ada', room: 'r', users },
	];
	expect(broken(believes('ada', 'bob'))).toEqual([]);
	expect(broken(believes('ada', 'bob', 'eve'))).toEqual(['I8']);
	expect(broken(believes('ada'))).toEqual(['I8']);
	const lists = (...users: readonly string[]): Observation => {
		const members = users.map((userId) => ({ userId, state: 'online', verified: false, since: 0 }) as const);
		return wrote({ type: 'members', room: 'r', members, asOf: 0 }, 'k1');
	};
	expect(broken([...believes('ada', 'bob'), lists('ada', 'bob')])).toEqual([]);
	expect(broken([...believes('ada', 'bob'), lists('ada')])).toEqual([]);
	expect(broken([...believes('ada', 'bob'), { type: 'quiet' }, lists('ada')])).toEqual(['I8']);
});

describe('I9', () => {
	test('is broken by a refused publish that is stored', () => {
		expect(broken([intended(1), provoked(1), refused(1), stored([entry(1)])])).toEqual(['I9']);
	});

	test('is broken by one that is both refused and acknowledged', () => {
		expect(broken([intended(1), provoked(1), refused(1), acked(1)])).toEqual(['I9']);
	});

	test('is broken by one that nothing was wrong with, or something else', () => {
		expect(broken([intended(1), refused(1)])).toEqual(['I9']);
		expect(broken([intended(1), provoked(1, 'too_large'), refused(1)])).toEqual(['I9']);
		expect(broken([intended(1), provoked(1), refused(1)])).toEqual([]);
	});
});

describe('an answer to a publish', () => {
	const begin = [wrote(welcome('ada')), intended(1), tries(1, 'a')];
	const end = [acked(1), stored([entry(1)])];

	test('may name the place where that try, or an earlier one, was put', () => {
		const again = [tries(1, 'b'), published(1, 'b', { duplicate: true })];
		expect(broken([...begin, committed(entry(1)), published(1, 'a'), ...again, ...end])).toEqual([]);
	});

	test('breaks I5 when it calls a repeat the first, or the first a repeat', () => {
		const again = [tries(1, 'b'), published(1, 'b')];
		expect(broken([...begin, committed(entry(1)), published(1, 'a'), ...again, ...end])).toEqual(['I5']);
		expect(broken([...begin, committed(entry(1)), published(1, 'a', { duplicate: true }), ...end])).toEqual(['I5']);
	});

	test('leaves open which of two tries at once was the first, but not that there was one', () => {
		const both = [...begin, tries(1, 'b'), committed(entry(1))];
		const repeat = { duplicate: true };
		expect(broken([...both, published(1, 'b'), published(1, 'a', repeat), ...end])).toEqual([]);
		expect(broken([...both, published(1, 'a', repeat), published(1, 'b', repeat), ...end])).toEqual(['I5']);
		expect(broken([...both, published(1, 'a'), published(1, 'b'), ...end])).toEqual(['I5']);
	});

	test('breaks I6 when nothing is there yet, or something else, or when nobody asked', () => {
		expect(broken([...begin, committed(), published(1, 'a'), committed(entry(1)), ...end])).toEqual(['I6']);
		expect(broken([...begin, committed(entry(1)), published(1, 'a', { sequence: 2 }), ...end])).toEqual(['I6']);
		expect(broken([...begin, committed(entry(1)), published(1, 'b'), ...end])).toEqual(['I13', 'I6']);
	});

	test('breaks I9 when it says that nothing was stored by a try that was, sooner or later', () => {
		expect(broken([...begin, committed(entry(1)), refusesTry(1, 'a', 'unavailable'), ...end])).toEqual(['I9']);
		expect(broken([...begin, refusesTry(1, 'a', 'unavailable'), committed(entry(1)), ...end])).toEqual(['I9']);
	});

	test('may be that a try was not stored while another one is, or may be', () => {
		const again = [tries(1, 'b'), refusesTry(1, 'b', 'rate_limited')];
		expect(broken([...begin, committed(entry(1)), ...again, ...end])).toEqual([]);
		expect(broken([...begin, ...again, committed(entry(1)), ...end])).toEqual([]);
	});

	test('breaks I9 when it refuses for good, or for its number, what was stored before', () => {
		for (const code of ['empty', 'out_of_order'] as const) {
			const again = [tries(1, 'b'), refusesTry(1, 'b', code)];
			const at = (elapsed: number) => [again[0], { ...again[1], elapsed }] as Observation[];
			const before = [...begin, committed({ ...entry(1), elapsed: 5 }), published(1, 'a')];
			expect(broken([...before, ...at(9), ...end], { dedupeMs: 10 })).toEqual(['I9']);
			// By then its id may be forgotten.
			expect(broken([...before, ...at(15), ...end], { dedupeMs: 10 })).toEqual([]);
		}
	});

	test('leaves a try without one open until the broker that read it has ended', () => {
		const later = [tries(1, 'b'), refusesTry(1, 'b', 'unavailable'), committed(entry(1)), ...end];
		expect(broken([...begin, ...later])).toEqual([]);
		expect(broken([...begin, { type: 'started' }, ...later])).toEqual(['I9']);
	});
});

/** What a broker writes in answer to `asked`, while its log has these numbers, of which `head` was the last. */
function answers(asked: Readonly<Record<string, unknown>>, frame: object, numbers: readonly number[], head = 4) {
	const log = { epoch: 'e', head, oldest: numbers[0] ?? head + 1, numbers };
	const answer = { room: 'r', epoch: 'e', head, oldest: log.oldest, ref: 'a', ...frame } as unknown as FromBroker;
	return [
		...[committed(...[1, 2, 3, 4].map((sequence) => entry(sequence))), wrote(welcome('bob'))],
		{ type: 'heard', connection: 'k1', frame: { room: 'r', ref: 'a', ...asked } },
		{ type: 'wrote', connection: 'k1', frame: answer, log },
	] satisfies Observation[];
}

const messages = (...numbers: readonly number[]) => numbers.map((sequence) => message(sequence));
const trimmed = (from: number, to: number) => ({ from, to, reason: 'trimmed' });

test('a search breaks I4 when it finds what is not kept, and nothing when it finds what is', () => {
	const found = (sequence: number) => ({ type: 'found', from: 1, complete: true, messages: messages(sequence) });
	const asked = { type: 'search', text: 'text' };
	expect(broken(answers(asked, found(4), [3, 4]))).toEqual([]);
	expect(broken(answers(asked, found(2), [3, 4]))).toEqual(['I4']);
});

describe('a page of the log', () => {
	const page = (asked: object, frame: object, numbers: readonly number[]) =>
		broken(answers({ type: 'get_history', ...asked }, { type: 'history', ...frame }, numbers));

	test('is its messages and its gaps without a hole', () => {
		const gap = { gap: trimmed(1, 2), gaps: [trimmed(1, 2)] };
		expect(page({ after: 0 }, { messages: messages(3, 4), complete: true, ...gap }, [3, 4])).toEqual([]);
		expect(page({ after: 0, limit: 1 }, { messages: messages(3), complete: false, ...gap }, [3, 4])).toEqual([]);
		expect(page({ limit: 1 }, { messages: messages(4), complete: false }, [3, 4])).toEqual([]);
		expect(page({ after: 1, before: 4 }, { messages: messages(2, 3), complete: true }, [1, 2, 3, 4])).toEqual([]);
		expect(page({ after: 4 }, { messages: [], complete: true }, [3, 4])).toEqual([]);
	});

	test.each([
		['leaves a message out', { messages: messages(3), complete: true, gaps: [trimmed(1, 2)], gap: trimmed(1, 2) }],
		['leaves a hole', { messages: messages(3, 4), complete: true, gaps: [trimmed(2, 2)] }],
		['says nothing of the first gap', { messages: messages(3, 4), complete: true, gaps: [trimmed(1, 2)] }],
		['is whole and says that it is not', { messages: messages(3, 4), complete: false, gaps: [trimmed(1, 2)] }],
		['is of another place', { messages: messages(3, 4), complete: true, head: 5, gaps: [trimmed(1, 2)] }],
	])('breaks I4 when it %s', (_, frame) => {
		expect(page({ after: 0 }, frame, [3, 4])).toEqual(['I4']);
	});

	test('of a base client is the newest messages', () => {
		const history = (numbers: readonly number[]): readonly Observation[] => {
			const log = { epoch: 'e', head: 4, oldest: 3, numbers: [3, 4] };
			const frame = { type: 'history', room: 'r', messages: messages(...numbers) } as const;
			return [wrote(subscribed(4)), { type: 'wrote', connection: 'k1', frame, log }];
		};
		expect(broken(history([3, 4]))).toEqual([]);
		expect(broken(history([4]))).toEqual(['I4']);
	});
});

describe('the place that a reader is told', () => {
	const place = (asked: object, frame: object, numbers = [3, 4]) =>
		broken(answers({ type: 'subscribe', userId: 'bob', ...asked }, { type: 'subscribed', ...frame }, numbers));
	const since = (sequence: number, epoch = 'e') => ({ since: { epoch, sequence } });

	test('follows from where it was', () => {
		expect(place(since(3), { recovered: 'full', sequence: 3 })).toEqual([]);
		expect(place(since(1), { recovered: 'partial', sequence: 2, gap: trimmed(2, 2) })).toEqual([]);
		expect(place(since(9), { recovered: 'rewound', sequence: 4, rewind: { to: 4, lost: 5 } })).toEqual([]);
		expect(place({ ...since(3, 'x'), history: 1 }, { recovered: 'none', sequence: 3 })).toEqual([]);
		expect(place({ history: 9 }, { recovered: 'new', sequence: 2 })).toEqual([]);
		expect(place({}, { recovered: 'full', sequence: 3 })).toEqual([]);
	});

	test.each([
		['after what it has not', since(3), { recovered: 'full', sequence: 4 }],
		['without the gap', since(1), { recovered: 'partial', sequence: 2 }],
		['with too small a gap', since(0), { recovered: 'partial', sequence: 2, gap: trimmed(2, 2) }],
		['without what was lost', since(9), { recovered: 'rewound', sequence: 4, rewind: { to: 4, lost: 4 } }],
		['anew although it was known', since(3), { recovered: 'none', sequence: 4 }],
		['after the history that it wants', { history: 2 }, { recovered: 'new', sequence: 4 }],
		['after it, though it is known', { history: 2 }, { recovered: 'full', sequence: 3 }],
	])('breaks I2 when it is %s', (_, asked, frame) => {
		expect(place(asked, frame)).toEqual(['I2']);
	});

	test('breaks I4 when it names as gone what is there', () => {
		const gap = { type: 'gap', room: 'r', epoch: 'e', from: 3, to: 3, reason: 'trimmed' } as const;
		const log = { epoch: 'e', head: 4, oldest: 3, numbers: [3, 4] };
		expect(broken([wrote(subscribed(2)), { type: 'wrote', connection: 'k1', frame: gap, log }])).toContain('I4');
	});

	test('of a base client is the head, or past what is gone', () => {
		const log = { epoch: 'e', head: 4, oldest: 3, numbers: [3, 4] };
		const told = (...places: readonly number[]) =>
			broken([
				{ type: 'heard', connection: 'k1', frame: { type: 'subscribe', room: 'r', userId: 'bob' } },
				...places.map((sequence) => {
					const frame = { type: 'subscribed', room: 'r', sequence, epoch: 'e' } as const;
					return { type: 'wrote', connection: 'k1', frame, log } as const;
				}),
			]);
		expect(told(4)).toEqual([]);
		expect(told(3)).toEqual(['I2']);
		expect(told(4, 3)).toEqual(['I2']);
		const begun = wrote(subscribed(0));
		const moved = (sequence: number): Observation =>
			({ ...wrote({ type: 'subscribed', room: 'r', sequence }), log }) as Observation;
		expect(broken([begun, moved(2)])).toEqual([]);
		expect(broken([begun, moved(3)])).toEqual(['I2']);
	});

	test('is what pong says', () => {
		const pong = (sequence: number) => wrote({ type: 'pong', heads: [{ room: 'r', epoch: 'e', sequence }] });
		const begin = [wrote(welcome('bob')), wrote(subscribed(0)), wrote(message(1))];
		expect(broken([...begin, pong(1)])).toEqual([]);
		expect(broken([...begin, pong(2)])).toEqual(['I2']);
		expect(broken([...begin, wrote({ type: 'pong' })])).toEqual(['I2']);
	});
});

describe('I13', () => {
	const asks: Observation = { type: 'heard', connection: 'k1', frame: { type: 'members', room: 'r', ref: 'a' } };
	const members = wrote({ type: 'members', room: 'r', ref: 'a', members: [], asOf: 0 });
	const idles: Observation = { type: 'idles', connection: 'k1' };
	const begin = [wrote(welcome('bob')), asks];

	test('holds when the answer, or an error with a code, repeats the ref', () => {
		expect(broken([...begin, members, idles])).toEqual([]);
		expect(broken([...begin, wrote({ type: 'error', error: '', code: 'bad_room', ref: 'a' }), idles])).toEqual([]);
	});

	test('is broken by no answer, two, another one, and an error without a code', () => {
		expect(broken([...begin, idles])).toEqual(['I13']);
		expect(broken([...begin, members, members])).toEqual(['I13']);
		expect(broken([...begin, wrote({ type: 'ok', ref: 'a' })])).toEqual(['I13']);
		expect(broken([...begin, wrote({ type: 'error', error: '', ref: 'a' })])).toEqual(['I13']);
	});
});

describe('I14', () => {
	/** Ada has seen s #1 when she says r #1; Bob reads both. */
	const seen = [{ room: 's', epoch: 'e', sequence: 1 }];
	const begin: readonly Observation[] = [
		{ ...intended(1), seen, known: seen } as Observation,
		{ type: 'joined', client: 'bob', room: 'r', epoch: 'e', sequence: 0 },
		{ type: 'joined', client: 'bob', room: 's', epoch: 'e', sequence: 0 },
	];
	const both = [
		{ room: 'r', epoch: 'e' },
		{ room: 's', epoch: 'e' },
	];
	const { type: _, ...first } = message(1);
	const shows = (more: object = {}, late = false): Observation => ({
		...{ type: 'shown', client: 'bob', room: 'r', epoch: 'e', following: both },
		...{ item: { kind: 'message', message: first, old: false, ...(late && { late: true }) }, ...more },
	});
	const cause: Observation = { ...shows(), room: 's' } as Observation;
	const onlyOrder = (history: readonly Observation[]) => broken(history).filter((name) => name === 'I14');

	test('is broken by a message that is shown before what its author had seen', () => {
		expect(onlyOrder([...begin, shows()])).toEqual(['I14']);
		expect(onlyOrder([...begin, cause, shows()])).toEqual([]);
	});

	test('does not ask for rooms that are not followed, or are in another epoch, or of a client that is not causal', () => {
		expect(onlyOrder([...begin, shows({ following: both.slice(0, 1) })])).toEqual([]);
		expect(onlyOrder([...begin, shows({ following: [{ room: 's', epoch: 'f' }] })])).toEqual([]);
		expect(onlyOrder([...begin, shows({ following: undefined })])).toEqual([]);
	});

	test('does not ask for what was named as lost, or was shown under another number', () => {
		const gone: Observation = { ...lost(1, 1), room: 's' } as Observation;
		expect(onlyOrder([...begin, gone, shows()])).toEqual([]);
	});

	test('does not ask for what the filter in force leaves out, or an earlier one has passed over', () => {
		const isSaid = { ...committed(entry(1)), room: 's' } as Observation;
		const by = (value: string, position = 0): Observation => ({
			...{ type: 'narrowed', client: 'bob', room: 's', position },
			filter: { field: 'content', op: 'eq', value },
		});
		expect(onlyOrder([isSaid, ...begin, by('else'), shows()])).toEqual([]);
		expect(onlyOrder([isSaid, ...begin, by('text 1'), shows()])).toEqual(['I14']);
		expect(onlyOrder([isSaid, ...begin, by('else'), by('text 1', 1), shows()])).toEqual([]);
	});

	test('allows a message that is marked as late, if it has waited for long enough', () => {
		expect(onlyOrder([...begin, shows({ waitedMs: { been: 2000, most: 2000 } }, true)])).toEqual([]);
		expect(onlyOrder([...begin, shows({}, true)])).toEqual([]);
		expect(onlyOrder([...begin, shows({ waitedMs: { been: 1999, most: 2000 } }, true)])).toEqual(['I14']);
	});

	test('is broken by what waits for too long', () => {
		const waits = { type: 'waits', client: 'bob', room: 'r', most: 2000 } as const;
		expect(onlyOrder([{ ...waits, ms: 1999 }])).toEqual([]);
		expect(onlyOrder([{ ...waits, ms: 2000 }])).toEqual(['I14']);
	});

	test('is broken by a publish that names what its author did not know', () => {
		const named = (token: string, epoch: string, sequence: number): Observation => ({
			...{ type: 'heard', connection: 'k1' },
			frame: { type: 'publish', room: 'r', cid: 'c1', after: [{ token, epoch, sequence }] },
		});
		const told = wrote({ ...subscribed(0, 's'), token: 't' } as FromBroker);
		expect(onlyOrder([...begin, told, named('t', 'e', 1)])).toEqual([]);
		for (const wrong of [named('t', 'e', 2), named('t', 'f', 1), named('u', 'e', 1)]) {
			expect(onlyOrder([...begin, told, wrong])).toEqual(['I14']);
		}
	});
});

test('I10 is broken by a value above its bound', () => {
	expect(broken([{ type: 'measured', what: 'window', value: 513, bound: 512 }])).toEqual(['I10']);
});

test('I11 is broken by a verified message of somebody who proved nothing', () => {
	const verified = { ...message(1), verified: true };
	expect(broken([wrote(subscribed(0)), wrote(verified)])).toEqual(['I11']);
	expect(broken([{ type: 'proved', user: 'ada' }, wrote(subscribed(0)), wrote(verified)])).toEqual([]);
});

describe('I12', () => {
	const begin = [committed(...two), joined(0), showsMessage(1)];

	test('is broken by a client that rests below the head', () => {
		expect(broken([...begin, stored(two), rests(1)])).toEqual(['I12']);
	});

	test('is broken by what is named as gone and is kept', () => {
		expect(broken([...begin, lost(2, 2), stored(two), rests(2)])).toEqual(['I12']);
		expect(broken([...begin, lost(2, 2, 'timeout'), stored(two), rests(2)])).toEqual(['I12']);
		const waited: Observation = { ...lost(2, 2, 'timeout'), waited: true } as Observation;
		expect(broken([...begin, waited, stored(two), rests(2)])).toEqual([]);
	});

	test('is broken by a run that begins above what was seen in the run before', () => {
		const late = { type: 'joined', client: 'bob', room: 'r', epoch: 'e', sequence: 1 } as const;
		const history = (sequence: number): readonly Observation[] => [
			committed(...two),
			{ ...late, seen: { epoch: 'e', sequence } },
			...[showsMessage(2), stored(two), rests(2)],
		];
		expect(broken(history(0))).toEqual(['I12']);
		expect(broken(history(1))).toEqual([]);
	});

	test('is broken by a publish that was never settled, unless its client ended', () => {
		expect(broken([intended(1), stored([entry(1)])])).toEqual(['I12']);
		expect(broken([intended(1), { type: 'ended', client: 'ada' }, stored([entry(1)])])).toEqual([]);
		expect(broken([intended(1), { type: 'ended', client: 'ada', heir: 'ada2' }, stored([entry(1)])])).toEqual(['I12']);
	});
});
