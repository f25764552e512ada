import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AppendOutcome, type Draft, dedupeMs, type Page } from '../../src/engines/engine.ts';
import { cutFrame, digestOf } from '../../src/engines/frame-text.ts';
import { MemoryRoom } from '../../src/engines/memory-room.ts';
import { type OwnedDatabase, openForWriting } from '../../src/engines/sqlite-database.ts';
import { SqliteReader } from '../../src/engines/sqlite-reader.ts';
import { type Of, outcomeOf, split } from '../../src/engines/sqlite-results.ts';
import type { DraftRow, Result, WriterCall } from '../../src/engines/sqlite-wire.ts';
import { SqliteWriter } from '../../src/engines/sqlite-writer.ts';
import { draft, placed, span } from '../helpers/engine-case.ts';

const hour = 3_600_000;
const retention = { historySize: 12, historyTtlMs: 3 * hour };
const names = ['general', 'sports'] as const;

type Happening =
	| { readonly what: 'append'; readonly room: string; readonly count: number; readonly ttlMs: number | undefined }
	/** Something of the last day is said again: so many from its first message, or from its last when it is negative. */
	| { readonly what: 'repeat'; readonly room: string; readonly which: number }
	| { readonly what: 'clear'; readonly room: string }
	| { readonly what: 'sweep' }
	/** Without a word when it is killed: what was not saved is lost. */
	| { readonly what: 'restart'; readonly isKilled: boolean };

interface Step {
	readonly passesMs: number;
	/** How far the wall clock is set forward or back besides. */
	readonly jumpMs: number;
	readonly happening: Happening;
}

/** In steps that are large enough for two of them to be the same. */
const anyTime = (min: number, max: number) => fc.integer({ min, max }).map((times) => times * (hour / 3));
const anyRoom = fc.constantFrom(...names);
const anyStep: fc.Arbitrary<Step> = fc.record({
	passesMs: anyTime(0, 24),
	jumpMs: fc.oneof(
		{ weight: 4, arbitrary: fc.constant(0) },
		{ weight: 2, arbitrary: anyTime(-12, 12) },
		{ weight: 1, arbitrary: fc.constantFrom(-8760 * hour, 8760 * hour) },
	),
	happening: fc.oneof(
		{
			weight: 6,
			arbitrary: fc.record({
				what: fc.constant('append'),
				room: anyRoom,
				count: fc.integer({ min: 1, max: 5 }),
				ttlMs: fc.option(anyTime(1, 12), { nil: undefined }),
			}),
		},
		{
			weight: 3,
			arbitrary: fc.record({ what: fc.constant('repeat'), room: anyRoom, which: fc.integer({ min: -15, max: 15 }) }),
		},
		{ weight: 1, arbitrary: fc.record({ what: fc.constant('clear'), room: anyRoom }) },
		{ weight: 4, arbitrary: fc.constant({ what: 'sweep' }) },
		{ weight: 1, arbitrary: fc.record({ what: fc.constant('restart'), isKilled: fc.boolean() }) },
	) as fc.Arbitrary<Happening>,
});

test('whatever the clock does, a database keeps what a room in memory keeps, and knows the ids of a day', () => {
	fc.assert(
		fc.property(fc.array(anyStep, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
			const pair = new Pair();
			try {
				for (const step of steps) {
					pair.take(step);
				}
			} finally {
				pair.close();
			}
		}),
		{ numRuns: 20 },
	);
}, 30_000);

interface Said {
	readonly room: string;
	readonly sequence: number;
	readonly timestamp: number;
	readonly draft: Draft;
	readonly elapsed: number;
}

/** A database, and rooms in memory that are told the same. */
class Pair {
	readonly #directory = mkdtempSync(join(tmpdir(), 'natter-clocks-'));
	readonly #rooms = new Map<string, MemoryRoom>(names.map((name) => [name, new MemoryRoom(name, retention)]));
	/** Everything that was stored, in the order in which it was. */
	readonly #said: Said[] = [];
	/** Messages that the database serves although the room in memory took them for too old. */
	#late: ReadonlySet<string> = new Set();
	/** Rooms that may have come to where they begin by another way. */
	readonly #lagging = new Set<string>();
	#now = 8760 * hour;
	#elapsed = 0;
	/** How far the clock of the process that has the database open is from `#elapsed`. */
	#origin = 0;
	#owned = this.#open();
	#writer = this.#write();
	#reader = this.#read();

	take({ passesMs, jumpMs, happening }: Step): void {
		this.#elapsed += passesMs;
		this.#now = Math.max(0, this.#now + passesMs + jumpMs);
		switch (happening.what) {
			case 'append': {
				const { room, count, ttlMs } = happening;
				const rest = ttlMs === undefined ? {} : { expiresAt: this.#now + ttlMs };
				this.#append(
					room,
					span(1, count).map((index) => draft(`${this.#said.length + index}`, rest)),
				);
				break;
			}
			case 'repeat':
				this.#repeat(happening.room, happening.which);
				break;
			case 'clear':
				this.#rooms.get(happening.room)?.clear();
				this.#ask(['clear', happening.room]);
				break;
			case 'sweep':
				this.#sweep();
				break;
			case 'restart':
				this.#reader.close();
				if (happening.isKilled) {
					this.#owned.close();
				} else {
					this.#writer.close();
				}
				this.#owned = this.#open();
				this.#writer = this.#write();
				this.#reader = this.#read();
				break;
		}
		this.#late = new Set(names.flatMap((name) => this.#compare(name, happening.what === 'sweep')));
	}

