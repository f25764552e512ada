/** The private key that a person, or a broker, is known by: one file that nobody else can read. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import {
	closeSync,
	constants,
	fstatSync,
	fsyncSync,
	linkSync,
	openSync,
	readFileSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../sqlite/directory.ts';
import { Failure } from './failure.ts';

/** A PKCS#8 PEM of an Ed25519 key has 119 bytes; nothing that is much longer is one. */
const mostBytes = 16 * 1024;

/**
 * Reads an Ed25519 key (PKCS#8, PEM), and makes one where there is none yet. Several processes that start at once get the
 * same.
 *
 * @throws Failure (2) in one line that says what to do, when the file is another's, open to others, or no such key.
 */
export function loadKey(path: string): KeyObject {
	return readKey(path) ?? makeKey(path);
}

function readKey(path: string): KeyObject | undefined {
	let file: number;
	try {
		// A pipe would wait here for somebody to write to it.
		file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') {
			return undefined;
		}
		throw new Failure(`The key file ${path} cannot be read: ${textOf(error)}`, 2);
	}
	try {
		const status = fstatSync(file);
		if (!status.isFile()) {
			throw new Failure(`Expected the key file ${path} to be a file; move it away, and natter makes a new key`, 2);
		}
		const self = process.getuid?.();
		if (self !== undefined && status.uid !== self) {
			throw new Failure(`The key file ${path} belongs to somebody else (user ${status.uid}); use a key of your own`, 2);
		}
		// Windows has no such modes: there a file in one's profile is one's own.
		if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) {
			throw new Failure(`The key file ${path} is open to others. Run: chmod 600 ${quoted(path)}`, 2);
		}
		if (status.size > mostBytes) {
			throw notAKey(path);
		}
		return parseKey(path, readFileSync(file, 'utf8'));
	} finally {
		closeSync(file);
	}
}

function parseKey(path: string, pem: string): KeyObject {
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: pem, format: 'pem' });
	} catch {
		throw pem.includes('ENCRYPTED')
			? new Failure(`The key in ${path} has a passphrase, which natter cannot ask for; use one without`, 2)
			: notAKey(path);
	}
	if (key.asymmetricKeyType !== 'ed25519') {
		throw new Failure(`Expected an Ed25519 key in ${path}, got one of ${key.asymmetricKeyType}`, 2);
	}
	return key;
}

function notAKey(path: string): Failure {
	return new Failure(`${path} holds no private key (PKCS#8, PEM); move it away, and natter makes a new one`, 2);
}

/** Written in full beside its place and linked there, so that a key is never half there, and never takes another's place. */
function makeKey(path: string): KeyObject {
	const { privateKey } = generateKeyPairSync('ed25519');
	const fresh = `${path}.${randomBytes(6).toString('hex')}`;
	try {
		makeDirectory(dirname(path));
		const file = openSync(fresh, 'wx', 0o600);
		try {
			writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		linkSync(fresh, path);
		return privateKey;
	} catch (error) {
		const made = codeOf(error) === 'EEXIST' ? readKey(path) : undefined;
		if (made === undefined) {
			throw new Failure(`A key cannot be kept in ${path}: ${textOf(error)}`, 2);
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
function quoted(path: string): string {
	return /^[\w@%+=:,./-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
