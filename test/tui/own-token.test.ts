import { expect, it } from 'vitest';
import { revokedText, tokenText } from '../../src/tui/own-token.ts';
import { begun, play, sending, told } from './happenings.ts';

it.each([
	['ws://127.0.0.1:8080', 'maya', 'ws://maya:s3cret@127.0.0.1:8080'],
	['wss://chat.example.com/room', 'ann b', 'wss://ann%20b:s3cret@chat.example.com/room'],
])('a token is shown as an address of %s', (url, nick, address) => {
	expect(tokenText({ nick, url }, 's3cret').split('\n')[1]).toBe(address);
});

it('says how many tokens have ended', () => {
	expect([0, 1, 2].map(revokedText)).toEqual([
		'You had no tokens',
		'1 token ended, and who came with them',
		'2 tokens ended, and who came with them',
	]);
});

it('/token asks for one, and /token revoke for the end of all; what else stands there is a slip', () => {
	const run = (line: string) => play(begun(), ...sending(line));
	expect(run('/token').effects).toEqual([{ type: 'make-token', room: 'general' }]);
	expect(run('/token revoke').effects).toEqual([{ type: 'revoke-tokens', room: 'general' }]);
	const { state, effects } = run('/token x');
	expect([effects, told(state)]).toEqual([
		[],
		['Usage: /token [revoke]  a token for a program that is to speak as you; or end all'],
	]);
});

it('what came of it is told where it was asked', () => {
	const { state } = play(
		begun(),
		{ type: 'token-made', room: 'general', token: 's3cret' },
		{ type: 'tokens-revoked', room: 'general', count: 1 },
	);
	expect(told(state)).toEqual([expect.stringContaining('ws://sam:s3cret@'), '1 token ended, and who came with them']);
});
