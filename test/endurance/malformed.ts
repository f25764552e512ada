/**
 * Garbage cannot hurt the broker: malformed frames, broken framing and broken upgrades by the ten thousand, while
 * bystanders chat on and notice nothing.
 */
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { clientSchemas } from '../../src/protocol/frames.ts';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { malformedOf } from '../helpers/frame-arbitrary.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { BrokerProcess } from './broker-process.ts';
import { startBystanders } from './bystander.ts';
import { Chance } from './chance.ts';
import { command, mebibytes, type Options, type Report, type Run } from './report.ts';
import { brokenUpgrade, dialBytes, frameBytes, framingAttack, over, upgradeRequest } from './wire-bytes.ts';

export interface MalformedOptions extends Options {
	/** Malformed frames, a tenth of them broken in their framing. */
	readonly frames: number;
	readonly upgrades: number;
}

/**
 * What the broker may hold beyond what it held before. Garbage is short-lived, and a heap that is let grow stays so: the
 * figure is the same after six times as many frames.
 */
const maxGrowthBytes = 256 * 2 ** 20;
/** Connections that attack at once. */
const attackers = 16;
/** The broker ends a connection with the eleventh that it has to refuse. Some are frames still. */
const framesPerConnection = 12;
/** A connection that is not closed by the broker is closed by us. */
const patienceMs = 500;
/** How long the frames of one connection may take to be handled, in ms. */
const handlingMs = 20_000;

export async function run({ seed, frames, upgrades }: MalformedOptions): Promise<Report> {
	const broker = await BrokerProcess.make(['--data', temporaryDirectory()]);
	await broker.start();
	const bystanders = await startBystanders(broker.url, { room: 'general' });
	const chance = new Chance(seed);
	const answers = new Answers();
	await attack(10, Math.ceil(frames / 100), () => sendTexts(broker.port, chance, answers));
	const residentBefore = broker.residentBytes;
	const began = performance.now();

	answers.errors = 0;
	const sent = { texts: 0, framing: 0, upgrades: 0 };
	await attack(attackers, frames * 0.9, async () => {
		const count = await sendTexts(broker.port, chance, answers);
		sent.texts += count;
		return count;
	});
	const residentHalfway = broker.residentBytes;
	await attack(attackers, frames * 0.1, async () => {
		const count = await sendFraming(broker.port, chance, answers);
		sent.framing += count;
		return count;
	});
	await attack(attackers, upgrades, async () => {
		await sendUpgrade(broker.port, chance, answers);
		sent.upgrades += 1;
		return 1;
	});

	const seconds = (performance.now() - began) / 1000;
	const violations: string[] = [];
	if (!broker.isAlive) {
		violations.push(`the broker ended:\n${broker.log.slice(-2000)}`);
		return { promise, figures: [], violations };
	}
	const { said, violations: seen } = await bystanders();
	violations.push(...seen);
	const residentAfter = broker.residentBytes;
	const grown = residentAfter - residentBefore;
	if (grown > maxGrowthBytes) {
		violations.push(`the broker holds ${mebibytes(grown)} more than before`);
	}
	if (answers.errors < sent.texts / 2 || answers.refusals < sent.upgrades / 10) {
		violations.push('most of it was never read, so too little was tried');
	}
	const health = await broker.health();
	if (health.status !== 'ok') {
		violations.push(`the broker says it is ${health.status}`);
	}
	await broker.stop();
	violations.push(...broker.complaints.map((line) => `the broker logged ${line}`));
	return {
		promise,
		figures: [
			['malformed frames', String(sent.texts)],
			['frames of broken framing', String(sent.framing)],
			['broken upgrades', String(sent.upgrades)],
			['answered with an error, a refusal', `${answers.errors}, ${answers.refusals}`],
			['frames and upgrades per second', ((sent.texts + sent.framing + sent.upgrades) / seconds).toFixed(0)],
			['lines of the bystanders', String(said)],
			['memory before, during, after', [residentBefore, residentHalfway, residentAfter].map(mebibytes).join(', ')],
			['connections left', String(health.connections)],
		],
		violations,
	};
}

const promise = 'garbage hurts neither the broker nor a bystander';

/** Lets so many attack by turns until this many frames are out. */
async function attack(width: number, total: number, wave: () => Promise<number>): Promise<void> {
	let left = total;
	await Promise.all(
		Array.from({ length: width }, async () => {
			while (left > 0) {
				const sent = await wave();
				left -= sent;
			}
		}),
	);
}

