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
const outcomes = [await append('a'), await append('b')];
const whileUncertain = await append('c');
const { head } = await engine.state('general');
await recovered;
outcomes.push(await append('b'), await append('c'));
await engine.close();
console.log(JSON.stringify({ outcomes, whileUncertain, head, seen, notices }));
