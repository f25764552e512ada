/**
 * Arbitrary frames, derived from the schema that checks them, so that no frame and no field can be forgotten.
 */
import fc from 'fast-check';
import type * as v from 'valibot';
import { hostileString } from './hostile-strings.ts';

type Schema = v.GenericSchema & {
	readonly pipe?: readonly { readonly type: string; readonly kind: string; readonly requirement?: unknown }[];
	readonly entries?: Readonly<Record<string, Schema>>;
	readonly options?: readonly unknown[];
	readonly wrapped?: Schema;
	readonly item?: Schema;
	readonly value?: Schema;
	readonly literal?: unknown;
};

/** Valid frames of a schema. Where a schema reads several forms, the one that it is encoded in is made. */
export function arbitraryOf<Frame>(schema: v.GenericSchema<unknown, Frame>): fc.Arbitrary<Frame> {
	return arbitrary(schema as Schema) as fc.Arbitrary<Frame>;
}

function arbitrary(schema: Schema): fc.Arbitrary<unknown> {
	switch (schema.type) {
		case 'object':
			return objectOf(schema.entries ?? {});
		case 'optional':
			return arbitrary(schema.wrapped as Schema);
		case 'literal':
			return fc.constant(schema.literal);
		case 'picklist':
			return fc.constantFrom(...(schema.options ?? []));
		case 'union':
			return fc.oneof(...(schema.options as Schema[]).filter((option) => !isTransformedText(option)).map(arbitrary));
		case 'array':
			return fc.array(arbitrary(schema.item as Schema), { maxLength: 3 });
		case 'record':
			return fc.dictionary(tagKey, arbitrary(schema.value as Schema), { maxKeys: 4, noNullPrototype: true });
		case 'boolean':
			return fc.boolean();
		case 'number':
			return numberOf(schema);
		case 'string':
			return stringOf(schema);
		case 'unknown':
			return fc.constantFrom<unknown>(...anyValues);
		default:
			throw new Error(`Expected a schema that arbitraryOf knows, got ${schema.type}`);
	}
}

/** What somebody may give for a filter. */
const anyValues = [
	{ field: 'tags.level', op: 'eq', value: 'error' },
	{ any: [{ field: 'sender', op: 'prefix', value: 'a' }, { not: { field: 'content', op: 'contains', value: 'e' } }] },
	{ field: 'tags.ms', op: 'gt', value: '5' },
	...[{}, [], null, '', 5],
];

const tagKey = fc.string().filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key));

function objectOf(entries: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
	const required = Object.keys(entries).filter((key) => entries[key]?.type !== 'optional');
	const values = Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, arbitrary(schema)]));
	return fc.record(values, { requiredKeys: required, noNullPrototype: true });
}

function isTransformedText(schema: Schema): boolean {
	return schema.type === 'string' && requirements(schema).some(({ kind }) => kind === 'transformation');
}

function requirements(schema: Schema): NonNullable<Schema['pipe']> {
	return (schema.pipe ?? []).flatMap((item) =>
		item !== schema && 'pipe' in item ? requirements(item as unknown as Schema) : [item],
	);
}

function bounds(schema: Schema, type: string): number[] {
	return requirements(schema).flatMap((item) => (item.type === type ? [item.requirement as number] : []));
}

function numberOf(schema: Schema): fc.Arbitrary<number> {
	const min = Math.max(-Number.MAX_VALUE, ...bounds(schema, 'min_value'));
	const isDuration = requirements(schema).some(({ kind }) => kind === 'transformation');
	const max = Math.min(isDuration ? 2 ** 31 - 1 : Number.MAX_VALUE, ...bounds(schema, 'max_value'));
	if (requirements(schema).some(({ type }) => type === 'safe_integer')) {
		return fc.integer({ min, max: Math.min(max, Number.MAX_SAFE_INTEGER) });
	}
	// JSON knows no negative zero.
	return fc.double({ min, max, noNaN: true }).map((number) => number + 0);
}

