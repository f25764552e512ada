/**
 * `natter keys`: the keys and commands as they are bound now. `natter keys --test` shows what natter reads when keys are
 * pressed, for whoever's terminal sends something else.
 */
import { constants } from 'node:os';
import { helpSections } from '../tui/help.ts';
import { characterKey } from '../tui/key-names.ts';
import { keyReader } from '../tui/key-reader.ts';
import { type Binding, type Chord, eventsOf } from '../tui/keymap.ts';
import type { Input } from '../tui/keys.ts';
import { aligned } from '../tui/reports.ts';
import { padText } from '../tui/text/spans.ts';
import { Failure } from './failure.ts';
import type { Settings } from './settings.ts';

/** Resolves to the exit code. */
export async function keys({ test, bindings }: Extract<Settings, { command: 'keys' }>): Promise<number> {
	if (test) {
		return testKeys(bindings);
	}
	process.stdout.write(keysText(bindings));
	return 0;
}

export function keysText(bindings: readonly Binding[]): string {
	const sections = helpSections(bindings).map(({ title, lines }) => {
		const rows = lines.map(({ keys: pressed, name, text }) =>
			lines.some((line) => line.name !== undefined) ? [name ?? '', pressed, text] : [pressed, text],
		);
		return [title, ...aligned(rows).map((row) => `  ${row}`.trimEnd()), ''].join('\n');
	});
	return sections.join('\n');
}

/** Where a test of keys stands. */
export interface KeyTest {
	readonly chord: Chord | undefined;
	/** How often Ctrl+C came without anything else between. */
	readonly interrupts: number;
}

export const freshTest: KeyTest = { chord: undefined, interrupts: 0 };

/** What was read of some bytes: a line for each key, and whether they end the test. */
export function tested(
	{ chord: begun, interrupts: before }: KeyTest,
	{
		inputs,
		bytes,
		bindings,
		at,
	}: { inputs: readonly Input[]; bytes: string; bindings: readonly Binding[]; at: number },
): { readonly test: KeyTest; readonly lines: readonly string[]; readonly ends: boolean } {
	let chord = begun;
	let interrupts = before;
	let ends = false;
	const rows = inputs.map((input) => {
		const pressed = eventsOf([input], { bindings, chord, at });
		const actions = pressed.events.map((event) =>
			event.type === 'did' ? event.action : event.type === 'picked-room' ? `room-${event.place}` : event.type,
		);
		const begins = pressed.chord === undefined ? [] : [`${pressed.chord.keys} ...`];
		chord = pressed.chord;
		interrupts = input.kind === 'key' && input.name === 'ctrl+c' ? interrupts + 1 : 0;
		ends ||= interrupts === 2 || (input.kind === 'text' && input.text === 'q');
		return [nameOf(input), [...actions, ...begins].join(', ') || 'nothing'] as const;
	});
	const shown = rows.length === 0 && bytes !== '' ? ([['unknown', 'nothing']] as const) : rows;
	const lines = shown.map(([name, action], index) =>
		[padText(index === 0 ? visible(bytes) : '', 18), padText(name, 18), action].join(' '),
	);
	return { test: { chord, interrupts }, lines, ends };
}

/** As it would be written in a configuration. */
function nameOf(input: Input): string {
	switch (input.kind) {
		case 'key':
			return input.name;
		case 'text':
			return [...input.text].length === 1 ? characterKey(input.text) : 'text';
		case 'pasted':
			return 'paste';
		default:
			return 'answer';
	}
}

/** Control characters as they are written in programs. */
function visible(bytes: string): string {
	const quoted = JSON.stringify(bytes).slice(1, -1);
	return quoted.replaceAll(/\\u00([01][\da-f])|[\x7f-\x9f]/gu, (found, code: string | undefined) => {
		const hex = code ?? found.charCodeAt(0).toString(16);
		return `\\x${hex}`;
	});
}

// Bracketed paste, and the kitty protocol as Ink asks for it.
const modesOn = '\x1b[?2004h\x1b[>1u';
const modesOff = '\x1b[?2004l\x1b[<u';

async function testKeys(bindings: readonly Binding[]): Promise<number> {
	const { stdin, stdout } = process;
	if (!stdin.isTTY || !stdout.isTTY) {
		throw new Failure('natter keys --test needs a terminal', 2);
	}
	const { promise: ended, resolve: end } = Promise.withResolvers<number>();
	let test = freshTest;
	const reader = keyReader((inputs, bytes) => {
		const next = tested(test, { inputs, bytes, bindings, at: performance.now() });
		test = next.test;
		stdout.write(next.lines.map((line) => `${line}\r\n`).join(''));
		if (next.ends) {
			end(0);
		}
	});
	const onSignal = (signal: NodeJS.Signals) => end(128 + constants.signals[signal]);
	const hangUp = () => end(0);
	stdout.on('error', hangUp);
	stdin.on('end', hangUp).on('error', hangUp);
	process.once('SIGTERM', onSignal).once('SIGHUP', onSignal);
	stdin.setEncoding('utf8').setRawMode(true);
	const hasModes = process.env['TERM'] !== 'linux';
	try {
		stdout.write(`Press keys: what the terminal sends, its name, what it does. q or Ctrl+C twice ends.\r\n`);
		stdout.write(hasModes ? modesOn : '');
		stdin.on('data', reader.read);
		return await ended;
	} finally {
		reader.close();
		stdin.off('data', reader.read);
		stdout.write(hasModes ? modesOff : '');
		stdin.setRawMode(false);
		stdin.pause();
	}
}
