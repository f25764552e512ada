import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { leanFlags } from '../../src/cli/lean.ts';

test.each([
	['22.16.0', 'x64', false],
	['23.11.1', 'arm64', false],
	['24.0.0', 'x64', true],
	['24.21.0', 'arm64', true],
	['26.0.0-nightly2026', 'x64', true],
	['24.21.0', 'ppc64', false],
	['100.0.0', 'ia32', false],
])('in Node %s on %s TurboFan goes only where Maglev compiles', (node, arch, goes) => {
	const always = ['--optimize-for-size', '--no-compact', '--semi-space-growth-factor=1'];
	expect(leanFlags(node, arch)).toEqual([...always, ...(goes ? ['--no-turbofan'] : [])]);
});

test('V8 knows each of the flags, or it would say on the screen that it does not', () => {
	const flags = JSON.stringify(leanFlags(process.versions.node, process.arch));
	const { stdout, stderr, status } = spawnSync(
		process.execPath,
		['--eval', `for (const flag of ${flags}) require('node:v8').setFlagsFromString(flag); console.log('set')`],
		{ encoding: 'utf8' },
	);
	expect({ stdout, stderr, status }).toEqual({ stdout: 'set\n', stderr: '', status: 0 });
});
