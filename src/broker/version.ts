import { readFileSync } from 'node:fs';

const { version: own } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
	readonly version: string;
};

/** The version of this package, as clients and operators are told. */
export const version = own;
