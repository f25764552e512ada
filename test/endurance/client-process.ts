/**
 * A client in a process of its own, to be killed: it publishes, reads, keeps its state on disk, and writes what it sees to
 * a journal as it happens. Whoever started it says on standard input when it is over.
 */
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from '../../src/client/connect.ts';
import { openDiskStore } from '../../src/client/disk-store.ts';
import type { Observation } from '../checker/checker.ts';
import { pause, until } from './crowd.ts';

/** What the process is told on its command line, as JSON. */
export interface Task {
	readonly url: string;
	/** Where its state is. */
	readonly directory: string;
	readonly nick: string;
	readonly room: string;
	/** The name of this run, which no other run has. */
	readonly run: string;
	/** A file that is appended to. */
	readonly journal: string;
	/** Publishes that are under way or wait at once. */
	readonly pipelined: number;
	/** How long it may take to settle everything, and to read everything, in ms. */
	readonly patienceMs: number;
}

/** A line of the journal. `kept`: `publish` has returned, so the message is on disk. `notice`: something was wrong. */
export type Told =
	| Observation
	| { readonly type: 'kept'; readonly cid: string }
	| { readonly type: 'notice'; readonly text: string };

/** The lines on standard input: say no more and settle all; then, with the head of the room, read to it and end. */
export type Order = 'stop' | `rest ${number}`;

if (import.meta.main) {
	await live(JSON.parse(process.argv[2] ?? '') as Task);
	process.exit(0);
}

async function live({ url, directory, nick, room, run, journal, pipelined, patienceMs }: Task): Promise<void> {
	const file = openSync(journal, 'a');
	const tell = (told: Told) => writeSync(file, `${JSON.stringify(told)}\n`);
	const store = openDiskStore({
		directory,
		broker: new URL(url).host,
		nick,
		onNotice: (text) => tell({ type: 'notice', text }),
	});
	const seen = store.position(room);
	const client = connect(url, { nick, store, history: 0 });
	client.on('published', ({ cid, epoch, sequence }) =>
		tell({ type: 'acked', client: run, room, cid, epoch, sequence }),
	);
	client.on('refused', ({ cid, code }) => tell({ type: 'refused', client: run, room, cid, code }));
	let epoch: string | undefined;
	let hasBegun = false;
	const begin = () => {
		const status = client.room(room);
		if (!hasBegun && status?.epoch !== undefined) {
			hasBegun = true;
			epoch = status.epoch;
			const before = seen === undefined ? {} : { seen };
			tell({ type: 'joined', client: run, room, epoch, sequence: status.first, ...before });
		}
	};
	client.on('items', (_, items) => {
		begin();
		for (const item of items) {
			epoch = item.kind === 'epoch' ? item.epoch : epoch;
			tell({ type: 'shown', client: run, room, ...(epoch !== undefined && { epoch }), item });
		}
	});
	const hurry = setInterval(() => {
		if (client.status.state === 'waiting') {
			client.reconnect();
		}
	}, 200);
	void client.join(room).then(begin);

	let isOver = false;
	const speak = async (line: number) => {
		for (let count = 0; !isOver; count += 1) {
			const cid = `${run}-${line}-${count}`;
			tell({ type: 'intended', client: run, room, cid, content: cid });
			const settled = client.publish(room, cid, { cid });
			tell({ type: 'kept', cid });
			// What was refused is told by its event.
			await settled.catch(() => {});
			await pause(2);
		}
	};
	for (let line = 0; line < pipelined; line += 1) {
		void speak(line);
	}
	for await (const order of createInterface(process.stdin)) {
		if (order === 'stop') {
			isOver = true;
			await until(patienceMs, () => client.unsent.length === 0);
			console.log('settled');
		} else {
			const head = Number(order.slice('rest '.length));
			await until(patienceMs, () => client.room(room)?.position === head);
			// What the core has given is told with the next turn of the event loop.
			await pause(50);
			tell({
				type: 'rests',
				client: run,
				room,
				...(epoch !== undefined && { epoch }),
				position: client.room(room)?.position ?? 0,
			});
			break;
		}
	}
	clearInterval(hurry);
	await client.close();
}
