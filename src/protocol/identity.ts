/**
 * Who somebody is: an Ed25519 key (RFC 8032), and how both ends prove at the begin of a connection that they have theirs.
 *
 * On the wire a public key is its 32 bytes in base64url (43 characters), a signature its 64 bytes (86 characters).
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Point } from '@noble/ed25519';

/** What both ends sign, each in its own role. */
export interface Transcript {
	/** Public keys, as on the wire. */
	readonly brokerKey: string;
	readonly clientKey: string;
	/** What the client made up in `hello`, and the broker in `challenge`: each is used once. */
	readonly clientNonce: string;
	readonly brokerNonce: string;
	/** The nick that the client asks for. */
	readonly nick: string;
	/** Where the client dialled, as `authorityOf` writes it: a signature that was made for one broker is void at another. */
	readonly authority: string;
}

/** Whose signature it is: one end's cannot be passed off as the other's. */
export type Role = 'client' | 'server';

/** The key that others know somebody by, as on the wire. `key` may be the private or the public one. */
export function publicKeyOf(key: KeyObject): string {
	const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
	if (key.asymmetricKeyType !== 'ed25519' || x === undefined) {
		throw new TypeError(`Expected an Ed25519 key, got ${key.asymmetricKeyType ?? 'a secret'}`);
	}
	return x;
}

/**
 * Reads a public key. `undefined` for what is none: also for points that are written in another way than RFC 8032 says,
 * and for those of small order, under which one signature holds for many texts.
 */
export function readPublicKey(text: string): KeyObject | undefined {
	const bytes = Buffer.from(text, 'base64url');
	if (bytes.length !== 32 || bytes.toString('base64url') !== text || !isSafePoint(bytes)) {
		return undefined;
	}
	return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
}

/** A short name of a public key that people can compare, in the form that OpenSSH uses: `SHA256:` and 43 characters. */
export function fingerprintOf(publicKey: string): string {
	const hash = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64');
	return `SHA256:${hash.replace(/=+$/u, '')}`;
}

/** Whether a text is written like a fingerprint. */
export function isFingerprint(text: unknown): text is string {
	return typeof text === 'string' && /^SHA256:[\w+/]{43}$/.test(text);
}

/** Signs a transcript with a private key. */
export function signTranscript(key: KeyObject, role: Role, transcript: Transcript): string {
	return sign(null, bytesOf(role, transcript), key).toString('base64url');
}

/**
 * Whether the end with this role signed this transcript. False for everything that is no signature. `key` is that end's, for
 * who has read it before: to read one costs as much as all the rest.
 */
export function isSigned(
	role: Role,
	transcript: Transcript,
	signature: string,
	key = readPublicKey(role === 'client' ? transcript.clientKey : transcript.brokerKey),
): boolean {
	const bytes = Buffer.from(signature, 'base64url');
	const isCanonical = bytes.length === 64 && bytes.toString('base64url') === signature;
	return key !== undefined && isCanonical && verify(null, bytesOf(role, transcript), key, bytes);
}

/** Each field after its length in bytes, so that no two transcripts are the same bytes. */
function bytesOf(role: Role, transcript: Transcript): Buffer {
	const { brokerKey, clientKey, clientNonce, brokerNonce, nick, authority } = transcript;
	const fields = ['natter/auth/v1', role, brokerKey, clientKey, clientNonce, brokerNonce, nick, authority];
	return Buffer.concat(
		fields.flatMap((field) => {
			const bytes = Buffer.from(field);
			const length = Buffer.alloc(4);
			length.writeUInt32BE(bytes.length);
			return [length, bytes];
		}),
	);
}

function isSafePoint(bytes: Uint8Array): boolean {
	try {
		return !Point.fromBytes(bytes).isSmallOrder();
	} catch {
		return false;
	}
}
