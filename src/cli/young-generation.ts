/**
 * Bounds the part of V8's heap in which objects begin. V8 doubles it each time that as much has outlived it, as what a
 * crowd brings that comes, up to 128 MiB, and hardly ever gives that back. V8's own bound can be set only for a process
 * that begins, but whether it grows at all can be said at any time.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** For a process that serves many: what it keeps is then what those need who are connected. */
export function boundYoungGeneration(): void {
	const young = new YoungGeneration();
	setInterval(() => young.look(), lookMs).unref();
}

export class YoungGeneration {
	#isBounded = false;

	/** Lets it grow, or not. To be called often. */
	look(): void {
		const isLarge = youngBytes() >= enoughBytes;
		if (isLarge !== this.#isBounded) {
			this.#isBounded = isLarge;
			// It shrinks in long idleness, and may grow again then.
			setFlagsFromString(`--semi-space-growth-factor=${isLarge ? 1 : 2}`);
		}
	}
}

function youngBytes(): number {
	return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}

/** With more than this neither connects nor deliveries cost less. */
const enoughBytes = 16 * 1024 * 1024;
/** While a crowd comes it doubles about once a second. */
const lookMs = 250;
