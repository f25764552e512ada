/** Tokens by which programs that know no keys speak as oneself: `/token`. */
import { cleanLine } from '../protocol/text.ts';
import type { State } from './model.ts';
import { counted } from './reports.ts';

/** What a person is shown once. */
export function tokenText({ nick, url }: Pick<State, 'nick' | 'url'>, token: string): string {
	const address = url.replace('://', `://${encodeURIComponent(nick)}:${encodeURIComponent(token)}@`);
	return [
		'For a program that knows no keys, such as a client of the base protocol:',
		cleanLine(address, longest),
		'Whoever has this line speaks as you. It is shown only now; /token revoke ends all of them',
	].join('\n');
}

/** What came of ending them. */
export function revokedText(count: number): string {
	return count === 0 ? 'You had no tokens' : `${counted(count, 'token', 'tokens')} ended, and who came with them`;
}

/** More than any address with a nick and a token in it. */
const longest = 2048;