function stringOf(schema: Schema): fc.Arbitrary<string> {
	const minLength = Math.max(0, ...bounds(schema, 'min_length'));
	const maxLength = Math.min(200, ...bounds(schema, 'max_length'));
	return fc
		.oneof(fc.string({ unit: 'binary' }), hostileString)
		.map((text) => text.slice(0, maxLength))
		.filter((text) => text.length >= minLength);
}

/** Values that no field expects, or that lie at the edge of what one does. */
const unfitValue = fc.oneof(
	fc.constantFrom<unknown>(null, true, false, '', '__proto__', 'constructor', -1, 0, 0.5, -0, 2 ** 53, 2 ** 31, 1e308),
	fc.constantFrom<unknown>([], {}, [[]], [null], { a: { b: { c: {} } } }, '\ud800', 'x\udc00y', '\u0000', '\u202e'),
	fc.constantFrom('x'.repeat(300), 'é'.repeat(5000), '\n'.repeat(500), '👩‍👩‍👧'.repeat(1000), '9'.repeat(400)),
	hostileString,
	fc.double(),
);

/** What is done to an object's fields; `names` are those of its schema, so that a mistake lands on a real one. */
function mistake(names: readonly string[]): fc.Arbitrary<(fields: Record<string, unknown>) => void> {
	const name = fc.oneof(
		{ weight: 6, arbitrary: fc.constantFrom(...names) },
		{ weight: 1, arbitrary: fc.constantFrom('type', 'ref', 'toString', '') },
	);
	return fc.oneof(
		name.map((field) => (fields: Record<string, unknown>) => {
			delete fields[field];
		}),
		fc.tuple(name, unfitValue).map(([field, value]) => (fields: Record<string, unknown>) => {
			fields[field] = value;
		}),
		fc.tuple(name, name).map(([field, other]) => (fields: Record<string, unknown>) => {
			fields[field] = fields[other];
		}),
	);
}

/** What is done to a frame's text. */
const spoiling: fc.Arbitrary<(text: string) => string> = fc.oneof(
	fc.constant((text: string) => text.replace('{', '{"__proto__":{"polluted":true},"constructor":{"prototype":{}},')),
	fc.constant((text: string) => text.replace('}', ',"type":"hello","type":5}')),
	fc.nat({ max: 400 }).map((at) => (text: string) => text.slice(0, at)),
	fc.tuple(fc.nat({ max: 400 }), fc.constantFrom('"', '{', ']', ',', '\\', '\\u', '\u0000', '1e999', '-')).map(
		([at, wrong]) =>
			(text: string) =>
				text.slice(0, at) + wrong + text.slice(at),
	),
	fc.constantFrom(5, 500, 8000).map((depth) => (text: string) => {
		const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
		return text.replace(/:("[^"]*"|\d+)/u, () => `:${deep}`);
	}),
	fc.constantFrom('[]', 'null', '5', '"x"', '', ' ', '\ufeff{}', '{}').map((instead) => () => instead),
	fc.constant((text: string) => text + text),
);

/**
 * Texts that were frames of one of the schemas until something was done to them: a field lost or of a wrong type, an
 * absurd value, another's name, a text cut short or nested thousands of levels deep. Some of them are frames still.
 * `usual` are values of fields that make a frame likely to be listened to: a room that is there, one's own name.
 */
export function malformedOf(
	schemas: Readonly<Record<string, v.GenericSchema>>,
	usual: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<string> {
	return fc.oneof(
		...Object.values(schemas as Record<string, Schema>).map((schema) => {
			const names = Object.keys(schema.entries ?? {});
			const known = Object.fromEntries(Object.entries(usual).filter(([name]) => names.includes(name)));
			return fc
				.tuple(
					arbitrary(schema) as fc.Arbitrary<object>,
					fc.record(known, { noNullPrototype: true }),
					fc.array(mistake(names), { maxLength: 2 }),
					fc.option(spoiling, { freq: 3 }),
				)
				.map(([frame, fitting, mistakes, spoil]) => {
					const fields: Record<string, unknown> = { ...frame, ...fitting };
					for (const make of mistakes) {
						make(fields);
					}
					const text = JSON.stringify(fields);
					return spoil === null ? text : spoil(text);
				});
		}),
	);
}
