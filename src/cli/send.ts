/**
 * `natter send ROOM [TEXT]`: says a text, or each line of standard input. Exit code 0 means that the broker has numbered
 * and kept every one of them.
 */
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Client } from '../client/client.ts';
import { connect } from '../client/connect.ts';
import type { Tags } from '../protocol/frames.ts';
import { dialToken, withToken } from './access-token.ts';
import { Failure } from './failure.ts';
import { openIdentity } from './identity.ts';
import { linkWithin, patienceMs, sayOtherNick } from './link.ts';
import type { Settings } from './settings.ts';

/** Lines under way at once; more are read from standard input only when some of them are numbered. */
const maxUnderWay = 256;

/** Resolves to the exit code when every line was numbered or refused. */
export async function send(settings: Extract<Settings, { command: 'send' }>): Promise<number> {
	const token = settings.token && dialToken(settings.token);
	const identity = openIdentity(settings.config);
	const client = connect(withToken(settings.url, token), { nick: settings.nick, inbox: false, bot: true, ...identity });
	if (settings.isNickGiven === true) {
		sayOtherNick(client, settings.nick);
	}
	const result: Result = { numbered: 0, refused: [], taken: 0, isWhole: false };
	const input = settings.text === undefined ? createInterface({ input: standardInput() }) : undefined;
	const giveUp = (cause: string) => {
		result.broken ??= cause;
		// Who writes the lines may be silent for hours: the end must not wait for the next one.
		input?.close();
		process.stdin.destroy();
		void client.close();
	};
	let exitCode = 1;
	const onSignal = (signal: NodeJS.Signals) => {
		exitCode = 128 + constants.signals[signal];
		giveUp(`ended by ${signal}`);
	};
	process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
	const stops = [linkWithin(client, giveUp), keptWithin(client, giveUp)];
	try {
		await sendAll(client, settings, input ?? [settings.text ?? ''], result);
	} finally {
		for (const stop of stops) {
			stop();
		}
		await client.close();
	}
	const failure = failureText(result);
	if (failure !== undefined) {
		throw new Failure(failure, exitCode);
	}
	return 0;
}

/** Why not every line was numbered, and which, on one line; `undefined` when every line was. */
export function failureText({ numbered, refused, taken, isWhole, broken }: Result): string | undefined {
	const reason = broken ?? refused[0];
	const rest = isWhole ? '' : taken === 0 ? ', nothing read' : `, nothing read after line ${taken}`;
	return reason === undefined ? undefined : `${refused.length} not numbered, ${numbered} numbered${rest}: ${reason}`;
}

function standardInput(): NodeJS.ReadStream {
	// An error ends the loop over its lines too, and is told there.
	return process.stdin.on('error', () => {});
}

/**
 * Calls `giveUp` with the cause, once, when the broker could keep nothing of what is sent for ten seconds; at their
 * beginning it says so on standard error. Returns the function that ends the watch.
 */
export function keptWithin(client: Pick<Client, 'on'>, giveUp: (cause: string) => void): () => void {
	const cause = 'the broker cannot keep messages now';
	let timer: NodeJS.Timeout | undefined;
	client.on('notice', ({ code }) => {
		if (code === 'unavailable' && timer === undefined) {
			process.stderr.write(`natter: ${cause}; trying for ${patienceMs / 1000} s\n`);
			timer = setTimeout(() => giveUp(cause), patienceMs);
		}
	});
	const stop = () => {
		clearTimeout(timer);
		timer = undefined;
	};
	client.on('published', stop);
	return stop;
}

export interface Result {
	numbered: number;
	/** Why lines were not numbered, one entry each. */
	readonly refused: string[];
	/** Lines that were read, also those with nothing in them. */
	taken: number;
	/** They were all that there are. */
	isWhole: boolean;
	/** Why there is no link, or nothing more to be read. */
	broken?: string;
}

/** Says every line, and resolves when what became of each is in the result. */
export async function sendAll(
	client: Pick<Client, 'publish'>,
	{ room, tags }: { readonly room: string; readonly tags?: Tags },
	lines: Iterable<string> | AsyncIterable<string>,
	result: Result,
): Promise<void> {
	const underWay = new Set<Promise<void>>();
	const sendOne = (line: string) => {
		const one = client
			.publish(room, line, tags === undefined ? {} : { tags })
			.then(
				() => {
					result.numbered += 1;
				},
				(error: unknown) => {
					result.refused.push(messageOf(error));
				},
			)
			.finally(() => underWay.delete(one));
		underWay.add(one);
	};
	try {
		for await (const line of lines) {
			if (result.broken !== undefined) {
				break;
			}
			result.taken += 1;
			if (line.trim() !== '') {
				sendOne(line);
			}
			if (underWay.size >= maxUnderWay) {
				await Promise.race(underWay);
			}
		}
		result.isWhole = result.broken === undefined;
	} catch (error) {
		result.broken = `cannot read standard input: ${messageOf(error)}`;
	}
	await Promise.all(underWay);
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
