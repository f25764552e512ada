/**
 * Puts a fault of the table into a source on its way to being run. The sources themselves know nothing of it, and stay
 * as they are.
 */
import { pathToFileURL } from 'node:url';
import { type Fault, faults } from './table.ts';

/** Where the paths of the table begin. */
export const root = new URL('../../', import.meta.url);

/** The fault of this name. Throws when there is none. */
export function faultNamed(name: string): Fault {
	const fault = faults.find((one) => one.name === name);
	if (fault === undefined) {
		throw new Error(`Expected the name of a fault, got ${JSON.stringify(name)}: see test/faults/table.ts`);
	}
	return fault;
}

/** The source with the fault in it. Throws when the text to be replaced is not there exactly once. */
export function plant(source: string, { name, file, find, replace }: Fault): string {
	const times = source.split(find).length - 1;
	if (times !== 1) {
		throw new Error(`Expected the text that fault ${name} replaces to be in ${file} once, found it ${times} times`);
	}
	return source.replace(find, () => replace);
}

/** Whether a module, by its URL or path and whatever query follows, is the one that the fault is planted in. */
export function isPlantedIn(id: string, { file }: Fault): boolean {
	const [path = ''] = id.split('?');
	const url = path.startsWith('file:') ? path : pathToFileURL(path).href;
	return url === new URL(file, root).href;
}
