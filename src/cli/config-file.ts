/**
 * `config.json` in the directory of who a person is: how they want natter. JSON in which comments and commas at the end may
 * stand. What cannot be followed is told with its line and its field. A flag and the environment win over it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DocumentNode, parse, type ValueNode } from '@humanwhocodes/momoa';
import leven from 'leven';
import * as v from 'valibot';
import { defaultLimits } from '../protocol/limits.ts';
import { cleanLine, cleanNick } from '../protocol/text.ts';
import { type Binding, rebound } from '../tui/keymap.ts';
import { readTheme } from '../tui/looks.ts';
import { type Theme, themeNames } from '../tui/theme.ts';
import { readUrl, UsageError } from './usage.ts';

const text = v.string('expected a text');
const texts = v.array(text, 'expected a list of texts');
const words = v.array(v.pipe(text, v.regex(/\S/u, 'expected a word')), 'expected a list of texts');
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object with names of the person's own. */
function named<Value extends v.GenericSchema>(value: Value, message: string) {
	return v.pipe(v.custom<Record<string, unknown>>(isObject, message), v.record(v.string(), value));
}

const looks = named(v.union([text, texts], 'expected a text, or a list of them'), 'expected an object: looks by style');
const mayText = v.exactOptional(text);
const may = v.exactOptional(v.boolean('expected true or false'));

const fields = v.strictObject({
	nick: mayText,
	url: mayText,
	causal: may,
	theme: mayText,
	themes: v.exactOptional(named(looks, 'expected an object: themes by name')),
	keys: v.exactOptional(named(texts, 'expected an object: keys by action')),
	ascii: may,
	plain: may,
	links: may,
	bell: may,
	notifications: may,
	title: may,
	highlight: v.exactOptional(words),
	typing: may,
	history: may,
	mouse: may,
	sidebar: may,
	numbers: may,
});

const schema = v.pipe(v.custom<Record<string, unknown>>(isObject, 'expected an object'), fields);

type Written = v.InferOutput<typeof schema>;

export type FieldName = keyof Written;

/** What a configuration says; what is absent it does not say. */
export interface Configuration extends Readonly<Omit<Written, 'themes' | 'keys'>> {
	readonly themes?: readonly Theme[];
	readonly bindings?: readonly Binding[];
}

/** The configuration in a directory; an empty one where there is no file. Throws a UsageError for what is wrong in it. */
export function readConfigFile(directory: string): Configuration {
	let written: string;
	try {
		written = readFileSync(join(directory, fileName), 'utf8');
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ENOTDIR') {
			return {};
		}
		throw problem(`${fileName} cannot be read: ${message}`);
	}
	return readConfiguration(written);
}

const fileName = 'config.json';

/** Names of fields are whatever stands in the file. */
function problem(text: string): UsageError {
	return new UsageError(cleanLine(text, 1000));
}

/** @throws UsageError for a text that is no configuration: one line that says where and what. */
export function readConfiguration(written: string): Configuration {
	const { value, lines } = readShallow(written.replace(/^\uFEFF/u, ''));
	const complain = (field: string, detail: string): never => {
		const line = lineOf(lines, field);
		throw problem(`${fileName}${line === undefined ? '' : ` line ${line}`}: ${field && `${field}: `}${detail}`);
	};
	const parsed = v.safeParse(schema, value);
	if (!parsed.success) {
		const [{ type, message, path = [] }] = parsed.issues;
		const field = path.reduce((above, { key }) => below(above, key as string | number), '');
		return complain(field, type === 'strict_object' && field !== '' ? unknownText(field) : message);
	}
	const { themes: ownThemes = {}, keys, ...rest } = parsed.output;
	const nick = rest.nick === undefined ? undefined : cleanNick(rest.nick, defaultLimits);
	if (nick?.ok === false) {
		return complain('nick', nick.detail);
	}
	try {
		readUrl(rest.url ?? 'ws://localhost');
	} catch (error) {
		return complain('url', (error as Error).message);
	}
	const themes = Object.entries(ownThemes).map(([name, looks]) => {
		const result = readTheme(name, looks);
		const field = `themes.${name}`;
		return result.ok ? result.theme : complain(result.field === '' ? field : `${field}.${result.field}`, result.detail);
	});
	if (rest.theme !== undefined && !themeNames(themes).includes(rest.theme)) {
		return complain('theme', `there is no theme of this name; there are ${themeNames(themes).join(', ')}`);
	}
	const bound = keys && rebound(keys);
	if (bound?.ok === false) {
		return complain(`keys.${bound.field}`, bound.detail);
	}
	return { ...rest, ...(themes.length > 0 && { themes }), ...(bound !== undefined && { bindings: bound.bindings }) };
}

