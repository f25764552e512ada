/**
 * People who chat on while something else goes on: one with the client library, one with the base protocol, and one who
 * says nothing and looks at each frame of v1. They must see every line of one another once and in order, the same messages
 * under the same numbers without a hole, no error, and no end of their connection.
 */
import { connect } from '../../src/client/connect.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { until } from './crowd.ts';

export interface Seen {
	/** Lines that they said, all of them acknowledged or seen. */
	readonly said: number;
	readonly violations: readonly string[];
}

/** A message as a bystander saw it. */
type Line = readonly [sequence: number, content: string];

const patienceMs = 30_000;

/** Starts them; two of them say a line by turns each `everyMs`. The function returned ends it and says what they saw. */
export async function startBystanders(
	url: string,
	{ room, everyMs = 50 }: { readonly room: string; readonly everyMs?: number },
): Promise<() => Promise<Seen>> {
	const violations: string[] = [];
	const heard: Line[] = [];
	const client = connect(url, { nick: 'ada', rooms: [room], history: 0 });
	client.on('items', (_, items) => {
		for (const item of items) {
			if (item.kind === 'message') {
				heard.push([item.message.sequence, item.message.content]);
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
	const watcher = await watch(url, room);
	void watcher.peer.closed.then((closing) => {
		if (!isOver) {
			violations.push(`the watcher was cut off: ${JSON.stringify(closing)}`);
		}
	});

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
		const shown = () => base.shown(room).map(({ sequence, content }): Line => [sequence, content]);
		const isSeen = (line: string) =>
			until(patienceMs, () =>
				[heard, shown(), watcher.lines].every((lines) => lines.some(([, text]) => text === line)),
			);
		// The base client's last line is behind all its others, and the client's comes when that was seen.
		for (const speaker of ['basil', 'ada'] as const) {
			const line = `${speaker} is done`;
			speak(speaker, line);
			if (!(await isSeen(line))) {
				violations.push(`not every bystander saw "${line}"`);
			}
		}
		isOver = true;
		base.close();
		watcher.peer.socket.close();
		await client.close();
		const end = heard.findIndex(([, content]) => content === 'ada is done') + 1;
		for (const [who, lines] of [
			['the client', heard.slice(0, end)],
			['the base client', shown().slice(0, end)],
			['the watcher', watcher.lines.slice(0, end)],
		] as const) {
			violations.push(...outOfOrder(who, lines));
			if (JSON.stringify(lines) !== JSON.stringify(heard.slice(0, end))) {
				violations.push(`${who} saw other messages than the client`);
			}
			for (const speaker of ['ada', 'basil']) {
				const expected = said.filter((line) => line.startsWith(speaker));
				violations.push(...misheard(`${who}, of ${speaker}`, expected, lines));
			}
		}
		violations.push(...base.faults.map((fault) => `the base client met ${fault}`));
		violations.push(...base.frames.filter(({ type }) => type === 'error').map((frame) => JSON.stringify(frame)));
		const strange = watcher.peer.frames.filter(({ type }) => !calm.has(type));
		violations.push(...strange.map((frame) => `the watcher was told ${JSON.stringify(frame)}`));
		return { said: said.length, violations };
	};
}

/** What somebody who does nothing wrong is sent. Of very many damaged frames, a few are whole ones, and say that one types. */
const calm = new Set(['welcome', 'subscribed', 'message', 'presence', 'presence_count', 'typing', 'ok']);

/** Somebody who reads a room from now on and acknowledges what comes, with what they saw of it. */
async function watch(url: string, room: string): Promise<{ readonly peer: RawPeer; readonly lines: readonly Line[] }> {
	const peer = await RawPeer.join(url, 'vera');
	const { epoch } = await peer.ask({ type: 'subscribe', room, userId: 'vera' }, 'subscribed');
	const lines: Line[] = [];
	const read = async (): Promise<never> => {
		for (;;) {
			const { sequence, content } = await peer.take('message');
			lines.push([sequence, content]);
			peer.send({ type: 'ack', room, epoch, sequence });
		}
	};
	void read();
	return { peer, lines };
}

/** The first number that does not follow the one before it. */
function outOfOrder(who: string, lines: readonly Line[]): readonly string[] {
	const wrong = lines.findIndex(([sequence], index) => index > 0 && sequence !== (lines[index - 1]?.[0] ?? 0) + 1);
	return wrong === -1 ? [] : [`${who} saw #${lines[wrong]?.[0]} after #${lines[wrong - 1]?.[0]}`];
}

function misheard(who: string, expected: readonly string[], lines: readonly Line[]): readonly string[] {
	const own = new Set(expected);
	const heard = lines.map(([, content]) => content).filter((content) => own.has(content));
	const wrong = expected.findIndex((line, index) => heard[index] !== line);
	if (wrong === -1 && heard.length === expected.length) {
		return [];
	}
	return [
		`${who}: heard ${heard.length} of ${expected.length} lines, the first wrong one is ${wrong}: ${heard[wrong]}`,
	];
}
