export type { BrokerOptions, ChaosOptions } from './options.ts';
