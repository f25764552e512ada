import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { endProcesses, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

/** How far the broker's record on disk says that somebody with a key has read in the room. */
function recordedPosition(data: string): number {
	const database = new DatabaseSync(join(data, 'natter.db'), { readOnly: true });
	try {
		return Number(
			database.prepare("SELECT max(seq) AS position FROM cursor WHERE room = 'general' AND length(user) = 43").get()?.[
				'position'
			] ?? 0,
		);
	} finally {
		database.close();
	}
}

it('a client that lost its state gets all that it had not read, once, although its broker crashed as well', {
	timeout: 120_000,
}, async () => {
	const data = temporaryDirectory();
	const words = ['--data', data, '--port'];
	const first = await startBroker([...words, '0']);
	const ana = connect(first.url, { nick: 'ana' });
	const say = async (from: number, to: number) => {
		for (let line = from; line <= to; line += 1) {
			await ana.publish('general', `line ${line}.`);
		}
	};
	const state = temporaryDirectory();
	const env = { XDG_STATE_HOME: state, NATTER_CONFIG_DIR: temporaryDirectory() };
	const before = startScreen([first.url, '--nick', 'sam'], { env });
	await before.shows(/live/u);
	await say(1, 10);
	await before.shows(/line 10\./u);
	await expect.poll(() => recordedPosition(data), { timeout: 60_000 }).toBe(10);
	before.kill('SIGKILL');
	await before.ended;
	rmSync(state, { recursive: true });

	// More than a newcomer is shown, who would begin with the newest hundred.
	await say(11, 250);
	first.kill('SIGKILL');
	await first.ended;
	const second = await startBroker([...words, String(first.port)]);
	const after = startScreen([second.url, '--nick', 'sam'], { env, rows: 300 });
	await after.shows(/#250 in order[\s\S]*line 250\./u);
	const shown = [
		...after
			.lines()
			.join('\n')
			.matchAll(/line (\d+)\./gu),
	].map(([, line]) => Number(line));
	expect(shown).toEqual(Array.from({ length: 240 }, (_, index) => 11 + index));
	await ana.close();
});