	close(): void {
		this.#reader.close();
		this.#owned.close();
		rmSync(this.#directory, { recursive: true });
	}

	#open(): OwnedDatabase {
		return openForWriting({ directory: this.#directory, fsync: false, at: this.#now, notice: unexpected });
	}

	#write(): SqliteWriter {
		this.#origin = 1000 * hour - this.#elapsed;
		const writer = new SqliteWriter(this.#owned, retention, this.#origin + this.#elapsed, unexpected);
		writer.recall();
		return writer;
	}

	#read(): SqliteReader {
		return new SqliteReader(this.#directory, unexpected);
	}

	#ask(call: WriterCall): Result | undefined {
		return this.#writer.commit([{ at: this.#now, elapsed: this.#origin + this.#elapsed, calls: [call] }])[0];
	}

	/** Both give the same places, which are returned. */
	#append(room: string, drafts: readonly Draft[]): readonly AppendOutcome[] {
		const rows = drafts.map((one): DraftRow => {
			const { before, after } = cutFrame(room, one);
			return [one.id, before, after, digestOf(one), one.expiresAt ?? null, null, 0, null];
		});
		const result = this.#ask(['append', room, rows]) as Of<'append'>;
		const outcomes = drafts.map(
			(one) => this.#rooms.get(room)?.append(one, result[1], this.#now, this.#elapsed).outcome as AppendOutcome,
		);
		expect(result[2].map((place) => outcomeOf(place, result[1]))).toEqual(outcomes);
		for (const [index, one] of drafts.entries()) {
			const { sequence, timestamp, duplicate } = placed(outcomes[index]);
			if (!duplicate) {
				this.#said.push({ room, sequence, timestamp, draft: one, elapsed: this.#elapsed });
			}
		}
		return outcomes;
	}

	#repeat(room: string, which: number): void {
		const known = this.#said.filter((said) => said.room === room && said.elapsed > this.#elapsed - dedupeMs);
		const said = known.at(which % known.length);
		if (said !== undefined) {
			const { sequence, timestamp } = said;
			expect(this.#append(room, [said.draft])).toMatchObject([{ sequence, timestamp, duplicate: true }]);
		}
	}

	#sweep(): void {
		for (const room of this.#rooms.values()) {
			room.sweep(this.#now, this.#elapsed);
		}
		this.#ask(['sweep']);
		let result: Result | undefined;
		while (result === undefined) {
			result = this.#writer.tidy();
		}
		expect(result).toEqual(['done']);
	}

	/** Returns which messages of the room the database serves although memory took them for too old. */
	#compare(name: string, isSwept: boolean): readonly string[] {
		const room = this.#rooms.get(name) as MemoryRoom;
		const { head, oldest, edge } = room;
		const whole = this.#page(name, {});
		expect(this.#ask(['state', name])?.[1]).toMatchObject({ head: whole.head, oldest: whole.oldest, edge: whole.edge });
		expect({ head: whole.head, complete: whole.complete }).toEqual({ head, complete: true });
		expect(whole.oldest).toBeLessThanOrEqual(oldest);
		const { entries, gone } = this.#page(name, { after: oldest - 1 });
		expect({ entries, gone, complete: true }).toEqual(room.page({ limit: 1000, after: oldest - 1 }, this.#now));
		if (whole.oldest === oldest && (whole.edge === edge || !this.#lagging.has(name))) {
			this.#lagging.delete(name);
			expect({ edge: whole.edge, gone: whole.gone }).toEqual({
				edge,
				gone: room.page({ limit: 1000 }, this.#now).gone,
			});
			return [];
		}
		this.#lagging.add(name);
		const late = whole.entries.filter(({ sequence }) => sequence < oldest).map(({ sequence }) => `${name} ${sequence}`);
		expect(late.filter((place) => !(isSwept ? this.#mayStay(place) : this.#late.has(place)))).toEqual([]);
		return late;
	}

	#page(name: string, query: { readonly after?: number }): Page {
		const result = this.#reader.answer(['range', name, { ...query, limit: 1000 }, Number.MAX_SAFE_INTEGER], this.#now);
		return split((result as Of<'range'>)[1]);
	}

	/**
	 * Whether a sweep may leave the message. It goes through all rooms in the order in which messages were stored, and as
	 * far as the first that is not too old: of one stored after that, the clock of that time was behind.
	 */
	#mayStay(place: string): boolean {
		const tooOld = this.#now - retention.historyTtlMs;
		const index = this.#said.findIndex(({ room, sequence }) => `${room} ${sequence}` === place);
		const isYoung = ({ timestamp }: Said) => tooOld < timestamp && timestamp <= this.#now;
		return (this.#said[index]?.timestamp ?? 0) > tooOld || this.#said.slice(0, index).some(isYoung);
	}
}

function unexpected(notice: string): void {
	expect.fail(notice);
}
