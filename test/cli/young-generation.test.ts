import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { expect, test } from 'vitest';
import { YoungGeneration } from '../../src/cli/young-generation.ts';

test('the young generation stops growing when it is large, however much outlives it', () => {
	const young = new YoungGeneration();
	const kept: unknown[] = [];
	for (let turn = 0; turn < 300; turn++) {
		kept.push(Array.from({ length: 10_000 }, (_, index) => ({ turn, index })));
		young.look();
	}
	const size = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size;
	setFlagsFromString('--semi-space-growth-factor=2');
	expect(kept).toHaveLength(300);
	expect(size).toBeLessThanOrEqual(32 * 1024 * 1024);
});
