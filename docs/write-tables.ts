/**
 * Writes the tables of docs/keys.md and docs/config.md from the tables that natter works by. With `--check` it writes
 * nothing and ends with exit code 1 when a page says something else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { FieldName } from '../src/cli/config-file.ts';
import { type HelpSection, helpSections } from '../src/tui/help.ts';
import { bindings } from '../src/tui/keymap.ts';
import { styleTexts } from '../src/tui/looks.ts';
import { withTables } from './marked-tables.ts';

/** What a field may be, its default, and what it says. */
const fieldTexts: Readonly<Record<FieldName, readonly [kind: string, usual: string, text: string]>> = {
	nick: ['text', 'your login name', 'your name; `--nick`, `NATTER_NICK`'],
	url: ['text', '`ws://127.0.0.1:8080`', 'the broker, with `#general,ops` for its rooms; `--url`, `NATTER_URL`'],
	causal: ['true, false', 'false', 'answers wait for what they answer in other rooms; `--causal`, `NATTER_CAUSAL`'],
	theme: ['text', '`"auto"`', '`"auto"`, `"dark"`, `"light"`, `"mono"` or one of your own; `--theme`, `/theme`'],
	themes: ['object', 'none', 'themes of your own, by name; see above'],
	keys: ['object', 'see [keys.md](keys.md)', 'the keys of actions, by the names of the actions; see above'],
	ascii: ['true, false', 'false', 'what natter draws is ASCII, messages aside; `--ascii`'],
	plain: [
		'true, false',
		'false; true for `TERM=dumb` and `INK_SCREEN_READER=true`',
		'lines are printed in place of a full screen; `--plain`, `--no-plain`',
	],
	links: ['true, false', 'true', 'addresses can be clicked on, where the terminal can; `--no-links`'],
	bell: ['true, false', 'true', 'the bell rings for what is meant for you'],
	notifications: ['true, false', 'true', 'the terminal is asked to notify you of it'],
	title: ['true, false', 'true', 'the title of the terminal says what is unread'],
	highlight: ['list of texts', 'none', 'words that stand out as your name does, in capitals or not'],
	typing: ['true, false', 'true', 'others are told when you are typing'],
	history: ['true, false', 'true', 'the lines that you send are kept for Up and Ctrl+R of later starts'],
	mouse: ['true, false', 'false', 'clicks are taken from the terminal, which then needs Shift to mark text'],
	sidebar: ['true, false', 'true', 'who is here stands beside the messages from the start, where there is room'],
	numbers: ['true, false', 'false', 'each message has its number before it from the start'],
};

const pages: Readonly<Record<string, string>> = {
	'keys.md': helpSections(bindings).map(section).join('\n'),
	'config.md': [
		...['## Fields', '', '| field | | default | |', '|---|---|---|---|'],
		...Object.entries(fieldTexts).map(([name, cells]) => row([code(name), ...cells])),
		...['', '## Styles of themes', '', '| style | |', '|---|---|'],
		...Object.entries(styleTexts).map(([name, text]) => row([code(name), text])),
		'',
	].join('\n'),
};

for (const [name, tables] of Object.entries(pages)) {
	const file = new URL(name, import.meta.url);
	const page = readFileSync(file, 'utf8');
	const written = withTables(page, tables);
	if (!process.argv.includes('--check')) {
		writeFileSync(file, written);
	} else if (written !== page) {
		console.error(`docs/${name} says something else than src; npm run keys writes it anew`);
		process.exitCode = 1;
	}
}

function section({ title, lines }: HelpSection): string {
	const isNamed = lines.some(({ name }) => name !== undefined);
	const head = isNamed ? ['| keys | | name |', '|---|---|---|'] : ['| | |', '|---|---|'];
	const rows = lines.map(({ keys, text, name }) => {
		const cells = [keys.split('  ').map(code).join(' '), text.replace(/\|/gu, '\\|')];
		return row([...cells, ...(isNamed ? [name === undefined ? '' : code(name)] : [])]);
	});
	return [`## ${title}`, '', ...head, ...rows, ''].join('\n');
}

function row(cells: readonly string[]): string {
	return `| ${cells.join(' | ')} |`;
}

function code(text: string): string {
	return `\`${text.replace(/\|/gu, '\\|')}\``;
}
