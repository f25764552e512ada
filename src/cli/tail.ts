/**
 * `natter tail ROOM`: prints what is said in a room, in order, each message once, as long as it runs. Coming back after a
 * lost link it goes on where it was. What is lost is named on standard error.
 */
import { connect } from '../client/connect.ts';
import type { Message } from '../protocol/frames.ts';
import { Failure } from './failure.ts';
import { linkWithin } from './link.ts';
import type { Settings } from './settings.ts';

/** Messages from before the start that are printed when no number is given. */
const shownAtStart = 10;

/** Resolves to the exit code when the pipe or the person ends it. */
export async function tail(settings: Extract<Settings, { command: 'tail' }>): Promise<number> {
	const client = connect(settings.url, { nick: settings.nick });
	const { room } = settings;
	let broken: string | undefined;
	const stopWatching = linkWithin(client, (cause) => {
		broken = cause;
		void client.close();
	});
	const end = () => void client.close();
	process.once('SIGINT', end).once('SIGTERM', end);
	// `natter tail general | head -3` ends the pipe; that is how it is meant to end.
	process.stdout.on('error', end);
	client.on('items', (_, items) => {
		for (const item of items) {
			if (item.kind === 'lost') {
				process.stderr.write(`natter: #${item.from}-#${item.to} of ${room} are lost: ${item.reason}\n`);
			}
		}
	});
	const messages = client.messages[Symbol.asyncIterator]();
	const joined = client.join(
		room,
		settings.since === undefined ? { history: shownAtStart } : { after: settings.since },
	);
	try {
		await joined.catch((error: unknown) => {
			broken ??= client.status.state === 'closed' ? undefined : String(error instanceof Error ? error.message : error);
			return client.close();
		});
		for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
			const line = settings.json ? jsonLine(next.value) : plainLine(next.value);
			if (!process.stdout.write(line)) {
				await drainedOrGone();
			}
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
	return new Promise((done) => {
		if (stdout.destroyed) {
			done();
		}
		stdout.once('drain', done).once('close', done);
	});
}

function jsonLine({ room, sequence, sender, content, timestamp, ...rest }: Message): string {
	return `${JSON.stringify({ room, sequence, sender, content, timestamp, ...rest })}\n`;
}

function plainLine({ sequence, sender, content, timestamp }: Message): string {
	const time = new Date(timestamp).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
	const [first, ...more] = content.split('\n');
	return [`${time} #${sequence} ${sender}: ${first}`, ...more.map((line) => `    ${line}`)].join('\n').concat('\n');
}
