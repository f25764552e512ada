/**
 * The terminal's other screen, on which natter draws. It knows what stands there, and writes only what is to change.
 * No frame is written before the last one was, and then the newest. Where Node writes to a terminal without waiting, as on
 * Windows, one that is slow, or does not read at all, is sent no more than that. On Linux and macOS Node itself waits until
 * a terminal has taken all, and natter with it.
 */
import { changes, type Frame } from './frame.ts';

export interface Canvas {
	/** Has the terminal show an empty screen of its own; `close` has it show again what it showed before. */
	readonly open: () => void;
	readonly close: () => void;
	/** Makes the terminal show a frame, as soon as it takes one; while this is closed, nothing is written. */
	readonly show: (frame: Frame) => void;
	/** Makes it show the newest frame, which it may not do any more. */
	readonly showAgain: () => void;
	/** Something else was written over what was drawn: the next frame is drawn whole. */
	readonly forget: () => void;
	/** Puts the cursor, until something is shown, where a line feed moves nothing of what stands there. */
	readonly toTop: () => void;
}

/** `write` is to the terminal, and calls back when that has taken it. */
export function createCanvas(write: (bytes: string, taken?: () => void) => void): Canvas {
	let isOpen = false;
	let newest: Frame | undefined;
	let standing: Frame | undefined;
	let isTaking = false;
	/** The newest frame is to be shown when the last one is taken. */
	let isLate = false;
	const showAgain = () => {
		isLate = isTaking;
		if (!isOpen || newest === undefined || isTaking) {
			return;
		}
		const bytes = changes(standing, newest);
		standing = newest;
		if (bytes !== '') {
			isTaking = true;
			write(bytes, () => {
				isTaking = false;
				if (isLate) {
					showAgain();
				}
			});
		}
	};
	return {
		open: () => {
			if (!isOpen) {
				isOpen = true;
				standing = undefined;
				write('\x1b[?1049h');
			}
		},
		close: () => {
			if (isOpen) {
				isOpen = false;
				write('\x1b[?1049l\x1b[?25h');
			}
		},
		show: (frame) => {
			newest = frame;
			showAgain();
		},
		showAgain,
		forget: () => {
			standing = undefined;
			// It is for whoever wrote over it to say when that is to go.
			isLate = false;
		},
		toTop: () => {
			standing &&= { ...standing, cursor: { x: 0, y: 0 } };
			write('\x1b[H');
		},
	};
}
