/** Directories with many stored messages, as a broker would have them: written by the engine itself. */
import type { Draft } from '../../src/engines/engine.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { SqliteSearcher } from '../../src/engines/sqlite-searcher.ts';

/** So many say something in turns, so that the messages of a room lie among those of the others. */
export const rooms = 100;
const atOnce = 500;

/** One of so many messages has this word. */
export const rare = { word: 'quokka', oneOf: 5000 };
/** One of so many has this one. */
export const usual = { word: 'deploy', oneOf: 20 };

export function roomName(index: number): string {
	return `room-${index}`;
}

/** Adds messages to the rooms of a directory, from the one with this number on to the other one. */
export async function fill(
	directory: string,
	from: number,
	to: number,
	{ isIndexed }: { readonly isIndexed: boolean },
): Promise<void> {
	await store(directory, from, to);
	if (!isIndexed) {
		return;
	}
	const searcher = new SqliteSearcher(directory, console.log);
	searcher.answer(['search', roomName(0), { text: rare.word, limit: 1 }, Number.MAX_SAFE_INTEGER], Date.now());
	while (searcher.untidy) {
		searcher.tidy();
	}
	searcher.close();
}

async function store(directory: string, from: number, to: number): Promise<void> {
	await using engine = await openSqliteEngine({ directory, durability: 'process' });
	for (let done = from; done < to; done += atOnce * rooms) {
		const each = Math.min(atOnce, (to - done) / rooms);
		await Promise.all(
			Array.from({ length: rooms }, (_, room) => {
				const drafts = Array.from({ length: each }, (_, index) => draftOf(done + room * each + index));
				return engine.append(roomName(room), drafts);
			}),
		);
	}
}

function draftOf(number: number): Draft {
	const said = [
		`canary ${number} is at ${number % 100}% and the error rate is flat on the dashboard`,
		...(number % usual.oneOf === 0 ? [usual.word] : []),
		...(number % rare.oneOf === 0 ? [rare.word] : []),
	];
	return { id: `message-${number}`, sender: `person-${number % 50}`, content: said.join(', '), verified: false };
}
