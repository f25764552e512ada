/** Where a broker is: what a person types, as what is dialled and what is shown. Pure. */
import { defaultPort } from '../protocol/limits.ts';
import { refusal } from './options.ts';

export interface Address {
	/** What is dialled: with its token, without its fragment. */
	readonly dialled: string;
	/** The same without its token, and with its password hidden. */
	readonly shown: string;
	/** Which broker it is, over all ways to dial it: host, port and path. */
	readonly broker: string;
	/** The same for proofs: `host:port`, whatever the scheme. */
	readonly authority: string;
	/** The rooms of the fragment, each once. */
	readonly rooms: readonly string[];
}

/**
 * Reads `ws://host:port/path?token=...#room,room`, `wss://...`, or a bare `host` or `host:port`. Without a port `ws` means
 * 8080 and `wss` 443. Throws a `NatterError` with the code `invalid_argument` for anything else.
 */
export function parseAddress(text: string): Address {
	const typed = typeof text === 'string' ? text.trim() : '';
	const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `ws://${typed}`;
	const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
	if (typed === '' || url === undefined || !['ws:', 'wss:'].includes(url.protocol) || url.hostname === '') {
		throw refusal(
			'url',
			'a ws:// or wss:// address, or a host',
			typeof text === 'string' ? withoutSecrets(text) : text,
		);
	}
	const rooms = roomsOf(url.hash);
	url.hash = '';
	if (url.protocol === 'ws:' && !namesPort(withScheme)) {
		url.port = String(defaultPort);
	}
	const dialled = url.href;
	const broker = url.host + (url.pathname === '/' ? '' : url.pathname);
	const authority = `${url.hostname}:${url.port || (url.protocol === 'wss:' ? 443 : 80)}`;
	if (url.searchParams.has('token')) {
		url.searchParams.delete('token');
	}
	if (url.password !== '') {
		url.password = hidden;
	}
	return { dialled, shown: url.href.replace(/\/$/, ''), broker, authority, rooms };
}

const hidden = '***';

/** A text in which an address may stand, with every token and password of it hidden. */
export function withoutSecrets(text: string): string {
	return text
		.replaceAll(/([?&]token=)[^&#\s]*/giu, `$1${hidden}`)
		.replaceAll(/(\/\/[^\s/?#@:]*:)[^\s/?#]*@/gu, `$1${hidden}@`);
}

/** Whether what is said at this address can be read on its way: it leaves this computer, and is not encrypted. */
export function isReadableOnTheWay(address: string): boolean {
	return /^ws:/iu.test(address) && !isOnThisComputer(address);
}

/** Whether an address leads to this computer, whoever dials it. */
export function isOnThisComputer(address: string): boolean {
	const host = URL.canParse(address) ? new URL(address).hostname : '';
	return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])\.?$/u.test(host);
}

/** `URL` drops a port that is the scheme's own, but `:80` was meant when it was typed. */
function namesPort(text: string): boolean {
	const authority = /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
	return /:\d+$/.test(authority);
}

function roomsOf(hash: string): readonly string[] {
	const names = hash
		.slice(1)
		.split(',')
		.map((name) => decoded(name).trim().replace(/^#/, ''))
		.filter((name) => name !== '');
	return [...new Set(names)];
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
