/**
 * What every engine has to keep of records, and of those that keep their authors from speaking.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { AppendOutcome, Draft, Engine, RecordChange } from '../../src/engines/engine.ts';
import { everywhere, restrictionKey } from '../../src/engines/records.ts';
import { append, clock, draft, type Keeps, numbersIn, span } from './engine-case.ts';

/** A change of a nick's owner. */
function nick(key: string, value: string | null, expected?: string | null): RecordChange {
	return { kind: 'nick', key, value, ...(expected !== undefined && { expected }) };
}

function restricting(kind: 'ban' | 'mute', author: string, room = 'general', value = '{}'): RecordChange {
	return { kind, key: restrictionKey(room, author), value };
}

function lifting(kind: 'ban' | 'mute', author: string, room = 'general'): RecordChange {
	return { kind, key: restrictionKey(room, author), value: null };
}

function by(author: string, id: string, rest: Partial<Draft> = {}): Draft {
	return draft(id, { author, ...rest });
}

/** What became of drafts, in short: a number, a number that it had before, or what was wrong. */
function fates(outcomes: readonly AppendOutcome[]): readonly (number | string)[] {
	return outcomes.map(fateOf);
}

function fateOf(outcome: AppendOutcome): number | string {
	if (outcome.ok) {
		return outcome.duplicate ? `again ${outcome.sequence}` : outcome.sequence;
	}
	switch (outcome.code) {
		case 'out_of_order':
			return `expected ${outcome.expected}`;
		case 'banned':
		case 'muted':
			return outcome.until === undefined ? outcome.code : `${outcome.code} until ${outcome.until}`;
		case 'duplicate_conflict':
			return 'conflict';
	}
}

async function say(engine: Engine, ...drafts: readonly Draft[]): Promise<readonly (number | string)[]> {
	return fates(await engine.append('general', drafts));
}

async function listed(engine: Engine, kind: string): Promise<Record<string, string>> {
	return Object.fromEntries([...(await engine.records(kind))].toSorted());
}

