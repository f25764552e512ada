/** Keys of simulated people, the same for the same seed. Signatures by them are the same, too. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Identity } from '../../src/client/proof.ts';
import { publicKeyOf, signTranscript } from '../../src/protocol/identity.ts';
import { Chance } from './chance.ts';

/** Where simulated clients dial. */
export const authority = 'localhost:8080';

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The private key of somebody. */
export function keyOf(seed: number, name: string): KeyObject {
	const chance = new Chance(seed, 'key', name);
	const bytes = Buffer.from(Array.from({ length: 32 }, () => chance.whole(0, 255)));
	return createPrivateKey({ key: Buffer.concat([head, bytes]), format: 'der', type: 'pkcs8' });
}

export function identityOf(seed: number, name: string): Identity {
	const key = keyOf(seed, name);
	return { key: publicKeyOf(key), sign: (transcript) => signTranscript(key, 'client', transcript) };
}
