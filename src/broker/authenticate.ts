/** Who a client is, by an embedder's own rules. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Role } from './directory.ts';

/** The upgrade by which a client came. */
export interface UpgradeRequest {
	/** Path and query, as in the first line of the request. */
	readonly url: string;
	readonly headers: IncomingHttpHeaders;
	/** As proxies tell it that the broker trusts. */
	readonly remoteAddress: string | undefined;
}

/** What a natter.v1 client says of itself. */
export interface ClientHello {
	/** The nick that it wants. */
	readonly user?: string;
	/** The public key that it has proven to own. */
	readonly key?: string;
}

/**
 * - A user: `id` is who they are for good, 1..100 characters, and `nick` the name that they want; it becomes theirs unless
 *   it is somebody else's. The last `role` that was given counts on all their connections, and while they are away; with
 *   none they are what `grant` made them.
 * - `{ role: 'guest' }`: somebody without a name of their own.
 * - `{ refuse }`: why not, in words for people.
 */
export type AuthDecision =
	| { readonly id: string; readonly nick: string; readonly role?: Extract<Role, 'owner' | 'admin' | 'member'> }
	| { readonly role: 'guest' }
	| { readonly refuse: string };

/** Asked once for each connection; `hello` is absent for clients of the base protocol. What it throws closes with 1011. */
export type Authenticate = (request: UpgradeRequest, hello?: ClientHello) => AuthDecision | Promise<AuthDecision>;

/** How the broker knows somebody whom the embedder vouches for: never what a public key looks like. */
export function accountOf(id: string): string {
	return `id:${id}`;
}
