/**
 * A line between a client and a broker on which every frame is written down, in both directions.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { Side } from './wire-schema.ts';

export interface Relay extends AsyncDisposable {
	/** What a client dials instead of the broker. */
	readonly url: string;
	readonly frames: readonly { readonly side: Side; readonly text: string }[];
	/** Breaks every line that goes through. */
	cut(): void;
}

/** Listens on a free port and hands on to the broker at `target`. */
export async function relayTo(target: string): Promise<Relay> {
	const frames: { side: Side; text: string }[] = [];
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	server.on('connection', (near) => {
		const far = new WebSocket(target, near.protocol === '' ? [] : [near.protocol]);
		const waiting: string[] = [];
		near.on('message', (data) => {
			const text = data.toString();
			frames.push({ side: 'client', text });
			if (far.readyState === WebSocket.OPEN) {
				far.send(text);
			} else {
				waiting.push(text);
			}
		});
		far.on('open', () => {
			for (const text of waiting.splice(0)) {
				far.send(text);
			}
		});
		far.on('message', (data) => {
			frames.push({ side: 'broker', text: data.toString() });
			near.send(data.toString());
		});
		far.on('error', () => near.terminate());
		far.on('close', () => near.terminate());
		near.on('close', () => far.terminate());
	});
	await once(server, 'listening');
	const cut = (): void => {
		for (const socket of server.clients) {
			socket.terminate();
		}
	};
	return {
		url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
		frames,
		cut,
		async [Symbol.asyncDispose]() {
			cut();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
