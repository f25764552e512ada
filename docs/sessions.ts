/**
 * What happens in the real sessions that the documents show.
 */
import { type PtyScreen, runNatter, startBroker, startScreen, temporaryDirectory } from '../test/helpers/processes.ts';

/** Says lines in a room. */
export async function say(url: string, room: string, nick: string, lines: readonly string[]): Promise<void> {
	const send = runNatter(['send', room, '--url', url, '--nick', nick]);
	send.child.stdin.end(`${lines.join('\n')}\n`);
	if ((await send.ended) !== 0) {
		throw new Error(send.output.stderr);
	}
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
