/**
 * How fast memory grows.
 */
export interface Sample {
	/** Since the run began. */
	readonly minutes: number;
	readonly bytes: number;
}

/** Least squares, in bytes per minute; 0 of samples of one moment. */
export function slopeOf(samples: readonly Sample[]): number {
	const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	const minutes = mean(samples.map((sample) => sample.minutes));
	const bytes = mean(samples.map((sample) => sample.bytes));
	const covariance = samples.reduce((sum, one) => sum + (one.minutes - minutes) * (one.bytes - bytes), 0);
	const variance = samples.reduce((sum, one) => sum + (one.minutes - minutes) ** 2, 0);
	return variance === 0 ? 0 : covariance / variance;
}
