import { useSyncExternalStore } from 'react';
import type { State } from '../model.ts';
import type { Store } from '../store.ts';

/** Reads the store through a selector, which gives the same object for the same state. */
export function useStore<Selected>(store: Store, select: (state: State) => Selected): Selected {
	return useSyncExternalStore(store.subscribe, () => select(store.snapshot()));
}
