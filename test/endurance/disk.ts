/**
 * A full disk: a broker whose data lie on a small file system that fills while clients publish. It says so, refuses new
 * messages, goes on to serve readers, and takes messages again when there is room; nothing acknowledged is lost.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../helpers/processes.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { BrokerProcess } from './broker-process.ts';
import { Crowd, until } from './crowd.ts';
import { command, type Options, type Report, type Run } from './report.ts';

export interface DiskOptions extends Options {
	/** The size of the file system. */
	readonly mebibytes: number;
	/** How often it fills and is given room again. */
	readonly rounds: number;
}

const promise = 'a full disk is said, loses nothing, and is got over';
const publishers = 8;
const patienceMs = 60_000;

export async function run({ mebibytes, rounds }: DiskOptions): Promise<Report> {
	const directory = temporaryDirectory();
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory], { stdio: 'pipe' });
	} catch (error) {
		return {
			promise,
			figures: [],
			violations: [],
			skipped: `mounting a small file system needs more rights (${error})`,
		};
	}
	const broker = await BrokerProcess.make(['--data', join(directory, 'data'), '--history-size', '1000000000']);
	try {
		return await fill(broker, join(directory, 'filler'), { mebibytes, rounds });
	} finally {
		await broker.kill();
		execFileSync('umount', [directory]);
	}
}

async function fill(
	broker: BrokerProcess,
	filler: string,
	{ mebibytes, rounds }: { readonly mebibytes: number; readonly rounds: number },
): Promise<Report> {
	const violations: string[] = [];
	await broker.start();
	// What takes the room that is given back later.
	const crowd = new Crowd(broker.url);
	for (let index = 0; index < publishers; index += 1) {
		const room = `room-${index % 2}`;
		const manner = { pipelined: 8, padding: 4000, pauseMs: 20 };
		crowd.addPublisher(`publisher-${index}`, room, manner);
	}
	await Promise.all([crowd.addReader('reader-0', 'room-0'), crowd.addReader('reader-1', 'room-1')]);
	const perRound = Math.floor((mebibytes * 2 ** 20) / 2 / rounds);
	for (let round = 0; round < rounds; round += 1) {
		writeFileSync(`${filler}-${round}`, Buffer.alloc(perRound));
	}
	const seen = { served: 0, said: 0 };
	for (let round = 0; round < rounds; round += 1) {
		const said = broker.log.length;
		if (!(await until(patienceMs, () => /full|cannot be stored/iu.test(broker.log.slice(said))))) {
			violations.push(`round ${round + 1}: the broker never said that the disk is full`);
			break;
		}
		seen.said += 1;
		const visitor = await RawPeer.join(broker.url, 'visitor');
		const refusals = await publishUntilRefused(visitor);
		if (refusals !== 'unavailable, not_applied') {
			violations.push(`round ${round + 1}: publishes to a full disk came to ${refusals}`);
		}
		const { messages } = await visitor.ask({ type: 'get_history', room: 'room-0' }, 'history');
		seen.served += messages.length > 0 ? 1 : 0;
		visitor.socket.terminate();
		if (!broker.isAlive) {
			violations.push(`round ${round + 1}: the broker ended:\n${broker.log.slice(-1000)}`);
			break;
		}
		const acked = crowd.acked;
		rmSync(`${filler}-${round}`);
		if (!(await until(patienceMs, () => crowd.acked > acked))) {
			violations.push(`round ${round + 1}: nothing is taken although there is room again`);
			break;
		}
	}
	if (seen.served < seen.said) {
		violations.push(`readers were served in ${seen.served} of ${seen.said} rounds`);
	}
	violations.push(...(await crowd.finish(patienceMs)));
	const { code } = await broker.stop();
	if (code !== 0) {
		violations.push(`the broker stopped with ${code}`);
	}
	violations.push(...broker.complaints.map((line) => `the broker logged ${line}`));
	return {
		promise,
		figures: [
			['times that the disk was full', String(seen.said)],
			['acknowledged publishes', String(crowd.acked)],
			['refused meanwhile', [...crowd.refused].map(([refused, count]) => `${count} ${refused}`).join() || 'none'],
			['rounds with readers served', String(seen.served)],
			['messages shown to readers', String(crowd.shown)],
		],
		violations,
	};
}

/** What became of the first of many publishes that is not taken; a small one may still find room. */
async function publishUntilRefused(visitor: RawPeer): Promise<string> {
	const content = 'x'.repeat(8000);
	for (let publish = 0; publish < 1000; publish += 1) {
		visitor.send({ type: 'publish', room: 'probe', sender: 'visitor', content });
		const answer = await visitor.takeOneOf(['published', 'error']);
		if (answer.type === 'error') {
			return `${answer.code}, ${answer.outcome}`;
		}
	}
	return 'no refusal';
}

export const diskRun: Run<DiskOptions> = { name: 'disk', defaults: { mebibytes: 32, rounds: 3 }, run };

await command(diskRun, import.meta);
