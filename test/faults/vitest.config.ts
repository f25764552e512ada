/** Runs tests with the fault that `NATTER_FAULT` names, and with the same choices each time. */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';
import { faultNamed, isPlantedIn, plant, root } from './plant.ts';

export default defineConfig({
	plugins: [faulty(process.env['NATTER_FAULT'])],
	root: fileURLToPath(root),
	test: {
		setupFiles: ['test/faults/same-seed.ts'],
		// It would give a later run the sources of an earlier one, with or without a fault.
		fsModuleCache: false,
	},
});

function faulty(name: string | undefined): Plugin {
	const fault = name === undefined ? undefined : faultNamed(name);
	return {
		name: 'planted fault',
		enforce: 'pre',
		transform: (source, id) => (fault !== undefined && isPlantedIn(id, fault) ? plant(source, fault) : undefined),
	};
}
