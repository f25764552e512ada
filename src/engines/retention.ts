import { defaultRetention, type RecordChange, type RecordGuard, type Retention } from './engine.ts';
import { endOf, restricts } from './records.ts';

/** The bounds that hold when `options` says nothing else. Throws a `TypeError` that names a bad one. */
export function checkRetention(options: Retention): Required<Retention> {
	const { historySize = defaultRetention.historySize, historyTtlMs = defaultRetention.historyTtlMs } = options;
	if (historySize !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(historySize) && historySize >= 1)) {
		throw expected('historySize', 'a whole number >= 1 or Infinity', historySize);
	}
	if (!(typeof historyTtlMs === 'number' && historyTtlMs > 0)) {
		throw expected('historyTtlMs', 'a number > 0', historyTtlMs);
	}
	return { historySize, historyTtlMs };
}

/** What to throw for an option that is not what it should be. */
export function expected(option: string, what: string, got: unknown): TypeError {
	return new TypeError(`Expected \`${option}\` to be ${what}, got \`${String(got)}\` (${typeof got})`);
}

/** What a caller did wrong with the names of a room or its drafts, if anything. Half a surrogate pair has no bytes. */
export function misuse(room: string, drafts: readonly { readonly id: string }[] = []): TypeError | undefined {
	if (!room.isWellFormed()) {
		return new TypeError(`Expected a room name of well-formed Unicode, got ${JSON.stringify(room)}`);
	}
	const bad = drafts.find(({ id }) => !id.isWellFormed());
	return bad && new TypeError(`Expected ids of well-formed Unicode, got ${JSON.stringify(bad.id)}`);
}

/** What a caller did wrong with a kind of records, if anything. */
export function misusedKind(kind: string): TypeError | undefined {
	return kind.isWellFormed() ? undefined : illFormedRecord(kind);
}

/** What a caller did wrong with the changes of records, if anything. */
export function misusedRecords(changes: readonly RecordChange[]): TypeError | undefined {
	for (const { kind, key, value, expected: before } of changes) {
		const bad = [kind, key, value ?? '', before ?? ''].find((text) => !text.isWellFormed());
		if (bad !== undefined) {
			return illFormedRecord(bad);
		}
		if (value !== null && restricts(kind) && endOf(value) === undefined) {
			return new TypeError(`Expected the value of a ${kind} to be a JSON object, got ${JSON.stringify(value)}`);
		}
	}
	return undefined;
}

/** What a caller did wrong with what it expects of records, if anything. */
export function misusedGuards(guards: readonly RecordGuard[]): TypeError | undefined {
	const bad = guards.flatMap(({ kind, key, expected: value }) => [kind, key, value ?? '']);
	const text = bad.find((one) => !one.isWellFormed());
	return text === undefined ? undefined : illFormedRecord(text);
}

function illFormedRecord(text: string): TypeError {
	return new TypeError(`Expected records of well-formed Unicode, got ${JSON.stringify(text)}`);
}
