import { expect, test } from 'vitest';
import { IrcSession, privmsg } from '../../bench/screen/irc-session.ts';
import { messageOf } from '../../bench/screen/messages.ts';

const codes = (lines: readonly string[]) => lines.map((line) => line.split(' ')[1]);

test('who has said a nick and a user is welcome once', () => {
	const session = new IrcSession();
	expect(session.answer('CAP LS 302')).toEqual([':bench.local CAP * LS :']);
	expect(session.answer('NICK sam')).toEqual([]);
	expect(codes(session.answer('USER sam 0 * :Sam'))).toEqual(['001', '002', '003', '004', '005', '422']);
	expect(session.answer('NICK sam')).toEqual([]);
});

test('who joins is told so, and who is there', () => {
	const session = new IrcSession();
	session.answer('NICK sam');
	session.answer('USER sam 0 * :Sam');
	expect(session.answer('JOIN :')).toEqual([]);
	expect(session.channel).toBeUndefined();
	const answer = session.answer('JOIN #general');
	expect(answer[0]).toBe(':sam!sam@localhost JOIN #general');
	expect(codes(answer)).toEqual(['JOIN', '332', '353', '366']);
	expect(session.channel).toBe('#general');
});

test('a ping gets its pong', () => {
	expect(new IrcSession().answer('PING 42')).toEqual([':bench.local PONG bench.local 42']);
});

test('what is said comes with its number from who said it', () => {
	const { sender, content } = messageOf(7);
	expect(privmsg('#general', 7)).toBe(`:${sender}!${sender}@localhost PRIVMSG #general :${content}`);
});
