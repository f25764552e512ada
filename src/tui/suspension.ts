/**
 * Stops this process as Ctrl+Z does in a shell, and gives the terminal back meanwhile. A stop that comes from outside is
 * the same; what stops a process without asking it is made good when it goes on.
 */
import type { Loan } from './loan.ts';

export interface Suspension {
	/** Ctrl+Z: stops all that was started with this process. Resolves when it goes on, also when nothing could stop it. */
	readonly suspend: () => Promise<void>;
	/** No signal is listened to any more. */
	readonly close: () => void;
}

/** A process that no shell could wake is not stopped by the system: it goes on after so many ms. */
const stopMs = 100;

/** `onBack` is called when this process went on and has the terminal. */
export function suspendable(loan: Loan, onBack: () => void): Suspension {
	let isStopping = false;

	/** Resolves when this process goes on. */
	async function stop(target: number): Promise<void> {
		isStopping = true;
		process.off('SIGTSTP', onStop);
		try {
			await new Promise<void>((done) => {
				const goOn = () => {
					clearTimeout(timer);
					process.off('SIGCONT', goOn);
					// What came meanwhile is taken in while the terminal is not here yet: nobody has read it.
					setImmediate(done);
				};
				const timer = setTimeout(goOn, stopMs);
				process.on('SIGCONT', goOn);
				process.kill(target, 'SIGTSTP');
			});
		} finally {
			process.on('SIGTSTP', onStop);
			isStopping = false;
		}
	}

	async function suspend(target: number): Promise<void> {
		if (isStopping) {
			return;
		}
		// An editor that has the terminal and stops gives it to the shell by itself.
		// A terminal that cannot be given away is only drawn on anew.
		await (loan.isLent() ? stop(target) : loan.lend(() => stop(target))).catch(() => undefined);
		if (!loan.isLent()) {
			onBack();
		}
	}

	function onStop(): void {
		void suspend(process.pid);
	}

	function onContinue(): void {
		if (!isStopping && !loan.isLent()) {
			void loan
				.lend(() => Promise.resolve())
				.catch(() => undefined)
				.then(onBack);
		}
	}

	process.on('SIGTSTP', onStop);
	process.on('SIGCONT', onContinue);
	return {
		// Process group 0 is the own one: npm, which started this process, stops with it.
		suspend: () => suspend(0),
		close: () => {
			process.off('SIGTSTP', onStop);
			process.off('SIGCONT', onContinue);
		},
	};
}
