/**
 * `natter send ROOM [TEXT]`: says a text, or each line of standard input. Exit code 0 means that the broker has numbered
 * and kept every one of them.
 */
import { createInterface } from 'node:readline';
import type { Client } from '../client/client.ts';
import { connect } from '../client/connect.ts';
import { NatterError } from '../client/errors.ts';
import { Failure } from './failure.ts';
import { linkWithin } from './link.ts';
import type { Settings } from './settings.ts';

/** Lines under way at once; more are read from standard input only when some of them are numbered. */
const maxUnderWay = 256;

/** Resolves to the exit code when every line was numbered or refused. */
export async function send(settings: Extract<Settings, { command: 'send' }>): Promise<number> {
	const client = connect(settings.url, { nick: settings.nick });
	const result: Result = { numbered: 0, refused: [] };
	const input = settings.text === undefined ? createInterface({ input: process.stdin }) : undefined;
	sayWhenRefusing(client);
	const stopWatching = linkWithin(client, (cause) => {
		result.broken = cause;
		// Who writes the lines may be silent for hours: the end must not wait for the next one.
		input?.close();
		process.stdin.destroy();
		void client.close();
	});
	try {
		await sendAll(client, settings.room, input ?? [settings.text ?? ''], result);
	} finally {
		stopWatching();
		await client.close();
	}
	const { numbered, refused, broken } = result;
	if (refused.length > 0 || broken !== undefined) {
		const reason = broken ?? refused[0];
		throw new Failure(`${refused.length} not numbered, ${numbered} numbered: ${reason}`, 1);
	}
	return 0;
}

/** Says once that what is sent waits for a broker that cannot keep it now. */
function sayWhenRefusing(client: Client): void {
	let hasSaid = false;
	client.on('notice', ({ code }) => {
		if (code === 'unavailable' && !hasSaid) {
			hasSaid = true;
			process.stderr.write('natter: the broker cannot keep messages now; trying on\n');
		}
	});
}

interface Result {
	numbered: number;
	/** Why lines were not numbered, one entry each. */
	readonly refused: string[];
	/** Why there is no link. */
	broken?: string;
}

async function sendAll(
	client: Client,
	room: string,
	lines: Iterable<string> | AsyncIterable<string>,
	result: Result,
): Promise<void> {
	const underWay = new Set<Promise<void>>();
	for await (const line of lines) {
		if (result.broken !== undefined) {
			break;
		}
		if (line.trim() === '') {
			continue;
		}
		const one = client
			.publish(room, line)
			.then(
				() => {
					result.numbered += 1;
				},
				(error: unknown) => {
					result.refused.push(error instanceof NatterError ? error.message : String(error));
				},
			)
			.finally(() => underWay.delete(one));
		underWay.add(one);
		if (underWay.size >= maxUnderWay) {
			await Promise.race(underWay);
		}
	}
	await Promise.all(underWay);
}