function unknownText(field: string): string {
	const [nearest] = Object.keys(fields.entries)
		.map((name) => ({ name, distance: leven(field, name) }))
		.sort((one, other) => one.distance - other.distance);
	return nearest !== undefined && nearest.distance <= nearest.name.length / 2
		? `there is no such field; did you mean ${nearest.name}?`
		: `there is no such field; there are ${Object.keys(fields.entries).join(', ')}`;
}

/** The line of a field, or of what it would stand in. */
function lineOf(lines: ReadonlyMap<string, number>, field: string): number | undefined {
	for (let path = field; path !== ''; path = path.replace(/(?:^|\.)[^.[]*$|\[\d+\]$/u, '')) {
		const line = lines.get(path);
		if (line !== undefined) {
			return line;
		}
	}
	return undefined;
}

interface ReadJson {
	readonly value: unknown;
	/** By field, such as `keys.next-room[0]`. */
	readonly lines: ReadonlyMap<string, number>;
}

function readShallow(written: string): ReadJson {
	try {
		return read(written);
	} catch (error) {
		throw error instanceof RangeError ? problem(`${fileName}: lists and objects lie too deep in each other`) : error;
	}
}

/** What every object has, so that a field of this name is found where there is none. */
const inherited = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws RangeError when the stack is too small for it. */
function read(written: string): ReadJson {
	const lines = new Map<string, number>();
	const plain = (node: ValueNode, field: string): unknown => {
		switch (node.type) {
			case 'Object':
				return Object.fromEntries(
					node.members.map(({ name, value }) => {
						const key = name.type === 'String' ? name.value : name.name;
						const inner = below(field, key);
						const { line } = name.loc.start;
						if (inherited.has(key)) {
							throw problem(`${fileName} line ${line}: ${inner}: no field may have this name`);
						}
						const before = lines.get(inner);
						if (before !== undefined) {
							throw problem(`${fileName} line ${line}: ${inner} stands on line ${before} already`);
						}
						lines.set(inner, line);
						return [key, plain(value, inner)];
					}),
				);
			case 'Array':
				return node.elements.map(({ value }, index) => {
					const inner = below(field, index);
					lines.set(inner, value.loc.start.line);
					return plain(value, inner);
				});
			case 'Null':
				return null;
			case 'String':
			case 'Number':
			case 'Boolean':
				return node.value;
			default:
				return undefined;
		}
	};
	return { value: plain(parseJson(written).body, ''), lines };
}

function parseJson(written: string): DocumentNode {
	try {
		return parse(written, { mode: 'jsonc', allowTrailingCommas: true });
	} catch (error) {
		const { message, line, column } = error as Error & { line?: number; column?: number };
		if (line === undefined) {
			throw error;
		}
		throw problem(`${fileName} line ${line}, column ${column}: ${syntaxText(message)}`);
	}
}

const signs: Readonly<Record<string, string>> = {
	Comma: ',',
	Colon: ':',
	LBrace: '{',
	RBrace: '}',
	LBracket: '[',
	RBracket: ']',
};

function syntaxText(message: string): string {
	const [said = message] = message.split(/ found\b/u);
	const plainly = said.replace(/^Unexpected token (\w+)$/u, (_, name: string) => `unexpected ${signs[name] ?? name}`);
	return plainly.charAt(0).toLowerCase() + plainly.slice(1);
}

function below(field: string, key: string | number): string {
	return typeof key === 'number' ? `${field}[${key}]` : field === '' ? key : `${field}.${key}`;
}