const rooms = fc.constantFrom('general', 'eden', 'eden', '__proto__', '@ada', 'ada', '\ud800', 'x'.repeat(129));
const malformed = malformedOf(clientSchemas, {
	room: rooms,
	userId: fc.constantFrom('eve', 'eve', 'ada'),
	sender: fc.constantFrom('eve', 'eve', 'ada'),
	ref: fc.constantFrom('1', '2', 'x'.repeat(65)),
});

/** One connection that behaves for a while, or not at all, and then sends malformed text. */
async function sendTexts(port: number, chance: Chance, answers: Answers): Promise<number> {
	const protocol = chance.pick(['natter.v1', 'natter.v1', undefined]);
	const socket = answers.countOn(await opened(port, protocol));
	const isPolite = chance.below(4) > 0;
	// Whoever does not begin v1 with a hello is sent away at once.
	const count = isPolite || protocol === undefined ? framesPerConnection : 1;
	const texts = fc.sample(malformed, { seed: chance.below(2 ** 31), numRuns: count });
	if (isPolite) {
		texts.unshift(
			...(protocol === undefined ? [] : ['{"type":"hello","v":1,"user":"eve"}']),
			'{"type":"subscribe","room":"eden","userId":"eve"}',
		);
	}
	for (const text of texts) {
		socket.write(frameBytes({ payload: text, masked: true }));
	}
	// Frames wait for those before them, and are dropped when their connection ends: it does so when all were handled.
	socket.write(frameBytes({ payload: '{"type":"subscribe","room":"the end","userId":"eve"}', masked: true }));
	await seen(socket, /"room":"the end"|\u00e8bye|too many bad frames|hello required|unsupported version/u);
	socket.write(frameBytes({ opcode: 8, payload: Buffer.from([3, 232]), masked: true }));
	await over(socket, patienceMs);
	return count;
}

/** Resolves when this has come (a byte is a character), or the connection is over, or after a while. */
async function seen(socket: Socket, pattern: RegExp): Promise<void> {
	await new Promise<void>((resolve) => {
		let text = '';
		const timer = setTimeout(resolve, handlingMs);
		const end = () => {
			clearTimeout(timer);
			resolve();
		};
		socket.once('close', end);
		socket.on('data', (data) => {
			text = text.slice(-100) + data.toString('latin1');
			if (pattern.test(text)) {
				end();
			}
		});
	});
}

async function sendFraming(port: number, chance: Chance, answers: Answers): Promise<number> {
	const protocol = chance.pick(['natter.v1', undefined]);
	const socket = answers.countOn(await opened(port, protocol));
	if (protocol !== undefined) {
		socket.write(frameBytes({ payload: '{"type":"hello","v":1,"user":"eve"}', masked: true }));
	}
	const frames = framingAttack(chance, { masked: true, limit: defaultLimits.frameBytes });
	for (const frame of frames) {
		socket.write(frame);
	}
	// Half of them go without a word; the others leave it to the broker to end what cannot be repaired.
	if (chance.below(2) === 0) {
		socket.end();
	} else {
		socket.write(frameBytes({ opcode: 8, masked: true }));
	}
	await over(socket, patienceMs);
	return frames.length;
}

async function sendUpgrade(port: number, chance: Chance, answers: Answers): Promise<void> {
	const socket = answers.countOn(await dialBytes(port));
	const bytes = brokenUpgrade(chance, port);
	const cut = chance.below(bytes.length + 1);
	socket.write(bytes.slice(0, cut));
	socket.write(bytes.slice(cut));
	if (chance.below(3) === 0) {
		socket.end();
	}
	await over(socket, chance.pick([5, 20, 50]));
}

/** What the broker answered to all of it: that it did shows that garbage was read, and not only sent. */
class Answers {
	/** `error` frames. */
	errors = 0;
	/** Requests that were refused by their status. */
	refusals = 0;

	countOn(socket: Socket): Socket {
		return socket.on('data', (data) => {
			const text = data.toString('latin1');
			this.errors += text.split('"type":"error"').length - 1;
			this.refusals += text.split(/^HTTP\/1\.1 [45]/mu).length - 1;
		});
	}
}

/** A connection that was upgraded: what is written now is read as frames. */
async function opened(port: number, protocol: string | undefined): Promise<Socket> {
	const socket = await dialBytes(port);
	socket.write(upgradeRequest(port, { subprotocol: protocol }));
	return socket;
}

export const malformedRun: Run<MalformedOptions> = {
	name: 'malformed',
	defaults: { frames: 100_000, upgrades: 5000 },
	run,
};

await command(malformedRun, import.meta);
