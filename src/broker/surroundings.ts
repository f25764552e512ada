/**
 * What the broker's cores may not take for themselves: time, timers and chance. A simulator brings its own.
 */
import { randomBytes } from 'node:crypto';

export interface Surroundings {
	/** The wall clock, in ms since 1970. It may step. */
	now(): number;
	/** A clock in ms that never steps back, for rates and time limits. */
	elapsed(): number;
	/** Calls `run` once after `ms`. The returned function prevents that. */
	after(ms: number, run: () => void): () => void;
	/** Calls `run` once at the end of this turn, after everything that was settled in it. */
	soon(run: () => void): void;
	/** 22 characters that nobody can guess. */
	randomId(): string;
}

/** The real ones. Their timers do not keep a process alive. */
export const systemSurroundings: Surroundings = {
	now: Date.now,
	elapsed: () => performance.now(),
	after(ms, run) {
		const timer = setTimeout(run, ms).unref();
		return () => clearTimeout(timer);
	},
	soon(run) {
		setImmediate(run);
	},
	randomId() {
		if (drawnAt === drawn.length) {
			drawn = randomBytes(idBytes * drawnAtOnce);
			drawnAt = 0;
		}
		drawnAt += idBytes;
		return drawn.toString('base64url', drawnAt - idBytes, drawnAt);
	},
};

const idBytes = 16;
/** To draw for each id by itself would take longer than all else that a connection begins with. */
const drawnAtOnce = 64;
let drawn = Buffer.alloc(0);
let drawnAt = 0;
