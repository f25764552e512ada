/**
 * Writes what the docs say of the wire from the code that reads it: the JSON Schema of every frame, and in protocol.md
 * the table of limits. With `--check` it writes nothing and ends with exit code 1 when a file says something else.
 *
 * The schema says what a correct sender sends. Where the codec is more forgiving, a description says what it makes of
 * other values; what a schema cannot say (sizes in bytes, lone surrogates) is in protocol.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { brokerSchemas, clientSchemas } from '../src/protocol/frames.ts';
import { defaultLimits } from '../src/protocol/limits.ts';

const config: ConversionConfig = {
	target: 'draft-2020-12',
	typeMode: 'input',
	// JSON has no other numbers, and no schema can compare two fields.
	ignoreActions: ['finite', 'check'],
	overrideSchema: ({ valibotSchema, jsonSchema }) =>
		'fallback' in valibotSchema
			? { ...jsonSchema, description: `Another value is read as \`${String(valibotSchema.fallback)}\`.` }
			: undefined,
};

const generated: Readonly<Record<string, (present: string) => string>> = {
	'natter.v1.schema.json': () => `${JSON.stringify(wireSchema(), null, '\t')}\n`,
	'protocol.md': (present) =>
		present.replace(
			/(<!-- limits -->\n)[\s\S]*(<!-- \/limits -->)/u,
			(_, start: string, end: string) => `${start}${limitsTable()}${end}`,
		),
};

for (const [name, write] of Object.entries(generated)) {
	const file = new URL(name, import.meta.url);
	const present = existsSync(file) ? readFileSync(file, 'utf8') : '';
	const written = write(present);
	if (written === present) {
		continue;
	}
	if (process.argv.includes('--check')) {
		console.error(`docs/${name} says something else than src/protocol; npm run schema writes it anew`);
		process.exitCode = 1;
	} else {
		writeFileSync(file, written);
	}
}

function wireSchema(): JsonSchema {
	const sides = { client: clientSchemas, broker: brokerSchemas } as const;
	const frames = Object.entries(sides).flatMap(([side, schemas]) =>
		Object.entries(schemas).map(([type, schema]) => [`${side}/${type}`, frameSchema(type, schema)] as const),
	);
	const refsOf = (side: string): JsonSchema[] =>
		frames.filter(([name]) => name.startsWith(`${side}/`)).map(([name]) => ({ $ref: refTo(name) }));
	return {
		$schema: 'https://json-schema.org/draft/2020-12/schema',
		$id: 'urn:natter:v1',
		title: 'natter.v1',
		description: 'One frame of natter.v1, sent by a client or by a broker. Members that are not named are ignored.',
		anyOf: [{ $ref: '#/$defs/fromClient' }, { $ref: '#/$defs/fromBroker' }],
		$defs: {
			fromClient: { description: 'A frame that a client sends.', oneOf: refsOf('client') },
			fromBroker: { description: 'A frame that a broker sends.', oneOf: refsOf('broker') },
			...Object.fromEntries(frames),
		},
	};
}

function frameSchema(type: string, schema: v.GenericSchema): FrameSchema {
	const { $schema: _, ...rest } = toJsonSchema(schema, config);
	// The codec refuses one without the other.
	return type === 'publish' ? { ...rest, dependentRequired: { producer: ['pseq'], pseq: ['producer'] } } : rest;
}

interface FrameSchema extends JsonSchema {
	readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
}

/** A JSON pointer to a definition, as in RFC 6901. */
function refTo(name: string): string {
	return `#/$defs/${name.replace(/\//gu, '~1')}`;
}

/** The members of `Limits` with what their comments say. */
function limitsTable(): string {
	const source = readFileSync(new URL('../src/protocol/limits.ts', import.meta.url), 'utf8');
	const [, members = ''] = /export interface Limits \{\n([\s\S]*?)\n\}/u.exec(source) ?? [];
	const rows = [...members.matchAll(/\/\*\*([\s\S]*?)\*\/\s*readonly (\w+): number;/gu)].map(
		([, comment = '', name]) => {
			const [said = ''] = comment.replace(/\s*\n\s*\*\s*/gu, ' ').split('@default');
			const value = Object.entries(defaultLimits).find(([key]) => key === name)?.[1];
			return `| \`${name}\` | ${value} | ${said.trim()} |`;
		},
	);
	if (rows.length !== Object.keys(defaultLimits).length) {
		throw new Error('Expected every limit to have a comment that ends with its default');
	}
	return ['| limit | default | |', '|---|---|---|', ...rows, ''].join('\n');
}
