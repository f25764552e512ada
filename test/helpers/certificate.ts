/** Self-signed certificates for tests, made without a tool: the few parts of X.509 that TLS asks for, as DER. */
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

/** A certificate for `localhost` and 127.0.0.1, and its key, both PEM. `name` tells it from others. */
export function selfSigned(name: string): {
	readonly cert: string;
	readonly key: string;
	readonly fingerprint: string;
} {
	const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const algorithm = sequence(oid('2a8648ce3d040302'));
	const subject = sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(name)))));
	const names = sequence(tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.from([127, 0, 0, 1])));
	const extensions = sequence(
		sequence(oid('551d11'), tlv(0x04, names)),
		// It is its own authority, so that a client can be told to trust it.
		sequence(oid('551d13'), tlv(0x01, Buffer.from([0xff])), tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff]))))),
	);
	const body = sequence(
		tlv(0xa0, tlv(0x02, Buffer.from([2]))),
		tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
		algorithm,
		subject,
		sequence(time('20200101000000Z'), time('20991231235959Z')),
		subject,
		publicKey.export({ type: 'spki', format: 'der' }),
		tlv(0xa3, extensions),
	);
	const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]);
	const certificate = sequence(body, algorithm, tlv(0x03, signature));
	const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
	const cert = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
	const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
	return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
}

function sequence(...parts: readonly Buffer[]): Buffer {
	return tlv(0x30, ...parts);
}

function oid(hex: string): Buffer {
	return tlv(0x06, Buffer.from(hex, 'hex'));
}

function time(text: string): Buffer {
	return tlv(0x18, Buffer.from(text));
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
	const value = Buffer.concat(parts);
	const { length } = value;
	const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
