import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, runNatter, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

function configured(text: string): { NATTER_CONFIG_DIR: string } {
	const directory = temporaryDirectory();
	writeFileSync(join(directory, 'config.json'), text);
	return { NATTER_CONFIG_DIR: directory };
}

describe('config.json', { timeout: 60_000 }, () => {
	it('says who I am, where, what keys do and what nicks look like', async () => {
		const broker = await startBroker();
		const env = configured(`{
			"nick": "ana",
			"url": "${broker.url}#ops",
			"keys": { "help": ["ctrl+x h"] },
			"theme": "loud",
			"themes": { "loud": { "tab-active": "red" } },
		}`);
		const screen = startScreen([], { env });
		await screen.shows(/\[1 #ops\][^\n]*ana @ /u);
		await screen.shows(/Ctrl\+X H or \/help lists keys[\s\S]*\^XH help/u);
		const tab = screen.cells()[0]?.filter(({ colour }) => JSON.stringify(colour) === '{"palette":1}');
		expect(tab?.map(({ text }) => text).join('')).toBe('[1 #ops]');
		screen.type('\x18h');
		await screen.shows(/Esc closes/u);
		screen.type('/theme\r');
		await screen.shows(/auto, dark, light, mono, loud \(now\)/u);
		screen.type('\x04');
		expect((await screen.ended).exitCode).toBe(0);
	});

	it('is refused in one line with exit code 2, and does not keep a broker from starting', async () => {
		const env = configured('{\n"bell": true,\n"titel": false\n}');
		const refused = runNatter(['whoami'], { env });
		expect(await refused.ended).toBe(2);
		expect(refused.output.stderr).toBe(
			'natter: config.json line 3: titel: there is no such field; did you mean title?\n',
		);
		const serve = runNatter(['--serve', '--port', '0', '--store', 'memory'], { env });
		await serve.printed(/listening on ws:/u);
	});
});

describe('natter keys', { timeout: 60_000 }, () => {
	it('prints the table, and with --test reads keys until q and gives the terminal back', async () => {
		const env = configured('{"keys": {"help": ["f1", "ctrl+x h"]}}');
		const printed = runNatter(['keys'], { env });
		expect(await printed.ended).toBe(0);
		expect(printed.output.stdout).toMatch(/help +F1 {2}Ctrl\+X H +this page/u);
		const test = startScreen(['keys', '--test'], { env });
		await test.shows(/Press keys/u);
		test.type('\x1bOP');
		await test.shows(/\\x1bOP +f1 +help/u);
		test.type('\x1b');
		await test.shows(/\\x1b +escape +escape, escape \.\.\./u);
		test.type('q');
		expect((await test.ended).exitCode).toBe(0);
		expect(test.written().endsWith('\x1b[?2004l\x1b[<u')).toBe(true);
		const piped = runNatter(['keys', '--test'], { env });
		expect(await piped.ended).toBe(2);
		expect(piped.output.stderr).toBe('natter: natter keys --test needs a terminal\n');
	});
});
