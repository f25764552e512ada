/**
 * Ink, which takes longer to load than all of natter's own: the first frame is shown before.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import { render } from 'ink';
import { App } from './App.tsx';
import type { Canvas } from './canvas.ts';
import type { Loan } from './loan.ts';
import type { Store } from './store.ts';

interface Mounting {
	readonly store: Store;
	readonly loan: Loan;
	/** It is open. */
	readonly canvas: Canvas;
	readonly stdin: ReadStream;
	readonly stdout: WriteStream;
}

export interface Mounted {
	/** Resolves when Ink has ended and has written all that it wanted to, and rejects when a component threw. */
	readonly ended: Promise<unknown>;
	readonly unmount: () => void;
}

/** Has Ink read the keyboard, and the canvas follow the store. */
export function mount({ store, loan, canvas, stdin, stdout }: Mounting): Mounted {
	// Ink draws nothing, and begins a new line for that.
	canvas.toTop();
	const { waitUntilExit, unmount } = render(<App store={store} loan={loan} canvas={canvas} />, {
		stdin,
		stdout,
		// Ink takes CI=1 for a log that is written to; a person sits here.
		interactive: true,
		exitOnCtrlC: false,
		patchConsole: false,
		kittyKeyboard: { mode: 'auto' },
	});
	return { ended: waitUntilExit(), unmount };
}
