/**
 * The help: every key and every command that works, from the tables that make them work.
 */
import { commands, usage } from './commands.ts';
import { filterExamples } from './filter-help.ts';
import { shownKeys } from './key-names.ts';
import type { Binding } from './keymap.ts';
import { marks } from './text/marks.ts';

export interface HelpLine {
	/** The keys or the command; empty on a heading. */
	readonly keys: string;
	readonly text: string;
	/** Of keys: by which they are bound otherwise. */
	readonly name?: string;
}

export interface HelpSection {
	readonly title: string;
	readonly lines: readonly HelpLine[];
}

/** Everything that the help says, with what the keys do by this table. */
export function helpSections(bindings: readonly Binding[]): readonly HelpSection[] {
	return [
		{ title: 'Commands', lines: commands.map((command) => ({ keys: usage(command), text: command.text })) },
		{ title: 'What stands after where', lines: filterExamples },
		{ title: 'Signs', lines: signs },
		{ title: keysTitle, lines: [...keyLines(bindings), escapeLine] },
	];
}

const keysTitle = 'Keys';

/** Below their headings, with a blank line between sections. */
export function helpLines(bindings: readonly Binding[], first: 'commands' | 'keys' = 'commands'): readonly HelpLine[] {
	const sections = helpSections(bindings);
	const areKeys = ({ title }: HelpSection) => Number(title === keysTitle);
	const inOrder = first === 'keys' ? sections.toSorted((one, other) => areKeys(other) - areKeys(one)) : sections;
	return inOrder.flatMap(({ title, lines }, index) => [
		...(index === 0 ? [] : [{ keys: '', text: '' }]),
		{ keys: '', text: title },
		...lines,
	]);
}

const escapeLine: HelpLine = { keys: 'Esc, a key', text: 'the same as that key with Alt' };

const signs: readonly HelpLine[] = [
	{ keys: '~maya', text: 'somebody without a key: anyone may come by that name' },
	{ keys: marks.waiting, text: 'behind your line: it waits for its number' },
	{ keys: marks.numbered, text: 'behind your line: it has its number' },
	{ keys: `${marks.live} live 12ms`, text: 'at the bottom: the link is up; how long an answer took, asked every 15 s' },
	{ keys: `${marks.gap} live, no answer for 8s`, text: 'at the bottom: the broker owes an answer for so long' },
	{ keys: `${marks.offline} offline 0:42`, text: 'at the bottom: for so long there has been no link' },
	{ keys: '#411 in order', text: 'at the top right: all up to #411 is here, in this order' },
	{ keys: 'stale 0:42', text: 'at the top right: nothing newer than so long ago is here, for there is no link' },
	{ keys: marks.refused, text: 'behind your line: it was refused; before a line: a warning' },
	{ keys: marks.mention, text: 'before a line: it names you' },
	{ keys: '3  3!', text: 'on a tab: so many unread; ! some of them name you' },
	{ keys: 'muted', text: 'on a tab: it rings for nothing, and only what names you counts' },
	{ keys: '+3  +3!', text: 'behind the tabs: so many more; ! something in them names you' },
	{ keys: `${marks.gap}3`, text: 'on a tab: so many are held back until one before them is here' },
	{ keys: `${marks.here}  ${marks.away}  ${marks.unknown}`, text: 'before a person: here, away, not known now' },
	{ keys: marks.bot, text: 'before or behind a name: a bot, which no person sits at' },
	{ keys: marks.told, text: 'before a line: natter says it to you alone' },
];

/** Nine lines for nine rooms are one while their keys differ in the digit alone. */
function keyLines(bindings: readonly Binding[]): readonly HelpLine[] {
	const lines = bindings.map(({ action, keys, text }) => ({
		name: action,
		place: /^room-(\d)$/u.exec(action)?.[1],
		keys: keys.length === 0 ? 'no key' : keys.map(shownKeys).join('  '),
		text,
	}));
	const picking = lines.filter(({ place }) => place !== undefined);
	const [form] = picking.map(({ keys }) => keys.replaceAll(/1/gu, '1..9'));
	const isUsual = picking.every(({ place = '', keys }) => keys.replaceAll(place, '1..9') === form);
	return lines.flatMap(({ name, place, keys, text }) => {
		if (place === undefined || !isUsual) {
			return [{ name, keys, text }];
		}
		return place === '1' && form !== undefined ? [{ name: 'room-1..9', keys: form, text: 'room by its place' }] : [];
	});
}
