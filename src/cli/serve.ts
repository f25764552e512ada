/**
 * `natter --serve`: a broker without a screen. Says on standard output where it listens; logs JSON lines to standard
 * error; drains on SIGTERM and SIGINT.
 */
import { hostBroker } from './host.ts';
import { fingerprintOfKey, openIdentity } from './identity.ts';
import { createLog } from './log.ts';
import type { Settings } from './settings.ts';

/** Runs until a signal ends it, and resolves to the exit code. */
export async function serve({ broker: settings, config }: Extract<Settings, { command: 'serve' }>): Promise<number> {
	const asked = firstSignal();
	// A log that nobody reads any more, or whose disk is full, is no reason to stop.
	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', () => {});
	}
	const log = createLog({ write: (line) => process.stderr.write(line), now: Date.now });
	const host = await hostBroker(settings, { owner: fingerprintOfKey(openIdentity(config).key), log });
	const where = `natter is listening on ${host.url} and keeps messages in ${host.keptIn}`;
	process.stdout.write(`${where}\nits key is ${host.fingerprint}\n`);
	if (!isLoopback(settings.host)) {
		log('warn', 'open', { host: settings.host, text: 'anyone who can reach this address can join and read' });
	}
	log('info', 'listening', { url: host.url, store: settings.store, keptIn: host.keptIn });
	const signal = await asked;
	log('info', 'draining', { signal });
	// Everything that was acknowledged is on disk, so a second signal may end the process in the middle of this.
	for (const name of ['SIGTERM', 'SIGINT'] as const) {
		process.once(name, () => process.exit(0));
	}
	await host.close();
	log('info', 'stopped', {});
	return 0;
}

function firstSignal(): Promise<NodeJS.Signals> {
	return new Promise((done) => {
		const stop = (signal: NodeJS.Signals) => {
			process.off('SIGTERM', stop);
			process.off('SIGINT', stop);
			done(signal);
		};
		process.on('SIGTERM', stop);
		process.on('SIGINT', stop);
	});
}

function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
