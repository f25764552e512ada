import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { endProcesses, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

// The last thing said of each mode must be its end.
function expectRestored(written: string): void {
	expect(written.lastIndexOf('\x1b[?1049l')).toBeGreaterThan(written.lastIndexOf('\x1b[?1049h'));
	expect(written.lastIndexOf('\x1b[?25h')).toBeGreaterThan(written.lastIndexOf('\x1b[?25l'));
	expect(written.lastIndexOf('\x1b[23;2t')).toBeGreaterThan(written.lastIndexOf('\x1b]2;natter #general\x07'));
	expect(written.lastIndexOf('\x1b[?1004l')).toBeGreaterThan(written.lastIndexOf('\x1b[?1004h'));
	expect(written.lastIndexOf('\x1b[?2004l')).toBeGreaterThan(written.lastIndexOf('\x1b[?2004h'));
}

describe('the terminal', { timeout: 60_000 }, () => {
	it.each(['SIGTERM', 'SIGHUP'] as const)('is given back after %s', async (signal) => {
		const broker = await startBroker();
		const screen = startScreen([broker.url, '--nick', 'sam']);
		await screen.shows(/live/u);
		screen.type('/mouse on\r');
		await screen.shows(/The mouse is on/u);
		expect(screen.alternate()).toBe(true);
		screen.kill(signal);
		await screen.ended;
		expect(screen.alternate()).toBe(false);
		expectRestored(screen.written());
		for (const mode of [1000, 1006]) {
			const on = screen.written().lastIndexOf(`\x1b[?${mode}h`);
			expect(on).toBeGreaterThan(-1);
			expect(screen.written().lastIndexOf(`\x1b[?${mode}l`)).toBeGreaterThan(on);
		}
	});

	it('is given back after /quit, and the exit code is 0', async () => {
		const broker = await startBroker();
		const screen = startScreen([broker.url, '--nick', 'sam']);
		await screen.shows(/live/u);
		screen.type('/quit\r');
		expect((await screen.ended).exitCode).toBe(0);
		expect(screen.alternate()).toBe(false);
		expectRestored(screen.written());
	});
});

describe('a terminal whose keyboard is elsewhere', { timeout: 60_000 }, () => {
	it('rings and notifies when its person is named, and says in its title that they were', async () => {
		const broker = await startBroker();
		const screen = startScreen([broker.url, '--nick', 'sam']);
		await screen.shows(/live/u);
		const maya = startScreen([broker.url, '--nick', 'maya']);
		await maya.shows(/live/u);
		const rung = () => screen.written().split('\x07\x1b]9;maya in #general: ')[1]?.split('\x07')[0];
		maya.type('sam: here?\r');
		await screen.shows(/sam: here\?/u);
		expect(rung()).toBeUndefined();
		screen.type('\x1b[O');
		maya.type('sam: and \x1b[200~now\x1b[201~?\r');
		await screen.shows(/\[1 #general 1!\][\s\S]*new since/u);
		expect(rung()).toBe('sam: and now?');
		expect(screen.written()).toContain('\x1b]2;natter #general (1!)\x07');
		screen.type('\x1b[I');
		await screen.shows(/\[1 #general\]/u);
	});
});

describe('natter without an address', { timeout: 60_000 }, () => {
	it('hosts when nothing listens, says how to join, and the same command joins from a second terminal', async () => {
		const env = { PORT: String(await freePort()), XDG_DATA_HOME: temporaryDirectory() };
		const host = startScreen(['--nick', 'ana'], { env });
		const first = await host.shows(/You are hosting natter/u);
		expect(first).toContain(`ws://127.0.0.1:${env.PORT}`);
		expect(first).toMatch(/npx natter --port \d+/u);
		expect(first).toMatch(/--share/u);
		expect(first).toContain(env.XDG_DATA_HOME);
		const guest = startScreen(['--nick', 'bob'], { env });
		await guest.shows(/You are bob/u);
		await guest.shows(/\+ana/u);
		guest.type('hello\r');
		await host.shows(/bob +hello/u);
		host.type('\x03\x03');
		expect((await host.ended).exitCode).toBe(0);
		await guest.shows(/offline/u);
	});
});
