/**
 * A room's history as lines of a file: text for people, or one JSON value a line.
 */
import type { HistoryPage } from '../../client/client.ts';
import type { Message } from '../../protocol/frames.ts';
import { missingText, plainMessage } from './plain-message.ts';

/** What a line is of: a message, numbers that cannot be had, or why the file ends before the history does. */
export type Entry =
	| { readonly message: Message }
	| { readonly missing: Missing }
	| { readonly stopped: { readonly after: number; readonly why: string } };

interface Missing {
	readonly from: number;
	readonly to: number;
	/** Absent: the broker has not said. */
	readonly reason?: string;
}

export type Format = 'text' | 'json';

/** By the end of a file's name. */
export function formatOf(file: string): Format {
	return /\.jsonl?$/iu.test(file) ? 'json' : 'text';
}

/** With its line end. */
export function entryText(entry: Entry, format: Format): string {
	return `${format === 'json' ? JSON.stringify('message' in entry ? entry.message : entry) : plainEntry(entry)}\n`;
}

function plainEntry(entry: Entry): string {
	if ('message' in entry) {
		return plainMessage(entry.message);
	}
	if ('missing' in entry) {
		const { reason } = entry.missing;
		return `-- ${missingText(entry.missing)}${reason === undefined ? '' : `: ${missingReasons[reason] ?? reason}`}`;
	}
	return `-- what is after #${entry.stopped.after} is not in this file: ${entry.stopped.why}`;
}

const missingReasons: Readonly<Record<string, string>> = {
	trimmed: 'not kept any more',
	expired: 'not kept any more',
	cleared: 'an admin cleared them',
	damaged: 'damaged where the broker stores them',
	slow: 'lost on the way',
};

/** What a page says of the numbers after `last`, up to its end: its messages, and between them what is missing. */
export function entriesOf(page: HistoryPage, last: number): readonly Entry[] {
	const entries: Entry[] = [];
	let next = last + 1;
	const miss = (to: number) => {
		while (next <= to) {
			const told = page.gaps?.find((gap) => gap.to >= next && gap.from <= to);
			const from = told === undefined ? to + 1 : Math.max(told.from, next);
			if (from > next) {
				const isTrimmed = page.oldest !== undefined && next < page.oldest;
				const until = isTrimmed ? Math.min(from - 1, page.oldest - 1) : from - 1;
				entries.push({ missing: { from: next, to: until, ...(isTrimmed && { reason: 'trimmed' }) } });
				next = until + 1;
			} else if (told !== undefined) {
				entries.push({ missing: { from: next, to: Math.min(told.to, to), reason: told.reason } });
				next = Math.min(told.to, to) + 1;
			}
		}
	};
	for (const message of page.messages) {
		miss(message.sequence - 1);
		entries.push({ message });
		next = message.sequence + 1;
	}
	miss(page.gaps?.at(-1)?.to ?? 0);
	return entries;
}
