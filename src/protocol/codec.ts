/**
 * Text <-> frame. `decode…` never throws: malformed input comes back as a refusal that names what was wrong.
 */
import * as v from 'valibot';
import { brokerSchemas, clientSchemas, type FromBroker, type FromClient, reservedNames } from './frames.ts';
import type { ErrorCode } from './limits.ts';

/** Why a frame was refused. */
export interface Refusal extends RequestName {
	readonly code: Extract<ErrorCode, 'bad_frame' | 'unknown_type'>;
	/** What was expected and what came, e.g. `publish.content: Expected string but received 5`. At most 200 characters. */
	readonly detail: string;
}

/**
 * What a request that is not valid as a whole calls itself, so that the refusal can be told to whoever waits for it:
 * `ref` of any, the rest of a `publish` alone.
 */
interface RequestName {
	readonly type?: 'publish';
	readonly ref?: string | undefined;
	readonly room?: string | undefined;
	readonly cid?: string | undefined;
}

export type Decoded<Frame> = { readonly ok: true; readonly frame: Frame } | ({ readonly ok: false } & Refusal);

const fromClient = new Map<string, v.GenericSchema<unknown, FromClient>>(Object.entries(clientSchemas));
const fromBroker = new Map<string, v.GenericSchema<unknown, FromBroker>>(Object.entries(brokerSchemas));

/** Reads a frame that a client sent. Base clients and v1 clients use the same types. */
export function decodeFromClient(text: string): Decoded<FromClient> {
	const parsed = parseObject(text);
	if (!parsed.ok) {
		return parsed;
	}
	const { value } = parsed;
	const reserved = value['type'] === 'publish' ? reservedIn(value['tags']) : undefined;
	if (reserved !== undefined) {
		return { ...nameOf(value), ok: false, code: 'bad_frame', detail: `publish.tags: Expected no ${reserved}` };
	}
	return check(fromClient, value, value['type']);
}

/** Reads a frame that a broker sent. A base broker's errors have no `type`; they are read as `error` frames. */
export function decodeFromBroker(text: string): Decoded<FromBroker> {
	const parsed = parseObject(text);
	if (!parsed.ok) {
		return parsed;
	}
	const { value } = parsed;
	if (value['type'] === undefined && typeof value['error'] === 'string') {
		return { ok: true, frame: { type: 'error', error: value['error'] } };
	}
	return check(fromBroker, value, value['type']);
}

/** The text of a frame. Members that are `undefined` are left out. */
export function encode(frame: FromClient | FromBroker): string {
	return JSON.stringify(frame);
}

type Parsed = { readonly ok: true; readonly value: Record<string, unknown> } | ({ readonly ok: false } & Refusal);

function parseObject(text: string): Parsed {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return { ok: false, code: 'bad_frame', detail: 'Expected one JSON object, got text that is not JSON' };
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		return { ok: false, code: 'bad_frame', detail: `Expected one JSON object, got ${kindOf(value)}` };
	}
	return { ok: true, value: value as Record<string, unknown> };
}

function check<Frame>(
	schemas: ReadonlyMap<string, v.GenericSchema<unknown, Frame>>,
	value: Record<string, unknown>,
	type: unknown,
): Decoded<Frame> {
	if (typeof type !== 'string') {
		return { ...nameOf(value), ok: false, code: 'bad_frame', detail: `type: Expected a string, got ${kindOf(type)}` };
	}
	const schema = schemas.get(type);
	if (schema === undefined) {
		const detail = `Unknown frame type ${JSON.stringify(type.slice(0, 40))}`;
		return { ...nameOf(value), ok: false, code: 'unknown_type', detail };
	}
	const result = v.safeParse(schema, value, { abortEarly: true });
	if (result.success) {
		return { ok: true, frame: result.output };
	}
	const [issue] = result.issues;
	const path = [type, ...(issue.path ?? []).map((item) => String(item.key))].join('.');
	return { ...nameOf(value), ok: false, code: 'bad_frame', detail: `${path}: ${issue.message}`.slice(0, 200) };
}

/** A name that reading would leave out: no message is acknowledged of which a part was dropped. */
function reservedIn(named: unknown): string | undefined {
	return typeof named === 'object' && named !== null
		? reservedNames.find((name) => Object.hasOwn(named, name))
		: undefined;
}

function nameOf(value: Record<string, unknown>): RequestName {
	const text = (key: string, longest: number) => {
		const found = value[key];
		return typeof found === 'string' && found.length <= longest ? { [key]: found } : {};
	};
	const ref = text('ref', 64);
	const { type } = value;
	return type === 'publish' ? { type, ...ref, ...text('room', 128), ...text('cid', 128) } : ref;
}

function kindOf(value: unknown): string {
	if (value === null) {
		return 'null';
	}
	return Array.isArray(value) ? 'an array' : typeof value;
}
