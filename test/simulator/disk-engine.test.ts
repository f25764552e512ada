/** The simulator's engine keeps what every engine keeps of records, also when it stops at any step of their commit. */
import { describe, expect, test } from 'vitest';
import { defaultRetention, type RecordChange } from '../../src/engines/engine.ts';
import { restrictionKey } from '../../src/engines/records.ts';
import { type Conditions, draft, type Keeps } from '../helpers/engine-case.ts';
import { recording, restrictingAuthors } from '../helpers/engine-record-cases.ts';
import { Chance } from './chance.ts';
import { Disk } from './disk.ts';
import { DiskEngine, type Step } from './disk-engine.ts';

interface Machine extends Conditions {
	/** The step at which the process stops. */
	readonly stopsAt?: Step;
}

/** An engine whose process runs until it reaches a step; tells when it did. */
function start(
	disk: Disk,
	{ stopsAt, ...conditions }: Machine = {},
): {
	readonly engine: DiskEngine;
	readonly stopped: Promise<void>;
} {
	let isRunning = true;
	const { promise: stopped, resolve } = Promise.withResolvers<void>();
	const engine = new DiskEngine({
		disk,
		retention: { ...defaultRetention, ...conditions },
		now: conditions.now ?? (() => 1000),
		elapsed: conditions.elapsed ?? (() => 1000),
		// Each of its steps is a turn of its own; how long they take is nothing to these tests.
		after: (_, run) => setImmediate(() => isRunning && run()),
		chance: new Chance(1, 'disk engine'),
		delays: { writeMs: 1, syncMs: 1, readMs: 1, tellMs: 1 },
		damaged: new Map(),
		newEpoch: () => 'epoch',
		begins: 'nothing',
		canRead: () => true,
		onPage: () => {},
		reached(step) {
			isRunning &&= step !== stopsAt;
			if (!isRunning) {
				resolve();
			}
			return isRunning;
		},
		onCommitted: () => {},
		onRestored: () => {},
	});
	return { engine, stopped };
}

describe('a simulated disk', () => {
	const keeps: Keeps = (title, conditions, run) => {
		test(title, async () => {
			const disk = new Disk();
			const { engine } = start(disk, conditions);
			const again = async (changed?: Conditions) => {
				await engine.close();
				return start(disk, { ...conditions, ...changed }).engine;
			};
			await run({ engine, again, close: () => engine.close() });
		});
	};
	recording(keeps);
	restrictingAuthors(keeps);
});

const changes: readonly RecordChange[] = [
	{ kind: 'ban', key: restrictionKey('general', 'eve'), value: '{}' },
	{ kind: 'nick', key: 'sam', value: 'key 2', expected: 'key 1' },
];

/** What a crash of the machine leaves of what was not synced: by this seed nothing, by the other everything. */
const crashes = { nothing: losing(true), everything: losing(false) };

function losing(isLost: boolean): Chance {
	const chance = new Chance(1, 'crash');
	chance.whole = (least, most) => (isLost ? least : most);
	chance.is = () => false;
	return chance;
}

test.each([
	['numbered', crashes.nothing, false],
	['numbered', crashes.everything, false],
	['written', crashes.nothing, false],
	['written', crashes.everything, true],
	['fsynced', crashes.nothing, true],
	['fsynced', crashes.everything, true],
] as const)(
	'records whose commit is cut off when it is %s are all there or none (%#)',
	async (stopsAt, crash, isThere) => {
		const disk = new Disk();
		const before = start(disk).engine;
		await before.putRecords([{ kind: 'nick', key: 'sam', value: 'key 1' }]);
		await before.close();

		const { engine, stopped } = start(disk, { stopsAt });
		const told: RecordChange[] = [];
		let isAnswered = false;
		await engine.followRecords((some) => told.push(...some));
		void engine.putRecords(changes).then(() => {
			isAnswered = true;
		});
		await stopped;
		expect([told, isAnswered]).toEqual([[], false]);

		disk.crash(crash);
		const after = start(disk).engine;
		expect(await after.records('nick')).toEqual(new Map([['sam', isThere ? 'key 2' : 'key 1']]));
		expect((await after.records('ban')).size).toBe(isThere ? 1 : 0);
		const [outcome] = await after.append('general', [draft('a', { author: 'eve' })]);
		expect(outcome?.ok).toBe(!isThere);
		await after.close();
	},
);

test('records that a full disk refused are as they were', async () => {
	const disk = new Disk();
	const { engine } = start(disk);
	disk.isFull = true;
	const refused = { code: 'unavailable', outcome: 'not_applied' };
	await expect(engine.putRecords([{ kind: 'nick', key: 'sam', value: 'key 1' }])).rejects.toMatchObject(refused);
	disk.isFull = false;
	expect(await engine.putRecords([{ kind: 'nick', key: 'sam', value: 'key 2', expected: null }])).toBe(true);
	expect(await engine.records('nick')).toEqual(new Map([['sam', 'key 2']]));
	await engine.close();
});
