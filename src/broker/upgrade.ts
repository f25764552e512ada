/** A refusal before the upgrade, as the bytes of an HTTP response. */
import { STATUS_CODES } from 'node:http';
import type { EntranceRefusal } from './entrance.ts';

export function refusalResponse({ status, retryAfterSeconds, reason }: EntranceRefusal): string {
	const body = `${reason}\n`;
	return [
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
		'Connection: close',
		'Content-Type: text/plain',
		`Content-Length: ${Buffer.byteLength(body)}`,
		...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
		// HTTP wants a way to be named; with this one no browser asks its user for a password.
		...(status === 401 ? ['WWW-Authenticate: Bearer realm="natter"'] : []),
		'',
		body,
	].join('\r\n');
}
