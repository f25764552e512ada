/** The numbers of messages, as tests ask for them. */
import type { RawPeer } from '../helpers/raw-peer.ts';

/** The whole numbers `from`..`to`. */
export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** The numbers of the next `count` messages that a peer gets. */
export async function takeNumbers(peer: RawPeer, count: number): Promise<number[]> {
	const numbers: number[] = [];
	while (numbers.length < count) {
		numbers.push((await peer.take('message')).sequence);
	}
	return numbers;
}
