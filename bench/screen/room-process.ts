/** The process of `startRoom`. */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createBroker, memoryEngine } from '../../src/index.ts';
import { IrcSession, privmsg } from './irc-session.ts';
import { messageOf } from './messages.ts';
import type { Order, Report, RoomKind } from './room.ts';

interface Server {
	readonly port: number;
	/** Says the messages with the numbers `from`..`to`; resolves when as many as may wait are on their way. */
	say(from: number, to: number): Promise<void>;
}

const roomName = 'general';
/** More messages than any benchmark says. */
const historySize = 2_000_000;
/** How often a rate is made good: fine enough that what is said in between is a few messages. */
const tickMs = 2;
/** Of what is said without a rate, as many at once. */
const atOnce = 1000;

const open: Readonly<Record<RoomKind, () => Promise<Server>>> = { natter: openBroker, irc: openIrc };
const server = await open[process.argv[2] as RoomKind]();
let head = 0;
let isHushed = false;
process.on('message', (order: Order) => {
	if ('hush' in order) {
		isHushed = true;
	} else {
		void say(order);
	}
});
process.on('disconnect', () => process.exit());
report({ port: server.port });

async function say({ say: count, perSecond }: Extract<Order, { say: number }>): Promise<void> {
	isHushed = false;
	const last = head + count;
	const first = head;
	const began = performance.now();
	while (head < last && !isHushed) {
		const due =
			perSecond === undefined ? head + atOnce : first + Math.floor(((performance.now() - began) * perSecond) / 1000);
		const to = Math.min(last, due);
		if (to > head) {
			await server.say(head + 1, to);
			head = to;
		}
		if (perSecond !== undefined) {
			await pause(tickMs);
		}
	}
	report({ head });
}

function report(what: Report): void {
	process.send?.(what);
}

/** What is said is put into the store: publishers would cost as much as all else together, and are not what is measured. */
async function openBroker(): Promise<Server> {
	const engine = memoryEngine({ historySize });
	const { port } = await createBroker({ engine, port: 0 });
	return {
		port,
		async say(from, to) {
			const drafts = Array.from({ length: to - from + 1 }, (_, index) => {
				const number = from + index;
				return { id: `m${number}`, ...messageOf(number) };
			});
			await engine.append(roomName, drafts);
		},
	};
}

async function openIrc(): Promise<Server> {
	const members = new Map<Socket, string>();
	const listener = createServer((socket) => {
		const session = new IrcSession();
		socket.on('error', () => socket.destroy());
		socket.on('close', () => members.delete(socket));
		const lines = createInterface({ input: socket });
		// It hears of the socket's end as well.
		lines.on('error', () => lines.close());
		lines.on('line', (line) => {
			const before = session.channel;
			for (const answer of session.answer(line)) {
				socket.write(`${answer}\r\n`);
			}
			const { channel } = session;
			if (channel !== undefined && channel !== before) {
				void write(socket, channel, 1, head);
				members.set(socket, channel);
			}
		});
	});
	await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
	const address = listener.address();
	return {
		port: typeof address === 'object' && address !== null ? address.port : 0,
		async say(from, to) {
			await Promise.all(Array.from(members, ([socket, channel]) => write(socket, channel, from, to)));
		},
	};
}

async function write(socket: Socket, channel: string, from: number, to: number): Promise<void> {
	for (let number = from; number <= to; number += atOnce) {
		const end = Math.min(to, number + atOnce - 1);
		const lines = Array.from({ length: end - number + 1 }, (_, index) => privmsg(channel, number + index));
		if (socket.destroyed) {
			return;
		}
		if (lines.length > 0 && !socket.write(`${lines.join('\r\n')}\r\n`)) {
			await drained(socket);
		}
	}
}

/** Resolves when the socket takes more, or never will. */
function drained(socket: Socket): Promise<void> {
	return new Promise((resolve) => {
		const settle = () => {
			socket.off('drain', settle).off('close', settle);
			resolve();
		};
		socket.on('drain', settle).on('close', settle);
	});
}
