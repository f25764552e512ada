/**
 * `natter tail ROOM`: prints what is said in a room, in order, each message once, as long as it runs. Coming back after a
 * lost link it goes on where it was. What is lost is named on standard error. With a filter it prints what matches.
 */
import type { Client, LinkStatus } from '../client/client.ts';
import { connect } from '../client/connect.ts';
import { NatterError } from '../client/errors.ts';
import type { Message } from '../protocol/frames.ts';
import { isInbox } from '../protocol/names.ts';
import { dialToken, withToken } from './access-token.ts';
import { Backlog, printComing } from './coming-messages.ts';
import { Failure } from './failure.ts';
import { openIdentity } from './identity.ts';
import { lostText, type Printing, printKept } from './kept-messages.ts';
import { linkWithin, sayOtherNick } from './link.ts';
import { plainLine } from './plain-line.ts';
import type { Settings } from './settings.ts';

/** Resolves to the exit code when the pipe or the person ends it. */
export async function tail(settings: Extract<Settings, { command: 'tail' }>): Promise<number> {
	const token = settings.token && dialToken(settings.token);
	const identity = openIdentity(settings.config);
	const client = connect(withToken(settings.url, token), { nick: settings.nick, inbox: false, bot: true, ...identity });
	if (settings.isNickGiven === true) {
		sayOtherNick(client, settings.nick);
	}
	const { filter } = settings;
	let { room } = settings;
	let broken: string | undefined;
	const backlog = new Backlog();
	const end = () => void client.close().then(() => backlog.end());
	const stopWatching = linkWithin(client, (cause) => {
		broken = cause;
		end();
	});
	process.once('SIGINT', end).once('SIGTERM', end);
	process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
		// `natter tail general | head -3` ends the pipe; that is how it is meant to end.
		if (code !== 'EPIPE') {
			broken ??= `cannot print: ${message}`;
		}
		end();
	});
	client.on('items', (_, items) => backlog.push(items));
	const printing: Printing = {
		print: async (messages) => {
			for (const message of messages) {
				if (!process.stdout.write(settings.json ? jsonLine(message) : plainLine(message))) {
					await drainedOrGone();
				}
			}
		},
		complain: (lost) => void process.stderr.write(`natter: ${lostText(room, lost)}\n`),
	};
	try {
		room = await nameOf(client, settings.room);
		const last = await printKept(client, { ...settings, room }, printing);
		await client.join(room, { after: last, ...(filter !== undefined && { filter }) });
		await printComing(backlog, last, {
			...printing,
			restart: (after) => void process.stderr.write(`natter: the numbers of ${room} start over after #${after}\n`),
			readOn: (after) => printKept(client, { ...settings, since: after }, printing),
		});
	} catch (error) {
		if (!(error instanceof NatterError)) {
			throw error;
		}
		if (error.code !== 'closed') {
			broken ??= `${client.url}: ${error.message}`;
		}
	} finally {
		stopWatching();
		await client.close();
	}
	if (broken !== undefined) {
		throw new Failure(broken, 1);
	}
	return 0;
}

function drainedOrGone(): Promise<void> {
	const { stdout } = process;
	return new Promise((resolve) => {
		const done = () => {
			stdout.off('drain', done).off('close', done).off('error', done);
			resolve();
		};
		if (stdout.destroyed) {
			resolve();
		} else {
			// A file that is full tells an error and is not closed.
			stdout.on('drain', done).on('close', done).on('error', done);
		}
	});
}

/** Which number came before is for the order, and what is read from the log does not have it. */
function jsonLine({ room, sequence, sender, content, timestamp, prev: _, ...rest }: Message): string {
	return `${JSON.stringify({ room, sequence, sender, content, timestamp, ...rest })}\n`;
}

/** What the broker calls the room: one's own inbox is `@`, or `@` and the nick that one has, whatever its name is. */
async function nameOf(client: Client, room: string): Promise<string> {
	if (!isInbox(room)) {
		return room;
	}
	await online(client);
	const { user } = client;
	const isOwn = room === '@' || room === `@${client.nick}`;
	if (room === '@' && user?.inbox === undefined) {
		throw new NatterError('forbidden', 'This broker gives you no inbox');
	}
	return isOwn ? (user?.inbox ?? room) : room;
}

/** Resolves when there is a link; who gives up waiting closes the client, and then there is an answer to nothing. */
function online(client: Client): Promise<void> {
	return new Promise((resolve, reject) => {
		const look = ({ state }: LinkStatus) => {
			if (state === 'online') {
				resolve();
			} else if (state === 'closed') {
				reject(new NatterError('closed', 'The client was closed'));
			}
		};
		client.on('status', look);
		look(client.status);
	});
}
