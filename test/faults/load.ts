/**
 * To be loaded before anything else (`node --import`): plants the fault that `NATTER_FAULT` names in whatever this
 * process and its worker threads load.
 */
import { registerHooks } from 'node:module';
import { faultNamed, isPlantedIn, plant } from './plant.ts';

const name = process.env['NATTER_FAULT'];
if (name !== undefined) {
	const fault = faultNamed(name);
	registerHooks({
		load(url, context, nextLoad) {
			const loaded = nextLoad(url, context);
			return isPlantedIn(url, fault) ? { ...loaded, source: plant(String(loaded.source), fault) } : loaded;
		},
	});
}
