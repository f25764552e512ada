/**
 * Node's own SQLite, as the engine and the client's state on disk load it, and what its errors say.
 */
// Not by name: an older Node has no such export, and is to be told what is needed rather than fail over that.
import util from 'node:util';

/** Loads it when it is first needed: who keeps nothing on disk does not pay for it. */
export function loadSqlite(): typeof import('node:sqlite') {
	return withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
}

/**
 * `load()` without the warning that Node 22 prints when its SQLite is loaded; every other warning passes.
 */
export function withoutSqliteWarning<Result>(load: () => Result): Result {
	const { emitWarning } = process;
	const filtered = (warning: string | Error, ...rest: unknown[]): void => {
		if (!String(warning).includes('SQLite is an experimental feature')) {
			Reflect.apply(emitWarning, process, [warning, ...rest]);
		}
	};
	process.emitWarning = filtered;
	try {
		return load();
	} finally {
		process.emitWarning = emitWarning;
	}
}

/** SQLite's primary result code, when `error` comes from it. */
export function sqliteCode(error: unknown): number | undefined {
	if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
		return error.errcode & 0xff;
	}
	return undefined;
}

/** The result codes that this program tells apart. */
export const resultCodes = Object.freeze({
	perm: 3,
	busy: 5,
	readonly: 8,
	ioError: 10,
	corrupt: 11,
	full: 13,
	cantOpen: 14,
	constraint: 19,
	notADatabase: 26,
});

/** What went wrong, in one line, be it SQLite's error or the file system's. */
export function reasonOf(error: unknown): string {
	if (error instanceof Error && 'errno' in error && typeof error.errno === 'number' && error.errno < 0) {
		return util.getSystemErrorMessage(error.errno);
	}
	// SQLite quotes what it cannot parse, with the line ends in it.
	return (error instanceof Error ? error.message : String(error)).replace(/\s+/gu, ' ');
}
