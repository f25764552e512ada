/** natter as `npm run build` made it, with its defaults: durable SQLite, limits, presence; and the same in memory. */
import { startBroker, temporaryDirectory } from '../../test/helpers/processes.ts';
import { type Peer, runningPeer } from './peer.ts';

export const natter: Peer = {
	name: 'natter',
	note: 'natter.v1, acknowledging readers, every message synced to disk before it is sent',
	dialect: 'natter',
	absence: () => undefined,
	start: () => start(['--data', temporaryDirectory()]),
};

export const natterInMemory: Peer = {
	name: 'natter, memory',
	note: '`--store memory`: nothing on disk, as with the others',
	dialect: 'natter',
	absence: () => undefined,
	start: () => start([]),
};

async function start(words: readonly string[]) {
	const broker = await startBroker(words);
	return runningPeer(broker, broker.port);
}
