/**
 * The help: every key and every command that works, from the tables that make them work.
 */
import { commands, usage } from './commands.ts';
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
		...filterLines,
		{ keys: '', text: '' },
		{ keys: '', text: 'Keys' },
		...bindings.flatMap(({ action, keys, text }) => {
			const line = { keys: keys.map(shown).join('  '), text };
			return action === 'last-room' ? [{ keys: placeKeys.shown, text: placeKeys.text }, line] : [line];
		}),
	];
}

const filterLines: readonly HelpLine[] = [
	{ keys: 'sender = ann', text: 'who said it; also content, verified' },
	{ keys: 'tags.ms > 500', text: 'a label and = != < <= > >=' },
	{ keys: 'content contains disk', text: 'also starts, ends, exists' },
	{ keys: 'sender in [ann, bob]', text: 'one of these' },
	{ keys: 'not a and (b or c)', text: 'put together; text with spaces in "quotes"' },
];

const words: Readonly<Record<string, string>> = { pageup: 'PgUp', pagedown: 'PgDn', escape: 'Esc' };

/** `ctrl+n` as `Ctrl+N`. */
function shown(key: string): string {
	return key
		.split('+')
		.map((part) => words[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
		.join('+');
}
