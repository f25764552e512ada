/** Peers measured in turns, so that what else the machine does meets all of them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Gathering, Load, Outcome } from '../load/crowd.ts';
import { LoadGenerator } from '../load/load.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { keep, type Rounds } from './comparison.ts';

export interface RoundsOptions {
	readonly entries: readonly Entry[];
	readonly rounds: number;
	/**
	 * For how long each broker does each of its loads before it is measured, in s, all of them at the same time, and then for
	 * a quarter of that as much as it can, one after the other: what runs for years is not measured while its code is being
	 * compiled.
	 */
	readonly warmSeconds: number;
}

/** A broker with a crowd of its own. */
export interface Entry {
	/** The row in which its outcomes stand. @default the name of the peer */
	readonly row?: string;
	readonly peer: Peer;
	readonly crowd: Omit<Gathering, 'port' | 'pid'>;
	/** What is measured, by the name of its column. */
	readonly loads: Readonly<Record<string, Load>>;
}

/** Starts a broker for each entry, and has all of them do their loads, round after round. */
export async function measureRounds({ entries, rounds, warmSeconds }: RoundsOptions): Promise<Rounds<Outcome>> {
	const outcomes = new Map<string, Map<string, Outcome[]>>();
	const started: { entry: Entry; running: RunningPeer; generator: LoadGenerator }[] = [];
	const columns = new Set(entries.flatMap(({ loads }) => Object.keys(loads)));
	try {
		for (const entry of entries) {
			const { peer, crowd } = entry;
			const running = await peer.start();
			const generator = await LoadGenerator.gather(peer.dialect, { ...crowd, port: running.port, pid: running.pid });
			started.push({ entry, running, generator });
		}
		await pause(settleMs);
		await Promise.all(
			started.map(async ({ entry, generator }) => {
				for (const load of Object.values(entry.loads)) {
					await generator.run({ ...load, seconds: warmSeconds });
				}
			}),
		);
		for (const { generator } of started) {
			await generator.run({ window: 512, seconds: warmSeconds / 4 });
		}
		for (let round = 0; round < rounds; round++) {
			for (const column of columns) {
				for (const { entry, generator } of started) {
					const load = entry.loads[column];
					if (load !== undefined) {
						keep(outcomes, entry.row ?? entry.peer.name, column, await generator.run(load));
					}
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
export const settleMs = 1000;
