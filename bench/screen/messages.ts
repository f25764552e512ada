/**
 * What is said in the rooms of these benchmarks: the same words to every program. Each message begins with its number,
 * `n0000001`, by which it is known again on a screen. Letters are small, and there are no signs that `keySigns` has.
 */

/** As many as people take part in a busy room, so that names and their colours change as they do there. */
const speakers = ['maya', 'jo', 'li', 'wes', 'kim', 'ana', 'tom', 'noor'] as const;
const words =
	'the canary is flat and staging looks green so i promote it now while replicas catch up after lunch'.split(' ');
const mostWords = 20;

/** Typed by the benchmarks: none is drawn by any of the programs for another reason than that it was typed. */
export const keySigns = 'QXZVYW{}$&="_;?';

export interface Said {
	readonly sender: string;
	readonly content: string;
}

/** The message with this number, from 1: always the same. */
export function messageOf(number: number): Said {
	const length = 1 + ((number * 7919) % mostWords);
	const content = Array.from({ length }, (_, index) => words[(number * 31 + index * 7) % words.length]).join(' ');
	return {
		sender: speakers[((number * 2654435761) >>> 8) % speakers.length] ?? speakers[0],
		content: `${mark(number)} ${content}`,
	};
}

/** How the message with this number begins. */
export function mark(number: number): string {
	return `n${`${number}`.padStart(7, '0')}`;
}

/** The numbers of the messages that begin on these lines, from the top. */
export function numbersOn(lines: readonly string[]): number[] {
	return lines.flatMap((line) => Array.from(line.matchAll(/\bn(\d{7})\b/gu), ([, digits]) => Number(digits)));
}

/** Whether each number is the one that follows the one before. */
export function isRun(numbers: readonly number[]): boolean {
	return numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);
}
