/** The access token of a broker: where it comes from, and how it goes into an address. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.ts';
import { loadSecret, readSecret, type SecretKind } from './secret-file.ts';

/** Where an access token is to be had. */
export type TokenSource =
	| { readonly kind: 'text'; readonly token: string }
	/** A file that somebody else looks after. */
	| { readonly kind: 'file'; readonly path: string }
	/** The file that natter keeps with the messages. */
	| { readonly kind: 'kept'; readonly directory: string };

const tokenKind: SecretKind<string> = {
	name: 'token',
	parse: (text, path) => tokenIn(text) ?? raise(noToken(path)),
	unlike: noToken,
	make() {
		const secret = newToken();
		return { secret, text: `${secret}\n` };
	},
};

/** Where natter keeps the token of a broker whose messages are in this directory. */
export function tokenPath(directory: string): string {
	return join(directory, 'access-token');
}

/**
 * The token that a broker asks for. The one that natter keeps is made when there is none.
 *
 * @throws Failure (2) in one line, without what was read, when there is no token to be had.
 */
export function hostingToken(source: TokenSource): string {
	return source.kind === 'kept' ? loadSecret(tokenPath(source.directory), tokenKind) : givenToken(source);
}

/**
 * The token to dial with: what was given, or what a broker of the same person on this computer keeps, if it does.
 *
 * @throws Failure (2) when the file that was given holds none.
 */
export function dialToken(source: TokenSource): string | undefined {
	if (source.kind !== 'kept') {
		return givenToken(source);
	}
	try {
		return readSecret(tokenPath(source.directory), tokenKind);
	} catch {
		// Whether one is needed at all is for the broker to say.
		return undefined;
	}
}

/** An address that dials with a token, unless it has one, or a password, already. */
export function withToken(address: string, token: string | undefined): string {
	const [, authority = '', path = '', query = '', fragment = ''] =
		/^([^/]*\/\/[^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/su.exec(address) ?? [];
	if (token === undefined || /\/\/[^@:]*:[^@]*@/u.test(authority) || new URLSearchParams(query).has('token')) {
		return address;
	}
	const asked = `${query === '' ? '?' : `${query}&`}token=${encodeURIComponent(token)}`;
	return `${authority}${path === '' ? '/' : path}${asked}${fragment}`;
}

/** Whether a text can be an access token: one that any shell, header and address takes. */
export function isToken(text: string): boolean {
	return /^[\x21-\x7e]{1,256}$/u.test(text);
}

/** Where somebody keeps it may be open to others, such as a secret that a container is given: that is theirs to decide. */
function givenToken(source: Exclude<TokenSource, { kind: 'kept' }>): string {
	if (source.kind === 'text') {
		return source.token;
	}
	const { path } = source;
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (error) {
		throw new Failure(`The token file ${path} cannot be read: ${error instanceof Error ? error.message : error}`, 2);
	}
	return tokenIn(text) ?? raise(noToken(path));
}

function tokenIn(text: string): string | undefined {
	const token = text.trim();
	return isToken(token) ? token : undefined;
}

function noToken(path: string): Failure {
	return new Failure(`Expected ${path} to hold a token: 1 to 256 visible ASCII characters in one line`, 2);
}

/** 128 bits and more, in letters and digits: it can be selected with a double click, and is never taken for a flag. */
function newToken(): string {
	for (;;) {
		const token = randomBytes(18).toString('base64url');
		if (/^[a-z\d]+$/iu.test(token)) {
			return token.slice(0, 22);
		}
	}
}

function raise(error: Error): never {
	throw error;
}
