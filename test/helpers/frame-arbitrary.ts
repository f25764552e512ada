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
		default:
			throw new Error(`Expected a schema that arbitraryOf knows, got ${schema.type}`);
	}
}

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
