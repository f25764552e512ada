import { expect, test } from 'vitest';
import { Line } from '../../src/client/line.ts';
import type { Happening } from '../../src/client/step.ts';

test('what cannot be dialled at all is told as closed, with why', async () => {
	const happened: Happening[] = [];
	const line = new Line({
		url: 'ws://127.0.0.1:1/#fragment',
		link: 7,
		offerSubprotocol: true,
		onHappening: (happening) => happened.push(happening),
	});
	await line.closed;
	expect(happened).toEqual([
		{ type: 'closed', link: 7, cause: expect.objectContaining({ text: expect.stringContaining('fragment') }) },
	]);
});
