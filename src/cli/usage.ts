import { withoutSecrets } from '../client/address.ts';

/** A command line that cannot be followed. The message is one line for people. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** @throws UsageError for what is no whole number in this range. */
export function readWhole(
	name: string,
	value: string,
	{ min, max }: { readonly min: number; readonly max: number },
): number {
	const number = /^\d{1,16}$/u.test(value) ? Number(value) : Number.NaN;
	if (!(number >= min && number <= max)) {
		throw new UsageError(`Expected ${name} to be a whole number from ${min} to ${max}, got ${quote(value)}`);
	}
	return number;
}

/** A line that a terminal has broken, or that came in the quotes of another shell, is taken as it was meant. */
export function readUrl(typed: string): string {
	const address = typed.replaceAll(/\s*\n\s*/gu, '').replace(/^'(.*)'$/su, '$1');
	const url = /^[a-z][a-z0-9+.-]*:\/\//iu.test(address) ? address : `ws://${address}`;
	if (!/^wss?:/iu.test(url) || !URL.canParse(url)) {
		throw new UsageError(`Expected an address such as ws://host:8080, got ${quote(withoutSecrets(address))}`);
	}
	return url;
}

export function quote(text: string): string {
	return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

/** Whether a command line asks how commands are written, whatever else stands in it before `--`. */
export function asksForHelp(argv: readonly string[]): boolean {
	const end = argv.indexOf('--');
	const words = end === -1 ? argv : argv.slice(0, end);
	return words[0] === 'help' || words.includes('--help') || words.includes('-h');
}

/** `a, b and c` */
export function listed(words: readonly string[]): string {
	return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
