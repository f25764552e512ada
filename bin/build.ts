/**
 * Builds natter: modules and types, and the command in few files. It is made in a directory of its own, which then takes
 * the place of `dist`: natters that run or start meanwhile find all of one build, and one that fails changes nothing.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { bundle } from './bundle.ts';
import { replaceDirectory } from './replace-directory.ts';

// As anyone may read it: a temporary directory would be for its owner alone.
const fresh = `dist-${randomUUID()}`;
mkdirSync(fresh);
try {
	execFileSync('tsc', ['--outDir', fresh], { stdio: 'inherit' });
	await bundle(`${fresh}/command`);
	replaceDirectory(fresh, 'dist');
} catch (error) {
	// What is wrong with the source was said already.
	if (!(error instanceof Error && 'status' in error)) {
		console.error(error);
	}
	process.exitCode = 1;
} finally {
	rmSync(fresh, { recursive: true, force: true });
}
