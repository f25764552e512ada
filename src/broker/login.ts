/**
 * How a v1 client proves whose it is: it says `hello` with its public key, the broker answers with a `challenge` that it has
 * signed itself, and the client with `auth`. Each challenge is for one connection, one attempt and a short time.
 */
import type { KeyObject } from 'node:crypto';
import type { BrokerFrames, ClientFrames } from '../protocol/frames.ts';
import { isSigned, publicKeyOf, readPublicKey, signTranscript, type Transcript } from '../protocol/identity.ts';

export interface LoginOptions {
	/** The broker's private key. */
	readonly key: KeyObject;
	/** Whether this broker is known under an authority, `host:port`: what was signed for another one is void here. */
	readonly isExpected: (authority: string) => boolean;
}

/** A challenge that has not been answered. */
export interface Challenge {
	readonly hello: ClientFrames['hello'];
	readonly transcript: Transcript;
	/** The client's. */
	readonly key: KeyObject;
	/** In ms of a clock that never steps. */
	readonly expiresAt: number;
}

/** Why a client is not let in. `isFinal`: the same again would bring the same. */
export interface LoginRefusal {
	readonly ok: false;
	readonly detail: string;
	readonly isFinal: boolean;
}

export type Challenged =
	| { readonly ok: true; readonly challenge: Challenge; readonly frame: BrokerFrames['challenge'] }
	| LoginRefusal;

/** How long a challenge may be answered, in ms. */
const challengeMs = 10_000;

const shortestNonce = 16;

export class Login {
	readonly #options: LoginOptions;
	readonly #brokerKey: string;

	/** Throws a TypeError when the key is no Ed25519 key. */
	constructor(options: LoginOptions) {
		this.#options = options;
		this.#brokerKey = publicKeyOf(options.key);
	}

	/** Challenges a client that says a key. `nonce` is one that was never used before. */
	challenge(hello: ClientFrames['hello'], { nonce, at }: { readonly nonce: string; readonly at: number }): Challenged {
		const { key = '', user = '', nonce: clientNonce, authority } = hello;
		const clientKey = readPublicKey(key);
		if (clientKey === undefined) {
			return refused('Expected an Ed25519 public key as 43 characters of base64url, and not one of small order');
		}
		if (clientNonce === undefined || clientNonce.length < shortestNonce || authority === undefined) {
			return refused(`Expected a nonce of at least ${shortestNonce} characters and an authority beside the key`);
		}
		if (!this.#options.isExpected(authority)) {
			const host = JSON.stringify(authority);
			return refused(`This broker does not know itself as ${host}; whoever runs it can say so with --allow-host`);
		}
		const transcript = {
			brokerKey: this.#brokerKey,
			clientKey: key,
			clientNonce,
			brokerNonce: nonce,
			nick: user,
			authority,
		};
		return {
			ok: true,
			challenge: { hello, transcript, key: clientKey, expiresAt: at + challengeMs },
			frame: {
				type: 'challenge',
				key: this.#brokerKey,
				nonce,
				sig: signTranscript(this.#options.key, 'server', transcript),
				expiresInMs: challengeMs,
			},
		};
	}
}

/** Whether the answer to a challenge proves that the client has its key. */
export function prove(
	{ transcript, key, expiresAt }: Challenge,
	{ sig }: ClientFrames['auth'],
	at: number,
): { readonly ok: true } | LoginRefusal {
	if (at > expiresAt) {
		return { ok: false, detail: 'Expected an answer to the challenge in time', isFinal: false };
	}
	return isSigned('client', transcript, sig, key)
		? { ok: true }
		: refused('Expected a signature of this challenge by your key');
}

function refused(detail: string): LoginRefusal {
	return { ok: false, detail, isFinal: true };
}
