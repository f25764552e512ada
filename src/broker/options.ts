import type { Server } from 'node:http';
import type { Engine } from '../engines/engine.ts';
import type { Limits } from '../protocol/limits.ts';

/** What `createBroker` may be told. Only the engine has no default. */
export interface BrokerOptions {
	/** Where messages are kept. The broker does not close it: whoever opened it does, after `broker.close()`. */
	readonly engine: Engine;
	/** The port to listen on; 0 picks a free one. Not with `server`. @default 8080 */
	readonly port?: number;
	/** The address to listen on. Not with `server`. @default '127.0.0.1' */
	readonly host?: string;
	/** Attach to this server instead of listening: the broker takes its upgrades at `path` and leaves the rest alone. */
	readonly server?: Server;
	/** The path at which upgrades are taken. Without `server`: any path when not given. @default '/' with `server` */
	readonly path?: string;
	/** Any of the limits, in place of its default. @default defaultLimits */
	readonly limits?: Partial<Limits>;
	/** How often each connection is pinged, in ms. @default 25000 */
	readonly pingMs?: number;
	/** How long after a ping the pong may take until the connection is dead, in ms. @default 10000 */
	readonly pongMs?: number;
	/** How long presence changes of a room are collected, in ms. @default 250 */
	readonly presenceMs?: number;
	/** How often retention is applied, in ms. @default 60000 */
	readonly sweepMs?: number;
	/** Origins of web pages that may connect; a browser says its page's. @default [] */
	readonly allowOrigins?: readonly string[];
	/** The broker's name in `welcome`. @default random, per broker */
	readonly node?: string;
	/** Misbehave on purpose towards v1 clients, to show what a client does about it. @default none */
	readonly chaos?: ChaosOptions;
	/** Told of what an operator may want to know: one event name, and plain values. @default nobody */
	readonly log?: (level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Which faults are made. The same seed and the same messages give the same faults. */
export interface ChaosOptions {
	readonly faults: readonly ('reorder' | 'drop' | 'dup' | 'delay')[];
	/** A whole number. @default random, and logged */
	readonly seed?: number;
}
