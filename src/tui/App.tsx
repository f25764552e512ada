/**
 * The screen: it reads keys and the store, and shows what `screen` says. Ink has the terminal's modes and its keyboard. The
 * rows are drawn by the canvas, for Ink would take each apart into cells and put it together again, which takes longer than
 * all the rest of a key press.
 */
import { useLayoutEffect } from 'react';
import type { Canvas } from './canvas.ts';
import { frameOf } from './frame.ts';
import { useKeys } from './hooks/use-keys.ts';
import { useLoan } from './hooks/use-loan.ts';
import { useStore } from './hooks/use-store.ts';
import type { Loan } from './loan.ts';
import { screen } from './selectors.ts';
import type { Store } from './store.ts';
import { themeOf } from './theme.ts';

interface Properties {
	readonly store: Store;
	readonly loan: Loan;
	readonly canvas: Canvas;
}

/** Everything natter draws. */
export function App({ store, loan, canvas }: Properties) {
	useKeys(store, loan);
	useLoan(loan, canvas);
	const view = useStore(store, screen);
	const theme = useStore(store, themeOf);
	// Before anything else happens: whoever pressed a key sees what came of it.
	useLayoutEffect(() => canvas.show(frameOf(view, theme)), [canvas, view, theme]);
	return null;
}
