/** A page of the log: its messages and what it names as gone are the asked range without a hole, and all is so. */
import { defaultLimits } from '../../src/protocol/limits.ts';
import type { Asked, LogNow, Seen } from './observation.ts';

type History = Extract<Seen<'wrote'>['frame'], { type: 'history' }>;

/** What is wrong with a page for a base client: it asks for the newest messages, and is told of nothing else. */
export function wrongBasePage({ messages }: History, log: LogNow): string | undefined {
	const newest = log.numbers.slice(-defaultLimits.baseHistoryMessages);
	const given = messages.map(({ sequence }) => sequence);
	return isSame(given, newest) ? undefined : `has ${given}, and the newest messages are ${newest}`;
}

/** What is wrong with the answer to `asked`. */
export function wrongPage(history: History, asked: Asked, log: LogNow): string | undefined {
	const { epoch, head, oldest, complete, messages, gap, gaps = [] } = history;
	if (epoch !== log.epoch || head !== log.head || oldest !== log.oldest) {
		return `says ${epoch} ${oldest}..${head}, and it is ${log.epoch} ${log.oldest}..${log.head}`;
	}
	const { after = 0, before = Number.POSITIVE_INFINITY, limit = 100, order } = asked as Range;
	const isRising = (order ?? (asked['after'] === undefined ? 'desc' : 'asc')) === 'asc';
	const given = messages.map(({ sequence }) => sequence);
	const [lowest, highest] = [after + 1, Math.min(before - 1, head)];
	const kept = log.numbers.filter((sequence) => lowest <= sequence && sequence <= highest);
	const wanted = isRising ? kept.slice(0, given.length) : kept.slice(kept.length - given.length);
	if (given.length > limit || !isSame(given, wanted)) {
		return `has ${given} of the messages ${kept}`;
	}
	if (complete !== (given.length === kept.length)) {
		return `is ${complete ? '' : 'not '}complete with ${given} of the messages ${kept}`;
	}
	const parts = [...given.map((sequence) => ({ from: sequence, to: sequence })), ...gaps].sort(byFrom);
	const hole = parts.find(
		({ from, to }, index) => to < from || (index > 0 && from !== (parts[index - 1]?.to ?? 0) + 1),
	);
	// What is not complete may end anywhere, on the side that was not asked for first.
	const isBegun = parts[0]?.from === lowest || (!complete && !isRising);
	const isEnded = parts.at(-1)?.to === highest || (!complete && isRising);
	const isEmpty = parts.length === 0 && complete && lowest > highest;
	if (hole !== undefined || !((isBegun && isEnded) || isEmpty)) {
		return `leaves a hole in ${lowest}..${highest}: messages ${given}, gaps ${JSON.stringify(gaps)}`;
	}
	const [first] = gaps;
	const isFirst = asked['after'] !== undefined && first?.from === lowest;
	return JSON.stringify(gap) === (isFirst ? JSON.stringify(first) : undefined)
		? undefined
		: `names ${JSON.stringify(gap)} as the first gap after ${after} of ${JSON.stringify(gaps)}`;
}

/** What a `get_history` may have asked for: the broker has answered it, so it is well formed. */
interface Range {
	readonly after?: number;
	readonly before?: number;
	readonly limit?: number;
	readonly order?: 'asc' | 'desc';
}

function byFrom(one: { readonly from: number }, other: { readonly from: number }): number {
	return one.from - other.from;
}

function isSame(given: readonly number[], wanted: readonly number[]): boolean {
	return given.length === wanted.length && given.every((sequence, index) => sequence === wanted[index]);
}
