/**
 * To be loaded before anything else (`node --import`): a storage thread dies of a call that says `deadly`, the writer when
 * it has committed it.
 */
import { registerHooks } from 'node:module';

const carriedOut = [
	'const results = writer.commit(batches);',
	'const results = calls.map((call) => answer(call, at));',
] as const;

registerHooks({
	load(url, context, nextLoad) {
		const loaded = nextLoad(url, context);
		if (!url.endsWith('/src/engines/sqlite-worker.ts')) {
			return loaded;
		}
		let source = String(loaded.source);
		for (const work of carriedOut) {
			if (!source.includes(work)) {
				throw new Error(`Expected ${work} in ${url}`);
			}
			const asked = work.includes('batches') ? 'batches' : 'calls';
			source = source.replace(
				work,
				`${work} if (JSON.stringify(${asked}).includes('deadly')) { throw new Error('died'); }`,
			);
		}
		return { ...loaded, source };
	},
});
