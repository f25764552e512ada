/**
 * Clients that publish and read while their broker is killed, stopped or starved, and everything they saw told to the
 * checker in the order in which it happened.
 */
import type { Client, RoomItem } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { NatterError } from '../../src/client/errors.ts';
import type { Message } from '../../src/protocol/frames.ts';
import { Checker, type Observation } from '../checker/checker.ts';
import type { MortalClient } from './mortal-client.ts';

/** How a publisher speaks. */
export interface Manner {
	/** Publishes that are under way or wait at once. */
	readonly pipelined: number;
	/** How long to wait after an answer before the next, in ms. @default 0 */
	readonly pauseMs?: number;
	/** Characters that are added to each message. @default 0 */
	readonly padding?: number;
}

export class Crowd {
	readonly #url: string;
	readonly #checker = new Checker();
	readonly #clients: Client[] = [];
	/** Every room with the epochs that were seen of it. */
	readonly #rooms = new Map<string, Set<string>>();
	readonly #readers: { readonly name: string; readonly room: string; readonly client: Client }[] = [];
	readonly #speaking: Promise<void>[] = [];
	readonly #mortals: MortalClient[] = [];
	#isOver = false;
	/** Publishes that were acknowledged. */
	acked = 0;
	/** Those that the broker said it had already. */
	duplicates = 0;
	/** By the code of the refusal. */
	readonly refused = new Map<string, number>();
	/** Messages that were shown. */
	shown = 0;
	/** Messages that rooms no longer keep. */
	trimmed = 0;
	/** For each time that a client was away, how long, in ms. */
	readonly awayMs: number[] = [];

	constructor(url: string) {
		this.#url = url;
	}

	/** Someone who publishes until it is over, and reads nothing. */
	addPublisher(name: string, room: string, manner: Manner): Client {
		const client = this.#connect(name);
		this.#addRoom(room);
		for (let line = 0; line < manner.pipelined; line += 1) {
			this.#speaking.push(this.#speak(client, { name, room, manner, line }));
		}
		return client;
	}

	/** Someone who reads a room from now on. Resolves when they do. */
	async addReader(name: string, room: string): Promise<Client> {
		const client = this.#connect(name);
		await this.read(name, room, client);
		return client;
	}

	/** Lets a client of this crowd read a room from now on. Resolves when it does. */
	async read(name: string, room: string, client: Client): Promise<void> {
		this.#addRoom(room);
		let epoch: string | undefined;
		let hasBegun = false;
		const begin = () => {
			const status = client.room(room);
			if (!hasBegun && status !== undefined && status.phase === 'live') {
				hasBegun = true;
				epoch = status.epoch;
				this.#tell({ type: 'joined', client: name, room, ...epochOf(epoch), sequence: status.first });
				this.#readers.push({ name, room, client });
			}
		};
		client.on('items', (of, items) => {
			if (of === room) {
				begin();
				for (const item of items) {
					epoch = item.kind === 'epoch' ? item.epoch : epoch;
					this.#show(name, room, epoch, item);
				}
			}
		});
		await client.join(room, { history: 0 });
		begin();
	}

	/** Someone in a process of their own. */
	addMortal(mortal: MortalClient): void {
		this.#addRoom(mortal.room);
		this.#mortals.push(mortal);
	}

	/** Every client that waits for its next attempt dials at once. */
	hurry(): void {
		for (const client of this.#clients) {
			if (client.status.state === 'waiting') {
				client.reconnect();
			}
		}
	}

