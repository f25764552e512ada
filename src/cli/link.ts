import type { Client, LinkStatus } from '../client/client.ts';
import { distrustText } from './identity.ts';

/** How long a command in a pipe goes without a link before it says so, in ms. */
const silenceMs = 1000;

/** How long it waits for the broker before it gives up, in ms. */
export const patienceMs = 10_000;

/**
 * Calls `giveUp` with the cause, once, when the client has had no link for ten seconds or the broker does not want it
 * back; after the first of them it says on standard error what the matter is. Returns the function that ends the watch.
 */
export function linkWithin(client: Client, giveUp: (cause: string) => void): () => void {
	let timer: NodeJS.Timeout | undefined;
	let complaint: NodeJS.Timeout | undefined;
	let cause = `${client.url} does not answer`;
	const stop = () => {
		clearTimeout(timer);
		clearTimeout(complaint);
		client.off('status', look);
	};
	const end = () => {
		stop();
		giveUp(cause);
	};
	const complain = () => {
		process.stderr.write(`natter: ${cause}; trying for ${patienceMs / 1000} s\n`);
	};
	function look(status: LinkStatus): void {
		if (status.state === 'waiting' || status.state === 'closed') {
			cause =
				distrustText(status, client.url) ??
				(status.cause === undefined ? cause : `${client.url}: ${status.cause.text}`);
		}
		if (status.state === 'closed') {
			if (status.cause === undefined) {
				stop();
			} else {
				end();
			}
		} else if (status.state === 'online') {
			clearTimeout(timer);
			clearTimeout(complaint);
			timer = undefined;
			complaint = undefined;
		} else {
			timer ??= setTimeout(end, patienceMs);
			complaint ??= setTimeout(complain, silenceMs);
		}
	}
	client.on('status', look);
	look(client.status);
	return stop;
}

/** Says on standard error, once, when the broker calls this person otherwise than `wanted`. */
export function sayOtherNick(client: Client, wanted: string): void {
	const look = ({ state }: LinkStatus) => {
		if (state === 'online') {
			client.off('status', look);
			if (client.nick !== wanted) {
				process.stderr.write(`natter: ${wanted} is not to be had here, so you are ${client.nick}\n`);
			}
		}
	};
	client.on('status', look);
	look(client.status);
}
