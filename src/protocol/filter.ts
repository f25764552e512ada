/**
 * Filters: which messages of a room a subscriber wants, as a JSON tree. A filter narrows what is sent; it is no access
 * control.
 */
import { reservedNames } from './frames.ts';

/** Most bytes of a filter as JSON. */
const filterBytes = 2048;
/** Most nodes of a filter: `all`, `any`, `not` and comparisons each count as one. */
const filterNodes = 32;
/** How deep nodes may lie within each other; a comparison alone is 1 deep. */
const filterDepth = 5;

/** What a message may be compared by. */
export type FilterField = `tags.${string}` | 'sender' | 'verified' | 'content';
export type Scalar = string | number | boolean;

/**
 * Compares one field with a value of the same type; text is compared as it is, by UTF-16 code units.
 * - `eq` `ne`: the same as the value, or not. `in` `nin`: one of the values, or not.
 * - `prefix` `suffix` `contains`: text that begins with, ends with, contains the value.
 * - `gt` `gte` `lt` `lte`: a number above or below the value.
 * - `exists`: whether there is such a field (`true`), or not.
 *
 * A field that is not there is nothing: only `ne`, `nin` and `exists: false` hold for it.
 */
export type Comparison =
	| { readonly field: FilterField; readonly op: 'eq' | 'ne'; readonly value: Scalar }
	| { readonly field: FilterField; readonly op: 'in' | 'nin'; readonly value: readonly Scalar[] }
	| { readonly field: FilterField; readonly op: 'prefix' | 'suffix' | 'contains'; readonly value: string }
	| { readonly field: FilterField; readonly op: 'gt' | 'gte' | 'lt' | 'lte'; readonly value: number }
	| { readonly field: FilterField; readonly op: 'exists'; readonly value: boolean };

/** `all` holds when each of its filters does, `any` when at least one does, `not` when its filter does not. */
export type Filter =
	| { readonly all: readonly Filter[] }
	| { readonly any: readonly Filter[] }
	| { readonly not: Filter }
	| Comparison;

export type ReadFilter =
	| { readonly ok: true; readonly filter: Filter }
	/** What was expected and what came. */
	| { readonly ok: false; readonly detail: string };

/** Reads a filter from whatever a program gives for one. Members that a filter does not have are refused. */
export function readFilter(value: unknown): ReadFilter {
	try {
		const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
		if (bytes > filterBytes) {
			throw new FilterProblem(`Expected a filter of at most ${filterBytes} bytes, got ${bytes}`);
		}
		return { ok: true, filter: new Reading().node(value, 1) };
	} catch (error) {
		// Its own problems, and a value that JSON cannot hold: too deep, circular, a BigInt.
		if (error instanceof FilterProblem || error instanceof TypeError || error instanceof RangeError) {
			return { ok: false, detail: error.message.slice(0, 200) };
		}
		throw error;
	}
}

class FilterProblem extends Error {}

class Reading {
	#nodes = 0;

	node(value: unknown, depth: number): Filter {
		this.#nodes += 1;
		if (this.#nodes > filterNodes) {
			throw new FilterProblem(`Expected a filter of at most ${filterNodes} nodes`);
		}
		if (depth > filterDepth) {
			throw new FilterProblem(`Expected a filter at most ${filterDepth} nodes deep`);
		}
		if (typeof value !== 'object' || value === null || Array.isArray(value)) {
			throw new FilterProblem(`Expected a filter, which is an object, got ${shown(value)}`);
		}
		const members = new Map<string, unknown>(Object.entries(value));
		const names = [...members.keys()].toSorted().join(', ');
		switch (names) {
			case 'all':
				return { all: this.#list(members.get('all'), 'all', depth) };
			case 'any':
				return { any: this.#list(members.get('any'), 'any', depth) };
			case 'not':
				return { not: this.node(members.get('not'), depth + 1) };
			case 'field, op, value':
				return comparison(members.get('field'), members.get('op'), members.get('value'));
			default:
				throw new FilterProblem(`Expected all, any, not, or field with op and value, got ${names || 'no member'}`);
		}
	}

	#list(value: unknown, name: string, depth: number): readonly Filter[] {
		if (!Array.isArray(value) || value.length === 0) {
			throw new FilterProblem(`${name}: Expected a list of filters, got ${shown(value)}`);
		}
		return value.map((one: unknown) => this.node(one, depth + 1));
	}
}

function comparison(name: unknown, op: unknown, value: unknown): Comparison {
	const field = fieldOf(name);
	switch (op) {
		case 'eq':
		case 'ne':
			return { field, op, value: isScalar(value) ? value : refuse(op, 'text, a number, true or false', value) };
		case 'in':
		case 'nin': {
			if (!Array.isArray(value) || value.length === 0 || !value.every(isScalar)) {
				return refuse(op, 'a list of texts, numbers, true and false', value);
			}
			return { field, op, value: [...value] };
		}
		case 'prefix':
		case 'suffix':
		case 'contains':
			return { field, op, value: typeof value === 'string' ? value : refuse(op, 'text', value) };
		case 'gt':
		case 'gte':
		case 'lt':
		case 'lte':
			return { field, op, value: isNumber(value) ? value : refuse(op, 'a number', value) };
		case 'exists':
			return { field, op, value: typeof value === 'boolean' ? value : refuse(op, 'true or false', value) };
		default:
			throw new FilterProblem(
				`op: Expected eq, ne, in, nin, exists, prefix, suffix, contains, gt, gte, lt or lte, got ${shown(op)}`,
			);
	}
}

function fieldOf(name: unknown): FilterField {
	if (name === 'sender' || name === 'verified' || name === 'content') {
		return name;
	}
	if (typeof name === 'string' && name.startsWith('tags.') && name.length > 'tags.'.length) {
		const tag = name.slice('tags.'.length);
		if (!reservedNames.some((reserved) => reserved === tag)) {
			return `tags.${tag}`;
		}
	}
	throw new FilterProblem(`field: Expected sender, verified, content or tags. and a name, got ${shown(name)}`);
}

function refuse(op: string, expected: string, value: unknown): never {
	throw new FilterProblem(`${op}: Expected ${expected}, got ${shown(value)}`);
}

function isScalar(value: unknown): value is Scalar {
	return typeof value === 'string' || typeof value === 'boolean' || isNumber(value);
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number' && Number.isFinite(value);
}

function shown(value: unknown): string {
	return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
}
