/** A seed that fails has to end in something that a person can read: few actions, and all that happens in them. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

/** What `npm run simulate` says with a fault of test/faults/table.ts in the sources. */
async function simulate(fault: string): Promise<readonly string[]> {
	const args = [`--import=${new URL('test/faults/load.ts', root).href}`, 'test/simulator/main.ts', '--seeds', '60'];
	const options = { cwd: fileURLToPath(root), env: { ...process.env, NATTER_FAULT: fault }, maxBuffer: 2 ** 26 };
	const { stdout } = await promisify(execFile)(process.execPath, args, options).catch(
		(error: { readonly code: unknown; readonly stdout: string }) => {
			expect(error.code).toBe(1);
			return error;
		},
	);
	return stdout.trim().split('\n');
}

test.each(['shown-out-of-order', 'leave-told-too-early', 'repeat-told-as-first'])(
	'a run with %s fails with a short trace that ends in the same violation',
	async (fault) => {
		const lines = await simulate(fault);
		const [, seed, invariant] =
			lines.map((line) => /^seed (\d+): (I\d+): /u.exec(line) ?? []).find((one) => one[1]) ?? [];
		const summary = lines.findIndex((line) => line.startsWith(`seed ${seed} with `));
		const [, few, many] = /^seed \d+ with (\d+) of (\d+) actions:$/u.exec(lines[summary] ?? '') ?? [];
		expect(Number(few)).toBeLessThanOrEqual(4);
		expect(Number(many)).toBeGreaterThan(Number(few));
		// The setup, the actions, and then what is wrong with them.
		const [setup, ...rest] = lines.slice(summary + 1);
		expect(JSON.parse(setup ?? '')).toHaveProperty('nicks');
		const actions = rest.slice(0, Number(few)).map((line) => JSON.parse(line) as { readonly type: string });
		expect(rest[actions.length]).toMatch(new RegExp(`^${invariant}: `, 'u'));
		// Each line of the trace says when; the actions are where they were done, as far as it came.
		const trace = lines.slice(0, summary).filter((line) => /^ *\d+\.\d{3} \S/u.test(line));
		expect(trace.length).toBeLessThan(400);
		expect(trace[0]).toMatch(/0\.000 broker starts/u);
		const done = trace
			.filter((line) => line.includes(' -- {'))
			.map((line) => JSON.parse(line.slice(line.indexOf('{'))));
		expect(done.length).toBeGreaterThan(0);
		expect(done).toEqual(actions.slice(0, done.length));
	},
	120_000,
);
