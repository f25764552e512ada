import { describe, expect, it } from 'vitest';
import { createCanvas } from '../../src/tui/canvas.ts';
import { changes, type Frame } from '../../src/tui/frame.ts';

const frame = (...rows: readonly string[]): Frame => ({ columns: 10, rows, cursor: { x: 1, y: 0 } });

/** A canvas, and what it has written since that was last asked; `isSlow`: a terminal that takes nothing until it is told to. */
function open({ isSlow = false } = {}) {
	const written: string[] = [];
	const taking: (() => void)[] = [];
	const canvas = createCanvas((bytes, taken) => {
		written.push(bytes);
		if (isSlow) {
			taking.push(taken ?? (() => undefined));
		} else {
			taken?.();
		}
	});
	canvas.open();
	expect(written.splice(0)).toEqual(['\x1b[?1049h']);
	const take = () => {
		for (const taken of taking.splice(0)) {
			taken();
		}
	};
	return { canvas, written: () => written.splice(0), take };
}

describe('the canvas', () => {
	it('draws the first frame whole, and then what changed', () => {
		const { canvas, written } = open();
		canvas.show(frame('a', 'b'));
		canvas.show(frame('a', 'B'));
		canvas.show(frame('a', 'B'));
		expect(written()).toEqual([changes(undefined, frame('a', 'b')), changes(frame('a', 'b'), frame('a', 'B'))]);
	});

	it('draws nothing while it is closed', () => {
		const { canvas, written } = open();
		canvas.show(frame('a'));
		canvas.close();
		canvas.close();
		written();
		canvas.show(frame('b'));
		canvas.showAgain();
		expect(written()).toEqual([]);
	});

	it('draws all anew when it is opened again', () => {
		const { canvas, written } = open();
		canvas.show(frame('a', 'b'));
		canvas.close();
		canvas.show(frame('a', 'B'));
		canvas.open();
		canvas.open();
		canvas.showAgain();
		expect(written().slice(1)).toEqual(['\x1b[?1049l\x1b[?25h', '\x1b[?1049h', changes(undefined, frame('a', 'B'))]);
	});

	it('draws all anew where something else was written over it', () => {
		const { canvas, written } = open();
		canvas.show(frame('a', 'b'));
		canvas.forget();
		canvas.showAgain();
		expect(written()[1]).toBe(changes(undefined, frame('a', 'b')));
	});

	it('puts the cursor back after it was at the top', () => {
		const { canvas, written } = open();
		canvas.show(frame('a', 'b'));
		written();
		canvas.toTop();
		canvas.show(frame('a', 'b'));
		expect(written()).toEqual(['\x1b[H', '\x1b[1;2H\x1b[?25h']);
	});

	it('sends a terminal no frame before it has taken the last one, and then the newest', () => {
		const { canvas, written, take } = open({ isSlow: true });
		canvas.show(frame('a', 'b'));
		for (let count = 0; count < 1000; count++) {
			canvas.show(frame(`${count}`, 'b'));
		}
		expect(written()).toEqual([changes(undefined, frame('a', 'b'))]);
		take();
		expect(written()).toEqual([changes(frame('a', 'b'), frame('999', 'b'))]);
		take();
		take();
		canvas.show(frame('999', 'B'));
		expect(written()).toEqual([changes(frame('999', 'b'), frame('999', 'B'))]);
	});

	it('does not draw over what was written meanwhile, nor while it is closed', () => {
		const { canvas, written, take } = open({ isSlow: true });
		canvas.show(frame('a'));
		canvas.show(frame('b'));
		canvas.forget();
		written();
		take();
		expect(written()).toEqual([]);
		canvas.show(frame('c'));
		canvas.show(frame('d'));
		canvas.close();
		written();
		take();
		expect(written()).toEqual([]);
		canvas.open();
		canvas.showAgain();
		expect(written()).toEqual(['\x1b[?1049h', changes(undefined, frame('d'))]);
	});
});
