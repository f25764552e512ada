import { usePaste, useStdin, useStdout } from 'ink';
import { useEffect } from 'react';
import { keyReader } from '../key-reader.ts';
import { type Chord, eventsOf } from '../keymap.ts';
import type { Loan } from '../loan.ts';
import type { Store } from '../store.ts';
import { mouseOff, mouseOn } from '../terminal-sequences.ts';
import { useStore } from './use-store.ts';

/** The terminal sends arrows for the wheel while it shows a full screen. */
const wheelMode = 1007;

/** Answered by most terminals, and by tmux for them. */
const backgroundQuestion = '\x1b]11;?\x1b\\';

/** The terminal tells when it gets the keyboard, and when another window does. */
const focusMode = 1004;

/**
 * Hands the store what comes from the keyboard. The only reader of it.
 *
 * Ink owns the terminal's modes: it makes it raw and turns bracketed paste on. But its `useInput` drops F-keys, so the
 * chunks that it reads are parsed here, pastes too, lest an Enter after a paste is taken before it.
 */
export function useKeys(store: Store, loan: Loan): void {
	const { stdin, setRawMode, isRawModeSupported } = useStdin();
	const { stdout } = useStdout();
	useMouse(store, loan);
	usePaste(ignore, { isActive: isRawModeSupported });
	useEffect(() => {
		if (!isRawModeSupported) {
			return;
		}
		setRawMode(true);
		let chord: Chord | undefined;
		let wheelWasOn = false;
		const reader = keyReader((inputs) => {
			if (inputs.some((input) => input.kind === 'mode' && input.mode === wheelMode && input.set)) {
				wheelWasOn = true;
				stdout.write(`\x1b[?${wheelMode}l`);
			}
			const { bindings } = store.snapshot().preferences;
			const pressed = eventsOf(inputs, { bindings, chord, at: performance.now() });
			chord = pressed.chord;
			const { events } = pressed;
			if (events.length > 0) {
				store.send(...events);
			}
		});
		const begin = () => void stdout.write(`\x1b[?${focusMode}h${wheelWasOn ? `\x1b[?${wheelMode}l` : ''}`);
		const end = () => void stdout.write(`\x1b[?${focusMode}l${wheelWasOn ? `\x1b[?${wheelMode}h` : ''}`);
		begin();
		// It stays while the terminal is lent and nothing is read: Ink reads again before others hear that it is back.
		stdin.on('data', reader.read);
		const stopLending = loan.around(end, begin);
		// The Linux console prints what it does not understand of these questions.
		if (process.env['TERM'] !== 'linux') {
			stdout.write(`\x1b[?${wheelMode}$p${backgroundQuestion}`);
		}
		return () => {
			stopLending();
			reader.close();
			stdin.off('data', reader.read);
			end();
			setRawMode(false);
		};
	}, [store, loan, stdin, stdout, setRawMode, isRawModeSupported]);
}

/** Takes the mouse from the terminal for as long as a person wants that. */
function useMouse(store: Store, loan: Loan): void {
	const { stdout } = useStdout();
	const isOn = useStore(store, ({ preferences }) => preferences.mouse);
	useEffect(() => {
		if (!isOn) {
			return;
		}
		const begin = () => void stdout.write(mouseOn);
		const end = () => void stdout.write(mouseOff);
		begin();
		const stopLending = loan.around(end, begin);
		return () => {
			stopLending();
			end();
		};
	}, [isOn, loan, stdout]);
}

function ignore(): void {}
