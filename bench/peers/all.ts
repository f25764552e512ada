/** Everyone who is measured, natter first. */
import { least, leastInMemory } from './least.ts';
import { mosquitto } from './mosquitto.ts';
import { naive } from './naive.ts';
import { nats } from './nats.ts';
import { natter, natterInMemory } from './natter.ts';
import type { Peer } from './peer.ts';
import { socketIo } from './socket-io.ts';

/** What a delivery costs at the least, which is no broker that one could use. */
const floors = [least, leastInMemory];

let found: readonly Peer[] | undefined;

/**
 * Those of them that can be measured here, and of `floors` those that are asked for. Says once what they are, and of the
 * others why not.
 */
export function presentPeers(...asked: readonly Peer[]): readonly Peer[] {
	return present().filter((peer) => !floors.includes(peer) || asked.includes(peer));
}

function present(): readonly Peer[] {
	found ??= [natter, least, natterInMemory, leastInMemory, naive, socketIo, mosquitto, nats].filter((peer) => {
		const absence = peer.absence();
		console.log(absence === undefined ? `${peer.name}: ${peer.note}` : `${peer.name} is left out: ${absence}`);
		return absence === undefined;
	});
	return found;
}
