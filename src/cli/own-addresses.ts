/** Under which addresses other machines reach this one. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[]>>;

/** The addresses of this computer, the one first that others most likely reach. */
export async function ownAddresses(): Promise<readonly string[]> {
	return rankedAddresses(networkInterfaces() as Interfaces, await outwardAddress());
}

/**
 * The addresses by which others come: first the one by which this computer goes out, then those of a home or an office,
 * then other IPv4, then IPv6, and last what virtual machines and containers on this computer use among themselves.
 *
 * @param outward The address of the interface with the default route, when there is one.
 */
export function rankedAddresses(interfaces: Interfaces, outward: string | undefined): readonly string[] {
	const all = Object.entries(interfaces).flatMap(([name, addresses]) =>
		addresses
			.filter(({ address, internal }) => !internal && !/^fe80:/iu.test(address))
			.map(({ address, family }) => ({ address, rank: rankOf(name, address, family === 'IPv4', outward) })),
	);
	return all.sort((one, other) => one.rank - other.rank).map(({ address }) => address);
}

function rankOf(name: string, address: string, isIPv4: boolean, outward: string | undefined): number {
	if (address === outward) {
		return 0;
	}
	if (/^(?:docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxd|cni|flannel|podman|vEthernet)/u.test(name)) {
		return isIPv4 ? 4 : 5;
	}
	if (!isIPv4) {
		return 3;
	}
	return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/u.test(address) ? 1 : 2;
}

/** The address from which this computer would send to the world. Nothing is sent: the system only looks up the way. */
async function outwardAddress(): Promise<string | undefined> {
	const socket = createSocket('udp4');
	try {
		const connected = once(socket, 'connect');
		socket.connect(9, '192.0.2.1');
		await connected;
		return socket.address().address;
	} catch {
		// There is no network that leads anywhere.
		return undefined;
	} finally {
		socket.close();
	}
}
