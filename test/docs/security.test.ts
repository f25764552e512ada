/** Each test that docs/security.md names for a defence is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/security.md', root), 'utf8');
const [, table = ''] = /## Attack, defence, test\n([\s\S]*?)\n## /u.exec(text) ?? [];
const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| attack'));

/** Where a test file is, named as in the table: `entrance.test.ts`, or with its folder where there are two. */
function fileOf(name: string): string {
	const folders = readdirSync(new URL('test/', root), { withFileTypes: true }).filter((entry) => entry.isDirectory());
	const paths = [name, ...folders.map((folder) => `${folder.name}/${name}`)];
	return paths.find((path) => existsSync(new URL(`test/${path}`, root))) ?? '';
}

test('there are defences', () => {
	expect(rows.length).toBeGreaterThan(10);
});

test.each(rows)('%s', (row) => {
	const proof = row.split('|').at(-2) ?? '';
	const named = [...proof.matchAll(/`([\w/-]+\.test\.tsx?)`((?: "[^"]+",?)*)/gu)];
	expect(named.length).toBeGreaterThan(0);
	for (const [, name = '', titles = ''] of named) {
		const path = fileOf(name);
		expect(path).not.toBe('');
		const source = readFileSync(new URL(`test/${path}`, root), 'utf8');
		for (const [, title = ''] of titles.matchAll(/"([^"]+)"/gu)) {
			// A title may go on with the case of a table.
			for (const part of title.split(': ')) {
				expect(source).toContain(part);
			}
		}
	}
});