export function recording(keeps: Keeps): void {
	keeps('a record is as it was put last, and records of other kinds are others', {}, async ({ engine }) => {
		expect(await engine.putRecords([nick('sam', 'key 1'), { kind: 'room', key: 'sam', value: 'x' }])).toBe(true);
		expect(await engine.putRecords([nick('sam', 'key 2'), nick('kim', 'key 3')])).toBe(true);
		expect(await listed(engine, 'nick')).toEqual({ sam: 'key 2', kim: 'key 3' });
		expect(await listed(engine, 'room')).toEqual({ sam: 'x' });
		expect(await listed(engine, 'other')).toEqual({});
		expect(await engine.putRecords([nick('sam', null), nick('nobody', null)])).toBe(true);
		expect(await listed(engine, 'nick')).toEqual({ kim: 'key 3' });
		expect(await engine.putRecords([])).toBe(true);
	});

	keeps('changes are made together, or not at all', {}, async ({ engine }) => {
		await engine.putRecords([nick('sam', 'key 1')]);
		expect(await engine.putRecords([nick('kim', 'key 2', null), nick('sam', 'key 3', 'key 2')])).toBe(false);
		expect(await engine.putRecords([nick('sam', null, 'key 1'), nick('kim', 'key 2', 'key 2')])).toBe(false);
		expect(await engine.putRecords([nick('sam', 'key 4', null), nick('ann', 'key 2')])).toBe(false);
		expect(await listed(engine, 'nick')).toEqual({ sam: 'key 1' });
		expect(await engine.putRecords([nick('kim', 'key 2', null), nick('sam', null, 'key 1')])).toBe(true);
		expect(await listed(engine, 'nick')).toEqual({ kim: 'key 2' });
	});

	keeps('what a change expects is how the record was before its whole call', {}, async ({ engine }) => {
		expect(await engine.putRecords([nick('sam', 'key 1', null), nick('sam', 'key 2', 'key 1')])).toBe(false);
		expect(await engine.putRecords([nick('sam', 'key 1', null), nick('sam', 'key 2', null)])).toBe(true);
		expect(await listed(engine, 'nick')).toEqual({ sam: 'key 2' });
	});

	keeps('of many who want a nick at once the first gets it', {}, async ({ engine }) => {
		const wanted = span(1, 20).map((owner) => engine.putRecords([nick('sam', `key ${owner}`, null)]));
		expect(await Promise.all(wanted)).toEqual(span(1, 20).map((owner) => owner === 1));
		expect(await listed(engine, 'nick')).toEqual({ sam: 'key 1' });
	});

	keeps('any text is a key and a value, and empty ones are too', {}, async ({ engine }) => {
		const texts = ['', '__proto__', "x'); DROP TABLE record; --", 'größe 🙂', 'a\u0000b', '\n', '{"until":1}'];
		await engine.putRecords(texts.map((text) => ({ kind: 'k', key: text, value: text })));
		await engine.putRecords([{ kind: '', key: 'a', value: 'b' }]);
		expect([...(await engine.records('k'))].toSorted()).toEqual(texts.map((text) => [text, text]).toSorted());
		expect([...(await engine.records(''))]).toEqual([['a', 'b']]);
	});

	keeps('half a surrogate pair in a record is refused', {}, async ({ engine }) => {
		const half = '\ud83d';
		const bad = new TypeError('Expected records of well-formed Unicode, got "\\ud83d"');
		for (const change of [
			{ kind: half, key: 'k', value: 'v' },
			{ kind: 'k', key: half, value: 'v' },
			{ kind: 'k', key: 'k', value: half },
			{ kind: 'k', key: 'k', value: null, expected: half },
		]) {
			await expect(engine.putRecords([nick('sam', 'key 1'), change])).rejects.toThrow(bad);
		}
		await expect(engine.records(half)).rejects.toThrow(bad);
		expect(await listed(engine, 'nick')).toEqual({});
	});

	keeps('a thousand records are put at once, listed, and removed', {}, async ({ engine }) => {
		const numbers = span(1, 1000);
		expect(await engine.putRecords(numbers.map((n) => nick(`n${n}`, `key ${n}`, null)))).toBe(true);
		expect([...(await engine.records('nick'))].toSorted()).toEqual(
			numbers.map((n) => [`n${n}`, `key ${n}`]).toSorted(),
		);
		expect(await engine.putRecords(numbers.map((n) => nick(`n${n}`, null, `key ${n}`)))).toBe(true);
		expect(await listed(engine, 'nick')).toEqual({});
	});

	keeps('followers are told of what was changed, in order, before it is answered', {}, async ({ engine }) => {
		const heard: string[] = [];
		const stop = await engine.followRecords((changes) => {
			heard.push(changes.map(({ key, value }) => `${key}: ${value}`).join(', '));
		});
		const put = async (...changes: readonly RecordChange[]) => {
			const isMade = await engine.putRecords(changes);
			return [isMade, heard.at(-1)];
		};
		expect(await put(nick('sam', 'key 1'), nick('kim', 'key 2'))).toEqual([true, 'sam: key 1, kim: key 2']);
		expect(await put(nick('sam', 'key 3', null))).toEqual([false, 'sam: key 1, kim: key 2']);
		expect(await put(nick('sam', null))).toEqual([true, 'sam: null']);
		await Promise.all(span(1, 5).map((n) => put(nick('ann', `key ${n}`))));
		expect(heard.slice(2)).toEqual(span(1, 5).map((n) => `ann: key ${n}`));
		stop();
		await put(nick('sam', 'key 4'));
		expect(heard).toHaveLength(7);
	});

	keeps('a list holds what was told before it, and nothing that is told later', {}, async ({ engine }) => {
		const heard = new Map<string, string | null>();
		await engine.followRecords((changes) => {
			for (const { key, value } of changes) {
				heard.set(key, value);
			}
		});
		const calls: Promise<unknown>[] = [];
		for (const round of span(1, 30)) {
			calls.push(...span(1, 5).map((n) => engine.putRecords([nick(`n${n}`, `${round}`)])));
			calls.push(...span(1, 3).map(async () => expect(await engine.records('nick')).toEqual(new Map(heard))));
			// The next ones are made while these are under way.
			await new Promise((resolve) => setImmediate(resolve));
		}
		await Promise.all(calls);
		expect(heard.get('n5')).toBe('30');
	});

	keeps('a follower that throws keeps nobody from anything', {}, async ({ engine }) => {
		const heard: string[] = [];
		const thrown: unknown[] = [];
		const listeners = process.listeners('uncaughtException');
		process.removeAllListeners('uncaughtException');
		process.on('uncaughtException', (error) => thrown.push(error));
		try {
			await engine.followRecords(() => {
				throw new Error('thrown');
			});
			await engine.followRecords((changes) => heard.push(...changes.map(({ key }) => key)));
			expect(await engine.putRecords([nick('sam', 'key 1')])).toBe(true);
			await new Promise((resolve) => setImmediate(resolve));
		} finally {
			process.removeAllListeners('uncaughtException');
			for (const listener of listeners) {
				process.on('uncaughtException', listener);
			}
		}
		expect(heard).toEqual(['sam']);
		expect(thrown).toEqual([new Error('thrown')]);
	});

	keeps('whatever is put, records are as the changes in their order say', {}, async ({ engine }) => {
		const text = fc.constantFrom('a', 'b', null);
		const change = fc.record(
			{ kind: fc.constantFrom('p', 'q'), key: fc.constantFrom('x', 'y'), value: text, expected: text },
			{ requiredKeys: ['kind', 'key', 'value'] },
		);
		const model = new Map<string, string>();
		await fc.assert(
			fc.asyncProperty(fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 6 }), async (calls) => {
				const nameOf = ({ kind, key }: RecordChange) => `${kind} ${key}`;
				const expected = calls.map((changes) => {
					const isMade = changes.every(
						(each) => each.expected === undefined || each.expected === (model.get(nameOf(each)) ?? null),
					);
					for (const each of isMade ? changes : []) {
						if (each.value === null) {
							model.delete(nameOf(each));
						} else {
							model.set(nameOf(each), each.value);
						}
					}
					return isMade;
				});
				expect(await Promise.all(calls.map((changes) => engine.putRecords(changes)))).toEqual(expected);
				const stored = await Promise.all(['p', 'q'].map(async (kind) => ({ kind, found: await engine.records(kind) })));
				const found = stored.flatMap(({ kind, found }) => [...found].map(([key, value]) => [`${kind} ${key}`, value]));
				expect(found.toSorted()).toEqual([...model].toSorted());
			}),
			{ numRuns: 60 },
		);
	});

	keeps('records, and whom they restrict, are the same for a second handle', {}, async ({ engine, again }) => {
		await engine.putRecords([nick('sam', 'key 1'), nick('kim', 'key 2'), restricting('ban', 'eve')]);
		await engine.putRecords([nick('kim', null), restricting('mute', 'bob', everywhere)]);
		const second = await (again as () => Promise<Engine>)();
		expect(await listed(second, 'nick')).toEqual({ sam: 'key 1' });
		expect(await say(second, by('eve', 'a'), by('bob', 'b'), by('sam', 'c'))).toEqual(['banned', 'muted', 1]);
		expect(await second.putRecords([nick('sam', 'key 3', 'key 1'), lifting('ban', 'eve')])).toBe(true);
		expect(await say(second, by('eve', 'a'))).toEqual([2]);
	});
}

