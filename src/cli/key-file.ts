/** The private key that a person, or a broker, is known by: one file that nobody else can read. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Failure } from './failure.ts';
import { loadSecret, type SecretKind } from './secret-file.ts';

const keyKind: SecretKind<KeyObject> = {
	name: 'key',
	parse: parseKey,
	unlike: notAKey,
	make() {
		const { privateKey } = generateKeyPairSync('ed25519');
		return { secret: privateKey, text: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
	},
};

/**
 * Reads an Ed25519 key (PKCS#8, PEM), and makes one where there is none yet. Several processes that start at once get the
 * same.
 *
 * @throws Failure (2) in one line that says what to do, when the file is another's, open to others, or no such key.
 */
export function loadKey(path: string): KeyObject {
	return loadSecret(path, keyKind);
}

function parseKey(pem: string, path: string): KeyObject {
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: pem, format: 'pem' });
	} catch {
		throw pem.includes('ENCRYPTED')
			? new Failure(`The key in ${path} has a passphrase, which natter cannot ask for; use one without`, 2)
			: notAKey(path);
	}
	if (key.asymmetricKeyType !== 'ed25519') {
		throw new Failure(`Expected an Ed25519 key in ${path}, got one of ${key.asymmetricKeyType}`, 2);
	}
	return key;
}

function notAKey(path: string): Failure {
	return new Failure(`${path} holds no private key (PKCS#8, PEM); move it away, and natter makes a new one`, 2);
}
