/**
 * How calls and results travel between threads. To clone an array costs more than what is in it, and nearly all that travels
 * are messages and their places: those are spread out in one array, in which everything else stays as it is.
 */
import type { AnyCall, Batch, DraftRow, FromThread, Place, Result } from './sqlite-wire.ts';

/** An append is its room, how many drafts it has, and their fields; an array is another call. */
export type PackedBatch = readonly [at: number, elapsed: number, ...fields: unknown[]];

/** The result of an append is its epoch, how many places it has, and their fields; an array is another result. */
export type PackedResults = readonly unknown[];

const draftFields = 8 satisfies DraftRow['length'];
const placeFields = 3 satisfies Place['length'];

const fates: readonly Place[0][] = ['stored', 'duplicate', 'conflict', 'out_of_order', 'banned', 'muted'];

export function packBatch({ at, elapsed, calls }: Batch<AnyCall>): PackedBatch {
	const packed: [number, number, ...unknown[]] = [at, elapsed];
	for (const call of calls) {
		if (call[0] === 'append') {
			packed.push(call[1], call[2].length);
			for (const draft of call[2]) {
				packed.push(...draft);
			}
		} else {
			packed.push(call);
		}
	}
	return packed;
}

/** For a thread that is sent such calls alone. */
export function unpackBatch<Call extends AnyCall>(packed: PackedBatch): Batch<Call> {
	const calls = unpack<AnyCall, DraftRow>(packed.slice(2), draftFields, (room, drafts) => ['append', room, drafts]);
	return { at: packed[0], elapsed: packed[1], calls: calls as Call[] };
}

export function packResults(results: readonly Result[]): PackedResults {
	const packed: unknown[] = [];
	for (const result of results) {
		if (result[0] === 'append') {
			packed.push(result[1], result[2].length);
			for (const [fate, sequence, timestamp] of result[2]) {
				packed.push(fates.indexOf(fate), sequence, timestamp);
			}
		} else {
			packed.push(result);
		}
	}
	return packed;
}

export function isResults(message: FromThread): message is PackedResults {
	return Array.isArray(message);
}

export function unpackResults(packed: PackedResults): Result[] {
	return unpack<Result, readonly [fate: number, sequence: number, timestamp: number]>(
		packed,
		placeFields,
		(epoch, rows) => [
			'append',
			epoch,
			rows.map(([fate, sequence, timestamp]): Place => [fates[fate] ?? 'conflict', sequence, timestamp]),
		],
	);
}

function unpack<Whole, Row extends readonly unknown[]>(
	packed: readonly unknown[],
	fields: Row['length'],
	whole: (name: string, rows: readonly Row[]) => Whole,
): Whole[] {
	const unpacked: Whole[] = [];
	let at = 0;
	while (at < packed.length) {
		const first = packed[at];
		if (typeof first !== 'string') {
			unpacked.push(first as Whole);
			at += 1;
			continue;
		}
		const rows: Row[] = [];
		const end = at + 2 + Number(packed[at + 1]) * fields;
		for (at += 2; at < end; at += fields) {
			rows.push(packed.slice(at, at + fields) as readonly unknown[] as Row);
		}
		unpacked.push(whole(first, rows));
	}
	return unpacked;
}
