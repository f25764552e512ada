/**
 * A restart goes unnoticed: the broker is asked to stop while many publish, and comes back; nothing is lost or doubled,
 * and nobody sees more than a short reconnect.
 */
import { percentile } from '../../bench/harness/statistics.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { BrokerProcess } from './broker-process.ts';
import { Chance } from './chance.ts';
import { Crowd, pause, until } from './crowd.ts';
import { command, meanAndLongest, type Options, type Report, type Run } from './report.ts';

export interface RestartsOptions extends Options {
	readonly restarts: number;
	readonly clients: number;
}

const clientsPerRoom = 20;
/**
 * From the signal to the end of the process, in ms. After that time the broker cuts off whoever has not gone; clients that
 * are well go at once, so a stop takes a fraction of it, also on a busy machine.
 */
const longestStopMs = 5000;
/** How long somebody may be away at the first restart, in ms. The broker asks for a second, and is back by then. */
const longestAwayMs = 10_000;
const patienceMs = 60_000;
const hurryAfterMs = 3000;

export async function run({ seed, restarts, clients }: RestartsOptions): Promise<Report> {
	const chance = new Chance(seed);
	const broker = await BrokerProcess.make(['--data', temporaryDirectory(), '--history-size', '1000000000']);
	await broker.start();
	const crowd = new Crowd(broker.url);
	for (let index = 0; index < clients; index += 1) {
		const room = `room-${Math.floor(index / clientsPerRoom)}`;
		const manner = { pipelined: chance.pick([1, 1, 3]), pauseMs: chance.between(300, 900) };
		const client = crowd.addPublisher(`client-${index}`, room, manner);
		await crowd.read(`client-${index}`, room, client);
	}
	const violations: string[] = [];
	const stopMs: number[] = [];
	let firstAwayMs: readonly number[] = [];
	for (let restart = 0; restart < restarts; restart += 1) {
		await pause(chance.between(300, 1500));
		const { acked } = crowd;
		const { code, ms } = await broker.stop();
		stopMs.push(ms);
		if (code !== 0 || ms > longestStopMs) {
			violations.push(`stop ${restart + 1} ended with ${code} after ${ms.toFixed(0)} ms`);
		}
		await broker.start();
		// Clients wait longer from one loss to the next unless a healthy minute lies between: only the first tells how it is
		// for a person, and later ones are cut short.
		await crowd.online(restart === 0 ? patienceMs : hurryAfterMs);
		if (restart === 0) {
			firstAwayMs = [...crowd.awayMs];
			const slow = firstAwayMs.filter((away) => away > longestAwayMs);
			if (firstAwayMs.length < clients || slow.length > 0) {
				violations.push(`${firstAwayMs.length} of ${clients} were away and came back, ${slow.length} of them late`);
			}
		}
		crowd.hurry();
		if (!(await crowd.online(patienceMs))) {
			violations.push(`not everybody was back ${patienceMs} ms after restart ${restart + 1}`);
		}
		if (!(await until(patienceMs, () => crowd.acked >= acked + clients))) {
			violations.push(
				`only ${crowd.acked - acked} publishes of ${clients} clients came through after restart ${restart + 1}`,
			);
		}
	}
	violations.push(...(await crowd.finish(patienceMs)));
	for (const [code, count] of crowd.refused) {
		violations.push(`${count} publishes were refused with ${code}`);
	}
	await broker.stop();
	violations.push(...broker.complaints.map((line) => `the broker logged ${line}`));
	return {
		promise: 'a restart loses nothing, doubles nothing, and is over soon',
		figures: [
			['restarts under load', `${restarts}, with ${clients} clients`],
			['acknowledged publishes', String(crowd.acked)],
			['answered as stored before', String(crowd.duplicates)],
			['messages shown', String(crowd.shown)],
			['stop, mean and longest', meanAndLongest(stopMs)],
			[
				'first: away, p50 and longest',
				`${percentile(firstAwayMs, 0.5).toFixed(0)} ms, ${Math.max(...firstAwayMs).toFixed(0)} ms`,
			],
		],
		violations,
	};
}

export const restartsRun: Run<RestartsOptions> = { name: 'restarts', defaults: { restarts: 10, clients: 200 }, run };

await command(restartsRun, import.meta);
