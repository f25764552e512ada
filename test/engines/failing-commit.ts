/**
 * To be loaded before anything else (`node --import`): the second commit of a writer is carried out, and then fails as
 * if the disk had not taken it.
 */
import { registerHooks } from 'node:module';

const failure = "Object.assign(new Error('disk I/O error'), { errcode: 1034 })";

registerHooks({
	load(url, context, nextLoad) {
		const loaded = nextLoad(url, context);
		if (!url.endsWith('/src/engines/sqlite-writer.ts')) {
			return loaded;
		}
		const commit = 'this.#commit.run();';
		const source = String(loaded.source);
		if (!source.includes(commit)) {
			throw new Error(`Expected ${commit} in ${url}`);
		}
		const failing = `${commit} if ((globalThis.commits = (globalThis.commits ?? 0) + 1) === 2) { throw ${failure}; }`;
		return { ...loaded, source: source.replace(commit, failing) };
	},
});
