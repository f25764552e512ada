/**
 * The terminal given to a shell or an editor for a while, and taken back: in a real shell with jobs, in a pseudo-terminal.
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
	bin,
	endProcesses,
	type PtyScreen,
	startBroker,
	startScreen,
	temporaryDirectory,
} from '../helpers/processes.ts';

afterEach(endProcesses);

/** What the terminal was told last of each of these modes. */
function modes(written: string): Record<string, boolean> {
	const last = (sequence: string) => written.lastIndexOf(sequence);
	return {
		alternate: last('\x1b[?1049h') > last('\x1b[?1049l'),
		paste: last('\x1b[?2004h') > last('\x1b[?2004l'),
	};
}

/** A shell with natter as sam in it. */
async function startInShell(url: string, env: Record<string, string> = {}): Promise<PtyScreen> {
	const shell = startScreen([], { command: ['bash', '--norc', '--noprofile', '-i'], env: { PS1: 'shell> ', ...env } });
	await shell.shows(/shell> /u);
	const [node, program] = [process.execPath, bin];
	shell.type(`sh -c 'echo pid=$$; exec "${node}" "${program}" "${url}" --nick sam'\r`);
	await shell.shows(/live/u);
	return shell;
}

async function startOther(url: string): Promise<PtyScreen> {
	const other = startScreen([url, '--nick', 'maya']);
	await other.shows(/live/u);
	return other;
}

const running = { alternate: true, paste: true };
const shellAlone = { alternate: false, paste: false };

describe('Ctrl+Z', { timeout: 60_000 }, () => {
	it('gives the terminal to the shell, and fg brings the screen back with what came meanwhile', async () => {
		const broker = await startBroker();
		const shell = await startInShell(broker.url);
		const other = await startOther(broker.url);
		shell.type('half a line\x1a');
		await shell.shows(/Stopped[\s\S]*shell> \s*$/u);
		expect(shell.alternate()).toBe(false);
		expect(modes(shell.written().slice(0, shell.written().indexOf('Stopped')))).toEqual(shellAlone);
		shell.type('echo $((20 + 3)) of the shell\r');
		await shell.shows(/23 of the shell/u);
		other.type('said meanwhile\r');
		await other.shows(/maya +said meanwhile +✓/u);
		shell.resize(80, 24);
		shell.type('fg\r');
		const screen = await shell.shows(/ new\b.* 1 message[\s\S]*said meanwhile[\s\S]*#general > half a line/u);
		const rules = screen.split('\n').filter((line) => /^─+[┬┴]─+$/u.test(line));
		expect(rules.map(({ length }) => length)).toEqual([80, 80]);
		expect(modes(shell.written())).toEqual(running);
		shell.type(' and the rest\r');
		await other.shows(/half a line and the rest/u);
	});

	it.each(['SIGTSTP', 'SIGSTOP'] as const)('is no other than %s from outside', async (signal) => {
		const broker = await startBroker();
		const shell = await startInShell(broker.url);
		shell.type('mine');
		await shell.shows(/#general > mine/u);
		process.kill(Number(/pid=(\d+)\r/u.exec(shell.written())?.[1]), signal);
		await shell.shows(/Stopped[\s\S]*$/u);
		const before = shell.written().length;
		shell.type('fg\r');
		await vi.waitFor(() => expect(modes(shell.written().slice(before))).toEqual(running), 20_000);
		await shell.shows(/#general > mine/u);
		shell.type('!');
		await shell.shows(/#general > mine!/u);
	});

	it('that nothing could end leaves the screen as it was', async () => {
		const broker = await startBroker();
		const screen = startScreen([broker.url, '--nick', 'sam']);
		await screen.shows(/live/u);
		screen.type('mine\x1a');
		// What is typed while the terminal is not natter's is nobody's.
		await vi.waitUntil(() => screen.written().split('\x1b[?2004h').length === 3, { timeout: 20_000 });
		screen.type('!');
		await screen.shows(/#general > mine!/u);
		expect(modes(screen.written())).toEqual(running);
	});
});

describe('the editor', { timeout: 60_000 }, () => {
	/** A script that shows what it is given, waits until it may read, takes a line from the terminal, and adds it. */
	function scriptedEditor(): {
		readonly command: string;
		readonly path: () => string;
		readonly mayRead: () => void;
	} {
		const directory = temporaryDirectory();
		const command = join(directory, 'editor');
		const note = join(directory, 'note');
		const leave = join(directory, 'leave');
		const body = [
			...['#!/bin/sh', `echo "$1" > ${note}`, `echo "editing: $(cat "$1")"`],
			...[`until [ -e ${leave} ]; do sleep 0.05; done`, 'read line', 'echo "$line" >> "$1"'],
		];
		writeFileSync(command, `${body.join('\n')}\n`);
		chmodSync(command, 0o700);
		return {
			command,
			path: () => readFileSync(note, 'utf8').trim(),
			mayRead: () => writeFileSync(leave, ''),
		};
	}

	it('has the terminal, and its text comes back unsent with what was said meanwhile', async () => {
		const broker = await startBroker();
		const editor = scriptedEditor();
		const screen = startScreen([broker.url, '--nick', 'sam'], { env: { VISUAL: editor.command } });
		await screen.shows(/live/u);
		const other = await startOther(broker.url);
		screen.type('first line\x18\x05');
		await screen.shows(/editing: first line/u);
		expect(screen.alternate()).toBe(false);
		other.type('said meanwhile\r');
		await other.shows(/maya +said meanwhile +✓/u);
		// Natter would take the line here, if it read what is not for it.
		screen.type('typed in the editor\r');
		await screen.shows(/^typed in the editor$/mu);
		editor.mayRead();
		await screen.shows(/ new\b.* 1 message[\s\S]*said meanwhile[\s\S]*#general > first line\n +typed in the editor/u);
		expect(modes(screen.written())).toEqual(running);
		expect(existsSync(dirname(editor.path()))).toBe(false);
		screen.type('!\r');
		await other.shows(/first line[ │]*\n +typed in the editor!/u);
	});

	it('is ended with natter, and its file is gone', async () => {
		const broker = await startBroker();
		const editor = scriptedEditor();
		const screen = startScreen([broker.url, '--nick', 'sam'], { env: { EDITOR: editor.command, VISUAL: '' } });
		await screen.shows(/live/u);
		screen.type('/edit secret\r');
		await screen.shows(/editing: secret/u);
		screen.kill('SIGTERM');
		await screen.ended;
		expect(existsSync(dirname(editor.path()))).toBe(false);
		expect(modes(screen.written())).toEqual(shellAlone);
	});

	it('that is nowhere named is said to be missing', async () => {
		const broker = await startBroker();
		const screen = startScreen([broker.url, '--nick', 'sam'], { env: { EDITOR: '', VISUAL: '' } });
		await screen.shows(/live/u);
		screen.type('/edit\r');
		await screen.shows(/There is no editor: VISUAL or EDITOR names one/u);
	});
});
