import { describe, expect, it } from 'vitest';
import { Backlog, printComing } from '../../src/cli/coming-messages.ts';
import type { RoomItem } from '../../src/client/client.ts';

const message = (sequence: number): RoomItem => ({
	kind: 'message',
	old: false,
	message: { id: `m${sequence}`, room: 'r', sender: 'jo', content: 'hm', sequence, timestamp: 5 },
});
const messages = (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

/** What is printed and told of these items after number `last`, where the pipe takes none before all have come. */
async function printed(last: number, items: readonly RoomItem[], log: readonly number[] = []) {
	const output: (number | string)[] = [];
	const backlog = new Backlog();
	backlog.push(items);
	backlog.end();
	await printComing(backlog, last, {
		print: async (all) => {
			output.push(...all.map(({ sequence }) => sequence));
		},
		complain: ({ from, to }) => output.push(`lost ${from}-${to}`),
		restart: (after) => output.push(`over after ${after}`),
		readOn: async (after) => {
			const rest = log.filter((sequence) => sequence > after);
			output.push(`log after ${after}`, ...rest);
			return rest.at(-1) ?? after;
		},
	});
	return output;
}

describe('what comes while a room is followed', () => {
	it('is printed in order, with what was lost and where numbers start over', async () => {
		const items: RoomItem[] = [
			message(6),
			{ kind: 'lost', from: 7, to: 8, reason: 'trimmed' },
			message(9),
			{ kind: 'epoch', epoch: 'f', sequence: 0 },
			message(1),
		];
		expect(await printed(5, items)).toEqual([6, 'lost 7-8', 9, 'over after 0', 1]);
	});

	it('is read from the log where more has come than can wait, each message once and each loss told once', async () => {
		const items: RoomItem[] = [
			...messages(6, 5005),
			message(5006),
			{ kind: 'lost', from: 5007, to: 5010, reason: 'timeout' },
			message(5011),
			message(5012),
		];
		expect(await printed(5, items, [6, 5006, 5008, 5011])).toEqual(['log after 5', 6, 5006, 5008, 5011, 5012]);
	});

	it('is read from where numbers started over, if that was among what could not wait', async () => {
		const items: RoomItem[] = [
			message(6),
			{ kind: 'epoch', epoch: 'f', sequence: 3, lost: 3 },
			...messages(4, 9),
			{ kind: 'epoch', epoch: 'g', sequence: 8, lost: 1 },
			...messages(9, 6000),
		];
		expect(await printed(5, items, [3, 4, 6000])).toEqual(['over after 3', 'log after 3', 4, 6000]);
	});

	it('is printed at once when the pipe waits for it, and what waits is printed before the end', async () => {
		const backlog = new Backlog();
		const first = backlog.next();
		backlog.push(messages(1, 2));
		expect(await first).toEqual(message(1));
		backlog.end();
		expect([await backlog.next(), await backlog.next()]).toEqual([message(2), undefined]);
	});
});
