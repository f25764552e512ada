import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, runNatter, startBroker } from '../helpers/processes.ts';

afterEach(endProcesses);

describe('natter tail --where', { timeout: 60_000 }, () => {
	const numbersOf = (output: string) =>
		output
			.trim()
			.split('\n')
			.map((line) => (JSON.parse(line) as { sequence: number }).sequence);

	it('prints what matches of what is kept and of what comes, with the tags that it was sent with', async () => {
		const broker = await startBroker(['--chaos', 'reorder,drop,dup', '--chaos-seed', '5']);
		const say = (text: string, ...tags: readonly string[]) =>
			runNatter(['send', 'deploys', text, '--url', broker.url, ...tags.flatMap((tag) => ['--tag', tag])]).ended;
		expect(await say('slow', 'level=error', 'ms=812')).toBe(0);
		expect(await say('fast', 'level=error', 'ms=12')).toBe(0);
		const tail = runNatter([
			...['tail', 'deploys', '--json', '--since', '0', '--url', broker.url],
			...['--where', 'tags.level = error and tags.ms > 500'],
		]);
		await tail.printed(/"sequence":1/u);
		for (let round = 0; round < 3; round += 1) {
			expect(await say('fine', 'level=info', 'ms=900')).toBe(0);
			expect(await say('slow again', 'level=error', 'ms=900', 'build="8812"')).toBe(0);
		}
		await tail.printed(/"sequence":8/u);
		expect(numbersOf(tail.output.stdout)).toEqual([1, 4, 6, 8]);
		const last = JSON.parse(tail.output.stdout.trim().split('\n').at(-1) ?? '') as object;
		expect(last).toMatchObject({ tags: { level: 'error', ms: 900, build: '8812' } });
		expect(last).not.toHaveProperty('prev');
		expect(tail.output.stderr).toBe('');
	});

	it('refuses a filter that cannot be meant in one line, with exit code 2', async () => {
		const tail = runNatter(['tail', 'deploys', '--where', 'tags.level = (error']);
		expect(await tail.ended).toBe(2);
		expect(tail.output.stderr).toBe('natter: --where "tags.level = (error": Unclosed ( at 20\n');
	});

	it('goes beside tags that cannot be meant, of which nothing is sent', async () => {
		const send = runNatter(['send', 'deploys', 'hello', '--tag', 'level']);
		expect(await send.ended).toBe(2);
		expect(send.output.stderr).toBe('natter: --tag: Expected a tag such as level=error, got "level"\n');
	});
});
