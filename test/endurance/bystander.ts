/**
 * People who chat on while something else goes on: one with the client library, one with the base protocol. They must
 * see every line of one another once and in order, no error, and no end of their connection.
 */
import { connect } from '../../src/client/connect.ts';
import { BaseClient } from '../helpers/base-client.ts';

export interface Seen {
	/** Lines that they said, all of them acknowledged or seen. */
	readonly said: number;
	readonly violations: readonly string[];
}

/** Starts the two, who say a line by turns each `everyMs`. The function returned ends it and says what they saw. */
export async function startBystanders(
	url: string,
	{ room, everyMs = 50 }: { readonly room: string; readonly everyMs?: number },
): Promise<() => Promise<Seen>> {
	const violations: string[] = [];
	const heard: string[] = [];
	const client = connect(url, { nick: 'ada', rooms: [room], history: 0 });
	client.on('items', (_, items) => {
		for (const item of items) {
			if (item.kind === 'message') {
				heard.push(item.message.content);
			} else {
				violations.push(`the client shows ${JSON.stringify(item)}`);
			}
		}
	});
	client.on('notice', (notice) => violations.push(`the client was told ${JSON.stringify(notice)}`));
	await client.join(room);
	let isOver = false;
	client.on('status', (status) => {
		if (!isOver && status.state !== 'online') {
			violations.push(`the client was cut off: ${JSON.stringify(status)}`);
		}
	});
	const base = await BaseClient.connect(url, 'basil');
	void base.closed.then((code) => {
		if (!isOver) {
			violations.push(`the base client was cut off with ${code}`);
		}
	});
	await base.subscribe(room);

	const said: string[] = [];
	const acks: Promise<unknown>[] = [];
	const speak = (speaker: 'ada' | 'basil', line: string) => {
		said.push(line);
		if (speaker === 'basil') {
			base.publish(room, line);
		} else {
			acks.push(client.publish(room, line).catch((error) => violations.push(`a publish was refused: ${error}`)));
		}
	};
	const timer = setInterval(() => {
		const speaker = said.length % 2 === 0 ? 'ada' : 'basil';
		speak(speaker, `${speaker} ${said.length}`);
	}, everyMs);

	return async () => {
		clearInterval(timer);
		await Promise.all(acks);
		// The base client's last line is behind all its others, and the client's comes when that is seen by both.
		speak('basil', 'basil is done');
		await seen(base, room, 'basil is done');
		const isLast = base.next(({ type, content }) => type === 'message' && content === 'ada is done');
		speak('ada', 'ada is done');
		await Promise.all([...acks, isLast]);
		isOver = true;
		base.close();
		await client.close();
		const shown = base.shown(room).map(({ content }) => content);
		for (const speaker of ['ada', 'basil']) {
			const expected = said.filter((line) => line.startsWith(speaker));
			const own = new Set(expected);
			violations.push(...misheard(`the client, of ${speaker}`, expected, heard, own));
			violations.push(...misheard(`the base client, of ${speaker}`, expected, shown, own));
		}
		violations.push(...base.faults.map((fault) => `the base client met ${fault}`));
		violations.push(...base.frames.filter(({ type }) => type === 'error').map((frame) => JSON.stringify(frame)));
		return { said: said.length, violations };
	};
}

async function seen(base: BaseClient, room: string, line: string): Promise<void> {
	while (!base.shown(room).some(({ content }) => content === line)) {
		await base.next(({ type }) => type === 'message');
	}
}

function misheard(
	who: string,
	expected: readonly string[],
	lines: readonly string[],
	own: ReadonlySet<string>,
): string[] {
	const heard = lines.filter((line) => own.has(line));
	const wrong = expected.findIndex((line, index) => heard[index] !== line);
	if (wrong === -1 && heard.length === expected.length) {
		return [];
	}
	return [
		`${who}: heard ${heard.length} of ${expected.length} lines, the first wrong one is ${wrong}: ${heard[wrong]}`,
	];
}
