import type { Batch } from './fan-out.ts';

/** One reader's end of a line, as the broker's core sees it. After `close` everything else does nothing. */
export interface Wire {
	/** Whether the other end is a program on this computer. */
	readonly loopback: boolean;
	/** Bytes that were given to it and have not left this process. */
	readonly unsent: number;
	/** Bytes that have left this process; it only grows. */
	readonly sent: number;
	/** Whether it wants no more until `Connection.drained` is called. True whenever `unsent` is above 1 MiB. */
	readonly full: boolean;
	/** Sends one text frame, and returns how many bytes that is. */
	send(text: string): number;
	/** Sends messages, one text frame each. */
	write(batch: Batch): void;
	/** Asks the other end for a sign of life. It repeats `mark`, of at most 125 bytes. */
	ping(mark: string): void;
	/** Stops reading from the other end; what was read already still arrives. */
	pause(): void;
	resume(): void;
	/** Says goodbye with a code, and ends the line also when the other end does not answer. */
	close(code: number, reason: string): void;
}
