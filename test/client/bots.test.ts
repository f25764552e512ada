import { describe, expect, test } from 'vitest';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { message, Script } from './script.ts';

const hello = (script: Script) =>
	script
		.opened()
		.sent()
		.find(({ type }) => type === 'hello');

describe('a bot', () => {
	test('says so when it comes, and nobody else says anything of it', () => {
		expect(hello(new Script({ bot: true }))).toMatchObject({ type: 'hello', bot: true });
		expect(hello(new Script())).not.toHaveProperty('bot');
	});

	test('is known as one from lists, changes and what it says, until it is one no more', () => {
		const script = new Script().welcomed();
		script.join('r');
		const ref = script.refOf('subscribe');
		script.says({ type: 'subscribed', room: 'r', sequence: 0, ref, epoch: 'e', head: 0, oldest: 1 });
		const members = script.refOf('members');
		const member = { state: 'online' as const, verified: true, since: 1 };
		const change = (userId: string, timestamp: number, more: object): FromBroker => ({
			...{ type: 'presence', room: 'r', userId, action: 'update', state: 'online', timestamp },
			...more,
		});
		script.says(
			{ type: 'members', room: 'r', ref: members, asOf: 5, members: [{ userId: 'ci', bot: true, ...member }] },
			change('jo', 6, { action: 'join', bot: true }),
			change('ci', 7, { bot: false }),
			message(1, { bot: true }),
			message(2, { bot: false }),
		);
		const told = script.look().flatMap((output): unknown[] => {
			switch (output.type) {
				case 'members':
					return output.members.map(({ userId, bot }) => [userId, bot]);
				case 'presence':
					return [[output.change.userId, output.change.bot]];
				case 'deliver':
					return output.items.map((item) => item.kind === 'message' && [item.message.content, item.message.bot]);
				default:
					return [];
			}
		});
		expect(told).toEqual([
			['ci', true],
			['jo', true],
			['ci', undefined],
			['text 1', true],
			['text 2', undefined],
		]);
	});
});
