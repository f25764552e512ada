import { expect } from 'vitest';
import { Failure } from '../../src/cli/failure.ts';

/** Why a command could not do what it was to, which is not for want of a broker. */
export function failureOf(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		if (error instanceof Failure) {
			expect(error.exitCode).toBe(2);
			return error.message;
		}
		throw error;
	}
	throw new Error('Expected a refusal');
}
