/**
 * `natter --serve`: a broker without a screen. Says on standard output where it listens and how others join; logs JSON
 * lines to standard error; reads its certificate again on SIGHUP; drains on SIGTERM and SIGINT.
 */
import { fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { joinLine } from '../client/join-line.ts';
import { tokenPath, withToken } from './access-token.ts';
import { Failure } from './failure.ts';
import { type Host, hostBroker } from './host.ts';
import { fingerprintOfKey, openIdentity } from './identity.ts';
import { createLog, type Log } from './log.ts';
import type { BrokerSettings, Settings } from './settings.ts';
import { boundYoungGeneration } from './young-generation.ts';

/** Runs until a signal ends it, and resolves to the exit code. */
export async function serve({ broker: settings, config }: Extract<Settings, { command: 'serve' }>): Promise<number> {
	const asked = firstSignal();
	// A log that nobody reads any more, or whose disk is full, is no reason to stop.
	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', () => {});
	}
	boundYoungGeneration();
	const log = createLog({ write: (line) => process.stderr.write(line), now: Date.now });
	const host = await hostBroker(settings, { owner: fingerprintOfKey(openIdentity(config).key), log });
	const where = `natter is listening on ${host.url} and keeps messages in ${host.keptIn}`;
	process.stdout.write(`${where}\nits key is ${host.fingerprint}\n`);
	process.stdout.write(joinText(host, settings, { isTerminal: process.stdout.isTTY, isJournal: isJournal() }));
	if (settings.isWide && host.token === undefined) {
		log('warn', 'open', { host: settings.host, text: 'anyone who can reach this address can join and read (--open)' });
	}
	renewOnHangUp(host, settings, log);
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

/**
 * How others join. A token that natter made is said, for nobody knows it yet, save in the journal of systemd, which others
 * read; one that was given is said on a terminal alone. Elsewhere it is said where the token is.
 */
export function joinText(
	{ url, joinAddresses, token }: Pick<Host, 'url' | 'joinAddresses' | 'token'>,
	{ token: source, proxies }: Pick<BrokerSettings, 'token' | 'proxies'>,
	{ isTerminal, isJournal }: { readonly isTerminal: boolean; readonly isJournal: boolean },
): string {
	// Nobody has to be told how to come to this computer alone, unless a token is asked for there.
	const known = joinAddresses.length > 0 || token === undefined ? joinAddresses : [proxies > 0 ? nameless : url];
	const isSaid = isTerminal || (source?.kind === 'kept' && !isJournal);
	const [best, ...others] = known.map((address) =>
		joinLine(withToken(address, token === undefined || isSaid ? token : 'TOKEN'), 'general'),
	);
	if (best === undefined) {
		return '';
	}
	const host =
		known[0] === nameless ? ['where HOST is the name of the proxy; --allow-host NAME makes it known here'] : [];
	const where = token === undefined || isSaid || source === undefined ? [] : [`where TOKEN is ${placeOf(source)}`];
	const also = others.length === 0 ? [] : ['or with:', ...others];
	const who = known[0] === url ? 'On this computer, others join with:' : 'Others join with:';
	return [who, best, ...host, ...where, ...also, ''].join('\n');
}

/** Behind a proxy, when nobody has said what that is called. */
const nameless = 'wss://HOST';

/** systemd says which stream leads to its journal. */
function isJournal(): boolean {
	const journal = process.env['JOURNAL_STREAM'];
	if (journal === undefined) {
		return false;
	}
	const { dev, ino } = fstatSync(process.stdout.fd);
	return journal === `${dev}:${ino}`;
}

function placeOf(source: NonNullable<BrokerSettings['token']>): string {
	switch (source.kind) {
		case 'text':
			return 'the token that natter was given';
		case 'file':
			return `in ${resolve(source.path)}`;
		case 'kept':
			return `in ${resolve(tokenPath(source.directory))}`;
	}
}

/** Whoever renews certificates sends SIGHUP afterwards. On Windows that signal is the end of the window. */
function renewOnHangUp(host: Host, { tls }: BrokerSettings, log: Log): void {
	if (tls === undefined || process.platform === 'win32') {
		return;
	}
	process.on('SIGHUP', () => {
		try {
			host.renewTls();
			log('info', 'certificate', { text: 'new connections get the certificate that is there now' });
		} catch (error) {
			if (!(error instanceof Failure)) {
				throw error;
			}
			log('error', 'certificate', { text: error.message, kept: 'the old certificate' });
		}
	});
}
