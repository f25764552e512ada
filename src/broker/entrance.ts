/**
 * Who may open a connection: decided before the upgrade, from what the request says and how full the broker is. Pure.
 */
import type { Limits } from '../protocol/limits.ts';
import { type Access, type Credential, presentedBy, type Shown } from './access.ts';
import { type ExpectedHosts, hostOf, isExpectedHost } from './hosts.ts';

/** What is known of an upgrade. */
export interface EntranceRequest extends Shown {
	readonly origin: string | undefined;
	/** The `Host` header. */
	readonly host: string | undefined;
	/** A program on this computer. */
	readonly isLocal: boolean;
}

/** How full the broker is, and what the request's address has done lately. */
export interface Occupancy {
	readonly draining: boolean;
	/** Too much waits in all lines together. */
	readonly overloaded: boolean;
	readonly connections: number;
	/** Connections from the request's address. */
	readonly fromAddress: number;
	/** In how many ms the address may connect again; 0 for now. */
	readonly connectWaitMs: number;
	/** In how many ms the address may try a token again; 0 for now. */
	readonly loginWaitMs: number;
}

export interface EntranceRules {
	readonly access: Access;
	readonly hosts: ExpectedHosts;
	/** Of web pages, as browsers write them. */
	readonly allowOrigins: ReadonlySet<string>;
	readonly limits: Pick<Limits, 'connections' | 'connectionsPerAddress'>;
}

export interface EntranceRefusal {
	readonly status: 401 | 403 | 404 | 429 | 503;
	readonly retryAfterSeconds?: number;
	/** What is wrong and what to do about it, in one line without anything that is secret. */
	readonly reason: string;
}

export type Entrance =
	| { readonly ok: true; readonly credential: Credential }
	| {
			readonly ok: false;
			readonly refusal: EntranceRefusal;
			/** A token was tried and was not the right one. */
			readonly isFailedLogin: boolean;
	  };

/** Decides over one upgrade. */
export function decideEntrance(request: EntranceRequest, occupancy: Occupancy, rules: EntranceRules): Entrance {
	const refusal = refusalOf(request, occupancy, rules);
	if (refusal !== undefined) {
		return { ok: false, refusal, isFailedLogin: false };
	}
	const presented = presentedBy(request);
	if (presented === 'ambiguous') {
		return { ok: false, refusal: unauthorized('send one token, not several'), isFailedLogin: false };
	}
	const { access } = rules;
	const isTry = presented.token !== undefined && (access.wants !== undefined || presented.user !== undefined);
	// The right one is not looked at either: otherwise whoever guesses could go on.
	if (isTry && occupancy.loginWaitMs > 0) {
		const refused = tooMany('too many wrong tokens from this address; wait', occupancy.loginWaitMs);
		return { ok: false, refusal: refused, isFailedLogin: false };
	}
	const credential = access.admits(presented);
	if (credential === undefined) {
		const problem = isTry ? 'this is not the right token' : `this broker wants ${access.wants ?? 'nobody'}`;
		return { ok: false, refusal: unauthorized(`${problem}; ${howToSend}`), isFailedLogin: isTry };
	}
	return { ok: true, credential };
}

const howToSend = 'ask for the join line, or send ?token=TOKEN or Authorization: Bearer TOKEN';

function refusalOf(
	{ origin, host, isLocal }: EntranceRequest,
	{ draining, overloaded, connections, fromAddress, connectWaitMs }: Occupancy,
	{ hosts, allowOrigins, limits }: EntranceRules,
): EntranceRefusal | undefined {
	// Only browsers send an origin, and any page in one can reach a broker on loopback.
	if (origin !== undefined && !allowOrigins.has(origin.toLowerCase())) {
		return {
			status: 403,
			reason: 'pages of this origin may not connect; start the broker with --allow-origin for them',
		};
	}
	if (!isExpectedHost(host, hosts)) {
		const name = hostOf(host ?? '');
		const reason =
			name === undefined
				? 'expected a Host header with the name of this broker'
				: `this broker does not know itself as ${name}; start it with --allow-host ${name}`;
		return { status: 403, reason };
	}
	if (draining) {
		return { status: 503, retryAfterSeconds: 2, reason: 'the broker is shutting down; come again in a moment' };
	}
	if (overloaded) {
		return { status: 503, retryAfterSeconds: 10, reason: 'the broker has too much to send; come again in a moment' };
	}
	if (connections >= limits.connections) {
		return { status: 503, retryAfterSeconds: 10, reason: 'the broker is full; come again later' };
	}
	if (isLocal) {
		return undefined;
	}
	if (connectWaitMs > 0) {
		return tooMany('too many new connections from this address; wait', connectWaitMs);
	}
	if (fromAddress >= limits.connectionsPerAddress) {
		return { status: 429, retryAfterSeconds: 10, reason: 'too many connections from this address; close some' };
	}
	return undefined;
}

function unauthorized(reason: string): EntranceRefusal {
	return { status: 401, reason };
}

function tooMany(reason: string, waitMs: number): EntranceRefusal {
	const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
	return { status: 429, retryAfterSeconds, reason: `${reason} ${retryAfterSeconds} s` };
}
