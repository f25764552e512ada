/**
 * A text in the editor of the person, as git and readline do it: `$VISUAL`, else `$EDITOR`, on a file that nobody else can
 * read and that is gone once what was saved in it is taken.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** What is longer is no message. */
const mostBytes = 1024 * 1024;

/** The command that `$VISUAL` or `$EDITOR` names; `undefined` when neither does. */
export function editorOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
	return [env['VISUAL'], env['EDITOR']].find((command) => command !== undefined && command.trim() !== '');
}

/** Nothing came back from the editor. The message says why, for people. */
export class EditFailure extends Error {
	/** Where what it saved, or left of what was typed in it, is kept; absent when there is nothing of that. */
	readonly kept?: string;

	constructor(why: string, kept: string | undefined) {
		super(`${why}; ${kept === undefined ? 'what was typed is as it was' : `what was written is kept in ${kept}`}`);
		if (kept !== undefined) {
			this.kept = kept;
		}
	}
}

/**
 * Resolves to the text as it was saved, without the line end that editors put behind the last line.
 *
 * @throws EditFailure when the editor does not start, fails, saves what is too long or is ended by `signal`.
 */
export async function editText(text: string, { editor, signal }: Editing): Promise<string> {
	const directory = mkdtempSync(join(tmpdir(), 'natter-'));
	const file = join(directory, 'message.txt');
	const given = text === '' ? '' : `${text}\n`;
	try {
		writeFileSync(file, given, { mode: 0o600, flag: 'wx' });
		await run(editor, file, signal);
		if (statSync(file).size > mostBytes) {
			throw new Error('What the editor saved is too long for a message');
		}
		const saved = readFileSync(file, 'utf8').replace(/\r?\n$/u, '');
		rmSync(directory, { recursive: true, force: true });
		return saved;
	} catch (error) {
		const kept = leftIn(directory, file, given);
		if (kept === undefined) {
			rmSync(directory, { recursive: true, force: true });
		}
		throw new EditFailure(error instanceof Error ? error.message : String(error), kept);
	}
}

/** The file when it is not as it was given, else the directory when an editor that was ended left something else there. */
function leftIn(directory: string, file: string, given: string): string | undefined {
	const names = readdirSync(directory);
	if (names.includes(basename(file)) && !readFileSync(file).equals(Buffer.from(given))) {
		// Editors that put another file in its place choose its mode themselves.
		chmodSync(file, 0o600);
		return file;
	}
	return names.some((name) => name !== basename(file)) ? directory : undefined;
}

export interface Editing {
	/** A command for a shell, which may have words of its own. */
	readonly editor: string;
	/** Ends the editor. */
	readonly signal: AbortSignal;
}

function run(editor: string, file: string, signal: AbortSignal): Promise<void> {
	const options = { stdio: 'inherit', signal } as const;
	// In the place of the shell, so that what ends the one ends the other.
	const child =
		process.platform === 'win32'
			? spawn(`${editor} "${file}"`, { ...options, shell: true })
			: spawn('/bin/sh', ['-c', `exec env ${editor} "$@"`, editor, file], options);
	let patience: NodeJS.Timeout | undefined;
	const ended = new Promise<void>((done, failed) => {
		child.once('error', (error) => {
			if (error.name !== 'AbortError') {
				failed(new Error(`${editor} does not start: ${error.message}`));
				return;
			}
			// It may save what was typed in it before it ends.
			patience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
		});
		child.once('exit', (code, ending) => {
			if (signal.aborted) {
				failed(new Error(`The editor ${editor} was ended together with natter`));
			} else if (code === 0) {
				done();
			} else {
				failed(new Error(`The editor ${editor} ${code === 127 ? 'is not there' : `ended with ${code ?? ending}`}`));
			}
		});
	});
	return ended.finally(() => clearTimeout(patience));
}

/** How long an editor that is told to end may take. */
const patienceMs = 2000;
