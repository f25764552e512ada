/**
 * The help: every key and every command that works, from the tables that make them work.
 */
import { commands, usage } from './commands.ts';
import { filterExamples } from './filter-help.ts';
import { bindings, placeKeys } from './keymap.ts';

export interface HelpLine {
	/** The keys or the command; empty on a heading. */
	readonly keys: string;
	readonly text: string;
}

export function helpLines(): readonly HelpLine[] {
	return [
		{ keys: '', text: 'Commands' },
		...commands.map((command) => ({ keys: usage(command), text: command.text })),
		{ keys: '', text: '' },
		{ keys: '', text: 'What stands after where' },
		...filterExamples,
		{ keys: '', text: '' },
		{ keys: '', text: 'Keys' },
		...bindings.flatMap(({ action, keys, text }) => {
			const line = { keys: keys.map(shown).join('  '), text };
			return action === 'last-room' ? [{ keys: placeKeys.shown, text: placeKeys.text }, line] : [line];
		}),
	];
}

const words: Readonly<Record<string, string>> = { pageup: 'PgUp', pagedown: 'PgDn', escape: 'Esc' };

/** `ctrl+n` as `Ctrl+N`. */
function shown(key: string): string {
	return key
		.split('+')
		.map((part) => words[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
		.join('+');
}
