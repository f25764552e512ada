import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dedupeMs } from '../../src/engines/engine.ts';
import { RunningTime } from '../../src/engines/sqlite-running-time.ts';

const hour = 3_600_000;

function emptyDatabase(): DatabaseSync {
	const database = new DatabaseSync(':memory:');
	database.exec('CREATE TABLE meta (name TEXT PRIMARY KEY, value, crc INTEGER NOT NULL) WITHOUT ROWID');
	return database;
}

/** A row was stored, or the process was killed and started again, perhaps after it had saved its time. */
const happening = fc.record({
	afterMs: fc.integer({ min: 0, max: 10 * hour }),
	what: fc.constantFrom('store', 'store', 'store', 'save', 'kill'),
});

test('no row passes for old before a day has passed, whatever is killed when; and none is young for much longer', () => {
	fc.assert(
		fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
			const database = emptyDatabase();
			let now = 0;
			let wasKilled = false;
			let time = new RunningTime(database, now);
			const storedAt: number[] = [];
			for (const { afterMs, what } of happenings) {
				now += afterMs;
				time.pass(now, storedAt.length + 1);
				if (what === 'store') {
					storedAt.push(now);
				} else if (what === 'save') {
					time.save(database);
				} else {
					wasKilled = true;
					time = new RunningTime(database, now);
				}
				for (const at of storedAt.slice(0, Math.max(0, time.oldRows - 1))) {
					expect(now - at).toBeGreaterThanOrEqual(dedupeMs);
				}
			}
			if (!wasKilled) {
				for (let step = 0; step < 40; step += 1) {
					now += hour;
					time.pass(now, storedAt.length + 1);
				}
				expect(time.oldRows).toBe(storedAt.length === 0 ? 0 : storedAt.length + 1);
				expect(time.marks.length).toBeLessThan(8);
			}
		}),
	);
});

test('the time of earlier runs counts as far as it was saved, and damage to it makes rows younger, not older', () => {
	const database = emptyDatabase();
	const first = new RunningTime(database, 500);
	first.pass(500 + 20 * hour, 10);
	first.save(database);
	const second = new RunningTime(database, 7);
	expect(second.passed).toBe(20 * hour);
	second.pass(7 + dedupeMs - 1, 20);
	expect(second.oldRows).toBe(10);
	second.pass(7 + dedupeMs, 20);
	expect(second.oldRows).toBe(20);
	second.pass(0, 20);
	expect(second.passed).toBe(20 * hour + dedupeMs);
	second.save(database);
	database.exec('UPDATE meta SET crc = crc + 1');
	expect(new RunningTime(database, 0)).toMatchObject({ passed: 0, oldRows: 0 });
});
