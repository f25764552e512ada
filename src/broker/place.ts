/**
 * Where a reader begins.
 */
import type { Located, RoomState } from '../engines/engine.ts';
import type { BrokerFrames } from '../protocol/frames.ts';

/** From where a reader goes on. */
export interface From {
	/** The number that the reader is known to have, in the epoch in which it got it. */
	readonly sequence: number;
	/** Whether the reader says so itself; else it is the broker that remembers, and the reader may have lost everything. */
	readonly isOwn: boolean;
	/** What that number means now. */
	readonly located: Located;
}

export type Place = Pick<BrokerFrames['subscribed'], 'sequence' | 'recovered' | 'gap' | 'rewind'>;

/**
 * The next message that the reader gets has the number `sequence + 1`. `history` is how many of the newest messages it
 * wants at least, when it does not say itself where it is.
 */
export function placeOf(
	{ from, history = 0 }: { readonly from?: From | undefined; readonly history?: number | undefined },
	{ head, oldest, edge }: RoomState,
): Place {
	if (from === undefined || from.located.relation === 'unknown') {
		return { sequence: Math.max(oldest - 1, head - history), recovered: from?.isOwn ? 'none' : 'new' };
	}
	const { relation, sequence: to } = from.located;
	const start = from.isOwn ? to : Math.min(to, head - history);
	const isGone = to < oldest - 1;
	return {
		sequence: Math.max(oldest - 1, start),
		recovered: relation === 'rewound' ? 'rewound' : isGone ? 'partial' : 'full',
		...(relation === 'rewound' && { rewind: { to, lost: from.sequence - to } }),
		...(isGone && { gap: { from: to + 1, to: oldest - 1, reason: edge } }),
	};
}
