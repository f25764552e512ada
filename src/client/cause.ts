/** Why there is no link, in words for people. Pure. */
import { closeCodes } from '../protocol/limits.ts';
import { cleanLine } from '../protocol/text.ts';
import type { Cause } from './client.ts';

/** The broker did not answer in time. */
export const stoppedAnswering: Cause = { text: 'the broker stopped answering', code: 'no pong' };
/** Nothing came of dialling in time. */
export const noAnswer: Cause = { text: 'nobody answered', code: 'ETIMEDOUT' };

const remedy = 'not trusted: NODE_EXTRA_CA_CERTS=FILE names one that is';
const selfSigned = `its certificate is self-signed, ${remedy}`;
const unverified = `its certificate cannot be verified, ${remedy}`;

const errorTexts: ReadonlyMap<string, string> = new Map([
	['ECONNREFUSED', 'nobody is listening there'],
	['ENOTFOUND', 'no such host'],
	['EAI_AGAIN', 'no such host, or no name server to ask'],
	['ETIMEDOUT', 'nobody answered'],
	['EHOSTUNREACH', 'the host cannot be reached'],
	['EHOSTDOWN', 'the host is down'],
	['ENETUNREACH', 'the network cannot be reached'],
	['ENETDOWN', 'the network is down'],
	['ECONNRESET', 'the connection was cut'],
	['EPIPE', 'the connection was cut'],
	['ECONNABORTED', 'the connection was cut'],
	['EADDRNOTAVAIL', 'that address cannot be used from here'],
	['EACCES', 'this computer does not allow it'],
	['EPERM', 'this computer does not allow it'],
	['EPROTO', 'the other side does not speak TLS: try ws:// instead of wss://'],
	['ERR_SSL_WRONG_VERSION_NUMBER', 'the other side does not speak TLS: try ws:// instead of wss://'],
	['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'the other side does not speak TLS: try ws:// instead of wss://'],
	['CERT_HAS_EXPIRED', 'its certificate has expired'],
	['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
	['CERT_REVOKED', 'its certificate was revoked'],
	['DEPTH_ZERO_SELF_SIGNED_CERT', selfSigned],
	['SELF_SIGNED_CERT_IN_CHAIN', selfSigned],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unverified],
	['UNABLE_TO_GET_ISSUER_CERT', unverified],
	['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unverified],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
]);

const statusTexts: ReadonlyMap<number, string> = new Map([
	[401, 'the broker wants a token: ask for the join line'],
	[403, 'the broker does not know this name for its own: it has to be started with --allow-host'],
	[404, 'there is no broker at this path'],
	[426, 'the broker speaks another version'],
	[429, 'too many attempts from here: the broker says to wait'],
	[502, 'the broker behind that server is down'],
	[503, 'the broker is busy or stopping'],
	[504, 'the broker behind that server does not answer'],
]);

const closeTexts: ReadonlyMap<number, string> = new Map<number, string>([
	[1000, 'the broker ended the connection'],
	[1001, 'the broker is going away'],
	[1005, 'the broker ended the connection'],
	[1006, 'the connection was cut'],
	[closeCodes.tooLarge, 'a message was too large for the broker'],
	[closeCodes.internal, 'the broker ran into an error'],
	[closeCodes.restart, 'the broker restarts'],
	[closeCodes.overloaded, 'the broker has too much to do'],
	[closeCodes.superseded, 'another connection took its place'],
	[closeCodes.noPong, 'the broker heard nothing from here'],
	[closeCodes.slow, 'this computer did not keep up'],
	[closeCodes.positionLost, 'the broker lost its place'],
	[closeCodes.badFrames, 'the broker did not understand this program'],
	[closeCodes.authFailed, 'the broker did not accept who you are'],
	[closeCodes.authRequired, 'the broker wants to know who you are'],
	[closeCodes.banned, 'you are banned there'],
	[closeCodes.kicked, 'you were removed'],
	[closeCodes.tooManyConnections, 'too many connections from here'],
	[closeCodes.version, 'the broker speaks another version'],
]);

/**
 * From the error of a socket, as Node or `ws` gives it. `isPlainDial`: it was being dialled without TLS, and a broker that
 * speaks TLS alone cuts such a connection.
 */
export function causeOfError(error: Error, isPlainDial = false): Cause {
	const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
	if (code === 'ECONNRESET' && isPlainDial) {
		return { text: 'the connection was cut: if the broker speaks TLS, dial wss://', code };
	}
	const known = errorTexts.get(code);
	if (known !== undefined) {
		return { text: known, code };
	}
	if (code.startsWith('HPE_')) {
		return { text: 'something else than a broker answers there', code };
	}
	if (code.startsWith('WS_ERR_')) {
		return { text: 'the broker broke the rules of WebSocket', code };
	}
	return { text: cleanLine(error.message, 120) || 'the connection failed', code: code || error.name };
}

/** From the HTTP status with which an upgrade was refused, and whether it was asked for with a token. */
export function causeOfStatus(status: number, hadToken = false): Cause {
	if (status === 401 && hadToken) {
		return { text: 'the broker does not take this token: ask for the join line again', code: 'HTTP 401' };
	}
	const text = statusTexts.get(status) ?? `the server there refused with status ${status}`;
	return { text, code: `HTTP ${status}` };
}

/** From the code and the reason with which a WebSocket was closed. The reason is the broker's, so it is cleaned. */
export function causeOfClose(code: number, reason: string): Cause {
	const said = cleanLine(reason, 120);
	// A whole sentence of the broker on what it did says more than its code.
	if ((code === closeCodes.kicked || code === closeCodes.banned) && /^You (?:are|were) /u.test(said)) {
		return { text: said, code: String(code) };
	}
	const known = closeTexts.get(code) ?? `the connection was closed with code ${code}`;
	return { text: said === '' ? known : `${known} (${said})`, code: String(code) };
}
