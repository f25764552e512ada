/**
 * A text in the editor of the person, as git and readline do it: `$VISUAL`, else `$EDITOR`, on a file that nobody else can
 * read and that is gone afterwards.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is longer is no message. */
const mostBytes = 1024 * 1024;

/** The command that `$VISUAL` or `$EDITOR` names; `undefined` when neither does. */
export function editorOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
	return [env['VISUAL'], env['EDITOR']].find((command) => command !== undefined && command.trim() !== '');
}

/**
 * Resolves to the text as it was saved, without the line end that editors put behind the last line.
 *
 * @throws in words for people when the editor does not start, fails or is ended by `signal`.
 */
export async function editText(text: string, { editor, signal }: Editing): Promise<string> {
	const directory = mkdtempSync(join(tmpdir(), 'natter-'));
	try {
		const file = join(directory, 'message.txt');
		writeFileSync(file, text === '' ? '' : `${text}\n`, { mode: 0o600, flag: 'wx' });
		await run(editor, file, signal);
		if (statSync(file).size > mostBytes) {
			throw new Error('What the editor saved is too long for a message');
		}
		return readFileSync(file, 'utf8').replace(/\r?\n$/u, '');
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
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
	return new Promise((done, failed) => {
		child.once('error', (error) => failed(new Error(`${editor} does not start: ${error.message}`)));
		child.once('exit', (code, ending) => {
			if (code === 0) {
				done();
			} else {
				const why = code === 127 ? 'is not there' : `ended with ${code ?? ending}`;
				failed(new Error(`The editor ${editor} ${why}; what was typed is as it was`));
			}
		});
	});
}
