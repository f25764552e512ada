/**
 * What `natter tail` prints of a room before it follows it: what the broker keeps, and the names of what it does not have.
 */
import type { Client, HistoryPage, RoomItem } from '../client/client.ts';
import type { Filter } from '../protocol/filter.ts';
import type { Message } from '../protocol/frames.ts';
import { compileFilter } from '../protocol/matching.ts';

/** Messages from before the start that are printed when no number is given. */
const shownAtStart = 10;
/** Kept messages that are asked for at once. */
const pageSize = 500;

/** Numbers that will not be printed. `withheld`: the broker has not said whether it keeps them, and gives others. */
export interface Lost {
	readonly from: number;
	readonly to: number;
	readonly reason: Extract<RoomItem, { kind: 'lost' }>['reason'] | 'withheld';
}

export interface Printing {
	/** Resolves when more may be printed. */
	print(messages: readonly Message[]): Promise<void>;
	/** Tells of a loss. */
	complain(lost: Lost): void;
}

/**
 * Prints what is kept and asked for, a page at a time, so that a slow pipe holds back the next request and nothing piles
 * up here. Resolves to the last number that was printed or passed.
 */
export async function printKept(
	client: Pick<Client, 'history'>,
	{ room, since, filter }: { readonly room: string; readonly since?: number; readonly filter?: Filter },
	{ print, complain }: Printing,
): Promise<number> {
	const matches = filter === undefined ? () => true : compileFilter(filter);
	if (since === undefined) {
		// The log knows no filter: the newest that match are those of the newest page.
		const page = await client.history(room, { limit: filter === undefined ? shownAtStart : pageSize });
		// Older ones were not asked for, but what cannot be read would have been among these.
		for (const lost of page.gaps?.filter(({ reason }) => reason === 'damaged') ?? []) {
			complain(lost);
		}
		await print(page.messages.filter(matches).slice(-shownAtStart));
		return Math.max(page.messages.at(-1)?.sequence ?? 0, page.head ?? 0);
	}
	let last = since;
	for (;;) {
		const page = await client.history(room, { after: last, order: 'asc', limit: pageSize });
		for (const lost of lostOf(page, last)) {
			complain(lost);
		}
		await print(page.messages.filter(matches));
		const next = Math.max(last, page.messages.at(-1)?.sequence ?? 0, page.gaps?.at(-1)?.to ?? 0);
		if (next === last || page.complete) {
			return next;
		}
		last = next;
	}
}

/** What a page says of numbers after `last`, each once. */
function lostOf({ gaps = [], oldest, messages }: HistoryPage, last: number): readonly Lost[] {
	const named = gaps.filter(({ to }) => to > last).map((gap) => ({ ...gap, from: Math.max(gap.from, last + 1) }));
	const isNamed = named.some(({ from }) => from === last + 1);
	// A base broker gives its newest messages, whatever it is asked for, and says nothing of those before them.
	const first = oldest ?? messages[0]?.sequence ?? 1;
	const reason = oldest === undefined ? 'withheld' : 'trimmed';
	return first <= last + 1 || isNamed ? named : [{ from: last + 1, to: first - 1, reason }, ...named];
}

/** In words for people, on one line. */
export function lostText(room: string, { from, to, reason }: Lost): string {
	const [numbers, are] = from === to ? [`#${from}`, 'is'] : [`#${from}-#${to}`, 'are'];
	switch (reason) {
		case 'damaged':
			return `${numbers} of ${room} ${are} damaged and cannot be read`;
		case 'trimmed':
		case 'expired':
		case 'cleared':
			return `${numbers} of ${room} ${are} not kept any more`;
		case 'withheld':
			return `${numbers} of ${room} ${are} not given by this broker`;
		case 'slow':
		case 'timeout':
			return `${numbers} of ${room} ${are} lost: ${reason}`;
	}
}
