/** What falls between filters, causal order and inboxes in the client. */
import { describe, expect, test } from 'vitest';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { message, Script } from '../client/script.ts';

const errors = { field: 'tags.level', op: 'eq', value: 'error' } as const;
const infos = { field: 'tags.level', op: 'eq', value: 'info' } as const;

const subscribed = (script: Script, room: string): FromBroker => ({
	...{ type: 'subscribed', room, sequence: 0, ref: script.refOf('subscribe'), epoch: 'e', head: 0, oldest: 1 },
	token: `token-${room}`,
});

describe('a room that is followed by another filter, with causal order', () => {
	test('gives nothing any more that only the filter of before let through', () => {
		const script = new Script({ causal: true }).welcomed();
		script.join('a');
		script.says(subscribed(script, 'a'));
		script.join('b', { filter: errors });
		script.says(subscribed(script, 'b'));
		const after = [{ token: 'token-a', epoch: 'e', sequence: 1 }];
		script.says(message(1, { room: 'b', id: 'b1', prev: 0, tags: { level: 'error' }, after }));
		script.look();
		// It waits for a room; meanwhile something else is wanted here.
		script.join('b', { filter: infos });
		script.says({ ...(subscribed(script, 'b') as Extract<FromBroker, { type: 'subscribed' }>), sequence: 0 });
		script.passes(3000);
		const given = script.items().flatMap((item) => (item.kind === 'message' ? [item.message.tags?.['level']] : []));
		expect(given.filter((level) => level !== 'info')).toEqual([]);
	});
});
