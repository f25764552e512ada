/**
 * How long a key takes until it is on the screen, in ms, while 100 and 5,000 messages a second come, and what CPU the
 * program needs for them; `shown after` is how long after the last message was said it is on the screen. In the end the
 * newest messages are read page by page: none may be missing.
 */
import { screenPromises } from './harness/promises.ts';
import type { Findings, Scenario, Table } from './harness/scenario.ts';
import { judge, type Measured, measureInTurns, tableOf } from './screen/measured.ts';
import { isRun, numbersOn } from './screen/messages.ts';
import { hasMessage, type Opened, openAll } from './screen/open.ts';
import { readPages } from './screen/pager.ts';
import { programsHere } from './screen/programs.ts';
import { percentilesOf, typeKeys } from './screen/typist.ts';
import { Usage } from './screen/usage.ts';

interface Rate {
	readonly perSecond: number;
	readonly seconds: number;
}

const rates: Readonly<Record<string, Rate>> = {
	'100/s': { perSecond: 100, seconds: 1.5 },
	'5,000/s': { perSecond: 5000, seconds: 2 },
};
const messages = 50;
/** What is read back in the end. */
const pages = 20;

export const flood: Scenario = {
	name: 'flood',
	about: 'from a key to the screen while 100 and 5,000 messages a second come',
	async run({ rounds }): Promise<Findings> {
		await using opened = await openAll(programsHere(console.log), messages);
		const heads = new Map<Opened, number>();
		const measured = await measureInTurns(opened.all, rounds, async (one) => {
			const figures = {};
			for (const [name, rate] of Object.entries(rates)) {
				Object.assign(figures, await typeBeside(one, name, rate, heads));
			}
			return figures;
		});
		const wrong: string[] = [];
		for (const one of opened.all) {
			wrong.push(...(await missingIn(one, heads.get(one) ?? 0)));
		}
		const { table: promised, ...judged } = judge('flood', measured, screenPromises.flood);
		return {
			tables: [...Object.keys(rates).flatMap((rate) => tablesOf(rate, measured)), promised],
			...judged,
			wrong,
		};
	},
};

async function typeBeside(
	one: Opened,
	rate: string,
	{ perSecond, seconds }: Rate,
	heads: Map<Opened, number>,
): Promise<Readonly<Record<string, number>>> {
	const { room, terminal, name } = one;
	if (room === undefined) {
		throw new Error(`Expected ${name} to be in a room`);
	}
	const usage = new Usage(one);
	let isSaid = false;
	const saying = room.say(perSecond * seconds, perSecond).then((head) => {
		isSaid = true;
		return { head, at: performance.now() };
	});
	// Where typing is given up the room ends, and nobody is there to hear that it has.
	saying.catch(() => undefined);
	const times = await typeKeys(one, () => !isSaid);
	const { head, at } = await saying;
	const shownAt = await terminal.shows(`${name}: message ${head}`, hasMessage(head));
	heads.set(one, head);
	return {
		...percentilesOf(rate, times),
		...usage.figures(rate, { inMs: seconds * 1000 }),
		[`${rate}: shown after`]: Math.max(0, shownAt - at),
	};
}

/** What cannot be read of the newest messages, in words. */
async function missingIn(one: Opened, head: number): Promise<string[]> {
	const numbers = numbersOn(await one.terminal.lines());
	if (!isRun(numbers) || numbers.at(-1) !== head) {
		return [`flood: ${one.name} shows ${numbers.join(' ')} when ${head} was the last`];
	}
	return await readPages(one, pages).then(
		() => [],
		(error: Error) => [`flood: ${error.message}`],
	);
}

function tablesOf(rate: string, measured: Measured): Table[] {
	return [
		tableOf(`${rate}: from a key to the screen; from the last message to the screen, ms`, measured, [
			`${rate} p50`,
			`${rate} p99`,
			`${rate}: shown after`,
		]),
		tableOf(`${rate}: CPU of the program, its wait for a processor, CPU of the driver and of the room, %`, measured, [
			`${rate}: CPU`,
			`${rate}: waited`,
			`${rate}: driver`,
			`${rate}: room`,
		]),
	];
}
