/**
 * Which key the broker at an address had: one line for each in the file `known_brokers`, `host:port ed25519 KEY`. What was
 * first met there is what is expected there, as with SSH's known_hosts.
 */
import { randomBytes } from 'node:crypto';
import {
	closeSync,
	fstatSync,
	fsyncSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { KnownBrokers } from '../client/options.ts';
import { readPublicKey } from '../protocol/identity.ts';
import { makeDirectory } from '../sqlite/directory.ts';
import { Failure } from './failure.ts';

export class KnownBrokersFile implements KnownBrokers {
	readonly path: string;

	constructor(path: string) {
		this.path = path;
	}

	/** The public key of the broker at `host:port`. Throws a `Failure` for a file that cannot be relied on. */
	find(authority: string): string | undefined {
		return this.list().find(({ authority: known }) => known === authority)?.key;
	}

	/** Adds a line at the end, in one write: others may do so at the same time. */
	add(authority: string, key: string): void {
		try {
			makeDirectory(dirname(this.path));
			const file = openSync(this.path, 'a', 0o600);
			try {
				writeSync(file, lineOf({ authority, key }));
				fsyncSync(file);
			} finally {
				closeSync(file);
			}
		} catch (error) {
			throw new Failure(`The broker's key cannot be kept in ${this.path}: ${textOf(error)}`, 1);
		}
	}

	/** Forgets every key of an address. Returns whether there was one. */
	forget(authority: string): boolean {
		const all = this.list();
		const kept = all.filter((known) => known.authority !== authority);
		if (kept.length === all.length) {
			return false;
		}
		const fresh = `${this.path}.${randomBytes(6).toString('hex')}`;
		try {
			writeFileSync(fresh, kept.map(lineOf).join(''), { mode: 0o600, flag: 'wx', flush: true });
			renameSync(fresh, this.path);
		} catch (error) {
			rmSync(fresh, { force: true });
			throw new Failure(`${this.path} cannot be changed: ${textOf(error)}`, 1);
		}
		return true;
	}

	/** All that are known, in the order in which they were met. */
	list(): readonly { readonly authority: string; readonly key: string }[] {
		const lines = this.#read()
			.split('\n')
			.map((line, index) => ({ line: line.trim(), number: index + 1 }))
			.filter(({ line }) => line !== '' && !line.startsWith('#'));
		return lines.map(({ line, number }) => {
			const [authority, kind, key, ...rest] = line.split(/\s+/);
			const isKnown = authority !== undefined && kind === 'ed25519' && key !== undefined && rest.length === 0;
			if (!isKnown || readPublicKey(key) === undefined) {
				// Left out, the broker would be met as if for the first time, whoever it is.
				throw new Failure(`Line ${number} of ${this.path} cannot be read; expected HOST:PORT ed25519 KEY`, 2);
			}
			return { authority, key };
		});
	}

	#read(): string {
		let file: number;
		try {
			file = openSync(this.path, 'r');
		} catch (error) {
			if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
				return '';
			}
			throw new Failure(`${this.path} cannot be read: ${textOf(error)}`, 2);
		}
		try {
			const { uid, mode } = fstatSync(file);
			const self = process.getuid?.();
			if (self !== undefined && uid !== self) {
				throw new Failure(`${this.path} belongs to somebody else (user ${uid}), so what it says is not relied on`, 2);
			}
			// Windows has no such modes: there a file in one's profile is one's own.
			if (process.platform !== 'win32' && (mode & 0o022) !== 0) {
				throw new Failure(`${this.path} can be changed by others. Run: chmod 600 '${this.path}'`, 2);
			}
			return readFileSync(file, 'utf8');
		} finally {
			closeSync(file);
		}
	}
}

function lineOf({ authority, key }: { readonly authority: string; readonly key: string }): string {
	return `${authority} ed25519 ${key}\n`;
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
