/**
 * A broker's log of one room, for the tests of what a screen asks of it: it answers as a broker does, however late.
 */
import type { HistoryPage, RoomItem } from '../../src/client/client.ts';
import type { Effect, Unstamped } from '../../src/tui/model.ts';
import { items, message, status } from './happenings.ts';

type Load = Extract<Effect, { type: 'load-older' | 'load-newer' | 'load-around' }>;

export interface Log {
	readonly head: number;
	/** Whether the broker has a message with this number. */
	keeps(sequence: number): boolean;
	/** Says so many messages more, as the client tells of them. */
	says(count: number): readonly Unstamped[];
	/** Forgets all below this number. */
	trims(oldest: number): void;
	/** Has an older copy of the log, up to this number; or none, so that all numbers start over. */
	goesBack(to: number | 'none'): readonly Unstamped[];
	/** Whether the log has this text at this number. */
	has(sequence: number, content: string): boolean;
	answer(load: Load): Unstamped;
}

/** A log of so many messages, without those that `isGone` says have expired; the newest `given` were given at the join. */
export function logOf({
	count,
	given,
	isGone = () => false,
}: {
	count: number;
	given: number;
	isGone?: (sequence: number) => boolean;
}): Log & { readonly joined: readonly Unstamped[] } {
	let head = count;
	let oldest = 1;
	let copies = 0;
	/** From which number on the log is of which copy. */
	let copiesFrom: { readonly from: number; readonly copy: number }[] = [];
	const contentAt = (sequence: number) =>
		contentOf(sequence, copiesFrom.findLast(({ from }) => from <= sequence)?.copy ?? 0);
	const messageAt = (sequence: number, old: boolean) => messageOf(sequence, contentAt(sequence), old);
	const epoch = () => (copies === 0 ? 'e' : `e${copies}`);
	const keeps = (sequence: number) => sequence >= oldest && sequence <= head && !isGone(sequence);
	const standing = (): Unstamped => ({
		type: 'room',
		status: status({ epoch: epoch(), position: head, head, oldest }),
	});
	/** What expired is given as lost. */
	const itemsFrom = (from: number, old: boolean): Unstamped =>
		items(
			...Array.from({ length: head - from + 1 }, (_, index) => from + index).map(
				(sequence): RoomItem =>
					keeps(sequence)
						? messageAt(sequence, old)
						: { kind: 'lost', from: sequence, to: sequence, reason: 'expired' },
			),
		);

	function page({
		after = 0,
		before = head + 1,
		limit,
		order,
	}: {
		after?: number;
		before?: number;
		limit: number;
		order: 'asc' | 'desc';
	}): HistoryPage {
		const end = Math.min(before - 1, head);
		const taken: number[] = [];
		const gone: number[] = [];
		const [start, by] = order === 'asc' ? [after + 1, 1] : [end, -1];
		let at = start;
		for (; at > after && at <= end && taken.length < limit; at += by) {
			(keeps(at) ? taken : gone).push(at);
		}
		const complete = at <= after || at > end;
		const gaps: { from: number; to: number; reason: 'trimmed' | 'expired' }[] = [];
		for (const sequence of gone.sort((one, other) => one - other)) {
			const reason = sequence < oldest ? 'trimmed' : 'expired';
			const open = gaps.at(-1);
			if (open?.to === sequence - 1 && open.reason === reason) {
				open.to = sequence;
			} else {
				gaps.push({ from: sequence, to: sequence, reason });
			}
		}
		taken.sort((one, other) => one - other);
		const messages = taken.map((sequence) => messageAt(sequence, true).message);
		return { room: 'general', messages, epoch: epoch(), head, oldest, gaps, complete };
	}

	return {
		get head() {
			return head;
		},
		keeps,
		joined: [itemsFrom(Math.max(1, count - given + 1), true), standing()],
		says: (more) => {
			const from = head + 1;
			head += more;
			return [itemsFrom(from, false), standing()];
		},
		trims: (to) => {
			oldest = to;
		},
		goesBack: (to) => {
			const sequence = to === 'none' ? 0 : Math.min(to, head);
			const lost = head - sequence;
			copies++;
			copiesFrom = [...copiesFrom.filter(({ from }) => from <= sequence), { from: sequence + 1, copy: copies }];
			head = sequence;
			const item = { kind: 'epoch', epoch: epoch(), sequence, ...(to !== 'none' && { lost }) } as const;
			return to !== 'none' && lost === 0 ? [] : [items(item), standing()];
		},
		has: (sequence, content) => keeps(sequence) && contentAt(sequence) === content,
		answer: (load) => {
			const { room } = load;
			if ((load.type === 'load-newer' ? load.after : load.type === 'load-around' ? load.sequence - 1 : 0) > head) {
				return { ...load, type: 'failed', what: load.type, text: `Expected a position up to ${head}` };
			}
			switch (load.type) {
				case 'load-older': {
					const { before, limit, asked } = load;
					const query = before === undefined ? {} : { before };
					return { type: 'older', room, ...query, page: page({ ...query, limit, order: 'desc' }), asked };
				}
				case 'load-newer': {
					const { after, limit } = load;
					return { type: 'newer', room, after, page: page({ after, limit, order: 'asc' }) };
				}
				case 'load-around': {
					const { sequence, limit } = load;
					const before = page({ before: sequence, limit, order: 'desc' });
					const after = page({ after: sequence - 1, limit: limit + 1, order: 'asc' });
					return { type: 'around', room, sequence, before, after };
				}
			}
		},
	};
}

/** The screen asks for a page. */
export function isLoad(effect: { readonly type: Effect['type'] }): effect is Load {
	return effect.type === 'load-older' || effect.type === 'load-newer' || effect.type === 'load-around';
}

/** Some are longer than a line. */
function contentOf(sequence: number, copy: number): string {
	const more = sequence % 7 === 0 ? `\n${'and more '.repeat(sequence % 4)}` : '';
	return `m${sequence}${copy > 0 ? ` of copy ${copy}` : ''}${more}.`;
}

function messageOf(sequence: number, content: string, old: boolean) {
	// Nobody says two things in a row, so that each line has its time and nick.
	const sender = sequence % 2 === 0 ? 'maya' : 'jona';
	return message(sequence, { old, content, sender, timestamp: Date.UTC(2026, 10, 23, 12) });
}
