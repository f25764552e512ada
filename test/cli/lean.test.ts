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
	const [last] = leanFlags(node, arch).toReversed();
	expect(last === '--no-turbofan').toBe(goes);
});
