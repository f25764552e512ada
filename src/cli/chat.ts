/**
 * `natter`: the full-screen chat. Without an address it joins the broker on this computer, and hosts it in this process
 * when nothing listens there.
 */
import { connect as dial } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect } from '../client/connect.ts';
import { defaultPort } from '../protocol/limits.ts';
import type { Hosting } from '../tui/model.ts';
import { Failure } from './failure.ts';
import type { Host } from './host.ts';
import type { BrokerSettings, Settings } from './settings.ts';

/** Runs until the person quits, and resolves to the exit code. */
export async function chat(settings: Extract<Settings, { command: 'chat' }>): Promise<number> {
	if (!process.stdin.isTTY || !process.stdout.isTTY) {
		throw new Failure('The chat needs a terminal; natter send and natter tail work in pipes', 2);
	}
	const host = settings.url === undefined ? await hostUnlessThere(settings.broker) : undefined;
	const url = settings.url ?? host?.url ?? `ws://${settings.broker.host}:${settings.broker.port}`;
	const { runScreen } = await import('../tui/main.tsx');
	const client = connect(url.includes('#') ? url : `${url}#general`, { nick: settings.nick });
	try {
		return await runScreen({ client, ...(host !== undefined && { host: describe(host, settings.broker) }) });
	} finally {
		await client.close();
		await host?.close();
	}
}

async function hostUnlessThere(settings: BrokerSettings): Promise<Host | undefined> {
	if (await someoneListens(settings)) {
		return undefined;
	}
	const { hostBroker, PortTaken } = await import('./host.ts');
	try {
		return await hostBroker(settings);
	} catch (error) {
		// Another natter was quicker: then there is a broker to join, which is all that is wanted.
		if (error instanceof PortTaken) {
			return undefined;
		}
		throw error;
	}
}

function someoneListens({ host, port }: BrokerSettings): Promise<boolean> {
	if (port === 0) {
		return Promise.resolve(false);
	}
	return new Promise((answer) => {
		const socket = dial({ host: reachable(host), port });
		socket.setTimeout(1000, () => socket.destroy(new Error('timeout')));
		socket.once('connect', () => {
			socket.destroy();
			answer(true);
		});
		socket.once('error', () => answer(false));
	});
}

function describe(host: Host, settings: BrokerSettings): Hosting {
	const shared = reachable(settings.host) !== settings.host;
	const address = shared ? `ws://${ownAddress()}:${host.port}` : undefined;
	// Within a clone there is no package to run, but the script that started this.
	const command = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'npx natter';
	const port = host.port === defaultPort ? '' : ` --port ${host.port}`;
	return {
		url: host.url,
		joinLine: `${command}${port} --nick NAME`,
		shareLine:
			address === undefined
				? 'quit and start with --host 0.0.0.0; then anyone who can reach this computer can join'
				: `npx natter ${address}`,
		keptIn: host.keptIn,
	};
}

/** An address under which a broker that listens on `host` is reached from this computer. */
function reachable(host: string): string {
	return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}

function ownAddress(): string {
	const outward = Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.find(({ internal, family }) => !internal && family === 'IPv4');
	return outward?.address ?? '127.0.0.1';
}
