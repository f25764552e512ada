import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const source = resolve(import.meta.dirname, '../../src');

/** Every file that is loaded with this one, and every package that they load. */
function loadedWith(entry: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
	const files = new Set<string>();
	const packages = new Set<string>();
	const visit = (file: string): void => {
		files.add(relative(source, file));
		const text = readFileSync(file, 'utf8');
		for (const [, clause = '', name = ''] of text.matchAll(/^(?:import|export)\s([^;]*?)from '([^']+)';$/gms)) {
			const target = resolve(dirname(file), name);
			if (clause.startsWith('type ')) {
				continue;
			}
			if (!name.startsWith('.')) {
				packages.add(name);
			} else if (!files.has(relative(source, target))) {
				visit(target);
			}
		}
	};
	visit(resolve(source, entry));
	return { files, packages };
}

test('the client loads nothing but itself and the protocol: no broker, no engine, no screen', () => {
	const { files, packages } = loadedWith('client/index.ts');
	const folders = new Set([...files].map((file) => dirname(file)));
	expect(folders).toEqual(new Set(['client', 'protocol']));
	expect([...packages]).toEqual(expect.arrayContaining(['valibot', 'string-width']));
	for (const name of ['ink', 'react', 'meow', 'node:sqlite', 'node:http']) {
		expect(packages).not.toContain(name);
	}
});

test('the core of the client loads no socket, no timer and no source of chance', () => {
	const { files, packages } = loadedWith('client/session.ts');
	// Which of `node:crypto` it takes is looked at below: signatures are the same for the same text.
	expect([...packages].filter((name) => name === 'ws' || name.startsWith('node:'))).toEqual(['node:crypto']);
	for (const file of files) {
		const text = readFileSync(resolve(source, file), 'utf8');
		expect
			.soft(text, file)
			.not.toMatch(/Date\.now|setTimeout|setImmediate|Math\.random|random(?:UUID|Bytes|Int)|generateKey|performance\./);
	}
});
