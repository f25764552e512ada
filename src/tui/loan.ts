/**
 * The terminal lent to another program for a while: an editor, or the shell while this process is stopped. What is typed
 * then is the other's, and nothing is drawn; afterwards the screen is as if it had always been there.
 */

/** What gives the terminal back to its modes of before, has `use` done, and takes it again. */
type Suspend = (use: () => Promise<void>) => Promise<unknown>;

export interface Loan {
	readonly isLent: () => boolean;
	/** Resolves when the terminal is taken again. Rejects at once where it is lent already, or nothing is drawn on it. */
	readonly lend: (use: () => Promise<void>) => Promise<void>;
	/** Whoever draws on the terminal says how it is given away; the answer ends that. */
	readonly drawnBy: (suspend: Suspend) => () => void;
	/** Calls `give` before the terminal is given away, and `take` when it is there again; the answer ends that. */
	readonly around: (give: () => void, take: () => void) => () => void;
}

export function createLoan(): Loan {
	let suspend: Suspend | undefined;
	let isLent = false;
	const neighbours = new Set<{ readonly give: () => void; readonly take: () => void }>();
	return {
		isLent: () => isLent,
		lend: async (use) => {
			if (suspend === undefined || isLent) {
				throw new Error('The terminal is in use already');
			}
			isLent = true;
			const there = [...neighbours];
			try {
				for (const { give } of there) {
					give();
				}
				await suspend(use);
			} finally {
				isLent = false;
				for (const neighbour of there) {
					if (neighbours.has(neighbour)) {
						neighbour.take();
					}
				}
			}
		},
		drawnBy: (by) => {
			suspend = by;
			return () => {
				suspend = undefined;
			};
		},
		around: (give, take) => {
			const neighbour = { give, take };
			neighbours.add(neighbour);
			return () => neighbours.delete(neighbour);
		},
	};
}
