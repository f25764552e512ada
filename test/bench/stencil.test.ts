import { expect, test } from 'vitest';
import { Stencil } from '../../bench/load/stencil.ts';
import { clientFrame, clientHead, mask } from '../../bench/load/websocket.ts';

const parts = [
	'{"ä":"',
	{ name: 'stamp', width: 5, pad: '0' },
	'","pseq":',
	{ name: 'number', width: 4, pad: ' ' },
	'}',
] as const;

test('a stencil makes the frame that encoding the text would make', () => {
	const stencil = new Stencil(parts, { head: clientHead, mask });
	expect(stencil.make({ stamp: 412, number: 7 })).toEqual(clientFrame('{"ä":"00412","pseq":   7}'));
	expect(stencil.make({ stamp: 99_999, number: 1234 })).toEqual(clientFrame('{"ä":"99999","pseq":1234}'));
	expect(stencil.make({ number: 0 })).toEqual(clientFrame('{"ä":"00000","pseq":   0}'));
});

test('frames of a stencil can stand one behind the other', () => {
	const stencil = new Stencil(['#', { name: 'number', width: 2, pad: '0' }], { head: () => Buffer.from('>') });
	const bytes = Buffer.alloc(2 * stencil.size);
	expect(stencil.fill(bytes, stencil.fill(bytes, 0, { number: 1 }), { number: 12 })).toBe(bytes.length);
	expect(bytes.toString()).toBe('>#01>#12');
});
