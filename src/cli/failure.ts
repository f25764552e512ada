/** Something that could not be done and is told in one line, without a stack trace. */
export class Failure extends Error {
	override readonly name = 'Failure';
	/**
	 * 2: nothing was begun and the command or its surroundings must change first. 1: it was begun and failed. 128 and the
	 * number of a signal: that ended it.
	 */
	readonly exitCode: number;

	constructor(message: string, exitCode: number) {
		super(message);
		this.exitCode = exitCode;
	}
}
