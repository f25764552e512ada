/**
 * A stalled reader costs a bounded amount and loses nothing: many sockets subscribe and then neither read nor
 * acknowledge, while rooms go on; a healthy reader beside them is served; in the end they read on and have everything.
 */
import { WebSocket } from 'ws';
import { percentile } from '../../bench/harness/statistics.ts';
import { connect } from '../../src/client/connect.ts';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { BrokerProcess } from './broker-process.ts';
import { pause, until } from './crowd.ts';
import { command, mebibytes, type Options, type Report, type Run } from './report.ts';

export interface StalledOptions extends Options {
	readonly sockets: number;
	/** How long they stall while messages come. */
	readonly seconds: number;
	/** Messages of 1 KiB. */
	readonly perSecond: number;
	/** Messages that then come, as fast, in a room of the base clients: more than the kernel holds back for a socket. */
	readonly torrent: number;
}

const maxGrowthBytes = 48 * 2 ** 20;
/** What the broker lets wait for all sockets together; only for base clients does it let more wait than a window. */
const maxUnsentBytes = 64 * 2 ** 20;
/**
 * What the healthy reader may wait in 99 of 100 cases, in ms, or three times what it waited before anybody stalled. Of the
 * best stretch of time, since this machine may be busy with something else in the others; in none for as long as `worst`.
 */
const maxLatencyMs = { best: 50, worst: 2000 };
const stretchSeconds = 4;
const torrentPerSecond = 600;
/** One socket in so many speaks the base protocol. */
const baseShare = 5;
const warmUpMs = 3000;
const patienceMs = 120_000;

export async function run({ sockets, seconds, perSecond, torrent }: StalledOptions): Promise<Report> {
	const violations: string[] = [];
	const broker = await BrokerProcess.make(['--data', temporaryDirectory(), '--history-size', '1000000000']);
	await broker.start();
	const speaker = connect(broker.url, { nick: 'speaker', maxQueued: 100_000 });
	const latencies: number[] = [];
	const healthy = connect(broker.url, { nick: 'healthy' });
	healthy.on('items', (_, items) => {
		for (const item of items) {
			if (item.kind !== 'message') {
				violations.push(`the healthy reader is shown ${JSON.stringify(item)}`);
			} else {
				latencies.push(performance.now() - Number(item.message.content.split(' ')[0]));
			}
		}
	});
	await healthy.join('busy', { history: 0 });
	const published: Promise<unknown>[] = [];
	const say = (room: string) => {
		const began = `${performance.now()} `;
		published.push(
			speaker.publish(room, began + 'x'.repeat(1024 - began.length)).catch((e) => violations.push(`${e}`)),
		);
	};
	const stream = startStream(perSecond, () => say('busy'));
	await pause(warmUpMs);
	latencies.length = 0;
	await pause(warmUpMs);
	const before = { bytes: broker.residentBytes, latency: latencies.splice(0) };

	const readers = Array.from({ length: sockets }, (_, index) => {
		const isBase = index % baseShare === 0;
		const rooms = isBase || index < 2 * baseShare ? ['busy', 'torrent'] : ['busy'];
		return new StallingReader(broker.url, `stalled-${index}`, { isBase, rooms });
	});
	const isStalled = await until(patienceMs, () => readers.every((reader) => reader.isStalled));
	if (!isStalled) {
		violations.push('not every socket was subscribed');
	}
	const peak = new Peak(broker);
	const stretches: (readonly number[])[] = [];
	for (let left = seconds; left > 0; left -= stretchSeconds) {
		await pause(Math.min(left, stretchSeconds) * 1000);
		stretches.push(latencies.splice(0));
	}
	const held = peak.take();
	violations.push(...slownessOf(stretches, before.latency));
	const beside = stretches.flat();
	await Promise.all(published);
	clearInterval(stream);
	await new Promise<void>((resolve) => {
		let left = torrent;
		const pouring = startStream(torrentPerSecond, () => {
			if (left > 0) {
				say('torrent');
				left -= 1;
			} else {
				clearInterval(pouring);
				resolve();
			}
		});
	});
	await Promise.all(published);
	const heldOfBase = peak.take();
	peak.stop();

	const began = performance.now();
	for (const reader of readers) {
		reader.resume();
	}
	const heads = new Map<string, number>();
	for (const room of ['busy', 'torrent']) {
		heads.set(room, (await speaker.history(room, { limit: 1 })).head ?? 0);
	}
	await until(patienceMs, () => readers.every((reader) => reader.isAt(heads)));
	const caughtUpMs = performance.now() - began;
	for (const reader of readers) {
		violations.push(...reader.finish(heads));
	}
	if (healthy.room('busy')?.position !== heads.get('busy')) {
		violations.push(`the healthy reader is at ${healthy.room('busy')?.position} of ${heads.get('busy')}`);
	}
	for (const [what, bytes, most] of [
		['', held, maxGrowthBytes],
		[' with what base clients had not taken', heldOfBase, maxGrowthBytes + maxUnsentBytes],
	] as const) {
		const grown = bytes - before.bytes;
		if (grown > most) {
			violations.push(`the broker held ${mebibytes(grown)} more than before${what}, allowed are ${mebibytes(most)}`);
		}
	}
	await Promise.all([speaker.close(), healthy.close()]);
	await broker.stop();
	violations.push(...broker.complaints.map((line) => `the broker logged ${line}`));
	const closes = readers.flatMap(({ closes }) => closes);
	return {
		promise: 'a stalled reader costs a bounded amount and loses nothing',
		figures: [
			['stalled sockets', `${sockets}, ${readers.filter(({ isBase }) => isBase).length} of them base`],
			['messages while they stalled', `${beside.length} to all, ${torrent} to a few`],
			['memory of the broker before', mebibytes(before.bytes)],
			['grown while they stalled by', mebibytes(held - before.bytes)],
			['and with full sockets of base clients', mebibytes(heldOfBase - before.bytes)],
			['latency before, p50 and p99', inMs(before.latency)],
			['latency beside them, p50 and p99', inMs(beside)],
			[`p99 of each ${stretchSeconds} s`, stretches.map((waits) => `${slowestOf(waits).toFixed(1)} ms`).join(', ')],
			['sent ahead to a stalled v1 socket', `${Math.max(...readers.map(({ unacked }) => unacked))} messages at most`],
			['read on and had everything after', `${(caughtUpMs / 1000).toFixed(1)} s`],
			['numbers named as gone', String(readers.reduce((sum, { named }) => sum + named, 0))],
			['closed meanwhile, with', closes.length === 0 ? 'none' : `${closes.length}: ${[...new Set(closes)].join()}`],
		],
		violations,
	};
}

