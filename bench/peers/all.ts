/** Everyone who is measured, natter first. */
import { least, leastInMemory } from './least.ts';
import { mosquitto } from './mosquitto.ts';
import { naive } from './naive.ts';
import { nats } from './nats.ts';
import { natter, natterInMemory } from './natter.ts';
import type { Peer } from './peer.ts';
import { socketIo } from './socket-io.ts';

let present: readonly Peer[] | undefined;

/** Those of them that can be measured here. Says once what they are, and of the others why not. */
export function presentPeers(): readonly Peer[] {
	return presentPeersAndLeast().filter((peer) => peer !== least && peer !== leastInMemory);
}

/** The same, and what a delivery costs at the least. */
export function presentPeersAndLeast(): readonly Peer[] {
	present ??= [natter, least, natterInMemory, leastInMemory, naive, socketIo, mosquitto, nats].filter((peer) => {
		const absence = peer.absence();
		console.log(absence === undefined ? `${peer.name}: ${peer.note}` : `${peer.name} is left out: ${absence}`);
		return absence === undefined;
	});
	return present;
}
