/** A secret in a file of its own that nobody else can read: a key, or a token. */
import { randomBytes } from 'node:crypto';
import {
	closeSync,
	constants,
	fstatSync,
	fsyncSync,
	linkSync,
	openSync,
	readFileSync,
	statSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../sqlite/directory.ts';
import { Failure } from './failure.ts';

/** Nothing that is much longer is a key or a token: the PEM of an Ed25519 key has 119 bytes. */
const mostBytes = 16 * 1024;

/** What is kept, and how it is written. */
export interface SecretKind<Secret> {
	/** In words for people, such as `key`. */
	readonly name: string;
	/** Throws a Failure (2) for what is no such secret. */
	readonly parse: (text: string, path: string) => Secret;
	readonly make: () => { readonly secret: Secret; readonly text: string };
	/** For a file that holds something else. */
	readonly unlike: (path: string) => Failure;
}

/**
 * Reads a secret, and makes one where there is none yet. Several processes that start at once get the same.
 *
 * @throws Failure (2) in one line that says what to do, when the file is another's, open to others, or no such secret.
 */
export function loadSecret<Secret>(path: string, kind: SecretKind<Secret>): Secret {
	return readSecret(path, kind) ?? makeSecret(path, kind);
}

/**
 * Reads a secret; `undefined` where there is none.
 *
 * @throws Failure (2) as `loadSecret` does.
 */
export function readSecret<Secret>(path: string, kind: SecretKind<Secret>): Secret | undefined {
	const { name } = kind;
	let file: number;
	try {
		// A pipe would wait here for somebody to write to it.
		file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') {
			return undefined;
		}
		throw new Failure(`The ${name} file ${path} cannot be read: ${textOf(error)}`, 2);
	}
	try {
		const status = fstatSync(file);
		if (!status.isFile()) {
			throw new Failure(
				`Expected the ${name} file ${path} to be a file; move it away, and natter makes a new ${name}`,
				2,
			);
		}
		const self = process.getuid?.();
		if (self !== undefined && status.uid !== self) {
			const owner = `user ${status.uid}`;
			throw new Failure(`The ${name} file ${path} belongs to somebody else (${owner}); use a ${name} of your own`, 2);
		}
		// Windows has no such modes: there a file in one's profile is one's own.
		if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) {
			throw new Failure(`The ${name} file ${path} is open to others. Run: chmod 600 ${quoted(path)}`, 2);
		}
		refuseOpenDirectory(path, name);
		if (status.size > mostBytes) {
			throw kind.unlike(path);
		}
		return kind.parse(readFileSync(file, 'utf8'), path);
	} finally {
		closeSync(file);
	}
}

/** Whoever can write the directory can put another file in the place of this one, whatever the mode of this one is. */
function refuseOpenDirectory(path: string, name: string): void {
	const directory = dirname(path);
	const { mode } = statSync(directory);
	// With the sticky bit nobody replaces what is another's.
	if (process.platform !== 'win32' && (mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
		throw new Failure(
			`Others can write the directory of the ${name} file, ${directory}. Run: chmod go-w ${quoted(directory)}`,
			2,
		);
	}
}

/** Written in full beside its place and linked there, so that it is never half there, and never takes another's place. */
function makeSecret<Secret>(path: string, kind: SecretKind<Secret>): Secret {
	const { secret, text } = kind.make();
	const fresh = `${path}.${randomBytes(6).toString('hex')}`;
	try {
		makeDirectory(dirname(path));
		refuseOpenDirectory(path, kind.name);
		const file = openSync(fresh, 'wx', 0o600);
		try {
			writeFileSync(file, text);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		linkSync(fresh, path);
		return secret;
	} catch (error) {
		if (error instanceof Failure) {
			throw error;
		}
		const made = codeOf(error) === 'EEXIST' ? readSecret(path, kind) : undefined;
		if (made === undefined) {
			throw new Failure(`A ${kind.name} cannot be kept in ${path}: ${textOf(error)}`, 2);
		}
		return made;
	} finally {
		remove(fresh);
	}
}

function remove(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// It was not made.
	}
}

/** As a shell takes it. */
export function quoted(path: string): string {
	return /^[\w@%+=:,./-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
