/** What a program paints and what is used of the processors for it, from one moment on. */
import { cpuUs, type Scheduled, scheduledUs } from '../harness/accounting.ts';
import type { Opened } from './open.ts';

type Watched = Pick<Opened, 'terminal' | 'room'>;

export class Usage {
	readonly #watched: Watched;
	readonly #before: Snapshot;

	/** Begins now. */
	constructor(watched: Watched) {
		this.#watched = watched;
		this.#before = snapshot(watched);
	}

	/**
	 * Since then, named after what was going on: CPU in % of one processor, of the program, of this process (`driver`) and of
	 * the room's; how long the program had no processor, in % of the time in which it could have used one; bytes a second.
	 * `inMs` is the time that it had for what it did, where it may have gone on for longer.
	 */
	figures(name: string, { inMs }: { inMs?: number } = {}): Readonly<Record<string, number>> {
		const before = this.#before;
		const now = snapshot(this.#watched);
		const ms = inMs ?? now.at - before.at;
		const percent = (us: number) => us / 10 / ms;
		const ran = now.scheduled.ran - before.scheduled.ran;
		const waited = now.scheduled.waited - before.scheduled.waited;
		return {
			[`${name}: CPU`]: percent(now.programUs - before.programUs),
			[`${name}: waited`]: waited === 0 ? 0 : (100 * waited) / (ran + waited),
			[`${name}: driver`]: percent(now.driverUs - before.driverUs),
			[`${name}: bytes/s`]: ((now.written - before.written) * 1000) / ms,
			...(this.#watched.room !== undefined && { [`${name}: room`]: percent(now.roomUs - before.roomUs) }),
		};
	}
}

interface Snapshot {
	readonly at: number;
	readonly programUs: number;
	readonly driverUs: number;
	readonly roomUs: number;
	readonly scheduled: Scheduled;
	readonly written: number;
}

function snapshot({ terminal, room }: Watched): Snapshot {
	return {
		at: performance.now(),
		programUs: cpuUs(terminal.pid),
		driverUs: cpuUs(process.pid),
		roomUs: room === undefined ? 0 : cpuUs(room.pid),
		scheduled: scheduledUs(terminal.pid),
		written: terminal.written,
	};
}
