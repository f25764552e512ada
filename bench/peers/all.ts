/** Everyone who is measured, natter first. */
import { mosquitto } from './mosquitto.ts';
import { naive } from './naive.ts';
import { nats } from './nats.ts';
import { natter, natterInMemory } from './natter.ts';
import type { Peer } from './peer.ts';
import { socketIo } from './socket-io.ts';

let present: readonly Peer[] | undefined;

/** Those of them that can be measured here. Says once what they are, and of the others why not. */
export function presentPeers(): readonly Peer[] {
	present ??= [natter, natterInMemory, naive, socketIo, mosquitto, nats].filter((peer) => {
		const absence = peer.absence();
		console.log(absence === undefined ? `${peer.name}: ${peer.note}` : `${peer.name} is left out: ${absence}`);
		return absence === undefined;
	});
	return present;
}
