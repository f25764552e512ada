import type { RecordChange, RecordListener } from './engine.ts';
import { isolated } from './followers.ts';

/** Who in this process follows records. */
export class RecordFollowers {
	readonly #followers = new Set<{ readonly listener: RecordListener }>();

	/** Returns the function that stops it. */
	add(listener: RecordListener): () => void {
		const follower = { listener };
		this.#followers.add(follower);
		return () => {
			this.#followers.delete(follower);
		};
	}

	/** Tells those who follow now. */
	tell(changes: readonly RecordChange[]): void {
		for (const follower of [...this.#followers]) {
			if (this.#followers.has(follower)) {
				isolated(() => follower.listener(changes));
			}
		}
	}

	/** Nobody is told of anything any more. */
	clear(): void {
		this.#followers.clear();
	}
}
