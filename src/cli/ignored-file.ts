/** Whom a person ignores, kept as JSON: `[{"name": "bob", "key": "..."}, {"name": "a guest"}]`. */
import * as v from 'valibot';
import type { Ignored } from '../tui/model.ts';
import { readFile, replaceFile } from './replacing.ts';

const schema = v.array(
	v.object({ name: v.pipe(v.string(), v.maxLength(128)), key: v.optional(v.pipe(v.string(), v.maxLength(128))) }),
);

export class IgnoredFile {
	readonly path: string;
	readonly #onTrouble: (text: string) => void;
	/** What the file holds is not known, so that nothing may take its place. */
	#isUnread = false;

	/** `onTrouble` is told, in words for people, what cannot be read or kept. */
	constructor(path: string, onTrouble: (text: string) => void) {
		this.path = path;
		this.#onTrouble = onTrouble;
	}

	/** A file that cannot be read hides nobody, and stays as it is; one that holds something else is set aside. */
	get list(): readonly Ignored[] {
		try {
			this.#isUnread = false;
			const onDamaged = (aside: string) =>
				this.#onTrouble(`Nobody is ignored: ${this.path} was damaged and set aside as ${aside}`);
			const found = readFile(this.path, (value) => v.parse(schema, value), onDamaged) ?? [];
			return found.map(({ name, key }) => (key === undefined ? { name } : { name, key }));
		} catch (error) {
			this.#isUnread = true;
			this.#onTrouble(`Nobody is ignored: ${this.path} cannot be read (${textOf(error)})`);
			return [];
		}
	}

	save(ignored: readonly Ignored[]): void {
		try {
			if (this.#isUnread) {
				throw new Error('what it holds could not be read');
			}
			replaceFile(this.path, ignored);
		} catch (error) {
			this.#onTrouble(`Whom you ignore cannot be kept in ${this.path}: ${textOf(error)}`);
		}
	}
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
