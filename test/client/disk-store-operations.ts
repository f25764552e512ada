/**
 * What may be done with a state directory, made from a seed, and what should be on disk afterwards.
 */
import type { DiskStore } from '../../src/client/disk-store.ts';
import type { StoredParcel } from '../../src/client/store.ts';

export type Operation =
	| { readonly type: 'keep'; readonly parcel: StoredParcel }
	| { readonly type: 'forget'; readonly cid: string };

export function parcel(cid: string, more: Partial<StoredParcel> = {}): StoredParcel {
	return { cid, room: 'general', nick: 'sam', content: `says ${cid}`, writtenAt: 1, sent: false, ...more };
}

/** Keeps, keeps again as sent, and forgets: `count` of them, the same for the same seed. */
export function operationsOf(seed: number, count: number, prefix: string): readonly Operation[] {
	let state = seed >>> 0;
	const below = (limit: number) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * limit);
	};
	let made = 0;
	return Array.from({ length: count }, (): Operation => {
		const one = `${prefix}-${below(made + 1)}`;
		switch (below(4)) {
			case 0:
				return { type: 'forget', cid: one };
			case 1:
				return { type: 'keep', parcel: parcel(one, { sent: true }) };
			default:
				made += 1;
				return { type: 'keep', parcel: parcel(`${prefix}-${made}`, { tags: { seed, made } }) };
		}
	});
}

export function apply(store: DiskStore, operation: Operation): void {
	if (operation.type === 'keep') {
		store.keep(operation.parcel);
	} else {
		store.forget(operation.cid);
	}
}

/** The lines that are unsent after these operations, in order. */
export function unsentAfter(operations: readonly Operation[]): readonly StoredParcel[] {
	const unsent = new Map<string, StoredParcel>();
	for (const operation of operations) {
		if (operation.type === 'keep') {
			unsent.set(operation.parcel.cid, operation.parcel);
		} else {
			unsent.delete(operation.cid);
		}
	}
	return [...unsent.values()];
}
