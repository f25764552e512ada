/**
 * A process with an engine whose second commit fails at the disk (see failing-commit.ts). It prints what became of its
 * appends and what a follower saw, as one line of JSON.
 */
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { draft, sequences } from '../helpers/engine-case.ts';

const { promise: recovered, resolve } = Promise.withResolvers<void>();
const notices: string[] = [];
const engine = await openSqliteEngine({
	directory: process.argv[2] ?? '',
	onNotice(text) {
		notices.push(text);
		if (text === 'Messages can be stored again') {
			resolve();
		}
	},
});
const seen: number[] = [];
await engine.follow('general', (entries) => seen.push(...sequences(entries)));
const append = (id: string) =>
	engine.append('general', [draft(id)]).then(
		([outcome]) => outcome?.ok && [outcome.sequence, outcome.duplicate],
		(error) => [error.code, error.outcome],
	);
const told: unknown[] = [];
await engine.followRecords((changes) => told.push(...changes.map(({ key, value }) => [key, value])));
const put = (key: string) =>
	engine.putRecords([{ kind: 'nick', key, value: 'x', expected: null }]).catch((error) => [error.code, error.outcome]);
const outcomes = [await append('a')];
// Both are in the second commit.
const [second, uncertain] = await Promise.all([append('b'), put('sam')]);
outcomes.push(second);
const whileUncertain = await append('c');
const { head } = await engine.state('general');
const list = await engine.records('nick').catch((error) => [error.code, error.outcome]);
await recovered;
outcomes.push(await append('b'), await append('c'));
const puts = [uncertain, list, await put('sam'), await put('kim')];
await engine.close();
console.log(JSON.stringify({ outcomes, whileUncertain, head, seen, puts, told, notices }));
