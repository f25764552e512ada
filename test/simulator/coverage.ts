/**
 * What has to happen in a long run: a kind of trouble that never came, or never had an effect, proves nothing. The names
 * are those that a run counts.
 */
const needed: readonly string[] = [
	...['acked', 'shown', 'shown to base clients', 'committed', 'reconnects', 'resumed', 'caught_up', 'epoch'],
	...['lost frames', 'doubled frames', 'overtaken frames', 'cut', 'storm', 'partition', 'slow down', 'stall'],
	...['crashed when received', 'crashed when numbered', 'crashed when written', 'crashed when fsynced'],
	...[
		'crashed when acked',
		'crashed when broadcast',
		'torn tails',
		'failed fsyncs',
		'fill disk',
		'slow disk',
		'fail reads',
	],
	...['restored copies', 'set broker clock', 'set client clock', 'crash client', 'drain broker', 'refused upgrades'],
	...['recovered: new', 'recovered: full', 'recovered: partial', 'recovered: rewound', 'recovered: none'],
	...['frames: gap', 'pages fed from the log', 'windows that were full', 'adopted publishes', 'duplicates'],
	...['lost: trimmed', 'lost: expired', 'lost: cleared', 'lost: damaged'],
	...['refused: empty', 'refused: too_large', 'told rate_limited', 'told unavailable', 'told out_of_order'],
	...['broker closed with 1012', 'broker closed with 1013', 'broker closed with 4400', 'broker closed with 4408'],
	'broker closed with 4409',
];

/** Those that never happened. */
export function missing(counts: Readonly<Record<string, number>>): readonly string[] {
	return needed.filter((what) => (counts[what] ?? 0) === 0);
}
