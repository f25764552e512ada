/**
 * The signs that the screen is drawn with, each one cell wide, in one table; on an ASCII screen others take their place.
 */
export const marks = Object.freeze({
	rule: '─',
	ruleDown: '┬',
	ruleUp: '┴',
	border: '│',
	separator: ' │ ',
	gap: '~',
	/** On my own messages: not numbered yet, numbered, refused. */
	waiting: '~',
	numbered: '✓',
	refused: '!',
	/** In the first column of a message that names me. */
	mention: '>',
	/** Before the one of a list that Enter takes. */
	chosen: '>',
	/** In the first column of a message that somebody asked to see. */
	found: '»',
	/** Before each line of code. */
	code: '┆',
	/** Above a message that answers another. */
	answers: '┌',
	/** In front of a line that natter says on this screen alone. */
	told: '·',
	warned: '!',
	live: '✓',
	offline: '!',
	here: '+',
	away: '-',
	unknown: '?',
	/** Before a program among those who are there, and behind its name in what it says. */
	bot: '*',
	/** Where a text was cut. */
	cut: '…',
});

/** In no place of the screen do two signs become one. */
const asciiSigns: Readonly<Record<string, string>> = {
	[marks.rule]: '-',
	[marks.ruleDown]: '+',
	[marks.ruleUp]: '+',
	[marks.border]: '|',
	[marks.numbered]: '+',
	[marks.found]: '=',
	[marks.code]: '|',
	[marks.answers]: '/',
	[marks.told]: '.',
	[marks.cut]: '~',
};

/** The same in as many cells of ASCII, if it is made of the signs above. */
export function inAscii(text: string): string {
	return text.replaceAll(/\P{ASCII}/gu, (sign) => asciiSigns[sign] ?? sign);
}
