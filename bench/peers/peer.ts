/** A broker that is measured: how it is started, and how it is spoken to. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Running, run } from '../../test/helpers/processes.ts';
import type { DialectName } from '../load/generator.ts';

export interface Peer {
	readonly name: string;
	/** What a reader of the figures has to know of it. */
	readonly note: string;
	readonly dialect: DialectName;
	/** Why it cannot be measured here; `undefined` when it can. */
	absence(): string | undefined;
	/** Resolves when it listens on a free port of loopback. It is ended by `endProcesses`, if not before. */
	start(): Promise<RunningPeer>;
}

export interface RunningPeer {
	readonly port: number;
	readonly pid: number;
	/** Resolves when it is gone. */
	stop(): Promise<void>;
}

/** Why a program cannot be run here, by its name. */
export function absenceOf(program: string): string | undefined {
	const isThere = spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
	return isThere ? undefined : `there is no ${program} here; Debian has it as a package of that name`;
}

/** Runs a broker that is written here, and says the port by itself. */
export async function startScript(script: URL, words: readonly string[] = []): Promise<RunningPeer> {
	const running = run(process.execPath, [fileURLToPath(script), ...words]);
	const [, digits = ''] = await running.printed(/listening on ws:\/\/\S+:(\d+)/u);
	return runningPeer(running, Number(digits));
}

/** A process as a peer. */
export function runningPeer(running: Running, port: number): RunningPeer {
	const { pid } = running.child;
	if (pid === undefined) {
		throw new Error('Expected the peer to have a process');
	}
	return {
		port,
		pid,
		stop: async () => {
			running.kill('SIGKILL');
			await running.ended;
		},
	};
}
