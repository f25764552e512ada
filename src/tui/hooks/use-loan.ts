import { useApp } from 'ink';
import { useEffect } from 'react';
import type { Loan } from '../loan.ts';

/** Has Ink give the terminal away and take it again. */
export function useLoan(loan: Loan): void {
	const { suspendTerminal } = useApp();
	useEffect(() => loan.drawnBy(suspendTerminal), [loan, suspendTerminal]);
}
