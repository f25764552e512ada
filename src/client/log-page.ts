/** What a page of a room's log tells about numbers that are missing. Pure. */
import type { GapReason, Message } from '../protocol/frames.ts';

/** A part of the log that was asked for. */
export interface LogPage {
	readonly messages: readonly Message[];
	/** The range that was asked for, both ends excluded. */
	readonly after: number;
	readonly before: number;
	readonly head?: number | undefined;
	readonly oldest?: number | undefined;
	/** `undefined` from a base broker, which gives its newest messages whatever was asked for. */
	readonly complete?: boolean | undefined;
	readonly reason?: GapReason | undefined;
	/** What the broker itself says of numbers that it does not have. */
	readonly gone?: readonly Void[] | undefined;
}

/** Numbers that will not come. Without a reason they hold nothing for this reader. */
export interface Void {
	readonly from: number;
	readonly to: number;
	readonly reason: GapReason | 'timeout' | undefined;
}

/** The numbers of the asked range that a page proves to be gone, ascending, each once. */
export function goneFrom({
	messages,
	after,
	before,
	head,
	oldest,
	complete,
	reason,
	gone: told = [],
}: LogPage): Void[] {
	const named = told
		.slice(0, maxNamed)
		.map((gap) => ({ ...gap, from: Math.max(gap.from, after + 1), to: Math.min(gap.to, before - 1) }))
		.filter(({ from, to }) => from <= to)
		.sort((a, b) => a.from - b.from);
	const last = Math.max(messages.at(-1)?.sequence ?? after, named.at(-1)?.to ?? after);
	const isBase = complete === undefined && head === undefined;
	// What a base broker keeps is unknown: only what lies below its newest messages is surely not given any more.
	const first = messages[0]?.sequence ?? 0;
	const provenTo = isBase ? first - 1 : complete === true ? Math.min(before - 1, head ?? 0) : last;
	const trimmedTo = Math.min((oldest ?? 0) - 1, before - 1);
	const gone: Void[] = [];
	let from = after + 1;
	/** What nobody explains below `end`: under the edge of the log it was trimmed, above it the messages expired. */
	const explain = (end: number) => {
		const trimmed = Math.min(trimmedTo, end - 1);
		if (trimmed >= from) {
			gone.push({ from, to: trimmed, reason: reason ?? 'trimmed' });
			from = trimmed + 1;
		}
		const to = Math.min(end - 1, provenTo, before - 1);
		if (to >= from) {
			gone.push({ from, to, reason: reason ?? (isBase ? 'trimmed' : 'expired') });
			from = to + 1;
		}
	};
	const known = [...messages.map(({ sequence }) => ({ from: sequence, to: sequence, reason: undefined })), ...named];
	for (const one of known.sort((a, b) => a.from - b.from)) {
		explain(one.from);
		if (one.reason !== undefined && one.to >= from) {
			gone.push({ ...one, from: Math.max(one.from, from) });
		}
		from = Math.max(from, one.to + 1);
	}
	explain(Infinity);
	return gone;
}

/** Ranges that a page can name: more of them than messages would not be needed. */
const maxNamed = 512;

/** How many numbers two ranges have in common. */
export function overlap(a: { readonly from: number; readonly to: number }, b: typeof a): number {
	return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from) + 1);
}
