/**
 * Brokers for tests: each on a free port with its own memory engine, closed after the test.
 */
import { afterEach } from 'vitest';
import { type Broker, type BrokerOptions, createBroker } from '../../src/broker/index.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';

const running: { readonly broker: Broker; readonly engine: Engine }[] = [];

afterEach(async () => {
	for (const { broker, engine } of running.splice(0)) {
		await broker.close({ drainMs: 500 });
		await engine.close();
	}
});

export type Running = Broker & { readonly engine: Engine };

/** Starts a broker that tells of presence at once. */
export async function startBroker(options: Partial<BrokerOptions> = {}): Promise<Running> {
	const { engine = memoryEngine(), ...rest } = options;
	const where = rest.server === undefined ? { port: 0 } : {};
	const broker = await createBroker({ engine, presenceMs: 1, ...where, ...rest });
	running.push({ broker, engine });
	return Object.assign(broker, { engine });
}
