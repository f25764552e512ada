/**
 * What a transaction that was not committed means for the calls that it carried out.
 */
import { resultCodes } from '../sqlite/node-sqlite.ts';
import type { Result } from './sqlite-wire.ts';

/** A transaction that did not happen, or (`unknown`) may have. */
export class WriteFailure extends Error {
	readonly result: Extract<Result, readonly ['failed', ...unknown[]]>;
	/** Whether what is stored is in the way of this transaction, rather than the disk of all. */
	readonly isOfTheData: boolean;

	constructor({ result, isOfTheData }: Pick<WriteFailure, 'result' | 'isOfTheData'>) {
		super(result[1]);
		this.result = result;
		this.isOfTheData = isOfTheData;
	}
}

export function failureOf(error: unknown): WriteFailure {
	if (error instanceof WriteFailure) {
		return error;
	}
	throw error;
}

/** Whether an error with that code, if it is SQLite's at all, comes from damaged rows. */
export function isOfTheData(code: number | undefined): boolean {
	return code === undefined || code === resultCodes.corrupt || code === resultCodes.constraint;
}

export function failed(message: string, outcome: 'not_applied' | 'unknown'): WriteFailure['result'] {
	return ['failed', message, outcome];
}