export function restrictingAuthors(keeps: Keeps): void {
	keeps('who is banned or muted stores nothing in that room, and others do', {}, async ({ engine }) => {
		await engine.putRecords([restricting('ban', 'eve'), restricting('mute', 'bob')]);
		expect(await say(engine, by('eve', 'a'), by('sam', 'b'), by('bob', 'c'), draft('d'))).toEqual([
			...['banned', 1, 'muted', 2],
		]);
		expect(await numbersIn(engine, 'general')).toEqual([1, 2]);
		const elsewhere = await engine.append('sports', [by('eve', 'a'), by('bob', 'c')]);
		expect(fates(elsewhere)).toEqual([1, 2]);
	});

	keeps('a restriction everywhere holds in every room', {}, async ({ engine }) => {
		await engine.putRecords([restricting('ban', 'eve', everywhere)]);
		for (const room of ['general', 'sports']) {
			expect(fates(await engine.append(room, [by('eve', 'a'), by('sam', 'b')]))).toEqual(['banned', 1]);
		}
		expect((await engine.rooms({ limit: 10 })).rooms.map(({ head }) => head)).toEqual([1, 1]);
	});

	keeps('a room in which nobody could store anything is not there', {}, async ({ engine }) => {
		await engine.putRecords([restricting('ban', 'eve')]);
		expect(await say(engine, by('eve', 'a'))).toEqual(['banned']);
		expect((await engine.rooms({ limit: 10 })).rooms).toEqual([]);
	});

	keeps('an author of several names is who is restricted under any of them', {}, async ({ engine }) => {
		const said = (id: string) => draft(id, { author: ['bob', 'eve'] });
		await engine.putRecords([restricting('mute', 'bob'), restricting('ban', 'eve', everywhere)]);
		expect(await say(engine, said('a'))).toEqual(['banned']);
		await engine.putRecords([lifting('ban', 'eve', everywhere)]);
		expect(await say(engine, said('a'))).toEqual(['muted']);
		await engine.putRecords([lifting('mute', 'bob'), restricting('ban', 'sam')]);
		expect(await say(engine, said('a'), draft('b', { author: [] }))).toEqual([1, 2]);
	});

	keeps('a ban is named before a mute', {}, async ({ engine }) => {
		await engine.putRecords([restricting('mute', 'eve'), restricting('ban', 'eve', everywhere)]);
		expect(await say(engine, by('eve', 'a'))).toEqual(['banned']);
		await engine.putRecords([lifting('ban', 'eve', everywhere)]);
		expect(await say(engine, by('eve', 'a'))).toEqual(['muted']);
		await engine.putRecords([lifting('mute', 'eve')]);
		expect(await say(engine, by('eve', 'a'))).toEqual([1]);
	});

	const ending = clock(1_000_000);
	keeps('a restriction holds until its time', { now: ending.now }, async ({ engine }) => {
		const until = '{"until":1000500,"reason":"noise"}';
		await engine.putRecords([restricting('ban', 'eve', 'general', until)]);
		await engine.putRecords([restricting('mute', 'eve', everywhere, '{"until":1000600}')]);
		ending.at = 1_000_499;
		expect(await say(engine, by('eve', 'a'))).toEqual(['banned until 1000500']);
		ending.at = 1_000_500;
		expect(await say(engine, by('eve', 'a'))).toEqual(['muted until 1000600']);
		ending.at = 1_000_600;
		expect(await say(engine, by('eve', 'a'))).toEqual([1]);
		expect(await listed(engine, 'ban')).toEqual({ [restrictionKey('general', 'eve')]: until });
	});

	const moving = clock(1_000_000);
	keeps('a restriction that is put again has the new end', { now: moving.now }, async ({ engine }) => {
		await engine.putRecords([restricting('ban', 'eve')]);
		await engine.putRecords([restricting('ban', 'eve', 'general', '{"until":1000001}')]);
		expect(await say(engine, by('eve', 'a'))).toEqual(['banned until 1000001']);
		await engine.putRecords([restricting('ban', 'eve', 'general', '{"until":"never"}')]);
		moving.at = 2_000_000;
		expect(await say(engine, by('eve', 'a'))).toEqual(['banned']);
	});

	keeps('a restriction whose value is no JSON object is refused', {}, async ({ engine }) => {
		for (const kind of ['ban', 'mute'] as const) {
			for (const value of ['', '{', 'null', '[]', '7', '"x"']) {
				const message = `Expected the value of a ${kind} to be a JSON object, got ${JSON.stringify(value)}`;
				const changes = [nick('sam', 'key 1'), restricting(kind, 'eve', 'general', value)];
				await expect(engine.putRecords(changes)).rejects.toThrow(new TypeError(message));
			}
		}
		expect(await listed(engine, 'nick')).toEqual({});
		expect(await say(engine, by('eve', 'a'))).toEqual([1]);
	});

	keeps('a key that no author has restricts nobody', {}, async ({ engine }) => {
		await engine.putRecords(['', 'eve', '{', '["general"]'].map((key) => ({ kind: 'ban', key, value: '{}' })));
		expect(await say(engine, by('eve', 'a'), by('', 'b'))).toEqual([1, 2]);
	});

	keeps('what is said before a ban is stored, and what is said right after it is not', {}, async ({ engine }) => {
		for (const room of span(1, 20).map((n) => `room-${n}`)) {
			const say = async (id: string) => fates(await engine.append(room, [by('eve', id)]));
			const all = await Promise.all([
				say('a'),
				engine.putRecords([restricting('ban', 'eve', room)]),
				say('b'),
				engine.putRecords([lifting('ban', 'eve', room)]),
				say('c'),
			]);
			expect(all).toEqual([[1], true, ['banned'], true, [2]]);
		}
	});

	keeps('a ban that was not put, because another record was not as expected, bans nobody', {}, async ({ engine }) => {
		expect(await engine.putRecords([restricting('ban', 'eve'), nick('eve', null, 'key 1')])).toBe(false);
		expect(await say(engine, by('eve', 'a'))).toEqual([1]);
	});

	keeps('a repeat of what was stored before a ban gets its place', {}, async ({ engine }) => {
		await say(engine, by('eve', 'a'));
		await engine.putRecords([restricting('ban', 'eve')]);
		const repeats = [by('eve', 'a'), by('eve', 'a', { content: 'other' }), by('eve', 'b')];
		expect(await say(engine, ...repeats)).toEqual(['again 1', 'conflict', 'banned']);
	});

	keeps('a draft that was refused for a ban is stored when it is sent again after it', {}, async ({ engine }) => {
		await engine.putRecords([restricting('ban', 'eve')]);
		expect(await say(engine, by('eve', 'a'))).toEqual(['banned']);
		await engine.putRecords([lifting('ban', 'eve')]);
		expect(await say(engine, by('eve', 'a'), by('eve', 'a'))).toEqual([1, 'again 1']);
	});

	keeps('a draft that was refused for a ban does not use up its place in the order', {}, async ({ engine }) => {
		const said = (pseq: number) => by('eve', `p${pseq}`, { origin: { producer: 'p', pseq } });
		expect(await say(engine, said(1))).toEqual([1]);
		await engine.putRecords([restricting('mute', 'eve')]);
		expect(await say(engine, said(2), said(3), said(9))).toEqual(['muted', 'muted', 'muted']);
		await engine.putRecords([lifting('mute', 'eve')]);
		expect(await say(engine, said(3), said(2), said(3))).toEqual(['expected 2', 2, 3]);
	});

	keeps('of a batch by several authors only what the banned ones say is refused', {}, async ({ engine }) => {
		await append(engine, 'general', 'before');
		await engine.putRecords([restricting('ban', 'eve'), restricting('mute', 'bob', everywhere)]);
		const batch = span(1, 4).flatMap((n) => [by('eve', `e${n}`), by('sam', `s${n}`), by('bob', `b${n}`)]);
		const expected = span(2, 5).flatMap((number) => ['banned', number, 'muted']);
		expect(await say(engine, ...batch)).toEqual(expected);
		expect(await numbersIn(engine, 'general')).toEqual(span(1, 5));
	});

	keeps('who wrote a message is not stored with it', {}, async ({ engine }) => {
		const heard: unknown[] = [];
		await engine.follow('general', (entries) => heard.push(...entries));
		await say(engine, by('eve', 'a'));
		const { entries } = await engine.range('general', { limit: 1 });
		expect(JSON.stringify([entries, heard])).not.toContain('author');
	});
}
