import { expect, test } from 'vitest';
import { dedupeMs } from '../../src/engines/engine.ts';
import { MemoryRoom } from '../../src/engines/memory-room.ts';
import { draft } from '../helpers/engine-case.ts';

test('an id is known for its whole time by the clock that never steps, and no longer', () => {
	const room = new MemoryRoom('general', { historySize: 10, historyTtlMs: Number.POSITIVE_INFINITY });
	const said = draft('a');
	const outcomeAt = (elapsed: number) => room.append(said, 'e', 5, 1000 + elapsed).outcome;
	expect([0, dedupeMs - 1, dedupeMs].map(outcomeAt)).toEqual([
		{ ok: true, sequence: 1, epoch: 'e', timestamp: 5, duplicate: false },
		{ ok: true, sequence: 1, epoch: 'e', timestamp: 5, duplicate: true },
		{ ok: true, sequence: 2, epoch: 'e', timestamp: 5, duplicate: false },
	]);
});
