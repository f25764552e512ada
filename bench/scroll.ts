/**
 * How long a page takes, in ms, that is read upwards in a room of 100,000 messages: from the key until the page is whole
 * on the screen. natter asks its broker for what it shows; weechat and irssi have been sent everything when they came, and
 * hold it. Every page must be next to the last.
 */
import { screenPromises } from './harness/promises.ts';
import type { Findings, Scenario } from './harness/scenario.ts';
import { judge, measureInTurns, tableOf } from './screen/measured.ts';
import { openAll } from './screen/open.ts';
import { readPages } from './screen/pager.ts';
import { programsHere } from './screen/programs.ts';
import { percentilesOf } from './screen/typist.ts';
import { Usage } from './screen/usage.ts';

const messages = 100_000;
const pagesEach = 40;

export const scroll: Scenario = {
	name: 'scroll',
	about: 'from a key to the page above, in 100,000 messages',
	async run({ rounds }): Promise<Findings> {
		await using opened = await openAll(programsHere(console.log), messages);
		const measured = await measureInTurns(opened.all, rounds, async (one) => {
			const usage = new Usage(one);
			const times = await readPages(one, pagesEach);
			return { ...percentilesOf('page', times), ...usage.figures('reading') };
		});
		const { table: promised, ...judged } = judge('scroll', measured, screenPromises.scroll);
		return {
			tables: [
				tableOf('scroll: from the key to the page above, ms', measured, ['page p50', 'page p99']),
				tableOf('scroll: meanwhile, %: CPU of the program, its wait for a processor, CPU of the driver', measured, [
					'reading: CPU',
					'reading: waited',
					'reading: driver',
				]),
				promised,
			],
			...judged,
			wrong: [],
		};
	},
};
