/**
 * What the screen asks of a terminal beside drawing: to ring, to notify, to say something in its title. The texts are made
 * harmless here, whatever they are made of: nothing but these sequences comes of them.
 */

type Environment = Readonly<Record<string, string | undefined>>;

export const bell = '\x07';

/** Clicks and turns of the wheel are reported, by cells that may be far to the right. */
export const mouseOn = '\x1b[?1000h\x1b[?1006h';
export const mouseOff = '\x1b[?1006l\x1b[?1000l';

/** Have the terminal put its title by, and put it back, where it keeps a stack of them. */
export const keepTitle = '\x1b[22;2t';
export const restoreTitle = '\x1b[23;2t';

/** Whether it has a title, and does not print what it does not know. */
export function takesTitle({ TERM: term }: Environment): boolean {
	return term !== 'linux' && term !== 'dumb';
}

export function titleSequence(text: string): string {
	return `\x1b]2;${harmless(text)}\x07`;
}

/**
 * OSC 777 where the terminal is known to take that alone, else OSC 9; a terminal that knows neither shows nothing of it.
 * Nothing for the Linux console and GNU screen, which print what they do not know. tmux hands it on when its
 * `allow-passthrough` is on, and drops it otherwise.
 */
export function notificationSequence(
	{ title, text }: { readonly title: string; readonly text: string },
	environment: Environment,
): string {
	const { TERM: term = '', TMUX: tmux, STY: screen, VTE_VERSION: vte } = environment;
	if (!takesTitle(environment) || (screen !== undefined && tmux === undefined)) {
		return '';
	}
	const isOfParts = vte !== undefined || term.startsWith('rxvt');
	const sequence = isOfParts
		? `\x1b]777;notify;${harmless(title).replaceAll(';', ',')};${harmless(text)}\x07`
		: // What begins with a digit and a semicolon is something else to some terminals, such as progress.
			`\x1b]9;${harmless(`${title}: ${text}`).replace(/^(\d+);/u, '$1,')}\x07`;
	return tmux === undefined ? sequence : throughTmux(sequence);
}

/** For the terminal around tmux: tmux hands it on when `allow-passthrough` is on. */
export function throughTmux(sequence: string): string {
	return `\x1bPtmux;${sequence.replaceAll('\x1b', '\x1b\x1b')}\x1b\\`;
}

function harmless(text: string): string {
	return text.replace(/\p{Cc}/gu, ' ');
}
