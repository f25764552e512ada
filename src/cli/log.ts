/**
 * The log of `natter --serve`: JSON lines that neither end the broker when they cannot be written, nor fill a disk by
 * saying the same again and again.
 */
export type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>) => void;

export interface LogOptions {
	/** Takes one line, with its line end. */
	readonly write: (line: string) => void;
	/** ms since 1970. */
	readonly now: () => number;
}

/** Lines of one event that are written within a minute. The next one after that says how many were left out. */
const perMinute = 20;
const minuteMs = 60_000;

/** What an event has said lately. */
interface Said {
	since: number;
	lines: number;
	leftOut: number;
}

/**
 * A store that refuses is told once, however often somebody tries, and again only after it has said something else. Of
 * other events that anybody on the network can cause, only so many a minute are written.
 */
export function createLog({ write, now }: LogOptions): Log {
	const said = new Map<string, Said>();
	let refusal = '';
	return (level, event, fields) => {
		const at = now();
		if (event === 'engine') {
			const text = JSON.stringify(fields);
			if (text === refusal) {
				return;
			}
			refusal = text;
		} else if (event === 'store') {
			refusal = '';
		}
		const known = said.get(event);
		// A clock that was set back begins a new minute as well.
		const isOver = known === undefined || Math.abs(at - known.since) >= minuteMs;
		if (!isOver && known.lines >= perMinute) {
			known.leftOut += 1;
			return;
		}
		const leftOut = isOver ? (known?.leftOut ?? 0) : 0;
		said.set(event, isOver ? { since: at, lines: 1, leftOut: 0 } : { ...known, lines: known.lines + 1 });
		const time = new Date(at).toISOString();
		write(`${JSON.stringify({ time, level, event, ...fields, ...(leftOut > 0 && { leftOut }) })}\n`);
	};
}
