/**
 * A process that appends and searches without end in the directory it is given, so that the index is always being written,
 * and writes a line for each search that it got an answer to. It is there to be killed.
 */
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { draft, span } from '../helpers/engine-case.ts';

const [directory = '', run = ''] = process.argv.slice(2);
const engine = await openSqliteEngine({ directory, historySize: 2000, durability: 'process' });
for (let round = 0; ; round += 1) {
	const drafts = span(1, 200).map((index) =>
		draft(`${run}/${round}/${index}`, { content: `round ${run}.${round} number ${index}` }),
	);
	await Promise.all([engine.append('general', drafts), engine.append('other', drafts)]);
	await engine.search('general', { text: 'nothing of the kind', limit: 10 });
	await engine.sweep();
	process.stdout.write(`${round}\n`);
}
