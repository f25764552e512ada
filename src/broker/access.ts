/**
 * Access tokens: what a request shows, and whether somebody with it may come in. A token is held as its SHA-256, and
 * nothing here writes one anywhere.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Who somebody says they are, and who they have proven to be. */
export interface Credential {
	/** The name in `ws://name:secret@host/`. Nothing proves it. */
	readonly user?: string;
	/** What is to prove it, in plain text: never to be logged, or told to anybody. */
	readonly secret?: string;
	/** The key whose own token was presented. */
	readonly key?: string;
	/** Under which name what belongs to that token is kept. */
	readonly device?: string;
}

/** Whoever shows nothing: one for all of them, for there are many. */
export const stranger: Credential = Object.freeze({});

/** What a request carries to be let in. */
export interface Presented extends Credential {
	/** The one token by which it is let in, or not. */
	readonly token?: string;
}

/** Decides by what is presented. Other kinds of tokens come in here. */
export interface Access {
	/** What anybody needs, in words for people; absent: nothing. */
	readonly wants?: string;
	/** What of it goes on to the connection, for who somebody is; `undefined` when they may not come in. */
	admits(presented: Presented): Credential | undefined;
}

/** Everybody may come in. */
export const openAccess: Access = Object.freeze({
	admits: ({ token: _, ...credential }: Presented) => (Object.keys(credential).length === 0 ? stranger : credential),
});

/** Whoever presents one of these tokens may come in. It says nothing about who they are, and goes no further. */
export function tokenAccess(tokens: readonly string[]): Access {
	const digests = tokens.map(digestOf);
	return Object.freeze({
		wants: 'a token',
		admits({ token, user, secret }: Presented): Credential | undefined {
			if (token === undefined) {
				return undefined;
			}
			const digest = digestOf(token);
			// All of them are compared in any case: how long it takes tells nothing.
			const isOne = digests.filter((known) => timingSafeEqual(known, digest)).length > 0;
			const isOfUser = secret !== undefined && secret !== token;
			return isOne ? { ...(user !== undefined && { user }), ...(isOfUser && { secret }) } : undefined;
		},
	});
}

/**
 * The same, and whoever presents a user's own token comes in as that user. `ownerOf` knows whose it is. A secret that is
 * nobody's is refused where a name came with it, however open the broker is: who means to be somebody is not made a
 * stranger in silence.
 */
export function personalAccess(access: Access, ownerOf: (token: string) => Credential | undefined): Access {
	return {
		...access,
		admits(presented: Presented): Credential | undefined {
			const { token, user, secret } = presented;
			const owner = [secret, token].map((one) => (one === undefined ? undefined : ownerOf(one)));
			const known = owner[0] ?? owner[1];
			if (known !== undefined) {
				return known;
			}
			const credential = access.admits(presented);
			const isUnknown = user !== undefined && credential?.secret !== undefined;
			return isUnknown ? undefined : credential;
		},
	};
}

function digestOf(token: string): Buffer {
	return createHash('sha256').update(token).digest();
}

/** What a request carries: the target of its first line, and the values of its `Authorization` headers. */
export interface Shown {
	readonly target: string;
	readonly authorizations: readonly string[];
}

/**
 * What a request shows. `?token=` counts before `Authorization`, so that one request is one try, and a name may come with
 * it in `Authorization: Basic`. `'ambiguous'` when it has several tokens of one kind.
 */
export function presentedBy({ target, authorizations }: Shown): Presented | 'ambiguous' {
	const query = target.indexOf('?');
	const asked = query === -1 ? [] : new URLSearchParams(target.slice(query + 1)).getAll('token');
	if (asked.length > 1 || authorizations.length > 1) {
		return 'ambiguous';
	}
	const [token] = asked;
	const [authorization = ''] = authorizations;
	if (token === undefined && authorization === '') {
		return stranger;
	}
	const [, bearer] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
	const basic = basicOf(authorization);
	const secret = bearer ?? basic?.secret;
	const chosen = token ?? secret;
	return {
		...(basic?.user !== undefined && basic.user !== '' && { user: basic.user }),
		...(secret !== undefined && { secret }),
		...(chosen !== undefined && chosen !== '' && { token: chosen }),
	};
}

function basicOf(authorization: string): { readonly user: string; readonly secret: string } | undefined {
	const [, encoded] = /^basic +([\w+/=-]+) *$/i.exec(authorization) ?? [];
	const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
	const colon = text.indexOf(':');
	return colon === -1 ? undefined : { user: text.slice(0, colon), secret: text.slice(colon + 1) };
}
