import { describe, expect, it } from 'vitest';
import { plainLine } from '../../src/cli/plain-line.ts';
import type { Message } from '../../src/protocol/frames.ts';

process.env['TZ'] = 'UTC';

const line = (more: Partial<Message>) =>
	plainLine({
		...{ id: 'i', room: 'general', sender: 'maya', content: 'hi', sequence: 1 },
		...{ timestamp: Date.UTC(2026, 10, 23, 12), ...more },
	});

describe('a line of natter tail', () => {
	it('names somebody who has proven the name, and everybody at a broker that asks for no proof', () => {
		expect([line({ verified: true, key: 'k' }), line({})]).toEqual(['12:00 #1 maya: hi\n', '12:00 #1 maya: hi\n']);
	});

	it('marks somebody who has not, once, whether the broker has marked the name or not', () => {
		expect(line({ verified: false })).toBe('12:00 #1 ~maya: hi\n');
		expect(line({ verified: false, sender: '~maya' })).toBe('12:00 #1 ~maya: hi\n');
	});

	it('says to whom oneself has said it, and not that others have said it to oneself', () => {
		const direct = { room: '@maya', verified: true };
		expect(line({ ...direct, from: '@maya', to: '@bob' })).toBe('12:00 #1 maya to @bob: hi\n');
		expect(line({ ...direct, sender: 'bob', from: '@bob', to: '@maya' })).toBe('12:00 #1 bob: hi\n');
		expect(line({ room: '@maya', sender: 'jo', verified: false, to: '@maya' })).toBe('12:00 #1 ~jo: hi\n');
	});

	it('is indented where it goes on', () => {
		expect(line({ content: 'one\ntwo' })).toBe('12:00 #1 maya: one\n    two\n');
	});
});
