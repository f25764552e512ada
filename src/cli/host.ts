/**
 * A broker with its store, in this process.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Broker, createBroker } from '../broker/broker.ts';
import type { BrokerOptions } from '../broker/options.ts';
import { checkTls, type TlsOptions } from '../broker/tls.ts';
import { type Engine, EngineError } from '../engines/engine.ts';
import { hostingToken } from './access-token.ts';
import { Failure } from './failure.ts';
import { joinAddresses } from './join-addresses.ts';
import { loadKey } from './key-file.ts';
import { ownAddresses } from './own-addresses.ts';
import type { BrokerSettings } from './settings.ts';

/** A running broker. */
export interface Host {
	/** The address to connect to from this computer. */
	readonly url: string;
	readonly port: number;
	/** Of the broker's key: by it people can tell that they are there. */
	readonly fingerprint: string;
	/** The broker's public key. */
	readonly key: string;
	/** Where messages are kept, for people. */
	readonly keptIn: string;
	/** What everybody has to present; absent: nothing. */
	readonly token?: string;
	/** Where other machines dial, best first; empty when only this one reaches it. */
	readonly joinAddresses: readonly string[];
	/**
	 * Reads the files of the certificate again.
	 *
	 * @throws Failure, and goes on with the old one, when they cannot be used.
	 */
	renewTls(): void;
	/** Drains the broker, then closes its store. */
	close(): Promise<void>;
}

export interface HostOptions {
	/** The fingerprint of the person who hosts. */
	readonly owner: string;
	readonly log?: NonNullable<BrokerOptions['log']>;
}

/**
 * Opens the store and starts the broker.
 *
 * @throws Failure with exit code 2 when the port, the directory, the token or the certificate cannot be had. `PortTaken` or `DataTaken` when
 * somebody else has it.
 */
export async function hostBroker(settings: BrokerSettings, { owner, log }: HostOptions): Promise<Host> {
	const tls = settings.tls && readTls(settings.tls);
	// A store that ends with the process could not keep the broker's key, by which people know it again.
	const key = settings.store === 'memory' ? loadKey(join(settings.data, 'broker_ed25519.pem')) : undefined;
	const engine = await openEngine(settings, log);
	let broker: Broker;
	let token: string | undefined;
	try {
		// Not before the directory is this broker's.
		token = settings.token && hostingToken(settings.token);
		broker = await listen(settings, {
			engine,
			port: settings.port,
			owners: [owner, ...settings.owners],
			...(key !== undefined && { key }),
			allowHosts: settings.allowHosts,
			allowOrigins: settings.allowOrigins,
			trustProxy: settings.proxies,
			base: settings.base,
			...(token !== undefined && { access: { tokens: [token] } }),
			...(tls !== undefined && { tls }),
			...(settings.chaos !== undefined && { chaos: settings.chaos }),
			...(log !== undefined && { log }),
		});
	} catch (error) {
		await engine.close();
		throw portFailure(error, settings) ?? error;
	}
	return {
		url: broker.url,
		port: broker.port,
		fingerprint: broker.fingerprint,
		key: broker.key,
		keptIn: settings.store === 'memory' ? 'memory only' : resolve(settings.data),
		...(token !== undefined && { token }),
		joinAddresses: joinAddresses({ settings, port: broker.port, own: settings.isWide ? await ownAddresses() : [] }),
		renewTls() {
			if (settings.tls !== undefined) {
				const renewed = readTls(settings.tls);
				orUnfit(settings.tls, () => broker.setTls(renewed));
			}
		},
		async close() {
			await broker.close();
			await engine.close();
		},
	};
}

/** Listens on all addresses also where there is no IPv6. */
async function listen({ host }: BrokerSettings, options: BrokerOptions): Promise<Broker> {
	try {
		return await createBroker({ ...options, host });
	} catch (error) {
		if (host === '::' && ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(String(codeOf(error)))) {
			return await createBroker({ ...options, host: '0.0.0.0' });
		}
		throw error;
	}
}

type TlsFiles = NonNullable<BrokerSettings['tls']>;

function readTls(files: TlsFiles): TlsOptions {
	const tls = { cert: readPem('--tls-cert', files.cert), key: readPem('--tls-key', files.key) };
	orUnfit(files, () => checkTls(tls));
	return tls;
}

function readPem(flag: string, path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		throw new Failure(`${flag} ${path} cannot be read: ${error instanceof Error ? error.message : error}`, 2);
	}
}

function orUnfit({ cert, key }: TlsFiles, use: () => unknown): void {
	try {
		use();
	} catch (error) {
		const said = error instanceof Error ? error.message : String(error);
		// The library names its options, and this person has typed flags.
		const what = said.replaceAll('`tls.cert`', '--tls-cert').replaceAll('`tls.key`', '--tls-key');
		throw new Failure(`The certificate ${cert} with the key ${key} cannot be used. ${what}`, 2);
	}
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Something else listens at the port. */
export class PortTaken extends Failure {}

/** Another broker uses the directory. */
export class DataTaken extends Failure {}

async function openEngine(settings: BrokerSettings, log: HostOptions['log']): Promise<Engine> {
	const retention = { historySize: settings.historySize, historyTtlMs: settings.historyTtlMs };
	if (settings.store === 'memory') {
		return (await import('../engines/memory.ts')).memoryEngine(retention);
	}
	const { openSqliteEngine } = await import('../engines/sqlite.ts');
	try {
		return await openSqliteEngine({
			...retention,
			directory: resolve(settings.data),
			durability: settings.durability,
			onNotice: (text: string) => log?.('warn', 'store', { text }),
		});
	} catch (error) {
		if (error instanceof EngineError) {
			if (error.code === 'locked') {
				throw new DataTaken(`${error.message}; --data DIR keeps this one elsewhere`, 2);
			}
			throw new Failure(error.message, 2);
		}
		throw error;
	}
}

function portFailure(error: unknown, { host, port }: BrokerSettings): Failure | undefined {
	switch (codeOf(error)) {
		case 'EADDRINUSE':
			return new PortTaken(`Port ${port} of ${host} is in use; --port N chooses another`, 2);
		case 'EACCES':
			return new Failure(`Port ${port} of ${host} needs more rights than you have; --port N chooses another`, 2);
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return new Failure(`${host} is not an address of this computer; see --host`, 2);
		default:
			return undefined;
	}
}
