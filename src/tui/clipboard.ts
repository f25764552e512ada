/**
 * Puts text into the clipboard of whoever sits at the terminal, which may be on another computer than this process.
 */
import { spawn } from 'node:child_process';
import { throughTmux } from './terminal-sequences.ts';

interface Surroundings {
	readonly env: Readonly<Record<string, string | undefined>>;
	/** To the terminal. */
	readonly write: (sequence: string) => void;
}

/**
 * Hands the text to tmux where that runs, else to the terminal, by a sequence that nothing answers: whether a terminal
 * took it nobody knows. By itself tmux takes no such sequence from a program and lets none through, unless somebody told
 * it to; its own command sets its buffer and the terminal's clipboard.
 */
export async function toClipboard(text: string, { env, write }: Surroundings): Promise<'terminal' | 'tmux'> {
	const isInTmux = env['TMUX'] !== undefined && env['TMUX'] !== '';
	if (isInTmux && (await loadTmuxBuffer(text, env))) {
		return 'tmux';
	}
	const sequence = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;
	write(sequence);
	if (isInTmux) {
		write(throughTmux(sequence));
	}
	return 'terminal';
}

/** A tmux that hangs keeps nobody waiting. */
const tmuxMs = 2000;

/** Whether it worked: there is no tmux on the path, or one before 3.2, when it did not. */
function loadTmuxBuffer(text: string, env: Surroundings['env']): Promise<boolean> {
	return new Promise((resolve) => {
		const tmux = spawn('tmux', ['load-buffer', '-w', '-'], {
			env,
			stdio: ['pipe', 'ignore', 'ignore'],
			timeout: tmuxMs,
		});
		tmux.on('error', () => resolve(false));
		tmux.on('close', (code) => resolve(code === 0));
		tmux.stdin.on('error', () => undefined);
		tmux.stdin.end(text);
	});
}
