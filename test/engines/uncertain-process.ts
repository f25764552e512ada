/**
 * A process with an engine whose second commit fails at the disk (see failing-commit.ts). It prints what became of its
 * appends and what a follower saw, as one line of JSON.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { draft, numbersIn, sequences } from '../helpers/engine-case.ts';

const { promise: recovered, resolve } = Promise.withResolvers<void>();
const directory = process.argv[2] ?? '';
const notices: string[] = [];
const engine = await openSqliteEngine({
	directory,
	onNotice(text) {
		notices.push(text);
		if (text === 'Messages can be stored again') {
			resolve();
		}
	},
});
const seen: number[] = [];
await engine.follow('general', (entries) => seen.push(...sequences(entries)));
await engine.follow('sports', () => {});
const append = (id: string) =>
	engine.append('general', [draft(id)]).then(
		([outcome]) => outcome?.ok && [outcome.sequence, outcome.duplicate],
		(error) => [error.code, error.outcome],
	);
const told: unknown[] = [];
await engine.followRecords((changes) => told.push(...changes.map(({ key, value }) => [key, value])));
const put = (key: string) =>
	engine.putRecords([{ kind: 'nick', key, value: 'x', expected: null }]).catch((error) => [error.code, error.outcome]);
const [first] = await Promise.all([append('a'), engine.append('sports', [draft('a')])]);
const outcomes = [first];
// All of them are in the second commit.
const clearing = engine.clear('sports').catch((error) => [error.code, error.outcome]);
const [second, uncertain] = await Promise.all([append('b'), put('sam')]);
outcomes.push(second);
const whileUncertain = await append('c');
const { head } = await engine.state('general');
const list = await engine.records('nick').catch((error) => [error.code, error.outcome]);
await recovered;
outcomes.push(await append('b'), await append('c'));
const puts = [uncertain, list, await put('sam'), await put('kim')];
const cleared = [await clearing, await numbersIn(engine, 'sports')];
// Nothing on the disk is what was stored any more.
const database = new DatabaseSync(join(directory, 'natter.db'));
database.exec("UPDATE msg SET body = 'x'");
database.close();
const inMemory = await numbersIn(engine, 'general', { limit: 10, after: 2 });
await engine.close();
console.log(JSON.stringify({ outcomes, whileUncertain, head, seen, puts, told, cleared, inMemory, notices }));
