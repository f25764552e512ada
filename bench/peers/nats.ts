/** nats-server, a broker in Go, by its own protocol over TCP. */
import { run } from '../../test/helpers/processes.ts';
import { absenceOf, type Peer, runningPeer } from './peer.ts';

export const nats: Peer = {
	name: 'NATS',
	note: 'nats-server, its own protocol over TCP without WebSocket: nothing is numbered or acknowledged; keeps nothing',
	dialect: 'nats',
	absence: () => absenceOf('nats-server'),
	start: async () => {
		const running = run('nats-server', ['-a', '127.0.0.1', '-p', '-1']);
		const [, digits = ''] = await running.complained(/Listening for client connections on \S+:(\d+)[\s\S]*ready/u);
		return runningPeer(running, Number(digits));
	},
};
