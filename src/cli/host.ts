/**
 * A broker with its store, in this process.
 */
import { join, resolve } from 'node:path';
import { type Broker, createBroker } from '../broker/broker.ts';
import type { BrokerOptions } from '../broker/options.ts';
import { type Engine, EngineError } from '../engines/engine.ts';
import { Failure } from './failure.ts';
import { loadKey } from './key-file.ts';
import type { BrokerSettings } from './settings.ts';

/** A running broker. */
export interface Host {
	/** The address to connect to from this computer. */
	readonly url: string;
	readonly port: number;
	/** Of the broker's key: by it people can tell that they are there. */
	readonly fingerprint: string;
	/** Where messages are kept, for people. */
	readonly keptIn: string;
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
 * @throws Failure with exit code 2 when the port or the directory cannot be had. `PortTaken` or `DataTaken` when
 * somebody else has it.
 */
export async function hostBroker(settings: BrokerSettings, { owner, log }: HostOptions): Promise<Host> {
	// A store that ends with the process could not keep the broker's key, by which people know it again.
	const key = settings.store === 'memory' ? loadKey(join(settings.data, 'broker_ed25519.pem')) : undefined;
	const engine = await openEngine(settings, log);
	let broker: Broker;
	try {
		broker = await createBroker({
			engine,
			port: settings.port,
			host: settings.host,
			owners: [owner],
			...(key !== undefined && { key }),
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
		keptIn: settings.store === 'memory' ? 'memory only' : resolve(settings.data),
		async close() {
			await broker.close();
			await engine.close();
		},
	};
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
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	switch (code) {
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
