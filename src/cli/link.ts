import type { Client, LinkStatus } from '../client/client.ts';

/** How long a command in a pipe goes without a link before it gives up, in ms. */
const patienceMs = 10_000;

/**
 * Calls `giveUp` with the cause, once, when the client has had no link for ten seconds or the broker does not want it
 * back. Returns the function that ends the watch.
 */
export function linkWithin(client: Client, giveUp: (cause: string) => void): () => void {
	let timer: NodeJS.Timeout | undefined;
	let cause = `${client.url} does not answer`;
	const stop = () => {
		clearTimeout(timer);
		client.off('status', look);
	};
	const end = () => {
		stop();
		giveUp(cause);
	};
	function look(status: LinkStatus): void {
		if (status.state === 'waiting' || status.state === 'closed') {
			cause = status.cause === undefined ? cause : `${client.url}: ${status.cause.text}`;
		}
		if (status.state === 'closed') {
			if (status.cause === undefined) {
				stop();
			} else {
				end();
			}
		} else if (status.state === 'online') {
			clearTimeout(timer);
			timer = undefined;
		} else {
			timer ??= setTimeout(end, patienceMs);
		}
	}
	client.on('status', look);
	look(client.status);
	return stop;
}
