/** mosquitto, a broker in C. Debian builds it without WebSocket, so it is spoken to by MQTT over TCP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/helpers/free-port.ts';
import { run, temporaryDirectory } from '../../test/helpers/processes.ts';
import { absenceOf, type Peer, runningPeer } from './peer.ts';

export const mosquitto: Peer = {
	name: 'mosquitto',
	note: 'MQTT 3.1.1 over TCP without WebSocket, QoS 0: nothing is numbered or acknowledged; keeps nothing on disk',
	dialect: 'mqtt',
	absence: () => absenceOf('mosquitto'),
	start: async () => {
		const port = await freePort();
		const path = join(temporaryDirectory(), 'mosquitto.conf');
		writeFileSync(
			path,
			[`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'set_tcp_nodelay true', 'persistence false', ''].join(
				'\n',
			),
		);
		const running = run('mosquitto', ['-c', path]);
		await running.complained(/mosquitto version \S+ running/u);
		return runningPeer(running, port);
	},
};