/** What was too slow, by the latencies of each stretch of time and by those before. */
function slownessOf(stretches: readonly (readonly number[])[], before: readonly number[]): readonly string[] {
	const slowest = stretches.map(slowestOf);
	const best = Math.min(...slowest);
	const worst = Math.max(...slowest);
	const most = Math.max(maxLatencyMs.best, 3 * slowestOf(before));
	return [
		...(best > most
			? [`the healthy reader waited ${best.toFixed(1)} ms (p99), allowed are ${most.toFixed(1)} ms`]
			: []),
		...(worst > maxLatencyMs.worst
			? [`for ${stretchSeconds} s the healthy reader waited ${worst.toFixed(0)} ms (p99)`]
			: []),
	];
}

/** The p99; for ever when nothing came. */
function slowestOf(latencies: readonly number[]): number {
	return latencies.length === 0 ? Number.POSITIVE_INFINITY : percentile(latencies, 0.99);
}

/** Calls so often per second, also where timers come late. */
function startStream(perSecond: number, call: () => void): NodeJS.Timeout {
	const began = performance.now();
	let calls = 0;
	return setInterval(() => {
		for (const due = ((performance.now() - began) / 1000) * perSecond; calls < due; calls += 1) {
			call();
		}
	}, 10);
}

function inMs(values: readonly number[]): string {
	return `${percentile(values, 0.5).toFixed(1)} ms, ${percentile(values, 0.99).toFixed(1)} ms`;
}

/** The most memory that a broker held since it was last asked. */
class Peak {
	#bytes = 0;
	readonly #timer: NodeJS.Timeout;

	constructor(broker: BrokerProcess) {
		this.#timer = setInterval(() => {
			this.#bytes = Math.max(this.#bytes, broker.isAlive ? broker.residentBytes : 0);
		}, 100);
	}

	take(): number {
		const bytes = this.#bytes;
		this.#bytes = 0;
		return bytes;
	}

	stop(): void {
		clearInterval(this.#timer);
	}
}

/** A socket that subscribes, stalls until it is told to go on, and then checks that numbers come without a hole. */
class StallingReader {
	readonly isBase: boolean;
	/** Codes with which the broker closed it. */
	readonly closes: number[] = [];
	/** How many numbers a frame said would not come. */
	named = 0;
	isStalled = false;
	/** Messages that were on their way when it read on. */
	unacked = 0;
	readonly #url: string;
	readonly #nick: string;
	readonly #rooms: readonly string[];
	readonly #places = new Map<string, { epoch: string; position: number; acked: number }>();
	readonly #wrong: string[] = [];
	#socket!: WebSocket;
	#mayRead = false;
	#mayAck = true;
	/** Messages and their text that came without an acknowledgement of this connection. */
	#unacked = { messages: 0, bytes: 0 };
	#isOver = false;

	constructor(
		url: string,
		nick: string,
		{ isBase, rooms }: { readonly isBase: boolean; readonly rooms: readonly string[] },
	) {
		this.#url = url;
		this.#nick = nick;
		this.isBase = isBase;
		this.#rooms = rooms;
		this.#dial();
	}

	/** Reads on. What is on its way by then is all that it may cost; it is acknowledged when that was looked at. */
	resume(): void {
		this.#mayRead = true;
		this.#socket.resume();
		if (!this.isBase && this.#socket.readyState === WebSocket.OPEN) {
			this.#mayAck = false;
			this.#send({ type: 'ping' });
		}
	}

