/** Peers measured in turns, so that what else the machine does meets all of them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Gathering, Load, Outcome } from '../load/crowd.ts';
import { LoadGenerator } from '../load/load.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';

export interface RoundsOptions {
	readonly peers: readonly Peer[];
	readonly crowd: Omit<Gathering, 'port' | 'pid'>;
	/** What is measured, by name. */
	readonly loads: Readonly<Record<string, Load>>;
	readonly rounds: number;
	/** How a broker is warmed up once before it is measured under each load, in s. */
	readonly warmSeconds: number;
}

/** The outcomes of each peer under each load, in the order of the rounds. */
export type Outcomes = ReadonlyMap<Peer, ReadonlyMap<string, readonly Outcome[]>>;

/** Starts every peer with a crowd of its own, and has each of them do all loads, round after round. */
export async function measureRounds({ peers, crowd, loads, rounds, warmSeconds }: RoundsOptions): Promise<Outcomes> {
	const outcomes = new Map<Peer, Map<string, Outcome[]>>();
	const started: { peer: Peer; running: RunningPeer; generator: LoadGenerator }[] = [];
	try {
		for (const peer of peers) {
			const running = await peer.start();
			const generator = await LoadGenerator.gather(peer.dialect, { ...crowd, port: running.port, pid: running.pid });
			started.push({ peer, running, generator });
			outcomes.set(peer, new Map(Object.keys(loads).map((name) => [name, []])));
		}
		await pause(settleMs);
		for (const { generator } of started) {
			for (const load of Object.values(loads)) {
				await generator.run({ ...load, seconds: warmSeconds });
			}
		}
		for (let round = 0; round < rounds; round++) {
			for (const [name, load] of Object.entries(loads)) {
				for (const { peer, generator } of started) {
					outcomes
						.get(peer)
						?.get(name)
						?.push(await generator.run(load));
				}
			}
		}
	} finally {
		for (const { running, generator } of started) {
			await generator[Symbol.asyncDispose]();
			await running.stop();
		}
	}
	return outcomes;
}

/** Until those who came have been announced to each other. */
const settleMs = 1000;
