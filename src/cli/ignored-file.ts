/** Whom a person ignores, kept as JSON: `[{"name": "bob", "key": "..."}, {"name": "a guest"}]`. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Ignored } from '../tui/model.ts';
import { replaceFile } from './replacing.ts';

const schema = v.array(
	v.object({ name: v.pipe(v.string(), v.maxLength(128)), key: v.optional(v.pipe(v.string(), v.maxLength(128))) }),
);

export class IgnoredFile {
	readonly path: string;
	readonly #onTrouble: (text: string) => void;

	/** `onTrouble` is told, in words for people, what cannot be read or kept. */
	constructor(path: string, onTrouble: (text: string) => void) {
		this.path = path;
		this.#onTrouble = onTrouble;
	}

	/** A file that cannot be read hides nobody, and is left as it is until the list is changed. */
	get list(): readonly Ignored[] {
		try {
			return v
				.parse(schema, JSON.parse(readFileSync(this.path, 'utf8')))
				.map(({ name, key }) => (key === undefined ? { name } : { name, key }));
		} catch (error) {
			if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
				this.#onTrouble(`Nobody is ignored: ${this.path} cannot be read (${textOf(error)})`);
			}
			return [];
		}
	}

	save(ignored: readonly Ignored[]): void {
		try {
			replaceFile(this.path, ignored);
		} catch (error) {
			this.#onTrouble(`Whom you ignore cannot be kept in ${this.path}: ${textOf(error)}`);
		}
	}
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
