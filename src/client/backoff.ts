/** How long to wait before dialling again. */

/** A link that lasted this long makes the next wait short again, in ms. */
export const healthyMs = 60_000;

/** The shortest wait after a broker said that it has too much to do, in ms. */
export const overloadedMs = 10_000;

/** The longest wait that a broker can ask for, in ms. */
export const maxAskedMs = 300_000;

const leastMs = 500;
const mostJitterMs = 20_000;

/**
 * The wait before the next attempt, in ms: `0.5 s + uniform(0, min(20 s, 0.5 s * 2^failures))`, so that the clients of a
 * broker that came back do not all dial at once.
 *
 * @param failures How many attempts in a row have failed or did not last, the last one not counted.
 * @param chance A number in [0, 1).
 * @param askedMs How long the broker asked to stay away; those who were asked alike come back over half a second.
 */
export function retryDelayMs(failures: number, chance: number, askedMs = 0): number {
	const askedDelayMs = askedMs === 0 ? 0 : askedMs + chance * leastMs;
	return Math.round(Math.max(askedDelayMs, leastMs + chance * Math.min(mostJitterMs, leastMs * 2 ** failures)));
}
