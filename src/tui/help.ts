/**
 * The help: every key and every command that works, from the tables that make them work.
 */
import { commands, usage } from './commands.ts';
import { filterExamples } from './filter-help.ts';
import { bindings, placeKeys } from './keymap.ts';
import { marks } from './text/marks.ts';

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
		{ keys: '', text: 'Signs' },
		...signs,
		{ keys: '', text: '' },
		{ keys: '', text: 'Keys' },
		...bindings.flatMap(({ action, keys, text }) => {
			const line = { keys: keys.map(shown).join('  '), text };
			return action === 'last-room' ? [{ keys: placeKeys.shown, text: placeKeys.text }, line] : [line];
		}),
	];
}

const signs: readonly HelpLine[] = [
	{ keys: '~maya', text: 'somebody without a key: anyone may come by that name' },
	{ keys: marks.waiting, text: 'behind your line: it waits for its number' },
	{ keys: marks.numbered, text: 'behind your line: it has its number; at the bottom: the link is up' },
	{ keys: marks.refused, text: 'behind your line: it was refused; before a line: a warning' },
	{ keys: marks.mention, text: 'before a line: it names you' },
	{ keys: '3  3!', text: 'on a tab: so many unread; ! some of them name you' },
	{ keys: `${marks.gap}3`, text: 'on a tab: so many are held back until one before them is here' },
	{ keys: `${marks.here}  ${marks.away}  ${marks.unknown}`, text: 'before a person: here, away, not known now' },
	{ keys: marks.told, text: 'before a line: natter says it to you alone' },
];

const words: Readonly<Record<string, string>> = { pageup: 'PgUp', pagedown: 'PgDn', escape: 'Esc' };

/** `ctrl+n` as `Ctrl+N`. */
function shown(key: string): string {
	return key
		.split('+')
		.map((part) => words[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
		.join('+');
}
