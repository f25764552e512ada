/**
 * A process that appends without end to an engine in the directory it is given, from eight publishers in three rooms,
 * and writes a line `room sequence id` for each acknowledgement that it got. It is there to be killed.
 */
import { openSqliteEngine } from '../../src/engines/sqlite.ts';

const [directory = '', run = ''] = process.argv.slice(2);
const engine = await openSqliteEngine({ directory });
for (let publisher = 0; publisher < 8; publisher += 1) {
	void publish(publisher);
}

async function publish(publisher: number): Promise<void> {
	const room = `room-${publisher % 3}`;
	for (let count = 0; ; count += 1) {
		const id = `${run}/${publisher}/${count}`;
		const [outcome] = await engine.append(room, [{ id, sender: 'sam', content: `content of ${id}` }]);
		if (outcome?.ok !== true || outcome.duplicate) {
			throw new Error(`${id} was not stored anew: ${JSON.stringify(outcome)}`);
		}
		process.stdout.write(`${room} ${outcome.sequence} ${id}\n`);
	}
}
