import { setImmediate } from 'node:timers/promises';
import { useApp, useStdin } from 'ink';
import { useEffect } from 'react';
import type { Loan } from '../loan.ts';

/** Has Ink give the terminal away and take it again. */
export function useLoan(loan: Loan): void {
	const { suspendTerminal } = useApp();
	const { stdin } = useStdin();
	useEffect(
		() =>
			loan.drawnBy((use) =>
				suspendTerminal(async () => {
					// Ink only stops listening: this process would go on taking what is typed. Node knows in the next turn that
					// nobody listens, can be paused then, and stops reading a turn later.
					await setImmediate();
					stdin.pause();
					await setImmediate();
					await use();
				}),
			),
		[loan, stdin, suspendTerminal],
	);
}
