/**
 * Which parts of the screen there are at a size, and how large each of them is.
 */
import type { Size, State } from '../model.ts';
import { composerHeight } from './composer.ts';

/** `line`: too small for anything but one line of text. `bare`: tabs, messages and input. */
type Shape = 'line' | 'bare' | 'whole';

function shapeOf({ columns, rows }: Size): Shape {
	if (columns < 20 || rows < 5) {
		return 'line';
	}
	return columns < 40 || rows < 8 ? 'bare' : 'whole';
}

export interface Parts {
	readonly shape: Shape;
	readonly topic: boolean;
	readonly hint: boolean;
	/** With its border; 0 when there is none. */
	readonly sidebarWidth: number;
	readonly inputRows: number;
	readonly paneWidth: number;
	readonly paneRows: number;
}

/** What the screen is made of now. All rows together are `state.size.rows`. */
export function partsOf(state: State): Parts {
	const { columns, rows } = state.size;
	const shape = shapeOf(state.size);
	const whole = shape === 'whole';
	const topic = whole && rows >= 20;
	const hint = whole && rows >= 24;
	const sidebarWidth = whole ? sidebarWidthAt(state) : 0;
	const inputRows = shape === 'line' ? 1 : composerHeight(state);
	// Tabs, topic, rule; rule, status, hint.
	const around = shape === 'line' ? 0 : 1 + Number(topic) + (whole ? 3 : 0) + Number(hint);
	return {
		shape,
		topic,
		hint,
		sidebarWidth,
		inputRows,
		paneWidth: columns - sidebarWidth,
		paneRows: rows - around - inputRows,
	};
}

function sidebarWidthAt({ size: { columns }, view }: State): number {
	if (view.sidebar === 'hidden' || columns < 80) {
		return 0;
	}
	return 1 + (columns < 100 ? 12 : 15);
}
