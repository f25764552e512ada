import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, run, startBroker, startScreen } from '../helpers/processes.ts';

afterEach(endProcesses);

const script = fileURLToPath(new URL('../helpers/base-client.py', import.meta.url));
const python = ['/usr/bin/python3', 'python3'].find(
	(file) => spawnSync(file, ['-c', 'import websockets']).status === 0,
);

describe('a base client in Python', { timeout: 60_000 }, () => {
	it.skipIf(python === undefined)('joins, talks with the screen, sees numbers in order, and leaves', async () => {
		const broker = await startBroker();
		const screen = startScreen([broker.url, '--nick', 'sam']);
		await screen.shows(/live/u);
		const client = run(python ?? '', [script, broker.url, 'general', 'pia', '4', 'one', 'two', 'three']);
		await screen.shows(/\+~pia/u);
		await screen.shows(/pia +one[^\n]*\n[^\n]*two[^\n]*\n[^\n]*three/u);
		screen.type('hello pia\r');
		expect(await client.ended).toBe(0);
		expect(client.output.stderr).toBe('');
		const seen = client.output.stdout
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line) as unknown[]);
		expect(seen[0]).toEqual(['presence', 'pia', 'join', true]);
		expect(seen[1]).toEqual(['subscribed', 'general', 0]);
		expect(seen.filter(([kind]) => kind === 'message')).toEqual([
			['message', 'pia', 'one', 1],
			['message', 'pia', 'two', 2],
			['message', 'pia', 'three', 3],
			['message', 'sam', 'hello pia', 4],
		]);
		expect(seen.at(-1)).toEqual(['history', [1, 2, 3, 4]]);
		await screen.shows(/here 1/u);
	});
});
