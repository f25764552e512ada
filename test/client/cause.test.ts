import { expect, test } from 'vitest';
import { causeOfClose, causeOfError, causeOfStatus } from '../../src/client/cause.ts';

test.each([
	['ECONNREFUSED', 'nobody is listening there'],
	['ENOTFOUND', 'no such host'],
	['EHOSTUNREACH', 'the host cannot be reached'],
	['CERT_HAS_EXPIRED', 'its certificate has expired'],
	['HPE_INVALID_CONSTANT', 'something else than a broker answers there'],
	['WS_ERR_INVALID_OPCODE', 'the broker broke the rules of WebSocket'],
])('%s reads as: %s', (code, text) => {
	expect(causeOfError(Object.assign(new Error('raw'), { code }))).toEqual({ text, code });
});

test('a connection that is cut while it is dialled without TLS may be one to a broker that speaks TLS', () => {
	const cut = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
	expect(causeOfError(cut, true).text).toBe('the connection was cut: if the broker speaks TLS, dial wss://');
	expect(causeOfError(cut).text).toBe('the connection was cut');
});

test('an unknown error keeps its own words, cleaned', () => {
	expect(causeOfError(new TypeError('odd \u001b[31mthing'))).toEqual({ text: 'odd ␛[31mthing', code: 'TypeError' });
});

test.each([
	[401, 'the broker wants a token: ask for the join line'],
	[403, 'the broker does not know this name for its own: it has to be started with --allow-host'],
	[429, 'too many attempts from here: the broker says to wait'],
	[503, 'the broker is busy or stopping'],
	[418, 'the server there refused with status 418'],
])('a refusal with status %i reads as: %s', (status, text) => {
	expect(causeOfStatus(status)).toEqual({ text, code: `HTTP ${status}` });
});

test('a refused token is told from a missing one', () => {
	const text = 'the broker does not take this token: ask for the join line again';
	expect(causeOfStatus(401, true)).toEqual({ text, code: 'HTTP 401' });
	expect(causeOfStatus(403, true)).toEqual(causeOfStatus(403));
});

test('a close names its code, and the reason in brackets', () => {
	expect(causeOfClose(1012, '')).toEqual({ text: 'the broker restarts', code: '1012' });
	expect(causeOfClose(4504, 'be nice')).toEqual({ text: 'you were removed (be nice)', code: '4504' });
	const sentence = 'You were sent off this broker by sam';
	expect(causeOfClose(4504, sentence)).toEqual({ text: sentence, code: '4504' });
	expect(causeOfClose(4999, '')).toEqual({ text: 'the connection was closed with code 4999', code: '4999' });
});

test('a reason cannot bring control characters to the screen', () => {
	expect(causeOfClose(1000, '\u001b]0;title\u0007\n').text).not.toMatch(/\p{Cc}/u);
});
