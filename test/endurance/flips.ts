/**
 * A flipped bit is not served as true: random bits of a database are flipped, one at a time, and after each one
 * everything is read, and written to.
 */
import { run as flip } from '../engines/flips.ts';
import { command, type Options, type Report, type Run } from './report.ts';

export interface FlipsOptions extends Options {
	readonly flips: number;
}

/** So many flips hit something that is read, whatever the seed: a third of a database is room to spare. */
const enoughFlips = 50;

export async function run(options: FlipsOptions): Promise<Report> {
	const { flips, servedTrue, damaged, misnamed, refusedToOpen, refused, newEpochs, unseen, wrong } =
		await flip(options);
	const nothingTried = flips >= enoughFlips && damaged === 0 ? ['no flip was noticed, so nothing was tried'] : [];
	return {
		promise: 'a flipped bit of the database is never served as true',
		figures: [
			['flips', String(flips)],
			['texts served, each as it was stored', String(servedTrue)],
			['numbers named as damaged', String(damaged)],
			['numbers named as gone otherwise', String(misnamed)],
			['flips with which it did not open', String(refusedToOpen)],
			['calls refused', String(refused)],
			['flips that led to a new epoch', String(newEpochs)],
			['flips that changed nothing', String(unseen)],
		],
		violations: [...wrong, ...nothingTried],
	};
}

export const flipsRun: Run<FlipsOptions> = { name: 'flips', defaults: { flips: 500 }, run };

await command(flipsRun, import.meta);
