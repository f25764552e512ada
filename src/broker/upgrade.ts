/**
 * Who may open a connection: decided before the upgrade, from what the request says and how full the broker is.
 */
import { STATUS_CODES } from 'node:http';
import type { Limits } from '../protocol/limits.ts';

/** What is known of an upgrade. */
export interface UpgradeRequest {
	readonly origin: string | undefined;
	readonly remoteAddress: string | undefined;
}

/** How full the broker is. */
export interface Occupancy {
	readonly draining: boolean;
	/** Too much waits in all lines together. */
	readonly overloaded: boolean;
	readonly connections: number;
	/** Connections from the request's address. */
	readonly fromAddress: number;
}

export interface UpgradeRefusal {
	readonly status: 403 | 404 | 429 | 503;
	readonly retryAfterSeconds?: number;
	readonly reason: string;
}

/** Why an upgrade is refused; `undefined` when it is not. */
export function refuseUpgrade(
	{ origin, remoteAddress }: UpgradeRequest,
	{ draining, overloaded, connections, fromAddress }: Occupancy,
	{ limits, allowOrigins }: { readonly limits: Limits; readonly allowOrigins: ReadonlySet<string> },
): UpgradeRefusal | undefined {
	// Only browsers send an origin, and any page in one can reach a broker on loopback.
	if (origin !== undefined && !allowOrigins.has(origin)) {
		return { status: 403, reason: 'this origin is not allowed' };
	}
	if (draining) {
		return { status: 503, retryAfterSeconds: 2, reason: 'the broker is shutting down' };
	}
	if (overloaded) {
		return { status: 503, retryAfterSeconds: 10, reason: 'the broker has too much to send' };
	}
	if (connections >= limits.connections) {
		return { status: 503, retryAfterSeconds: 10, reason: 'the broker is full' };
	}
	if (fromAddress >= limits.connectionsPerAddress && !isLoopback(remoteAddress)) {
		return { status: 429, retryAfterSeconds: 10, reason: 'too many connections from this address' };
	}
	return undefined;
}

/** A refusal as the bytes of an HTTP response. */
export function refusalResponse({ status, retryAfterSeconds, reason }: UpgradeRefusal): string {
	const body = `${reason}\n`;
	return [
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
		'Connection: close',
		'Content-Type: text/plain',
		`Content-Length: ${Buffer.byteLength(body)}`,
		...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
		'',
		body,
	].join('\r\n');
}

/** Whether an address, as a socket tells it, is of this computer. */
export function isLoopback(address: string | undefined): boolean {
	return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);
}
