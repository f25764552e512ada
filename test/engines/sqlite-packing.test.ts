import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packBatch, packResults, unpackBatch, unpackResults } from '../../src/engines/sqlite-packing.ts';
import type { DraftRow, Place, Result, WriterCall } from '../../src/engines/sqlite-wire.ts';

const anyText = fc.string({ unit: 'grapheme', maxLength: 8 });
const anyNumber = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 48, Number.POSITIVE_INFINITY));
const anyAuthor = fc.oneof(anyText, fc.array(anyText, { maxLength: 3 }));
const anyDraft: fc.Arbitrary<DraftRow> = fc.tuple(
	...([anyText, anyText, anyText, anyNumber] as const),
	...([fc.option(anyNumber), fc.option(anyText), anyNumber, fc.option(anyAuthor)] as const),
);
const anyCall: fc.Arbitrary<WriterCall> = fc.oneof(
	{ weight: 3, arbitrary: fc.tuple(fc.constant('append' as const), anyText, fc.array(anyDraft, { maxLength: 4 })) },
	fc.tuple(fc.constantFrom('state' as const, 'records' as const), anyText),
	fc.constant(['sweep'] as const),
	fc.constant(['above', new Map([['general', 3]]), [{ kind: 'nick', key: 'sam' }]] as const),
);
const anyPlace: fc.Arbitrary<Place> = fc.tuple(
	fc.constantFrom('stored', 'duplicate', 'conflict', 'out_of_order', 'banned', 'muted'),
	anyNumber,
	anyNumber,
);
const anyResult: fc.Arbitrary<Result> = fc.oneof(
	{ weight: 3, arbitrary: fc.tuple(fc.constant('append' as const), anyText, fc.array(anyPlace, { maxLength: 4 })) },
	fc.tuple(fc.constant('putRecords' as const), fc.boolean()),
	fc.constant(['done'] as const),
	fc.constant(['failed', 'the disk is full', 'not_applied'] as const),
);

test('what was packed and cloned is unpacked as it was', () => {
	fc.assert(
		fc.property(anyNumber, anyNumber, fc.array(anyCall), fc.array(anyResult), (at, elapsed, calls, results) => {
			expect(unpackBatch(structuredClone(packBatch({ at, elapsed, calls })))).toEqual({ at, elapsed, calls });
			expect(unpackResults(structuredClone(packResults(results)))).toEqual(results);
		}),
	);
});
