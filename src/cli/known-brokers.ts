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
	readSync,
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
import { quoted } from './secret-file.ts';

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
		const line = lineOf({ authority, key });
		try {
			makeDirectory(dirname(this.path));
			do {
				this.#append(line);
				// Not there when the file was replaced in this moment.
			} while (!linesOf(this.#read()).includes(line));
		} catch (error) {
			throw error instanceof Failure
				? error
				: new Failure(`The broker's key cannot be kept in ${this.path}: ${textOf(error)}`, 1);
		}
	}

	/** Forgets every key of an address; all else in the file stays as it is. Returns whether there was one. */
	forget(authority: string): boolean {
		for (;;) {
			const text = this.#read();
			const known = this.#listed(text).filter((one) => one.authority === authority);
			if (known.length === 0) {
				return false;
			}
			const numbers = new Set(known.map(({ number }) => number));
			const kept = linesOf(text).filter((_, index) => !numbers.has(index + 1));
			if (this.#replace(text, kept.join(''))) {
				return true;
			}
		}
	}

	/**
	 * Expects this key at an address from now on, whichever was expected there: for a broker that is known otherwise than by
	 * having been met. Returns whether it was another one.
	 */
	expect(authority: string, key: string): boolean {
		const known = this.find(authority);
		if (known === key) {
			return false;
		}
		const isOther = this.forget(authority);
		this.add(authority, key);
		return isOther;
	}

	/** All that are known, in the order in which they were met. */
	list(): readonly { readonly authority: string; readonly key: string }[] {
		return this.#listed(this.#read()).map(({ authority, key }) => ({ authority, key }));
	}

	/** The lines that name a broker; `number` counts all lines, from 1. */
	#listed(text: string): readonly { readonly authority: string; readonly key: string; readonly number: number }[] {
		const lines = linesOf(text)
			.map((line, index) => ({ line: line.trim(), number: index + 1 }))
			.filter(({ line }) => line !== '' && !line.startsWith('#'));
		return lines.map(({ line, number }) => {
			const [authority, kind, key, ...rest] = line.split(/\s+/);
			const isKnown = authority !== undefined && kind === 'ed25519' && key !== undefined && rest.length === 0;
			if (!isKnown || readPublicKey(key) === undefined) {
				// Left out, the broker would be met as if for the first time, whoever it is.
				throw new Failure(`Line ${number} of ${this.path} cannot be read; expected HOST:PORT ed25519 KEY`, 2);
			}
			return { authority, key, number };
		});
	}

	/** Writes at the end, on a line of its own: the last one may have been written by hand, without an end. */
	#append(line: string): void {
		const file = openSync(this.path, 'a+', 0o600);
		try {
			const { size } = fstatSync(file);
			const last = Buffer.alloc(1);
			const isEnded = size === 0 || readSync(file, last, 0, 1, size - 1) === 0 || last.toString() === '\n';
			writeSync(file, isEnded ? line : `\n${line}`);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
	}

	/** Puts the new text in the place of the old. False, with nothing done, when the file has another one by now. */
	#replace(text: string, next: string): boolean {
		const fresh = `${this.path}.${randomBytes(6).toString('hex')}`;
		try {
			writeFileSync(fresh, next, { mode: 0o600, flag: 'wx', flush: true });
			// As late as can be: what comes after this is lost.
			if (this.#read() === text) {
				renameSync(fresh, this.path);
				return true;
			}
		} catch (error) {
			throw error instanceof Failure ? error : new Failure(`${this.path} cannot be changed: ${textOf(error)}`, 1);
		} finally {
			rmSync(fresh, { force: true });
		}
		return false;
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
				throw new Failure(`${this.path} can be changed by others. Run: chmod 600 ${quoted(this.path)}`, 2);
			}
			return readFileSync(file, 'utf8');
		} finally {
			closeSync(file);
		}
	}
}

/** Each with its line end; the last may have none. */
function linesOf(text: string): readonly string[] {
	return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function lineOf({ authority, key }: { readonly authority: string; readonly key: string }): string {
	return `${authority} ed25519 ${key}\n`;
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
