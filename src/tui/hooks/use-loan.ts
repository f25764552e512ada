import { setImmediate } from 'node:timers/promises';
import { useApp, useStdin } from 'ink';
import { useEffect } from 'react';
import type { Canvas } from '../canvas.ts';
import type { Loan } from '../loan.ts';

/** Has Ink give the terminal away and take it again. */
export function useLoan(loan: Loan, canvas: Canvas): void {
	const { suspendTerminal } = useApp();
	const { stdin } = useStdin();
	useEffect(
		() =>
			loan.drawnBy((use) =>
				suspendTerminal(async () => {
					// Behind what Ink ends, which some terminals know for each of their screens.
					canvas.close();
					try {
						// Ink only stops listening: this process would go on taking what is typed. Node knows in the next turn that
						// nobody listens, can be paused then, and stops reading a turn later.
						await setImmediate();
						stdin.pause();
						await setImmediate();
						await use();
					} finally {
						canvas.open();
					}
				}),
			),
		[loan, canvas, stdin, suspendTerminal],
	);
}
