/** Seeds that broke an invariant until something was mended. They are run with every test run. */
export const regressions: readonly number[] = [];