	isAt(heads: ReadonlyMap<string, number>): boolean {
		return this.#rooms.every((room) => this.#places.get(room)?.position === heads.get(room));
	}

	finish(heads: ReadonlyMap<string, number>): readonly string[] {
		this.#isOver = true;
		this.#socket.terminate();
		const behind = this.#rooms.filter((room) => this.#places.get(room)?.position !== heads.get(room));
		return [
			...this.#wrong,
			...behind.map((room) => {
				const { position } = this.#places.get(room) ?? {};
				return `${this.#nick} is at ${position} of ${heads.get(room)} in ${room}, closed with ${this.closes.join() || 'nothing'}`;
			}),
		];
	}

	#dial(): void {
		const socket = new WebSocket(this.#url, this.isBase ? [] : ['natter.v1'], { perMessageDeflate: false });
		this.#socket = socket;
		socket.on('error', () => {});
		socket.on('open', () => {
			if (!this.isBase) {
				this.#send({ type: 'hello', v: 1, user: this.#nick });
			}
			for (const room of this.#rooms) {
				const place = this.#places.get(room);
				const since =
					place === undefined || this.isBase ? {} : { since: { epoch: place.epoch, sequence: place.position } };
				this.#send({ type: 'subscribe', room, userId: this.#nick, ...since });
			}
		});
		socket.on('message', (data) => {
			const text = String(data);
			const frame = JSON.parse(text) as Frame;
			if (frame.type === 'message') {
				this.#unacked.messages += 1;
				this.#unacked.bytes += text.length;
			}
			this.#receive(frame);
		});
		socket.on('close', (code) => {
			if (!this.#isOver) {
				this.closes.push(code);
				this.#mayAck = true;
				setTimeout(() => this.#dial(), 200);
			}
		});
	}

	#send(frame: object): void {
		this.#socket.send(JSON.stringify(frame));
	}

	#receive(frame: Frame): void {
		const { room = '' } = frame;
		const place = this.#places.get(room);
		switch (frame.type) {
			case 'subscribed':
				this.#align(frame);
				break;
			case 'message':
				if (place !== undefined && frame.sequence === place.position + 1) {
					place.position += 1;
				} else {
					this.#complain(`got #${frame.sequence} of ${room} after #${place?.position}`);
				}
				break;
			case 'gap':
				if (this.isBase || place === undefined || frame.from !== place.position + 1) {
					this.#complain(`got ${JSON.stringify(frame)} after #${place?.position}`);
				} else {
					this.named += frame.to - frame.from + 1;
					place.position = frame.to;
				}
				break;
			case 'pong':
				this.#mayAck = true;
				this.#checkWindow();
				break;
			case 'error':
				this.#complain(`was told ${JSON.stringify(frame)}`);
				break;
		}
		if (!this.#mayRead && this.#places.size === this.#rooms.length) {
			this.isStalled = true;
			this.#socket.pause();
		} else if (this.#mayRead && this.#mayAck && !this.isBase) {
			this.#acknowledge(frame.type === 'pong' ? 1 : 64);
		}
	}

	/** Acknowledges rooms with so many messages that were not. */
	#acknowledge(least: number): void {
		for (const [room, place] of this.#places) {
			if (place.position - place.acked >= least) {
				place.acked = place.position;
				this.#send({ type: 'ack', room, epoch: place.epoch, sequence: place.position });
			}
		}
	}

	#checkWindow(): void {
		const { messages, bytes } = this.#unacked;
		this.unacked = messages;
		if (messages > defaultLimits.windowMessages || bytes > defaultLimits.windowBytes) {
			this.#complain(`was sent ${messages} messages, ${bytes} bytes, that it did not acknowledge`);
		}
	}

	/** What lies between the place that was had and the one that is told is named by that. */
	#align({ room = '', sequence, epoch = '', recovered }: Frame): void {
		const place = this.#places.get(room);
		if (place !== undefined) {
			if (!this.isBase && (recovered !== 'full' || sequence !== place.position || epoch !== place.epoch)) {
				this.#complain(`came back at #${place.position} and is at #${sequence}, recovered: ${recovered}`);
			}
			this.named += Math.max(0, sequence - place.position);
		}
		this.#places.set(room, { epoch, position: sequence, acked: sequence });
	}

	#complain(text: string): void {
		if (this.#wrong.length < 3) {
			this.#wrong.push(`${this.#nick} ${text}`);
		}
	}
}

interface Frame {
	readonly type: string;
	readonly room?: string;
	readonly sequence: number;
	readonly epoch?: string;
	readonly recovered?: string;
	readonly from: number;
	readonly to: number;
}

export const stalledRun: Run<StalledOptions> = {
	name: 'stalled',
	defaults: { sockets: 200, seconds: 20, perSecond: 100, torrent: 6000 },
	run,
};

await command(stalledRun, import.meta);
