/** What has to happen in a long run, so that it says something about each kind of trouble. */
const needed: readonly string[] = ['acked', 'shown', 'shown to base clients', 'reconnects', 'resumed', 'caught_up'];

/** Those that never happened. */
export function missing(counts: Readonly<Record<string, number>>): readonly string[] {
	return needed.filter((what) => (counts[what] ?? 0) === 0);
}
