/**
 * What a room's log has to keep in every engine: numbers, pages, repeats and followers.
 */
import { expect } from 'vitest';
import { dedupeMs, type Engine, type Entry } from '../../src/engines/engine.ts';
import { append, clock, draft, type Keeps, numbersIn, placed, sequences, span } from './engine-case.ts';

const day = 24 * 3_600_000;

export function numbering(keeps: Keeps): void {
	keeps('numbers are dense under 100 parallel appends over several rooms', {}, async ({ engine }) => {
		const rooms = ['general', 'sports', 'news'];
		const outcomes = await Promise.all(
			span(0, 99).map(async (index) => {
				const room = rooms[index % 3] ?? '';
				const [outcome] = await engine.append(room, [draft(`id-${index}`)]);
				return { room, sequence: placed(outcome).sequence };
			}),
		);
		for (const [index, room] of rooms.entries()) {
			const own = outcomes.filter((outcome) => outcome.room === room).map(({ sequence }) => sequence);
			expect(own).toEqual(span(1, index === 0 ? 34 : 33));
			expect(await numbersIn(engine, room)).toEqual(own);
		}
	});

	keeps('a call with several drafts gives them neighbouring numbers in their order', {}, async ({ engine }) => {
		const [first, second] = await Promise.all([
			engine.append('general', [draft('a'), draft('b'), draft('c')]),
			engine.append('general', [draft('d'), draft('e')]),
		]);
		expect([...first, ...second].map((outcome) => placed(outcome).sequence)).toEqual(span(1, 5));
		const { entries } = await engine.range('general', { limit: 10 });
		expect(entries.map(({ text }) => JSON.parse(text).id)).toEqual(['a', 'b', 'c', 'd', 'e']);
	});

	keeps('a call without drafts changes nothing', {}, async ({ engine }) => {
		expect(await engine.append('general', [])).toEqual([]);
		expect(await engine.state('general')).toMatchObject({ head: 0, oldest: 1 });
		expect((await engine.rooms({ limit: 10 })).rooms).toEqual([]);
	});

	const stepping = clock(5000);
	keeps('time never goes back within a room, whatever the clock does', { now: stepping.now }, async ({ engine }) => {
		const times: number[] = [];
		for (const at of [5000, 7000, 6000, 1, 7001]) {
			stepping.at = at;
			const [outcome] = await engine.append('general', [draft(`at-${at}`)]);
			times.push(placed(outcome).timestamp);
		}
		expect(times).toEqual([5000, 7000, 7000, 7000, 7001]);
		stepping.at = 2;
		const [elsewhere] = await engine.append('sports', [draft('other room')]);
		expect(placed(elsewhere).timestamp).toBe(2);
	});

	keeps('a room may have any well-formed name, and a message any content', {}, async ({ engine }) => {
		const names = [
			...['__proto__', 'constructor', "'; DROP TABLE msg; --", '"', '\\', '%', '%_', 'a\nb', 'a\0b'],
			...['👩‍👩‍👧', '\u00e9', 'e\u0301', '\u{10ffff}'],
		];
		const rooms = [...names, 'ü'.repeat(64)];
		const contents = ['__proto__', 'lone \ud800 half', '\u2028\u2029\n\r\0', '"}\',', '👩‍👩‍👧', ''];
		for (const room of rooms) {
			const drafts = contents.map((content, index) =>
				draft(`${index}`, { content, tags: { ['__proto__']: 'x', n: 1 } }),
			);
			expect((await engine.append(room, drafts)).map((outcome) => placed(outcome).sequence)).toEqual(span(1, 6));
		}
		for (const room of rooms) {
			const { entries } = await engine.range(room, { limit: 10 });
			expect(entries.map(({ text }) => JSON.parse(text).content)).toEqual(contents);
			expect(new Set(entries.map(({ text }) => JSON.parse(text).room))).toEqual(new Set([room]));
		}
		expect(new Set((await engine.rooms({ limit: 100 })).rooms.map(({ room }) => room))).toEqual(new Set(rooms));
	});

	keeps('half a surrogate pair in a room name or id is misuse', {}, async ({ engine }) => {
		await expect(engine.append('\ud800', [draft('a')])).rejects.toThrow(TypeError);
		await expect(engine.append('general', [draft('\udc00')])).rejects.toThrow(TypeError);
		await expect(engine.follow('\ud800', () => {})).rejects.toThrow(TypeError);
		expect((await engine.rooms({ limit: 10 })).rooms).toEqual([]);
	});
}

