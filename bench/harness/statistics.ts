/** What is said of repeated measurements. */
import type { Spread } from './scenario.ts';

/** The middle of the values, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	const half = sorted.length / 2;
	const low = sorted[Math.ceil(half) - 1] ?? Number.NaN;
	const high = sorted[Math.floor(half)] ?? Number.NaN;
	return (low + high) / 2;
}

/** The lowest value that at least this share of them does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((one, other) => one - other);
	return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function spreadOf(values: readonly number[]): Spread {
	return { median: median(values), lowest: percentile(values, 0), highest: percentile(values, 1) };
}
