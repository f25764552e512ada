import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, runNatter, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

describe('natter --plain', { timeout: 60_000 }, () => {
	it('sends what comes from a pipe, prints what is said and ends with 0', async () => {
		const broker = await startBroker();
		const pipe = runNatter([broker.url, '--plain', '--nick', 'ann'], {
			env: { XDG_STATE_HOME: temporaryDirectory() },
		});
		pipe.child.stdin.end('one\n/join ops\ntwo\n/who\n');
		expect(await pipe.ended).toBe(0);
		const { stdout, stderr } = pipe.output;
		expect(stderr).toBe('');
		expect(stdout).toMatch(/#general ann: one \(sent\)\n/u);
		expect(stdout).toMatch(/^now in #ops$/mu);
		expect(stdout).toMatch(/#ops ann: two \(sent\)\n/u);
		expect(stdout).toMatch(/^1 person in #ops:$/mu);
		expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
	});

	it('ends with 1 and says why when not everything was sent', async () => {
		const broker = await startBroker();
		const pipe = runNatter([broker.url, '--plain', '--nick', 'ann'], {
			env: { XDG_STATE_HOME: temporaryDirectory() },
		});
		pipe.child.stdin.end(`${'x'.repeat(70_000)}\nshort\n`);
		expect(await pipe.ended).toBe(1);
		expect(pipe.output.stderr).toMatch(/^natter: 1 line was not sent: /u);
		expect(pipe.output.stdout).toMatch(/ann: short \(sent\)\n/u);
	});

	it('is what a dumb terminal gets, which no escape sequence goes to', async () => {
		const broker = await startBroker();
		const env = { TERM: 'dumb' };
		const dumb = startScreen([broker.url, '--nick', 'sam'], { env });
		await dumb.shows(/TERM is dumb[\s\S]*You are sam at/u);
		dumb.type('hello\n');
		await dumb.shows(/\d\d:\d\d #general sam: hello \(sent\)/u);
		const other = startScreen([broker.url, '--nick', 'maya']);
		await other.shows(/live/u);
		other.type('hi sam\r');
		await dumb.shows(/> \d\d:\d\d (?:#general )?maya: hi sam/u);
		dumb.type('\x04');
		expect((await dumb.ended).exitCode).toBe(0);
		expect(dumb.written()).not.toContain('\x1b');
	});
});
