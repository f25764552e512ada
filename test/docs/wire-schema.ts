/**
 * The published JSON Schema as a check of frames, by a validator that knows nothing of natter.
 */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const schema = JSON.parse(readFileSync(new URL('../../docs/natter.v1.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: true, strictRequired: false });
ajv.addSchema(schema);

/** Who sends a frame. */
export type Side = 'client' | 'broker';

/** What the schema has against a frame of this side, as JSON; `undefined` when nothing. */
export function refusedBySchema(side: Side, text: string): string | undefined {
	const frame: unknown = JSON.parse(text);
	const type = typeof frame === 'object' && frame !== null && 'type' in frame ? String(frame.type) : '';
	const validate = ajv.getSchema(`${schema.$id}#/$defs/${side}~1${type}`);
	if (validate === undefined) {
		return `no ${side} sends frames of type ${type}`;
	}
	return validate(frame) ? undefined : ajv.errorsText(validate.errors, { dataVar: type });
}

/** The same by the whole schema, without being told the type. */
export function refusedByWholeSchema(text: string): string | undefined {
	const validate = ajv.getSchema(schema.$id);
	return validate?.(JSON.parse(text)) === true ? undefined : ajv.errorsText(validate?.errors);
}
