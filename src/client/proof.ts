/**
 * How this end proves who it is, and has the broker prove itself first. Pure: the private key is behind `sign`.
 *
 * The broker that a client meets first under an authority is the one it is to meet there ever after (trust on first use, as
 * in SSH). Nothing is signed for another, and a broker that was known does not get away with proving nothing.
 */
import type { BrokerFrames, ClientFrames } from '../protocol/frames.ts';
import { fingerprintOf, isSigned, type Transcript } from '../protocol/identity.ts';
import type { Cause } from './client.ts';

export interface Identity {
	/** The public key. */
	readonly key: string;
	/** Signs a transcript as a client, with the private one. */
	sign(transcript: Transcript): string;
}

export interface ProofOptions {
	readonly identity: Identity;
	/** Where is dialled: `host:port`. */
	readonly authority: string;
	/** The broker's key, when the client has been there before. */
	readonly pin: string | undefined;
}

export type Answered = { readonly ok: true; readonly sig: string } | { readonly ok: false; readonly cause: Cause };

export class Proof {
	readonly #options: ProofOptions;
	readonly #nonce: string;
	readonly #nick: string;
	#brokerKey: string | undefined;

	/** For one dial: `nonce` was never used before. */
	constructor(options: ProofOptions, { nonce, nick }: { readonly nonce: string; readonly nick: string }) {
		this.#options = options;
		this.#nonce = nonce;
		this.#nick = nick;
	}

	/** What `hello` says of it. */
	get fields(): Pick<ClientFrames['hello'], 'key' | 'nonce' | 'authority'> {
		const { identity, authority } = this.#options;
		return { key: identity.key, nonce: this.#nonce, authority };
	}

	/** The key that the broker has proven to own. */
	get brokerKey(): string | undefined {
		return this.#brokerKey;
	}

	/** Takes the broker's proof and gives this end's. */
	answer({ key, nonce, sig }: BrokerFrames['challenge']): Answered {
		const { identity, authority, pin } = this.#options;
		const transcript = {
			...{ brokerKey: key, clientKey: identity.key },
			...{ clientNonce: this.#nonce, brokerNonce: nonce, nick: this.#nick, authority },
		};
		if (!isSigned('server', transcript, sig)) {
			return { ok: false, cause: falseProof };
		}
		if (pin !== undefined && pin !== key) {
			return { ok: false, cause: changedKey({ known: pin, shown: key }) };
		}
		this.#brokerKey = key;
		return { ok: true, sig: identity.sign(transcript) };
	}
}

/** The broker proved nothing although the client asked it to, or has known it before. */
export const noProof: Cause = {
	text: 'the broker does not prove who it is, so nothing was said to it',
	code: 'broker unproven',
};

const falseProof: Cause = { text: 'the broker could not prove that its key is its own', code: 'broker unproven' };

function changedKey({ known, shown }: { readonly known: string; readonly shown: string }): Cause {
	return {
		text: 'THE BROKER IS NOT THE ONE THAT WAS THERE BEFORE: its key has changed',
		code: 'broker key changed',
		keys: { known: fingerprintOf(known), shown: fingerprintOf(shown) },
	};
}
