/** Where a reader is told to go on: what `subscribed` says has to follow from where the reader was and what the log has. */
import type { BrokerFrames, Position } from '../../src/protocol/frames.ts';
import type { Ledger } from './ledger.ts';
import type { Asked, LogNow } from './observation.ts';

type Subscribed = BrokerFrames['subscribed'];

/** Where a position is in a room as it is now: `undefined` when its epoch is none that the room goes on from. */
export function reachOf(ledger: Ledger, room: string, { epoch, sequence }: Position, log: LogNow): number | undefined {
	if (epoch !== log.epoch && !ledger.goesOnFrom(room, log.epoch, epoch)) {
		return undefined;
	}
	const shared = epoch === log.epoch ? log.head : ledger.shared(room, epoch, log.epoch);
	return Math.min(sequence, shared, log.head);
}

/** What is wrong with the answer to a base client, which asks for what comes from now on. */
export function wrongBasePlace({ sequence }: Subscribed, log: LogNow): string | undefined {
	return sequence === log.head ? undefined : `begins after #${sequence}, and the head is #${log.head}`;
}

/** What is wrong with the answer to a `subscribe`. */
export function wrongPlace(ledger: Ledger, subscribed: Subscribed, asked: Asked, log: LogNow): string | undefined {
	const { room, epoch, head, oldest } = subscribed;
	if (epoch !== log.epoch || head !== log.head || oldest !== log.oldest) {
		return `says ${epoch} ${oldest}..${head}, and it is ${log.epoch} ${log.oldest}..${log.head}`;
	}
	const { since, history = 0 } = asked as { readonly since?: Position; readonly history?: number };
	const anew = Math.max(log.oldest - 1, log.head - history);
	if (since === undefined) {
		return wrongRemembered(subscribed, anew, log);
	}
	const reach = reachOf(ledger, room, since, log);
	return differs(
		subscribed,
		reach === undefined ? { recovered: 'none', sequence: anew } : wentOn(since.sequence, reach, log),
	);
}

/** What is wrong with a `subscribed` that nobody asked for: the reader, which was at `place`, is in another epoch now. */
export function wrongMove(ledger: Ledger, subscribed: Subscribed, place: Position, log: LogNow): string | undefined {
	const reach = reachOf(ledger, subscribed.room, place, log);
	if (reach === undefined || place.epoch === log.epoch) {
		return `moves a reader from #${place.sequence} of ${place.epoch}, which is ${reach === undefined ? 'unknown' : 'no other'}`;
	}
	// What is gone by now is named when the reader comes to it.
	return differs(subscribed, wentOn(place.sequence, reach, { ...log, oldest: 0 }));
}

type Told = Pick<Subscribed, 'recovered' | 'sequence'> & {
	readonly gap?: Pick<NonNullable<Subscribed['gap']>, 'from' | 'to'>;
	readonly rewind?: NonNullable<Subscribed['rewind']>;
};

function wentOn(was: number, reach: number, { oldest }: LogNow): Told {
	const isGone = reach < oldest - 1;
	const isRewound = reach < was;
	return {
		recovered: isRewound ? 'rewound' : isGone ? 'partial' : 'full',
		sequence: Math.max(reach, oldest - 1),
		...(isGone && { gap: { from: reach + 1, to: oldest - 1 } }),
		...(isRewound && { rewind: { to: reach, lost: was - reach } }),
	};
}

/** The reader did not say where it was: at least it gets the history that it wants, and no hole is left. */
function wrongRemembered(
	{ recovered, sequence, gap, rewind }: Subscribed,
	anew: number,
	log: LogNow,
): string | undefined {
	const told = JSON.stringify({ recovered, sequence, gap, rewind });
	const isPlaced = recovered === 'new' ? sequence === anew : sequence <= anew && sequence >= log.oldest - 1;
	const isNamed = gap === undefined || (gap.to === log.oldest - 1 && sequence === gap.to && gap.from <= gap.to);
	const isPartial = gap !== undefined && rewind === undefined;
	const isSaid = (rewind !== undefined) === (recovered === 'rewound') && isPartial === (recovered === 'partial');
	const isWell = isPlaced && isNamed && isSaid && recovered !== undefined && recovered !== 'none';
	return isWell ? undefined : `says ${told} to a reader that begins after #${anew} if nobody remembers it`;
}

function differs({ recovered, sequence, gap, rewind }: Subscribed, expected: Told): string | undefined {
	const told = { recovered, sequence, ...(gap && { gap: { from: gap.from, to: gap.to } }), ...(rewind && { rewind }) };
	const [one, other] = [JSON.stringify(told), JSON.stringify(expected)];
	return one === other ? undefined : `says ${one} and not ${other}`;
}
