/** A client's half of the proof, led by hand: what it says can be wrong in any way. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { BrokerFrames, ClientFrames } from '../../src/protocol/frames.ts';
import { publicKeyOf, signTranscript } from '../../src/protocol/identity.ts';

export interface Prover {
	readonly key: KeyObject;
	readonly publicKey: string;
	hello(user: string, more?: Partial<ClientFrames['hello']>): ClientFrames['hello'];
	/** The right answer to the challenge that this hello brought. */
	auth(hello: ClientFrames['hello'], challenge: BrokerFrames['challenge']): ClientFrames['auth'];
}

export function makeProver(): Prover {
	const { privateKey: key } = generateKeyPairSync('ed25519');
	const publicKey = publicKeyOf(key);
	let nonces = 0;
	return {
		key,
		publicKey,
		hello(user, more = {}) {
			nonces += 1;
			const nonce = `nonce-number-${nonces}`.padEnd(22, '-');
			return { type: 'hello', v: 1, user, key: publicKey, nonce, authority: 'localhost:8080', ...more };
		},
		auth({ user = '', nonce = '', authority = '' }, { key: brokerKey, nonce: brokerNonce }) {
			const transcript = { brokerKey, clientKey: publicKey, clientNonce: nonce, brokerNonce, nick: user, authority };
			return { type: 'auth', sig: signTranscript(key, 'client', transcript) };
		},
	};
}
