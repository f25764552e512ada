/** Somebody who reads back page by page, and sees whether anything is left out. */
import { isRun, numbersOn } from './messages.ts';
import type { Opened } from './open.ts';
import { beforeKey } from './typist.ts';

const pageUp = '\x1b[5~';

/** Goes up so many pages; resolves to the ms that each took. Rejects where a page does not come, whole and next to the last. */
export async function readPages(
	{ terminal, name }: Pick<Opened, 'terminal' | 'name'>,
	pages: number,
): Promise<number[]> {
	const times: number[] = [];
	let before = numbersOn(await terminal.lines());
	while (times.length < pages) {
		await beforeKey(times.length);
		const began = performance.now();
		terminal.type(pageUp);
		const at = await terminal.shows(`${name}: the page above ${before[0]}`, (lines) =>
			isAbove(numbersOn(lines), before),
		);
		times.push(at - began);
		before = numbersOn(await terminal.lines());
	}
	return times;
}

/** Whether these numbers are a whole page of messages that begins further up than the one before, and leaves none out. */
export function isAbove(page: readonly number[], before: readonly number[]): boolean {
	const [top = 0] = before;
	const [first = top] = page;
	const last = page.at(-1) ?? 0;
	return isRun(page) && first < top && last >= top - 1 && last < (before.at(-1) ?? 0);
}