export function reading(keeps: Keeps): void {
	keeps('a room that was never written to is empty', {}, async ({ engine }) => {
		const state = await engine.state('nowhere');
		expect(state).toEqual({ epoch: expect.stringMatching(/./), head: 0, oldest: 1, edge: 'trimmed' });
		expect(await engine.range('nowhere', { limit: 10 })).toEqual({ ...state, entries: [], complete: true, gone: [] });
		await append(engine, 'nowhere', 'a');
		expect(await engine.state('nowhere')).toEqual({ ...state, head: 1 });
	});

	keeps('a position is kept up to the head, lost beyond it, and unknown in another epoch', {}, async ({ engine }) => {
		await append(engine, 'general', 'a', 'b', 'c');
		const state = await engine.state('general');
		const { epoch } = state;
		expect(await engine.locate('general', { epoch, sequence: 2 })).toEqual({ ...state, relation: 'kept', sequence: 2 });
		expect(await engine.locate('general', { epoch, sequence: 3 })).toMatchObject({ relation: 'kept', sequence: 3 });
		expect(await engine.locate('general', { epoch, sequence: 9 })).toMatchObject({ relation: 'rewound', sequence: 3 });
		const elsewhere = { epoch: `not ${epoch}`, sequence: 1 };
		expect(await engine.locate('general', elsewhere)).toMatchObject({ relation: 'unknown', sequence: 3 });
		expect(await engine.locate('nowhere', { epoch, sequence: 0 })).toMatchObject({ relation: 'kept', sequence: 0 });
		expect(await engine.locate('nowhere', { epoch, sequence: 1 })).toMatchObject({ relation: 'rewound', sequence: 0 });
	});

	keeps('a page asked for after an append resolved includes it', {}, async ({ engine }) => {
		await engine.follow('followed', () => {});
		await Promise.all(
			['followed', 'unfollowed'].flatMap((room) =>
				span(1, 30).map(async (index) => {
					const [outcome] = await engine.append(room, [draft(`${index}`)]);
					const { sequence } = placed(outcome);
					const [page, state] = await Promise.all([
						engine.range(room, { limit: 1, order: 'desc', before: sequence + 1 }),
						engine.state(room),
					]);
					expect(page.entries.map((entry) => entry.sequence)).toEqual([sequence]);
					expect(page.head).toBeGreaterThanOrEqual(sequence);
					expect(state.head).toBeGreaterThanOrEqual(sequence);
				}),
			),
		);
	});

	keeps('neither a page nor a state is ahead of what followers were told', {}, async ({ engine }) => {
		let told = 0;
		await engine.follow('general', (entries) => {
			told = entries.at(-1)?.message.sequence ?? told;
		});
		const appends = span(1, 200).map((index) => engine.append('general', [draft(`${index}`)]));
		const pages = span(1, 50).map(async () => {
			const page = await engine.range('general', { limit: 500 });
			expect(page.head).toBeLessThanOrEqual(told);
			expect(page.entries.map(({ sequence }) => sequence)).toEqual(span(1, page.head));
			expect((await engine.state('general')).head).toBeLessThanOrEqual(told);
		});
		await Promise.all([...appends, ...pages]);
		expect(told).toBe(200);
	});
}

