/**
 * What happens in the real sessions that the documents show.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Client } from '../src/client/client.ts';
import { connect } from '../src/client/connect.ts';
import { type PtyScreen, startBroker, startScreen, temporaryDirectory } from '../test/helpers/processes.ts';

const keys = new Map<string, KeyObject>();

/** Somebody with a key of their own, who is in these rooms until they are closed. */
export function person(url: string, nick: string, rooms: readonly string[] = []): Client {
	const key = keys.get(nick) ?? generateKeyPairSync('ed25519').privateKey;
	keys.set(nick, key);
	return connect(url, { nick, key, rooms: [...rooms] });
}

/** Somebody says lines in a room that they are not in. */
export async function say(url: string, room: string, nick: string, lines: readonly string[]): Promise<void> {
	const client = person(url, nick);
	for (const line of lines) {
		await client.publish(room, line);
	}
	await client.close();
}

/**
 * A screen whose broker is killed and comes back when others have said something. `whileGone` is called when a line waits.
 * Resolves when all that was missed is on the screen.
 */
export async function loseBroker(
	size: { readonly columns: number; readonly rows: number },
	whileGone: (screen: PtyScreen) => void = () => undefined,
): Promise<PtyScreen> {
	const data = temporaryDirectory();
	const first = await startBroker(['--data', data]);
	const screen = startScreen([first.url, '--nick', 'sam'], size);
	await screen.shows(/live/u);
	screen.type('promoting now\r');
	await screen.shows(/promoting now +✓/u);
	first.kill('SIGKILL');
	await first.ended;
	await screen.shows(/offline/u);
	screen.type('is anybody there?\r');
	await screen.shows(/anybody there\? +~[\s\S]*1 unsent/u);
	whileGone(screen);
	// On another port nobody hears of it but the store.
	const elsewhere = await startBroker(['--data', data]);
	await say(elsewhere.url, 'general', 'maya', ['error rate is up', 'rolling back', 'it was the cache']);
	elsewhere.kill('SIGTERM');
	await elsewhere.ended;
	await startBroker(['--data', data, '--port', String(first.port)]);
	screen.type('\r');
	await screen.shows(/anybody there\? .*✓/u);
	return screen;
}
