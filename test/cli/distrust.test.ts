import { describe, expect, it } from 'vitest';
import { distrustText } from '../../src/cli/identity.ts';
import type { Cause, LinkStatus } from '../../src/client/client.ts';

const url = 'ws://chat.example:8080/';
const closed = (cause: Cause): LinkStatus => ({ state: 'closed', cause });
const changed = { code: 'broker key changed', text: 'x', keys: { known: 'SHA256:old', shown: 'SHA256:new' } };
const unproven = { code: 'broker unproven', text: 'x' };

describe('what is said of a broker that is not who it should be', () => {
	it.each([changed, unproven])('says what it has been told, a token too: $code', (cause) => {
		const text = distrustText(closed(cause), url) ?? '';
		expect(text).toContain('It was told your nick, your public key and whether you are away');
		expect(text).toMatch(/token or password that you gave was told too: .*have it changed/u);
		expect(text).toContain('natter trust --forget chat.example:8080');
		expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(115);
	});

	it('shows both keys of one that has another now', () => {
		expect(distrustText(closed(changed), url)).toMatch(/was +SHA256:old\n.*is +SHA256:new/u);
	});

	it('is nothing when a link ended otherwise', () => {
		expect(distrustText(closed({ code: '4505', text: 'x' }), url)).toBeUndefined();
		expect(distrustText({ state: 'closed' }, url)).toBeUndefined();
	});
});
