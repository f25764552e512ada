import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds a natter with another tsc, or none, where no command is found by its name. */
function build(tsc: string | undefined) {
	const folder = mkdtempSync(join(tmpdir(), 'natter-test-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
	writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
	mkdirSync(join(folder, 'node_modules'));
	symlinkSync(join(root, 'node_modules', 'esbuild'), join(folder, 'node_modules', 'esbuild'), 'junction');
	if (tsc !== undefined) {
		const typescript = join(folder, 'node_modules', 'typescript');
		mkdirSync(join(typescript, 'bin'), { recursive: true });
		writeFileSync(join(typescript, 'package.json'), '{"exports": {"./package.json": "./package.json"}}');
		writeFileSync(join(typescript, 'bin', 'tsc'), tsc);
	}
	mkdirSync(join(folder, 'dist'));
	const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/build.ts'], {
		cwd: folder,
		env: { PATH: '', NODE_NO_WARNINGS: '1' },
		encoding: 'utf8',
	});
	return { status, said: stdout + stderr, left: readdirSync(folder) };
}

const left = ['bin', 'dist', 'node_modules', 'package.json'];

test('a build says no more than tsc has said of the source', () => {
	expect(build(`console.log('wrong: ' + process.argv[2]); process.exitCode = 2;`)).toEqual({
		...{ status: 1, said: 'wrong: --outDir\n', left },
	});
});

test.each([
	['is not there', undefined, "Cannot find module 'typescript/package.json'"],
	['is ended', 'process.kill(process.pid);', 'Command failed'],
])('a build says so when tsc %s, and leaves nothing', (_, tsc, text) => {
	expect(build(tsc)).toEqual({ status: 1, said: expect.stringContaining(text), left });
});
