/**
 * Writes the tables of docs/keys.md from the tables that make commands and keys work. With `--check` it writes nothing
 * and ends with exit code 1 when the page says something else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type HelpSection, helpSections } from '../src/tui/help.ts';
import { bindings } from '../src/tui/keymap.ts';

const file = new URL('keys.md', import.meta.url);
const page = readFileSync(file, 'utf8');
const tables = helpSections(bindings).map(table).join('\n');
const written = page.replace(
	/(<!-- tables -->\n)[\s\S]*(<!-- \/tables -->)/u,
	(_, start: string, end: string) => `${start}${tables}${end}`,
);
if (process.argv.includes('--check')) {
	if (written !== page) {
		console.error('docs/keys.md has other keys than src/tui; npm run keys writes them anew');
		process.exitCode = 1;
	}
} else {
	writeFileSync(file, written);
}

function table({ title, lines }: HelpSection): string {
	const isNamed = lines.some(({ name }) => name !== undefined);
	const head = isNamed ? ['| keys | | name |', '|---|---|---|'] : ['| | |', '|---|---|'];
	const rows = lines.map(({ keys, text, name }) => {
		const cells = [keys.split('  ').map(code).join(' '), escaped(text)];
		return `| ${[...cells, ...(isNamed ? [name === undefined ? '' : code(name)] : [])].join(' | ')} |`;
	});
	return [`## ${title}`, '', ...head, ...rows, ''].join('\n');
}

function code(text: string): string {
	return `\`${escaped(text)}\``;
}

function escaped(text: string): string {
	return text.replace(/\|/gu, '\\|');
}
