/** Something that could not be done and is told in one line, without a stack trace. */
export class Failure extends Error {
	override readonly name = 'Failure';
	/** 2: nothing was begun and the command or its surroundings must change first. 1: it was begun and failed. */
	readonly exitCode: 1 | 2;

	constructor(message: string, exitCode: 1 | 2) {
		super(message);
		this.exitCode = exitCode;
	}
}
