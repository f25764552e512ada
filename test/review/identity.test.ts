/** What falls between names, keys and accounts. */
import { describe, expect, test } from 'vitest';
import { comes, startOwned } from '../broker/known-people.ts';

describe('topics', () => {
	test('of as many rooms as somebody likes are not kept for ever', async () => {
		const started = await startOwned();
		const eve = await comes(started, 'eve', undefined, '');
		for (let number = 0; number < 300; number += 1) {
			const room = `r${number}`;
			started.clock.pass(100);
			await eve.ask({ type: 'subscribe', room, userId: 'eve' });
			await eve.order({ op: 'topic', room, topic: 'x'.repeat(256) });
			await eve.ask({ type: 'unsubscribe', room });
		}
		started.clock.pass(40 * 24 * 3_600_000);
		await started.engine.sweep();
		expect((await started.engine.records('topic')).size).toBeLessThan(300);
	});
});
