import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { Line } from '../../src/client/line.ts';
import type { Happening } from '../../src/client/step.ts';
import { message } from './script.ts';

test('what cannot be dialled at all is told as closed, with why', async () => {
	const happened: Happening[] = [];
	const line = new Line({
		url: 'ws://127.0.0.1:1/#fragment',
		link: 7,
		offerSubprotocol: true,
		onHappening: (happening) => happened.push(happening),
	});
	await line.closed;
	expect(happened).toEqual([
		{ type: 'closed', link: 7, cause: expect.objectContaining({ text: expect.stringContaining('fragment') }) },
	]);
});

test('what comes is told in its order, messages together or alone', async () => {
	await using all = new AsyncDisposableStack();
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	all.defer(() => new Promise((closed) => server.close(() => closed())));
	await once(server, 'listening');
	server.on('connection', (socket) => {
		for (const frame of [message(1), message(2), { type: 'notice', level: 'info', text: 'between' }, message(3)]) {
			socket.send(JSON.stringify(frame));
		}
		socket.send(Buffer.from('no text'));
		socket.send(JSON.stringify(message(4)));
		socket.close(1000);
	});
	const happened: Happening[] = [];
	const line = new Line({
		url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
		link: 1,
		offerSubprotocol: false,
		onHappening: (happening) => happened.push(happening),
	});
	await line.closed;
	const told = happened.flatMap((happening): readonly (string | number)[] =>
		happening.type === 'messages'
			? happening.frames.map(({ sequence }) => sequence)
			: happening.type === 'frame'
				? [happening.frame.type]
				: [happening.type],
	);
	expect(told).toEqual(['opened', 1, 2, 'notice', 3, 'garbled', 4, 'closed']);
});
