/** Every key of the table, pressed in tmux and read by a real natter in its pane. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bindings } from '../../src/tui/keymap.ts';
import { bin, endProcesses, startScreen, temporaryDirectory } from '../helpers/processes.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;
if (!hasTmux) {
	console.log('skipped: there is no tmux here to press keys in');
}

afterEach(endProcesses);

const names: Readonly<Record<string, string>> = {
	enter: 'Enter',
	tab: 'Tab',
	backspace: 'BSpace',
	escape: 'Escape',
	space: 'Space',
	insert: 'IC',
	delete: 'DC',
	home: 'Home',
	end: 'End',
	pageup: 'PPage',
	pagedown: 'NPage',
	up: 'Up',
	down: 'Down',
	left: 'Left',
	right: 'Right',
};

/** What tmux calls a key. */
function tmuxName(key: string): string {
	if (key === 'shift+tab') {
		return 'BTab';
	}
	const [, modifiers = '', base = ''] = /^((?:(?:ctrl|alt|shift)\+)*)(.+)$/u.exec(key) ?? [];
	const shift = modifiers.includes('shift+') && /^\p{L}$/u.test(base);
	const prefix = `${modifiers.includes('ctrl+') ? 'C-' : ''}${modifiers.includes('alt+') ? 'M-' : ''}`;
	const name = names[base] ?? (/^f\d+$/u.test(base) ? base.toUpperCase() : shift ? base.toUpperCase() : base);
	return `${prefix}${modifiers.includes('shift+') && !shift ? 'S-' : ''}${name}`;
}

/** tmux 3.3 sends the same bytes for these as for another key of the table. */
const sameInTmux = new Set(['shift+backspace', 'ctrl+backspace', 'ctrl+h', 'ctrl+/']);

describe.skipIf(!hasTmux)('a key of the table', { timeout: 120_000 }, () => {
	it('does in tmux what the table says', async () => {
		const socket = join(temporaryDirectory(), 'tmux');
		const tmux = (...words: readonly string[]) => execFileSync('tmux', ['-S', socket, ...words]);
		// As tmux's own manual has it for programs that tell Shift+Enter from Enter.
		const config = ['set', '-s', 'extended-keys', 'always', ';', 'set', '-g', 'status', 'off', ';'];
		const command = ['tmux', '-S', socket, '-f', '/dev/null', ...config, 'new-session', '-s', 'keys'];
		const screen = startScreen([process.execPath, bin, 'keys', '--test'], { columns: 120, rows: 40, command });
		try {
			await screen.shows(/Press keys/u);
			// Esc alone is the last: what comes soon after it is one with it.
			const keys = bindings
				.flatMap(({ action, keys: sequences }) => sequences.map((sequence) => ({ action, sequence })))
				.filter(({ sequence }) => !sameInTmux.has(sequence))
				.sort((one, other) => Number(one.sequence === 'escape') - Number(other.sequence === 'escape'));
			for (const { action, sequence } of keys) {
				const pressed = sequence.split(' ');
				tmux('send-keys', '-t', 'keys', ...pressed.map(tmuxName));
				await screen.shows(new RegExp(` ${escaped(pressed.at(-1) ?? '')} +${action}(?![\\w-])`, 'u'));
			}
			expect(keys.length).toBeGreaterThan(60);
			screen.type('\x03\x03');
			await screen.ended;
		} finally {
			spawnSync('tmux', ['-S', socket, 'kill-server']);
		}
	});
});

function escaped(text: string): string {
	return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
