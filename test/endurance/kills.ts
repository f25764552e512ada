/**
 * An acknowledged message survives a crash: the broker is killed at random moments, also while it starts, and comes back
 * on the same port and data, while publishers pipeline and readers follow. By turns rooms keep everything, and so little
 * that one commit appends and trims: then it survives at its place, or is named as trimmed.
 */
import { temporaryDirectory } from '../helpers/processes.ts';
import { BrokerProcess } from './broker-process.ts';
import { Chance } from './chance.ts';
import { Crowd, pause } from './crowd.ts';
import { MortalClient } from './mortal-client.ts';
import { command, meanAndLongest, type Options, type Report, type Run } from './report.ts';

export interface KillsOptions extends Options {
	readonly kills: number;
	readonly publishers: number;
	readonly readers: number;
	/** Clients in processes of their own, which are killed as well. */
	readonly mortals: number;
}

/** After so many kills everything is checked, and others go on in rooms of their own: memory stays bounded. */
const killsPerChapter = 25;
const roomsPerChapter = 4;
/** Messages that a room keeps: more than are said, and far fewer than publishers have under way at once. */
const historySizes = [1_000_000_000, 20] as const;
/** How long answers and readers may take in the end, when nobody kills any more, in ms. */
const patienceMs = 60_000;

export async function run({ seed, kills, publishers, readers, mortals }: KillsOptions): Promise<Report> {
	const chance = new Chance(seed);
	const data = temporaryDirectory();
	const broker = await BrokerProcess.make(['--data', data]);
	const violations: string[] = [];
	const done = {
		...{ kills: 0, early: 0, clientKills: 0, acked: 0, duplicates: 0, shown: 0, trimmed: 0 },
	};
	/** From the start of a process until it listens. */
	const startMs: number[] = [];
	/** From a kill until the broker listens again, starts that were cut short included. */
	const silentMs: number[] = [];
	for (let chapter = 0; done.kills < kills && violations.length === 0; chapter += 1) {
		const crowd = new Crowd(broker.url);
		const historySize = historySizes[chapter % historySizes.length] as number;
		broker.use(['--history-size', String(historySize)]);
		startMs.push(await timeOf(() => broker.start()));
		const rooms = Array.from({ length: roomsPerChapter }, (_, index) => `room-${chapter}-${index}`);
		await Promise.all(
			Array.from({ length: readers }, (_, index) =>
				crowd.addReader(`reader-${chapter}-${index}`, rooms[index % roomsPerChapter] as string),
			),
		);
		for (let index = 0; index < publishers; index += 1) {
			const room = rooms[index % roomsPerChapter] as string;
			crowd.addPublisher(`publisher-${chapter}-${index}`, room, { pipelined: chance.pick([1, 8, 64, 100]) });
		}
		const people = Array.from(
			{ length: mortals },
			(_, index) =>
				new MortalClient({
					url: broker.url,
					nick: `mortal-${chapter}-${index}`,
					room: rooms[index % roomsPerChapter] as string,
					pipelined: 16,
					patienceMs,
				}),
		);
		for (const person of people) {
			crowd.addMortal(person);
		}
		for (let kill = 0; kill < killsPerChapter && done.kills < kills; kill += 1) {
			await pause(chance.between(20, 900));
			const began = performance.now();
			await broker.kill();
			done.kills += 1;
			if (chance.below(8) === 0) {
				await startAndKill(broker, chance.between(20, 250));
				done.kills += 1;
				done.early += 1;
			}
			const [victim] = people.splice(chance.below(4 * people.length), 1);
			if (victim !== undefined) {
				await victim.killAndStart();
				people.push(victim);
			}
			startMs.push(await timeOf(() => broker.start()));
			silentMs.push(performance.now() - began);
			// Some come at once, all together; at other times each comes when its own wait is over.
			if (chance.below(4) > 0) {
				crowd.hurry();
			}
		}
		crowd.hurry();
		violations.push(...(await crowd.finish(patienceMs)));
		done.clientKills += people.reduce((sum, person) => sum + person.kills, 0);
		done.acked += crowd.acked;
		done.duplicates += crowd.duplicates;
		done.shown += crowd.shown;
		done.trimmed += crowd.trimmed;
		if (crowd.trimmed > 0 !== historySize < crowd.acked) {
			violations.push(`${crowd.trimmed} messages were trimmed of rooms that keep ${historySize}`);
		}
		for (const [code, count] of crowd.refused) {
			violations.push(`${count} publishes were refused with ${code}`);
		}
		await broker.kill();
	}
	violations.push(...broker.complaints.map((line) => `the broker logged ${line}`));
	return {
		promise: 'an acknowledged message survives a crash, once and at its place',
		figures: [
			['kills', `${done.kills}, ${done.early} of them while starting`],
			['kills of clients', String(done.clientKills)],
			['acknowledged publishes', String(done.acked)],
			['answered as stored before', String(done.duplicates)],
			['messages shown to readers', String(done.shown)],
			['messages trimmed', String(done.trimmed)],
			['start of the broker, mean and longest', meanAndLongest(startMs)],
			['from a kill until it listens again', meanAndLongest(silentMs)],
		],
		violations,
	};
}

async function startAndKill(broker: BrokerProcess, ms: number): Promise<void> {
	const started = broker.start().catch(() => {});
	await pause(ms);
	await broker.kill();
	await started;
}

async function timeOf(work: () => Promise<void>): Promise<number> {
	const began = performance.now();
	await work();
	return performance.now() - began;
}

export const killsRun: Run<KillsOptions> = {
	name: 'kills',
	defaults: { kills: 50, publishers: 8, readers: 6, mortals: 2 },
	run,
};

await command(killsRun, import.meta);