	/** Resolves when every client is online, or after so many ms; says whether they are. */
	async online(ms: number): Promise<boolean> {
		return until(ms, () => this.#clients.every(({ status }) => status.state === 'online'));
	}

	/**
	 * Says no more, waits for all answers, reads the logs and says what did not hold. Logs must not have begun anew. With `ms` for each wait: what is not
	 * settled by then is a violation as well.
	 */
	async finish(ms: number): Promise<readonly string[]> {
		this.#isOver = true;
		await Promise.all(this.#mortals.map((mortal) => mortal.stop()));
		await Promise.race([Promise.all(this.#speaking), pause(ms)]);
		const librarian = this.#connect('librarian');
		const heads = new Map<string, number>();
		for (const room of this.#rooms.keys()) {
			heads.set(room, await this.#look(room, librarian));
		}
		await until(ms, () => this.#readers.every(({ client, room }) => client.room(room)?.position === heads.get(room)));
		for (const { name, room, client } of this.#readers) {
			const { position = 0, epoch } = client.room(room) ?? {};
			this.#tell({ type: 'rests', client: name, room, ...epochOf(epoch), position });
		}
		const notices: string[] = [];
		for (const mortal of this.#mortals) {
			await mortal.rest(heads.get(mortal.room) ?? 0);
			const told = mortal.observations();
			notices.push(...told.notices);
			for (const observation of told.observations) {
				this.#tell(observation);
				this.acked += observation.type === 'acked' ? 1 : 0;
				this.shown += observation.type === 'shown' ? 1 : 0;
			}
		}
		const violations = this.#checker.finish().map(({ message }) => message);
		await this.close();
		const torn = [...this.#rooms].filter(([, epochs]) => epochs.size > 1);
		return [
			...(this.acked === 0 ? ['nothing was acknowledged, so nothing was tried'] : []),
			...torn.map(([room, epochs]) => `${room} began anew: it was seen in the epochs ${[...epochs].join()}`),
			...violations,
			...notices,
		];
	}

	#addRoom(room: string): void {
		if (!this.#rooms.has(room)) {
			this.#rooms.set(room, new Set());
		}
	}

	/** Tells the checker, and notes the epoch: numbers of another one are not compared, so there must be no other one. */
	#tell(observation: Observation): void {
		if ('epoch' in observation && 'room' in observation && observation.epoch !== undefined) {
			this.#rooms.get(observation.room)?.add(observation.epoch);
		}
		this.#checker.observe(observation);
	}

	async close(): Promise<void> {
		this.#isOver = true;
		await Promise.all(this.#clients.map((client) => client.close()));
	}

	#connect(name: string): Client {
		const client = connect(this.#url, { nick: name, maxQueued: 100_000 });
		let awaySince: number | undefined;
		client.on('status', (status) => {
			if (status.state === 'online' && awaySince !== undefined) {
				this.awayMs.push(performance.now() - awaySince);
				awaySince = undefined;
			} else if (status.state === 'waiting') {
				awaySince ??= performance.now();
			}
		});
		this.#clients.push(client);
		return client;
	}

	/** One line of several that a publisher has under way. */
	async #speak(
		client: Client,
		{ name, room, manner, line }: { name: string; room: string; manner: Manner; line: number },
	): Promise<void> {
		const { padding = 0, pauseMs = 0 } = manner;
		for (let count = 0; !this.#isOver; count += 1) {
			const cid = `${name}-${line}-${count}`;
			const content = `${cid}${padding === 0 ? '' : ` ${'x'.repeat(padding)}`}`;
			this.#tell({ type: 'intended', client: name, room, cid, content });
			try {
				const { epoch, sequence, duplicate } = await client.publish(room, content, { cid });
				this.acked += 1;
				this.duplicates += duplicate ? 1 : 0;
				this.#tell({ type: 'acked', client: name, room, cid, epoch, sequence });
			} catch (error) {
				const { code, outcome } = error instanceof NatterError ? error : { code: String(error), outcome: undefined };
				this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
				if (!(code === 'closed' && this.#isOver)) {
					const learned = outcome === undefined ? {} : { outcome };
					this.#tell({ type: 'refused', client: name, room, cid, code, ...learned });
				}
			}
			if (pauseMs > 0) {
				await pause(pauseMs);
			}
		}
	}

	#show(name: string, room: string, epoch: string | undefined, item: RoomItem): void {
		this.shown += item.kind === 'message' ? 1 : 0;
		this.#tell({ type: 'shown', client: name, room, ...epochOf(epoch), item });
	}

	/** Tells the checker what a room's log holds, and returns its head. */
	async #look(room: string, client: Client): Promise<number> {
		const entries: Message[] = [];
		for (;;) {
			const page = await client.history(room, { after: entries.at(-1)?.sequence ?? 0, limit: 500, order: 'asc' });
			entries.push(...page.messages);
			const { epoch = '', head = 0, oldest = 1 } = page;
			if (page.messages.length === 0 || page.complete) {
				this.trimmed += oldest - 1;
				this.#tell({ type: 'stored', room, epoch, head, oldest, entries, gone: [] });
				return head;
			}
		}
	}
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Looks now and then, until it holds or so many ms are over; says whether it holds. */
export async function until(ms: number, holds: () => boolean): Promise<boolean> {
	const deadline = performance.now() + ms;
	while (!holds()) {
		if (performance.now() > deadline) {
			return false;
		}
		await pause(20);
	}
	return true;
}

function epochOf(epoch: string | undefined): { readonly epoch?: string } {
	return epoch === undefined ? {} : { epoch };
}
