/**
 * Resident memory of a program while messages come as fast as it takes them, in MB: after each of the rounds, and in the
 * end, which are the last three of them, since what was collected when differs by some MB. natter gets 1,000,000 in 5
 * rounds; the others, whose terminals have much more to draw, a twentieth of that (as many with `--rounds 100`). Each keeps
 * as much as it does when nothing else is asked for: natter 5000 messages, weechat 4096 lines, irssi all of a day.
 */
import { residentBytes } from './harness/accounting.ts';
import { screenPromises } from './harness/promises.ts';
import type { Findings, Scenario } from './harness/scenario.ts';
import { judge, measureInTurns, tableOf } from './screen/measured.ts';
import { isRun, numbersOn } from './screen/messages.ts';
import { hasMessage, openAll } from './screen/open.ts';
import { programsHere } from './screen/programs.ts';

const messages = 50;
const messagesEach: Readonly<Record<string, number>> = { natter: 200_000 };
const ofOthersEach = 10_000;
/** For so many messages, from when they are said until the last of them is shown. */
const mostMs = 60_000;
const title = 'resident memory';

export const screenMemory: Scenario = {
	name: 'screen-memory',
	about: 'resident memory of a screen after 1,000,000 messages',
	async run({ rounds }): Promise<Findings> {
		await using opened = await openAll(programsHere(console.log, { keeps: 'usual' }), messages);
		const wrong: string[] = [];
		const measured = await measureInTurns(opened.all, rounds, async ({ name, room, terminal }) => {
			const began = performance.now();
			const head = (await room?.say(messagesEach[name] ?? ofOthersEach)) ?? 0;
			const shownAt = await terminal.shows(`${name}: message ${head}`, hasMessage(head), { waitMs: mostMs });
			const numbers = numbersOn(await terminal.lines());
			if (!isRun(numbers)) {
				wrong.push(`${title}: ${name} shows ${numbers.join(' ')} after message ${head}`);
			}
			return { messages: head, seconds: (shownAt - began) / 1000, RSS: residentBytes(terminal.pid) / 1e6 };
		});
		for (const [, figures] of measured) {
			figures.set('in the end', figures.get('RSS')?.slice(-3) ?? []);
			figures.set('after messages', figures.get('messages')?.slice(-1) ?? []);
		}
		const { table: promised, ...judged } = judge(title, measured, screenPromises['screen-memory']);
		return {
			tables: [
				tableOf(`${title}, MB; s of a round`, measured, ['RSS', 'in the end', 'after messages', 'seconds']),
				promised,
			],
			...judged,
			wrong,
		};
	},
};
