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
}

/** Numbers that will not come. Without a reason they hold nothing for this reader. */
export interface Void {
	readonly from: number;
	readonly to: number;
	readonly reason: GapReason | 'timeout' | undefined;
}

/** The numbers of the asked range that a page proves to be gone. */
export function goneFrom({ messages, after, before, head, oldest, complete, reason }: LogPage): Void[] {
	const last = messages.at(-1)?.sequence ?? after;
	const isBase = complete === undefined && head === undefined;
	// What a base broker keeps is unknown: only what lies below its newest messages is surely not given any more.
	const first = messages[0]?.sequence ?? 0;
	const provenTo = isBase ? first - 1 : complete === true ? Math.min(before - 1, head ?? 0) : last;
	const trimmedTo = Math.min((oldest ?? 0) - 1, before - 1);
	const gone: Void[] = [];
	if (trimmedTo > after) {
		gone.push({ from: after + 1, to: trimmedTo, reason: reason ?? 'trimmed' });
	}
	let from = Math.max(after, trimmedTo) + 1;
	for (const { sequence } of [...messages, { sequence: provenTo + 1 }]) {
		const to = Math.min(sequence - 1, provenTo, before - 1);
		if (to >= from) {
			gone.push({ from, to, reason: reason ?? (isBase ? 'trimmed' : 'expired') });
		}
		from = Math.max(from, sequence + 1);
	}
	return gone;
}

/** How many numbers two ranges have in common. */
export function overlap(a: { readonly from: number; readonly to: number }, b: typeof a): number {
	return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from) + 1);
}
