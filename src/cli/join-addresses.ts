/** Where others dial to come in. Pure. */
import type { EntranceSettings } from './entrance-settings.ts';

export interface Reach {
	readonly settings: Pick<EntranceSettings, 'host' | 'isWide' | 'allowHosts' | 'proxies' | 'tls'>;
	readonly port: number;
	/** The addresses of this computer, best first. */
	readonly own: readonly string[];
}

/**
 * Where other machines dial, best first and without a token: `ws://10.0.0.7:8080`. Names that the operator has given come
 * before addresses. Empty where only this computer reaches the broker.
 */
export function joinAddresses({ settings, port, own }: Reach): readonly string[] {
	const { host, isWide, allowHosts, proxies, tls } = settings;
	const names = allowHosts.filter((name) => name !== '*');
	if (proxies > 0) {
		// What others dial is the proxy, at the port of its own, with a certificate of its own.
		return names.map((name) => `wss://${name}`);
	}
	if (!isWide) {
		return [];
	}
	const anywhere = host === '::' || host === '0.0.0.0';
	const addresses = anywhere ? own.filter((address) => host === '::' || !address.includes(':')) : [host];
	const scheme = tls === undefined ? 'ws' : 'wss';
	return [...names, ...addresses].map((name) => `${scheme}://${withPort(name, port)}`);
}

function withPort(name: string, port: number): string {
	const isBareIPv6 = /^[^[].*:.*:/u.test(name);
	const authority = isBareIPv6 ? `[${name}]` : name;
	return /^(?:[^:]+|\[.*\]):\d+$/u.test(authority) ? authority : `${authority}:${port}`;
}
