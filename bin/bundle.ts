import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** A package that does not bring the text of its licence: here it is. */
const elsewhere: Readonly<Record<string, string>> = {
	'@humanwhocodes/momoa': 'node_modules/typescript/LICENSE',
};

/**
 * Makes of the command what starts fast: few files with all that it needs in them, in this directory. What one command
 * alone needs stands apart, so that a client loads no broker and a broker no screen. The licences of the packages in there
 * go along.
 */
export async function bundle(outdir: string): Promise<void> {
	const { metafile } = await build({
		entryPoints: { main: 'src/cli/main.ts', 'sqlite-worker': 'src/engines/sqlite-worker.ts' },
		outdir,
		bundle: true,
		splitting: true,
		format: 'esm',
		platform: 'node',
		target: 'node22.16',
		// Names stay as they are: they are what a stack trace says. With it goes the line, which is not to fill a screen.
		minifySyntax: true,
		minifyWhitespace: true,
		lineLimit: 160,
		// React has a slower half for those who write components.
		define: { 'process.env.NODE_ENV': '"production"' },
		// Ink loads it when DEV=true asks for it and it is there.
		external: ['react-devtools-core'],
		alias: { 'yoga-layout': './bin/no-layout.ts' },
		// Packages from before there were modules ask for Node's own this way.
		banner: {
			js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
		},
		legalComments: 'none',
		plugins: [lazily(/^string-width$/, 'src/protocol/graphemes.ts'), withoutNormalizing(), required(/^node:https?$/)],
		metafile: true,
		logLevel: 'warning',
	});
	const folders = new Set(
		Object.keys(metafile.inputs).flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(file) ?? []),
	);
	writeFileSync(join(outdir, 'licences.txt'), [...folders].sort().map(licenceOf).join('\n'));
}

/**
 * Has a file load the function that a package is when it first calls it: this one measures emoji by an expression with which
 * a start without any need not wait.
 */
function lazily(filter: RegExp, file: string): Plugin {
	return {
		name: 'lazily',
		setup({ onResolve, onLoad }) {
			onResolve({ filter }, ({ path, importer }) =>
				importer === resolve(file) ? { path, namespace: 'lazily' } : undefined,
			);
			onLoad({ filter, namespace: 'lazily' }, ({ path }) => ({
				contents: `let called; export default (...given) => (called ??= require('${path}').default)(...given);`,
				resolveDir: dirname(file),
			}));
		},
	};
}

/**
 * Has modules of Node required, of which an import looks at everything that they export: with that of HTTP comes another
 * client for it, which takes three megabytes.
 */
function required(filter: RegExp): Plugin {
	return {
		name: 'required',
		setup({ onResolve, onLoad }) {
			onResolve({ filter }, ({ path, namespace }) =>
				namespace === 'required' ? { path, external: true } : { path, namespace: 'required' },
			);
			onLoad({ filter, namespace: 'required' }, ({ path }) => ({ contents: `module.exports = require('${path}');` }));
		},
	};
}

/**
 * meow makes a package.json uniform for those who ask it for that, which nobody here does: it would sort all licences that
 * there are at every start, by the rules of a language that are loaded for it.
 */
function withoutNormalizing(): Plugin {
	const made = /^var normalizeExports = requireNormalize\(\);\nconst normalizePackageData = .*$/mu;
	return {
		name: 'without-normalizing',
		setup({ onLoad }) {
			onLoad({ filter: /[\\/]meow[\\/]build[\\/]dependencies\.js$/ }, ({ path }) => {
				const text = readFileSync(path, 'utf8');
				if (!made.test(text)) {
					throw new Error(`Expected ${path} to make normalizePackageData`);
				}
				return { contents: text.replace(made, 'const normalizePackageData = () => undefined;') };
			});
		},
	};
}

/** Which package it is, and what its authors ask whoever passes it on to say. */
function licenceOf(folder: string): string {
	const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
		readonly name: string;
		readonly version: string;
		readonly license: string;
	};
	const file = readdirSync(folder).find((entry) => /^licen[cs]e/iu.test(entry));
	const path = file === undefined ? elsewhere[name] : join(folder, file);
	if (path === undefined) {
		throw new Error(`Expected ${folder} to have a file with its licence, ${license}`);
	}
	return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${readFileSync(path, 'utf8').trim()}\n`;
}
