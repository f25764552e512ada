/**
 * Writes the README's table of commands and keys from the tables that make them work. With `--check` it writes nothing
 * and ends with exit code 1 when the README says something else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { helpLines } from '../src/tui/help.ts';
import { bindings } from '../src/tui/keymap.ts';

const file = new URL('../README.md', import.meta.url);
const readme = readFileSync(file, 'utf8');
const written = readme.replace(
	/(<!-- keys -->\n)[\s\S]*(<!-- \/keys -->)/u,
	(_, start: string, end: string) => `${start}${table()}${end}`,
);
if (process.argv.includes('--check')) {
	if (written !== readme) {
		console.error('README.md has other keys than src/tui; npm run keys writes them anew');
		process.exitCode = 1;
	}
} else {
	writeFileSync(file, written);
}

function table(): string {
	const rows = helpLines(bindings)
		.filter(({ text }) => text !== '')
		.map(({ keys, text }) =>
			keys === ''
				? `| **${text}** | |`
				: `| ${keys.split('  ').map(code).join(' ')} | ${text.replace(/\|/gu, '\\|')} |`,
		);
	return ['| | |', '|---|---|', ...rows, ''].join('\n');
}

function code(text: string): string {
	return `\`${text.replace(/\|/gu, '\\|')}\``;
}
