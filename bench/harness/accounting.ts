/** What the operating system says that a process has used. Linux alone has it in this form. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time of a process so far, in us: that of all its threads, those that have ended included, in user and in kernel. The
 * sum that the system keeps is cut down to ticks of 10 ms; what its threads say is exact, but for those that have ended.
 */
export function cpuUs(pid: number): number {
	const ofAll = readCpuTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')) * tickUs();
	return Math.max(
		ofAll,
		tasksOf(pid).reduce((sum, task) => sum + (schedulingOf(task)?.ran ?? 0), 0),
	);
}

/** `utime` and `stime` of a line of /proc/PID/stat. The name in it may have blanks and brackets. */
export function readCpuTicks(stat: string): number {
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return Number(fields[11]) + Number(fields[12]);
}

/** How long the main thread of a process has run so far, and how long it waited for a processor while it could run, in us. */
export function scheduledUs(pid: number): Scheduled {
	return readScheduled(readFileSync(`/proc/${pid}/schedstat`, 'latin1'));
}

export interface Scheduled {
	readonly ran: number;
	readonly waited: number;
}

/** The first two fields of /proc/PID/schedstat, which are in ns. */
export function readScheduled(schedstat: string): Scheduled {
	const [ran, waited] = schedstat.split(' ');
	return { ran: Number(ran) / 1000, waited: Number(waited) / 1000 };
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
	return readResidentBytes(readFileSync(`/proc/${pid}/status`, 'latin1'));
}

/** `VmRSS` of /proc/PID/status. */
export function readResidentBytes(status: string): number {
	return Number(/^VmRSS:\s*(\d+) kB/mu.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** How often a thread of a process has waited for something so far, by its name; NaN where no thread has that name. */
export function threadWaits(pid: number, name: string): number {
	const thread = tasksOf(pid).find((task) => readFileSync(`${task}/comm`, 'latin1').trim() === name);
	return thread === undefined ? Number.NaN : readWaits(readFileSync(`${thread}/status`, 'latin1'));
}

/** Where the system tells of each thread of a process. */
function tasksOf(pid: number): string[] {
	const tasks = `/proc/${pid}/task`;
	return readdirSync(tasks).map((task) => `${tasks}/${task}`);
}

/** `undefined` for a thread that has ended meanwhile. */
function schedulingOf(task: string): Scheduled | undefined {
	try {
		return readScheduled(readFileSync(`${task}/schedstat`, 'latin1'));
	} catch {
		return undefined;
	}
}

/** `voluntary_ctxt_switches` of /proc/PID/task/TID/status. */
function readWaits(status: string): number {
	return Number(/^voluntary_ctxt_switches:\s*(\d+)/mu.exec(status)?.[1] ?? Number.NaN);
}

let tick: number | undefined;

function tickUs(): number {
	tick ??= 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'latin1' }));
	return tick;
}
