/**
 * natter's broker, to run in any Node process.
 */
export { defaultLimits, type Limits } from '../protocol/limits.ts';
export { type Broker, createBroker } from './broker.ts';
export type { BrokerOptions, ChaosOptions } from './options.ts';
export type { TlsOptions } from './tls.ts';