export function repeating(keeps: Keeps): void {
	keeps('an id that is known gets the place that it had first', {}, async ({ engine }) => {
		const [first] = await engine.append('general', [draft('a')]);
		await append(engine, 'general', 'b');
		const [again] = await engine.append('general', [draft('a')]);
		expect(again).toEqual({ ...placed(first), duplicate: true });
		expect(await numbersIn(engine, 'general')).toEqual([1, 2]);
		const [elsewhere] = await engine.append('sports', [draft('a')]);
		expect(placed(elsewhere)).toMatchObject({ sequence: 1, duplicate: false });
	});

	keeps('an id that is known with another content is refused, and nothing else with it', {}, async ({ engine }) => {
		await append(engine, 'general', 'a');
		const outcomes = await engine.append('general', [
			draft('a', { content: 'other' }),
			draft('b'),
			draft('b', { tags: { level: 'error' } }),
			draft('b', { replyTo: 1 }),
			draft('b', { to: '@bob' }),
			draft('c'),
		]);
		const conflict = { ok: false, code: 'duplicate_conflict' };
		expect(outcomes).toEqual([
			conflict,
			expect.objectContaining({ sequence: 2 }),
			conflict,
			conflict,
			conflict,
			expect.objectContaining({ sequence: 3 }),
		]);
		expect(await numbersIn(engine, 'general')).toEqual([1, 2, 3]);
	});

	keeps('an id that is known is the same message after another place in another room', {}, async ({ engine }) => {
		const after = (sequence: number) => [{ token: 't', epoch: 'e', sequence }];
		const [first, again] = await engine.append('general', [
			draft('a', { after: after(1) }),
			draft('a', { after: after(2) }),
		]);
		expect(again).toEqual({ ...placed(first), duplicate: true });
		const { entries } = await engine.range('general', { limit: 10 });
		expect(entries.map(({ text }) => JSON.parse(text).after)).toEqual([after(1)]);
	});

	keeps('the same id many times at once is stored once', {}, async ({ engine }) => {
		const outcomes = await Promise.all(span(1, 20).map(() => engine.append('general', [draft('a'), draft('a')])));
		const places = outcomes.flat().map(placed);
		expect(new Set(places.map(({ sequence }) => sequence))).toEqual(new Set([1]));
		expect(places.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
	});

	keeps('what a broker adds anew on each try does not make a message another one', {}, async ({ engine }) => {
		await engine.append('general', [draft('a', { expiresAt: 4e12, verified: false })]);
		const [again] = await engine.append('general', [draft('a', { expiresAt: 5e12, verified: true, sender: 'Sam' })]);
		expect(placed(again)).toMatchObject({ sequence: 1, duplicate: true });
	});

	const time = clock(day);
	const conditions = { now: time.now, elapsed: time.now, historySize: 2 };
	keeps(
		'an id is remembered for a day, also when its message is gone, and then forgotten',
		conditions,
		async ({ engine }) => {
			await append(engine, 'general', 'a', 'b', 'c', 'd');
			time.at = day + dedupeMs - 1;
			await engine.sweep();
			const [known] = await engine.append('general', [draft('a')]);
			expect(placed(known)).toMatchObject({ sequence: 1, timestamp: day, duplicate: true });
			const [conflict] = await engine.append('general', [draft('b', { content: 'other' })]);
			expect(conflict).toEqual({ ok: false, code: 'duplicate_conflict' });
			time.at = day + dedupeMs;
			await engine.sweep();
			const outcomes = await engine.append('general', [draft('a'), draft('d')]);
			expect(outcomes.map((outcome) => placed(outcome).sequence)).toEqual([5, 6]);
		},
	);

	const stepping = clock(10 * day);
	const passing = clock(0);
	keeps(
		'an id is remembered for the day that passes, wherever the clock goes meanwhile, also in other rooms',
		{ now: stepping.now, elapsed: passing.now, historySize: 2 },
		async ({ engine, again }) => {
			const repeated = async (on: Engine) => placed((await on.append('general', [draft('a')]))[0]).duplicate;
			await append(engine, 'general', 'a', 'b', 'c', 'd');
			stepping.at = 8 * day;
			await append(engine, 'sports', 'x');
			expect(await repeated(engine)).toBe(true);
			stepping.at = 12 * day;
			passing.at = dedupeMs - 1;
			await engine.sweep();
			expect(await repeated(engine)).toBe(true);
			const later = (await again?.()) ?? engine;
			expect(await repeated(later)).toBe(true);
			stepping.at = 10 * day;
			await later.sweep();
			expect(await repeated(later)).toBe(true);
			const latest = (await again?.()) ?? later;
			expect(await repeated(latest)).toBe(true);
			passing.at += 1;
			await latest.sweep();
			expect(await repeated(latest)).toBe(false);
		},
	);
}

export function following(keeps: Keeps): void {
	keeps('a follower sees every append once and in order, also when it starts in a storm', {}, async ({ engine }) => {
		const followers: Promise<{ head: number; seen: number[] }>[] = [];
		const appends: Promise<unknown>[] = [];
		for (const index of span(1, 300)) {
			appends.push(engine.append(index % 3 === 0 ? 'sports' : 'general', [draft(`${index}`), draft(`${index}b`)]));
			if (index % 20 === 0) {
				const seen: number[] = [];
				const following = engine.follow('general', (entries) => seen.push(...sequences(entries)));
				followers.push(following.then(({ head }) => ({ head, seen })));
			}
			if (index % 7 === 0) {
				await new Promise(setImmediate);
			}
			if (index % 50 === 0) {
				await appends.at(-1);
			}
		}
		await Promise.all(appends);
		await engine.state('general');
		for (const { head, seen } of await Promise.all(followers)) {
			expect(seen).toEqual(span(head + 1, 400));
		}
	});

	keeps('a follower gets a commit in one call, with the texts that pages hold', {}, async ({ engine }) => {
		const calls: { entries: readonly Entry[]; epoch: string }[] = [];
		const { epoch } = await engine.follow('general', (entries, inEpoch) => calls.push({ entries, epoch: inEpoch }));
		const full = draft('b', {
			cid: 'c-1',
			verified: true,
			tags: { n: 1, s: 'x', b: false },
			replyTo: 1,
			to: '@bob',
			expiresAt: 4e12,
		});
		await engine.append('general', [draft('a'), full, draft('a')]);
		await engine.state('general');
		expect(calls).toHaveLength(1);
		const [call] = calls;
		expect(call?.epoch).toBe(epoch);
		const page = await engine.range('general', { limit: 10 });
		expect(call?.entries.map(({ message, text }) => ({ sequence: message.sequence, text }))).toEqual(page.entries);
		for (const { message, text } of call?.entries ?? []) {
			expect(JSON.parse(text)).toEqual({ type: 'message', ...message });
		}
		expect(call?.entries[1]?.message).toMatchObject({ ...full, room: 'general', sequence: 2 });
	});

	keeps('a follower is not told of repeats, conflicts or other rooms', {}, async ({ engine }) => {
		await append(engine, 'general', 'a');
		const seen: number[] = [];
		await engine.follow('general', (entries) => seen.push(...sequences(entries)));
		await engine.append('general', [draft('a'), draft('a', { content: 'other' })]);
		await append(engine, 'sports', 'b');
		await append(engine, 'general', 'c');
		await engine.state('general');
		expect(seen).toEqual([2]);
	});

	keeps('a listener is first called after the promise of `follow` has resolved', {}, async ({ engine }) => {
		const order: string[] = [];
		const appends = span(1, 20).map((index) => engine.append('general', [draft(`${index}`)]));
		const following = engine.follow('general', () => order.push('told'));
		following.then(() => order.push('resolved'));
		await Promise.all([...appends, following]);
		order.push('all appended');
		await append(engine, 'general', 'last');
		await engine.state('general');
		expect(order[0]).toBe('resolved');
		expect(order.at(-1)).toBe('told');
	});

	keeps('a listener is not called after `stop`, and others go on', {}, async ({ engine }) => {
		const [stopped, beside, going]: [number[], number[], number[]] = [[], [], []];
		const stops: (() => void)[] = [];
		const first = await engine.follow('general', (entries) => {
			stopped.push(...sequences(entries));
			for (const stop of stops) {
				stop();
			}
		});
		const second = await engine.follow('general', (entries) => beside.push(...sequences(entries)));
		await engine.follow('general', (entries) => going.push(...sequences(entries)));
		stops.push(first.stop, second.stop);
		await append(engine, 'general', 'a');
		await append(engine, 'general', 'b');
		first.stop();
		await append(engine, 'general', 'c');
		await engine.state('general');
		expect({ stopped, beside, going }).toEqual({ stopped: [1], beside: [], going: [1, 2, 3] });
	});

	keeps('a room can be followed again after everybody stopped', {}, async ({ engine }) => {
		(await engine.follow('general', () => {})).stop();
		await append(engine, 'general', 'a');
		const seen: number[] = [];
		const { head } = await engine.follow('general', (entries) => seen.push(...sequences(entries)));
		await append(engine, 'general', 'b');
		await engine.state('general');
		expect({ head, seen }).toEqual({ head: 1, seen: [2] });
	});
}
