/**
 * What has to happen in a long run: a kind of trouble that never came, or never had an effect, proves nothing, and one that
 * came a few times proves little. The names are those that a run counts.
 */

/** How often each has to happen at least in 1000 seeds. */
const needed: Readonly<Record<string, number>> = {
	...atLeast(1000, ['acked', 'shown', 'shown to base clients', 'committed', 'reconnects', 'resumed', 'caught_up']),
	...atLeast(500, ['epoch', 'lost frames', 'doubled frames', 'overtaken frames', 'adopted publishes', 'duplicates']),
	...atLeast(100, ['cut', 'storm', 'partition', 'slow down', 'stall', 'read slowly', 'outrun', 'block client']),
	...atLeast(100, ['late welcomes', 'lose and mute', 'lose acks', 'ask too much', 'say nonsense', 'rename', 'leave']),
	...atLeast(25, ['crashed when received', 'crashed when numbered', 'crashed when written', 'crashed when fsynced']),
	...atLeast(25, ['crashed when acked', 'crashed when broadcast', 'torn tails', 'failed fsyncs']),
	...atLeast(100, ['fill disk', 'slow disk', 'fail reads', 'set broker clock', 'set client clock', 'crash client']),
	...atLeast(100, ['restored copies', 'lost lineages', 'epochs begun in a run', 'drain broker', 'refused upgrades']),
	...atLeast(100, ['recovered: new', 'recovered: full', 'recovered: partial', 'recovered: rewound', 'recovered: none']),
	...atLeast(100, [
		'frames: gap',
		'frames: reset',
		'frames: position',
		'pages fed from the log',
		'pages fed from memory',
		'windows that were full',
	]),
	...atLeast(50, ['lost: trimmed', 'lost: expired', 'lost: cleared', 'lost: damaged', 'lost: timeout']),
	...atLeast(50, [
		'refused: empty',
		'refused: too_large',
		'told rate_limited',
		'told unavailable',
		'told out_of_order',
	]),
	...atLeast(5, [
		'told bad_frame',
		'told unknown_type',
		'told position_invalid',
		'told identity_mismatch',
		'told bad_filter',
	]),
	...atLeast(25, ['base clients that were taken past something', 'clients of which no more was read']),
	...atLeast(25, ['clients that held as much as they may', 'messages written to a line in which much waits']),
	...atLeast(100, ['messages chosen by a filter', 'filters changed']),
	...atLeast(100, ['new devices that went on', 'stored again after it was forgotten']),
	...atLeast(100, ['refused for what waits in all lines', 'who is there was told']),
	...atLeast(100, ['sessions that were resumed', 'told to have left', 'who is there was told to base clients']),
	...atLeast(100, ['rooms that waited for another']),
	...atLeast(10, ['late messages']),
	...atLeast(500, ['inboxes followed', 'acked in two inboxes', 'acked to guests alone', 'tell', 'told forbidden']),
	...atLeast(100, ['pry']),
	...atLeast(20, ['broker closed with 1012', 'broker closed with 1013', 'broker closed with 4400']),
	...atLeast(100, ['bans that hold', 'mutes that hold', 'kicks', 'clients that were put out of a room']),
	...atLeast(50, ['refused: banned', 'refused: muted']),
	...atLeast(10, ['broker closed with 4408', 'broker closed with 4409']),
};

/** Those that happened too seldom in so many seeds. */
export function missing(counts: Readonly<Record<string, number>>, seeds: number): readonly string[] {
	return Object.entries(needed).flatMap(([what, times]) => {
		const least = Math.floor((times * seeds) / 1000);
		const count = counts[what] ?? 0;
		return count < least ? [`${what} (${count} of ${least})`] : [];
	});
}

function atLeast(times: number, names: readonly string[]): Readonly<Record<string, number>> {
	return Object.fromEntries(names.map((name) => [name, times]));
}
