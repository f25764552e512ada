import { once } from 'node:events';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { selfSigned } from '../helpers/certificate.ts';
import { startBroker } from './running.ts';

/** Which certificate a new connection is shown, and with which version of TLS. */
async function shown(port: number, options = {}): Promise<{ fingerprint: string; version: string | null }> {
	const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
	await once(socket, 'secureConnect');
	const [fingerprint, version] = [socket.getPeerCertificate().fingerprint256, socket.getProtocol()];
	socket.destroy();
	return { fingerprint, version };
}

async function talk(url: string, cert: string): Promise<WebSocket> {
	const socket = new WebSocket(url, ['natter.v1'], { ca: cert });
	await once(socket, 'open');
	const welcomed = once(socket, 'message');
	socket.send('{"type":"hello","v":1,"user":"ana"}');
	const [text] = (await welcomed) as [Buffer];
	expect(JSON.parse(text.toString())).toMatchObject({ type: 'welcome' });
	return socket;
}

describe('a broker with a certificate', () => {
	test('speaks TLS from version 1.2 on, and nothing else', async () => {
		const first = selfSigned('first');
		const { url, port } = await startBroker({ tls: first });
		expect(url).toBe(`wss://127.0.0.1:${port}`);
		(await talk(url, first.cert)).terminate();
		expect(await shown(port)).toEqual({ fingerprint: first.fingerprint, version: 'TLSv1.3' });
		expect((await shown(port, { maxVersion: 'TLSv1.2' })).version).toBe('TLSv1.2');
		const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
		await expect(shown(port, old)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SSL/) });
		await expect(once(new WebSocket(`ws://127.0.0.1:${port}`), 'open')).rejects.toThrow();
	});

	test('shows another one from when it is told to, and goes on with those who are there', async () => {
		const [first, second] = [selfSigned('first'), selfSigned('second')];
		const broker = await startBroker({ tls: first });
		const socket = await talk(broker.url, first.cert);
		broker.setTls(second);
		expect(await shown(broker.port)).toMatchObject({ fingerprint: second.fingerprint });
		const pong = once(socket, 'pong');
		socket.ping();
		await pong;
		socket.terminate();
	});

	test('keeps the old one when the new one cannot be used', async () => {
		const [first, second] = [selfSigned('first'), selfSigned('second')];
		const broker = await startBroker({ tls: first });
		const mixed = { cert: second.cert, key: first.key };
		expect(() => broker.setTls(mixed)).toThrow('Expected `tls.key` to be the key of `tls.cert`, got another');
		expect(() => broker.setTls({ cert: second.cert, key: 'geheim' })).toThrow(
			/^Expected `tls.key` to be a private key/,
		);
		expect(await shown(broker.port)).toMatchObject({ fingerprint: first.fingerprint });
		const plain = await startBroker();
		expect(() => plain.setTls(first)).toThrow('Expected a broker that listens with TLS');
	});
});
