/**
 * Flips one random bit of a closed database at a time, opens it, reads everything, and appends. A text that is served
 * under a number and epoch must be the one that was stored there; everything else must be named as gone, refused with a
 * plain error, or stand under a new epoch, there too as it was stored. No number that was used may be given again in its
 * epoch to another message.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cursor, type Engine, EngineError } from '../../src/engines/engine.ts';
import { restrictionKey } from '../../src/engines/records.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { Chance } from '../endurance/chance.ts';
import { draft, span } from '../helpers/engine-case.ts';

export interface Figures {
	flips: number;
	/** Texts that were served, each the one that was stored. */
	servedTrue: number;
	/** Numbers that were named as damaged. */
	damaged: number;
	/** Numbers that were named as gone for another reason although they were stored. */
	misnamed: number;
	/** Flips with which the database was not opened at all. */
	refusedToOpen: number;
	/** Calls that were refused. */
	refused: number;
	/** Flips after which a room stood under a new epoch. */
	newEpochs: number;
	/** Flips of which nothing was seen but what a sound database shows. */
	unseen: number;
	/** What must not happen, a line each with the bit that was flipped. */
	readonly wrong: string[];
}

const at = 1_000_000;
const rooms = [
	'general',
	'sports',
	'news',
	'cleared',
	'expired',
	'one',
	'größe',
	...span(1, 60).map((n) => `room-${n}`),
];
const options = { historySize: 200, durability: 'process', now: () => at } as const;

interface Stored {
	/** `room epoch number` to the text that is there. */
	readonly texts: ReadonlyMap<string, string>;
	/** `room number` to the same. */
	readonly numbered: ReadonlyMap<string, string>;
	/** Places of which the database still has the text. */
	readonly kept: ReadonlySet<string>;
	readonly cursors: ReadonlyMap<string, Cursor>;
	/** `kind key` to value. */
	readonly records: ReadonlyMap<string, string>;
	readonly heads: ReadonlyMap<string, number>;
}

/** Flips `flips` bits, one in each of as many copies of one database. Everything random comes from the seed. */
export async function run({ flips, seed }: { readonly flips: number; readonly seed: number }): Promise<Figures> {
	const chance = new Chance(seed);
	const directory = mkdtempSync(join(tmpdir(), 'natter-flips-'));
	const figures: Figures = {
		...{ flips: 0, servedTrue: 0, damaged: 0, misnamed: 0 },
		...{ refusedToOpen: 0, refused: 0, newEpochs: 0, unseen: 0, wrong: [] },
	};
	try {
		const stored = await fill(directory);
		// Written over in place, as a disk does it: another file would be a restored copy.
		const restore = sameAgain(directory);
		const bytes = readFileSync(join(directory, 'natter.db'));
		for (; figures.flips < flips; figures.flips += 1) {
			const bit = chance.below(bytes.length * 8);
			const byte = bit >> 3;
			restore();
			const flipped = Buffer.from(bytes);
			flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (bit & 7));
			writeFileSync(join(directory, 'natter.db'), flipped);
			await judge(directory, stored, figures, (what) => {
				figures.wrong.push(`byte ${byte} (page ${(byte >> 12) + 1}) bit ${bit & 7}: ${what}`);
			});
		}
	} finally {
		rmSync(directory, { recursive: true });
	}
	return figures;
}

/** What brings the directory's files back to what they are now. */
function sameAgain(directory: string): () => void {
	const files = readdirSync(directory).map((name) => ({ name, bytes: readFileSync(join(directory, name)) }));
	return () => {
		for (const name of readdirSync(directory)) {
			if (!files.some((file) => file.name === name)) {
				rmSync(join(directory, name));
			}
		}
		for (const { name, bytes } of files) {
			writeFileSync(join(directory, name), bytes);
		}
	};
}

/** A database with rooms of every kind: long, trimmed, cleared, with messages that expired; cursors and producers. */
async function fill(directory: string): Promise<Stored> {
	let now = at - 1000;
	const engine = await openSqliteEngine({ ...options, directory, now: () => now });
	const texts = new Map<string, string>();
	const numbered = new Map<string, string>();
	for (const room of rooms) {
		await engine.follow(room, (entries, epoch) => {
			for (const { message, text } of entries) {
				texts.set(`${room} ${epoch} ${message.sequence}`, text);
				numbered.set(`${room} ${message.sequence}`, text);
			}
		});
	}
	for (const [index, room] of rooms.entries()) {
		const producer = `producer-${index}`;
		const count = index === 0 ? 600 : index < 7 ? 120 : 3;
		const drafts = span(1, count).map((pseq) => ({
			...draft(`${room}/${pseq}`, { content: `${room} says ${pseq} ${'.'.repeat((pseq * 37) % 200)}` }),
			origin: { producer, pseq },
			...(room === 'expired' && pseq % 3 === 0 ? { expiresAt: at - 500 } : {}),
		}));
		await engine.append(room, drafts);
	}
	await engine.clear('cleared');
	await engine.append('cleared', [draft('after the clear')]);
	const cursors = rooms.flatMap((room): Cursor[] => {
		const epoch = [...texts.keys()].find((place) => place.startsWith(`${room} `))?.split(' ')[1] ?? '';
		return span(1, 2).map((device) => ({ user: 'sam', device: `d${device}`, room, epoch, sequence: device }));
	});
	await engine.saveCursors(cursors);
	const records = [
		...span(1, 200).map((n) => ({ kind: 'nick', key: `nick-${n}`, value: `key ${n} ${'.'.repeat(n)}` })),
		...span(1, 20).map((n) => ({ kind: 'ban', key: restrictionKey('general', `banned-${n}`), value: '{}' })),
	];
	await engine.putRecords(records);
	now = at;
	await engine.sweep();
	const kept = new Set<string>();
	const heads = new Map<string, number>();
	for (const room of rooms) {
		const { entries, epoch, head } = await engine.range(room, { limit: 1000 });
		heads.set(`${room} ${epoch}`, head);
		for (const { sequence } of entries) {
			kept.add(`${room} ${epoch} ${sequence}`);
		}
	}
	await engine.close();
	return {
		...{ texts, numbered, kept, heads },
		cursors: new Map(cursors.map((cursor) => [keyOf(cursor), cursor])),
		records: new Map(records.map(({ kind, key, value }) => [`${kind} ${key}`, value])),
	};
}

