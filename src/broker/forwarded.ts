/** Where a request comes from: the other end of its socket, or whom the proxies in front of the broker name. Pure. */
import { isIP, isIPv6 } from 'node:net';

export interface Peer {
	/** The address of the client, as far as it can be known. */
	readonly address: string | undefined;
	/** A program on this computer, and no proxy that speaks for others: limits against strangers do not hold for it. */
	readonly isLocal: boolean;
	/** The line is encrypted from the client up to here, or to the proxy that says so. */
	readonly isEncrypted: boolean;
	/** Somebody named a client, and it was not heeded. */
	readonly isUnheeded: boolean;
}

export interface SocketFacts {
	readonly remoteAddress: string | undefined;
	readonly isTls: boolean;
	readonly forwardedFor: string | undefined;
	readonly forwardedProto: string | undefined;
	/** Another header says that a proxy passed the request on. @default false */
	readonly isPassedOn?: boolean;
}

/**
 * @param proxies How many proxies in front of the broker are its operator's. Each appends the address that it saw, so that
 * what stands further left than the last of them wrote may be invented by the client. 0: nothing of it is believed.
 */
export function peerOf(facts: SocketFacts, proxies: number): Peer {
	const { remoteAddress, isTls, forwardedFor, forwardedProto, isPassedOn = false } = facts;
	// A proxy on this computer speaks for strangers, whether its operator has told the broker of it or not.
	const isForwarded = forwardedFor !== undefined || forwardedProto !== undefined;
	const isLocal = isLoopback(remoteAddress) && !isForwarded && !isPassedOn;
	if (proxies === 0 || !isForwarded) {
		return { address: remoteAddress, isLocal, isEncrypted: isTls, isUnheeded: isForwarded };
	}
	const proto = nthFromRight(forwardedProto, proxies)?.toLowerCase();
	return {
		address: addressIn(nthFromRight(forwardedFor, proxies) ?? '') ?? remoteAddress,
		isLocal,
		isEncrypted: proto === undefined ? isTls : proto === 'https' || proto === 'wss',
		isUnheeded: false,
	};
}

/** Whether an address, as a socket tells it, is of this computer. */
function isLoopback(address: string | undefined): boolean {
	return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);
}

/**
 * By what an address is counted: whoever has one IPv6 address has all of its /64, and IPv4 in IPv6 is IPv4.
 */
export function addressKey(address: string | undefined): string {
	if (address === undefined) {
		return '';
	}
	const [plain = ''] = address.split('%');
	if (!isIPv6(plain)) {
		return plain;
	}
	const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
	if (mapped !== undefined) {
		return mapped;
	}
	// Of the two halves around `::` the left one is filled up with zeros; four groups of it, or of the right, are the /64.
	const [left = '', right] = plain.split('::');
	const head = left === '' ? [] : left.split(':');
	const tail = right === undefined || right === '' ? [] : right.split(':');
	const width = tail.some((group) => group.includes('.')) ? tail.length + 1 : tail.length;
	const groups = [...head, ...Array.from({ length: Math.max(0, 8 - head.length - width) }, () => '0'), ...tail];
	const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
	return `${prefix.join(':')}::/64`;
}

function nthFromRight(header: string | undefined, count: number): string | undefined {
	const entries = header?.split(',').map((entry) => entry.trim()) ?? [];
	return entries.at(-count) ?? entries[0];
}

/** `10.0.0.7`, `10.0.0.7:1234`, `2001:db8::1` or `[2001:db8::1]:1234`; anything else names nobody. */
function addressIn(text: string): string | undefined {
	const [, literal, mapped] = /^\[([^\]]+)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text) ?? [];
	const address = literal ?? mapped ?? text;
	return isIP(address) === 0 ? undefined : address;
}
