/**
 * `natter --serve`: a broker without a screen. Says on standard output where it listens; logs JSON lines to standard
 * error; drains on SIGTERM and SIGINT.
 */
import { hostBroker } from './host.ts';
import type { Settings } from './settings.ts';

/** Runs until a signal ends it, and resolves to the exit code. */
export async function serve({ broker: settings }: Extract<Settings, { command: 'serve' }>): Promise<number> {
	const asked = firstSignal();
	const host = await hostBroker(settings, withoutRepeats(logLine));
	process.stdout.write(`natter is listening on ${host.url} and keeps messages in ${host.keptIn}\n`);
	if (!isLoopback(settings.host)) {
		logLine('warn', 'open', { host: settings.host, text: 'anyone who can reach this address can join and read' });
	}
	logLine('info', 'listening', { url: host.url, store: settings.store, keptIn: host.keptIn });
	const signal = await asked;
	logLine('info', 'draining', { signal });
	// Everything that was acknowledged is on disk, so a second signal may end the process in the middle of this.
	for (const name of ['SIGTERM', 'SIGINT'] as const) {
		process.once(name, () => process.exit(0));
	}
	await host.close();
	logLine('info', 'stopped', {});
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

type Log = typeof logLine;

/** A store that refuses is told once, however often somebody tries, and again only after it has said something else. */
function withoutRepeats(log: Log): Log {
	let last = '';
	return (level, event, fields) => {
		if (event === 'engine') {
			const text = JSON.stringify(fields);
			if (text === last) {
				return;
			}
			last = text;
		} else if (event === 'store') {
			last = '';
		}
		log(level, event, fields);
	};
}

function logLine(level: string, event: string, fields: Readonly<Record<string, unknown>>): void {
	process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
}

function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
