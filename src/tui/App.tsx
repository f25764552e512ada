/**
 * The screen: it reads keys and the store, and shows what `screen` says. Ink has the terminal's modes and its keyboard. The
 * rows are drawn by the canvas, for Ink would take each apart into cells and put it together again, which takes longer than
 * all the rest of a key press.
 */
import type { Canvas } from './canvas.ts';
import { useCanvas } from './hooks/use-canvas.ts';
import { useKeys } from './hooks/use-keys.ts';
import { useLoan } from './hooks/use-loan.ts';
import type { Loan } from './loan.ts';
import type { Store } from './store.ts';

interface Properties {
	readonly store: Store;
	readonly loan: Loan;
	readonly canvas: Canvas;
}

/** Everything natter draws. */
export function App({ store, loan, canvas }: Properties) {
	useKeys(store, loan);
	useLoan(loan, canvas);
	useCanvas(store, canvas);
	return null;
}
