/**
 * Who a connection is for: whoever proved a key, showed a token of their own, or is vouched for by the embedder; else
 * nobody in particular.
 */
import type { AuthDecision, ClientHello } from './authenticate.ts';
import { accountOf } from './authenticate.ts';
import type { Connection, User } from './connection.ts';

export type Entering =
	| { readonly ok: true; readonly user: User | undefined }
	/** `retryAfterMs`: it may be tried again then; else not. */
	| { readonly ok: false; readonly detail: string; readonly retryAfterMs?: number };

/** Whether nobody has to be asked who this is: a client without a key is nobody in particular. */
export function isStranger({ hub, credential }: Connection): boolean {
	return credential.key === undefined && hub.settings.authenticate === undefined;
}

/** Resolves to no user for a guest. Rejects with an `EngineError`, and with what the embedder's function throws. */
export async function enter(connection: Connection, hello?: ClientHello): Promise<Entering> {
	const { hub, request, credential } = connection;
	const { authenticate } = hub.settings;
	if (authenticate !== undefined && request !== undefined) {
		return vouched(connection, await authenticate(request, hello), hello);
	}
	if (hello?.key !== undefined) {
		// Each keeps a nick for ever.
		const retryAfterMs = hub.directory.person(hello.key) === undefined ? hub.takeNewKey(connection.address) : 0;
		if (retryAfterMs > 0) {
			return { ok: false, detail: 'Too many new users from your address; come again in a minute', retryAfterMs };
		}
		return { ok: true, user: userOf(await hub.directory.claim(hello.key, hello.user ?? '')) };
	}
	const person = credential.key === undefined ? undefined : hub.directory.person(credential.key);
	return { ok: true, user: person && userOf(person) };
}

async function vouched({ hub }: Connection, decision: AuthDecision, hello?: ClientHello): Promise<Entering> {
	if ('refuse' in decision) {
		return { ok: false, detail: decision.refuse };
	}
	if (!('id' in decision)) {
		return { ok: true, user: undefined };
	}
	const { id, nick, role } = decision;
	if (typeof id !== 'string' || id === '' || id.length > 100 || typeof nick !== 'string') {
		throw new TypeError('Expected `authenticate` to give a user with an id of 1 to 100 characters and a nick');
	}
	if (role !== undefined && !vouchable.has(role)) {
		throw new TypeError(
			`Expected \`authenticate\` to give the role owner, admin, member or guest, got ${String(role)}`,
		);
	}
	return { ok: true, user: userOf(await hub.directory.claim(accountOf(id), nick || (hello?.user ?? ''), role)) };
}

const vouchable: ReadonlySet<string> = new Set(['owner', 'admin', 'member']);

function userOf({ nick, role, key, inbox }: Awaited<ReturnType<Connection['hub']['directory']['claim']>>): User {
	return { id: nick, verified: true, role, key, inbox };
}
