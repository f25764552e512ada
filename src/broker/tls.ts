/** A broker's own certificate. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

export interface TlsOptions {
	/** The certificate and those between it and its authority, PEM. */
	readonly cert: string | Buffer;
	/** Its private key, PEM, without passphrase. */
	readonly key: string | Buffer;
}

/**
 * Makes sure that a certificate and a key can be used, and belong together.
 *
 * @throws TypeError that says which of them is wrong, with nothing of the key in it.
 */
export function checkTls({ cert, key }: TlsOptions): SecureContextOptions {
	for (const [name, value] of Object.entries({ 'tls.cert': cert, 'tls.key': key })) {
		if (typeof value !== 'string' && !Buffer.isBuffer(value)) {
			throw new TypeError(`Expected \`${name}\` to be a string or a Buffer, got ${typeof value}`);
		}
	}
	const certificate = orWrong('`tls.cert` to be a certificate (PEM)', () => new X509Certificate(cert));
	const privateKey = orWrong('`tls.key` to be a private key (PEM) without passphrase', () => createPrivateKey(key));
	if (!certificate.checkPrivateKey(privateKey)) {
		throw new TypeError('Expected `tls.key` to be the key of `tls.cert`, got another');
	}
	const options = { cert, key, minVersion: 'TLSv1.2' } as const;
	orWrong('`tls` to be a certificate and a key that can be used', () => createSecureContext(options));
	return options;
}

function orWrong<Value>(expected: string, make: () => Value): Value {
	try {
		return make();
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
		throw new TypeError(`Expected ${expected}${code}`);
	}
}
