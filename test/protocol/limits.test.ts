import { expect, test } from 'vitest';
import * as protocol from '../../src/protocol/index.ts';
import {
	closeCodes,
	defaultLimits,
	type ErrorCode,
	errorCodes,
	isRetryable,
	mayReconnect,
} from '../../src/protocol/limits.ts';

test('the codes that may succeed later are few and fixed', () => {
	expect(errorCodes.filter(isRetryable)).toEqual([
		'rate_limited',
		'out_of_order',
		'unavailable',
		'timeout',
		'internal',
	] satisfies ErrorCode[]);
});

test('every code is named once', () => {
	expect(new Set(errorCodes).size).toBe(errorCodes.length);
	expect(new Set(Object.values(closeCodes)).size).toBe(Object.keys(closeCodes).length);
});

test('a client comes back after every close but those from 4500 to 4999', () => {
	const back = Object.entries(closeCodes).filter(([, code]) => mayReconnect(code));
	expect(back.map(([name]) => name)).toEqual([
		...['tooLarge', 'internal', 'restart', 'overloaded', 'superseded', 'noPong', 'slow', 'positionLost'],
	]);
	expect([1000, 1001, 1006, 4499, 5000].every(mayReconnect)).toBe(true);
	expect([4500, 4999].some(mayReconnect)).toBe(false);
});

test('the default limits are frozen, whole and fit into each other', () => {
	expect(Object.isFrozen(defaultLimits)).toBe(true);
	expect(Object.values(defaultLimits).every((limit) => Number.isSafeInteger(limit) && limit > 0)).toBe(true);
	// Content of which every byte has to be escaped in JSON as six still fits into a frame.
	expect(defaultLimits.contentBytes * 6).toBeLessThan(defaultLimits.frameBytes);
	expect(defaultLimits.historyBytes).toBeLessThan(protocol.baseFrameBytes);
	expect(defaultLimits.baseHistoryMessages).toBeLessThanOrEqual(defaultLimits.historyMessages);
});

test('the face of natter/protocol is this list', () => {
	expect(Object.keys(protocol).sort()).toEqual([
		...['baseFrameBytes', 'cellWidth', 'clean', 'cleanContent', 'cleanLine', 'cleanNick', 'cleanRoom'],
		...[
			'closeCodes',
			'compileFilter',
			'decodeFromBroker',
			'decodeFromClient',
			'defaultLimits',
			'defaultPort',
			'drawable',
		],
		...['encode', 'errorCodes', 'fingerprintOf', 'graphemes', 'isInbox', 'isRetryable', 'isSigned'],
		...[
			'mayReconnect',
			'protocolVersion',
			'publicKeyOf',
			'readFilter',
			'readPublicKey',
			'signTranscript',
			'subprotocol',
		],
		...['suggestNick'],
	]);
});
