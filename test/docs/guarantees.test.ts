/** Whatever docs/guarantees.md tells people to run is there. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/guarantees.md', root), 'utf8');

test('each command in docs/guarantees.md is a script of the package or runs tests that exist', () => {
	const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { scripts: object };
	const commands = [...text.matchAll(/`npm run ([\w:]+)/gu)].map(([, name]) => name);
	const paths = [...text.matchAll(/`(?:npx vitest run )?(test\/[\w./-]+)`/gu)].map(([, path]) => path as string);
	expect(commands.filter((name) => !Object.hasOwn(scripts, name as string))).toEqual([]);
	expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
	expect(commands.length).toBeGreaterThan(3);
	expect(paths.length).toBeGreaterThan(5);
});