async function judge(
	directory: string,
	stored: Stored,
	figures: Figures,
	wrong: (what: string) => void,
): Promise<void> {
	const before = { ...figures };
	let engine: Engine;
	try {
		engine = await openSqliteEngine({ ...options, directory, onNotice: () => {} });
	} catch (error) {
		if (!(error instanceof EngineError) || error.message.includes('\n')) {
			wrong(`opening threw ${String(error)}`);
		}
		figures.refusedToOpen += 1;
		return;
	}
	let hasNewEpoch = false;
	/** What `call` gives, or `undefined` when it is refused as it may be. */
	const asked = async <Value>(call: () => Promise<Value>): Promise<Value | undefined> => {
		try {
			return await call();
		} catch (error) {
			if (!(error instanceof EngineError)) {
				wrong(`a call threw ${String(error)}`);
			}
			figures.refused += 1;
			return undefined;
		}
	};
	const everything = async (added: ReadonlyMap<string, string>): Promise<void> => {
		for (const room of rooms) {
			const page = await asked(() => engine.range(room, { limit: 100_000 }));
			if (page === undefined) {
				continue;
			}
			const { epoch, head, entries, gone, complete } = page;
			const sound = stored.heads.get(`${room} ${epoch}`);
			hasNewEpoch ||= sound === undefined;
			if (sound !== undefined && head < sound) {
				wrong(`${room} has the head ${head} rather than ${sound} in the same epoch`);
			}
			for (const { sequence, text } of entries) {
				const place = `${room} ${epoch} ${sequence}`;
				// What goes on under a new epoch keeps its number and its text.
				const expected = added.get(place) ?? stored.texts.get(place) ?? stored.numbered.get(`${room} ${sequence}`);
				if (expected === text) {
					figures.servedTrue += 1;
				} else {
					wrong(`${place} was served as ${JSON.stringify(text)}`);
				}
			}
			const named = gone.flatMap(({ from, to, reason }) => span(from, to).map((sequence) => ({ sequence, reason })));
			const numbers = [...named, ...entries].map(({ sequence }) => sequence).toSorted((one, other) => one - other);
			if (!complete || numbers.length !== head || numbers.some((number, index) => number !== index + 1)) {
				wrong(`${room}: the page neither serves nor names every number`);
			}
			for (const { sequence, reason } of named) {
				if (reason === 'damaged') {
					figures.damaged += 1;
				} else if (sequence > head - options.historySize && stored.kept.has(`${room} ${epoch} ${sequence}`)) {
					figures.misnamed += 1;
				}
			}
		}
	};
	await everything(new Map());
	for (const room of rooms) {
		for (const cursor of (await asked(() => engine.cursors('sam', room))) ?? []) {
			if (JSON.stringify(stored.cursors.get(keyOf(cursor))) !== JSON.stringify(cursor)) {
				wrong(`a cursor was served as ${JSON.stringify(cursor)}`);
			}
		}
	}
	for (const kind of ['nick', 'ban', 'mute']) {
		for (const [key, value] of (await asked(() => engine.records(kind))) ?? []) {
			if (stored.records.get(`${kind} ${key}`) !== value) {
				wrong(`the ${kind} ${JSON.stringify(key)} was served as ${JSON.stringify(value)}`);
			}
		}
	}
	const added = new Map<string, string>();
	for (const room of rooms) {
		const id = `after the flip in ${room}`;
		const [outcome] = (await asked(() => engine.append(room, [draft(id, { author: 'banned by nobody' })]))) ?? [];
		if (outcome?.ok === false) {
			wrong(`${id} was refused as ${outcome.code}`);
		} else if (outcome !== undefined) {
			const { sequence, epoch, timestamp } = outcome;
			const place = `${room} ${epoch} ${sequence}`;
			if (stored.texts.has(place)) {
				wrong(`${place} was given again`);
			}
			const content = `content of ${id}`;
			const frame = { type: 'message', id, room, sender: 'sam', content, sequence, timestamp };
			added.set(place, JSON.stringify(frame));
		}
	}
	await asked(() => engine.sweep());
	await everything(added);
	await engine.close();
	figures.newEpochs += hasNewEpoch ? 1 : 0;
	const isSeen =
		figures.damaged > before.damaged || figures.misnamed > before.misnamed || figures.refused > before.refused;
	figures.unseen += isSeen || hasNewEpoch ? 0 : 1;
}

function keyOf({ user, device, room }: Cursor): string {
	return JSON.stringify([user, device, room]);
}
