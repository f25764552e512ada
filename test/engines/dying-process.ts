/**
 * A process with an engine whose threads die of some calls (see dying-threads.ts). It prints what became of its calls and
 * what a follower saw, as one line of JSON.
 */
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { draft, sequences } from '../helpers/engine-case.ts';

const notices: string[] = [];
let heard: () => void = () => {};
const engine = await openSqliteEngine({
	directory: process.argv[2] ?? '',
	onNotice(text) {
		notices.push(text);
		heard();
	},
});
const seen: number[] = [];
await engine.follow('general', (entries) => seen.push(...sequences(entries)));
const append = (id: string) =>
	engine.append('general', [draft(id)]).then(
		([outcome]) => outcome?.ok && [outcome.sequence, outcome.duplicate],
		(error) => [error.code, error.outcome],
	);
const range = (room: string, after = 0) =>
	engine.range(room, { limit: 10, after }).then(
		({ entries }) => entries.map(({ sequence }) => sequence),
		(error) => [error.code, error.outcome],
	);

/** Settles when so many were told. */
async function noticesUntil(count: number): Promise<void> {
	while (notices.length < count) {
		await new Promise<void>((resolve) => {
			heard = resolve;
		});
	}
}

const before = await append('a');
const told: unknown[] = [];
await engine.followRecords((changes) => told.push(...changes.map(({ key, value }) => [key, value])));
const put = (key: string, value: string) =>
	engine.putRecords([{ kind: 'nick', key, value, expected: null }]).catch((error) => [error.code, error.outcome]);
const puts = [await put('sam', 'x')];
// They are in the commit of which the writer dies.
const uncertain = Promise.all([put('kim', 'y'), put('sam', 'z')]);
const dyingWriter = [await append('deadly'), await append('b'), await range('general')];
await noticesUntil(2);
const seenAfterWriter = [...seen];
puts.push(...(await uncertain), await put('ann', 'x'));
const afterWriter = await append('b');
const dyingReader = [await range('deadly'), await range('general'), await range('general', 2), await append('c')];
await noticesUntil(4);
const afterReader = await range('general');
await engine.close();
console.log(
	JSON.stringify({
		before,
		dyingWriter,
		seenAfterWriter,
		afterWriter,
		dyingReader,
		afterReader,
		seen,
		puts,
		told,
		notices,
	}),
);
