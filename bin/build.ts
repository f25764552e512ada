/**
 * Builds natter: modules and types, and the command in few files. It is made in a directory of its own, which then takes
 * the place of `dist`: a build that fails before that changes nothing, and where `dist` can be renamed nobody finds half of
 * one. A natter that runs meanwhile has what it loaded; what it loads only later is of the new build, or is not there.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.ts';
import { replaceDirectory } from './replace-directory.ts';

// As anyone may read it: a temporary directory would be for its owner alone.
const fresh = `dist-${randomUUID()}`;
mkdirSync(fresh);
try {
	// Not by its name, which is another one on Windows.
	const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
	execFileSync(process.execPath, [join(typescript, 'bin', 'tsc'), '--outDir', fresh], { stdio: 'inherit' });
	await bundle(`${fresh}/command`);
	replaceDirectory(fresh, 'dist');
} catch (error) {
	// What is wrong with the source, tsc has said already; not why it did not run.
	if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) {
		console.error(error);
	}
	process.exitCode = 1;
} finally {
	rmSync(fresh, { recursive: true, force: true });
}
