import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port that nobody listens on just now, at this address. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
	const server = createServer();
	await once(server.listen(0, host), 'listening');
	const { port } = server.address() as AddressInfo;
	await once(server.close(), 'close');
	return port;
}
