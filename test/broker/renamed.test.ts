import { expect, test } from 'vitest';
import { makeProver, type Prover } from '../helpers/proving.ts';
import { settle } from './fake-line.ts';
import { comes, comesUnknown, startOwned } from './known-people.ts';

/** The same, who says that they were called otherwise on their last connection. */
const formerly = (was: string, prover: Prover): Prover => ({
	...prover,
	hello: (user, more) => prover.hello(user, { ...more, was }),
});

/** What sam is told of others, and a base client too, when maya has left `room` and somebody comes to `r`. */
async function told(room: string, come: (started: Awaited<ReturnType<typeof startOwned>>, maya: Prover) => unknown) {
	const started = await startOwned();
	const base = await comesUnknown(started, 'old', { isBase: true });
	const prover = makeProver();
	const maya = await comes(started, 'maya', prover, room);
	started.clock.pass(1000);
	maya.say({ type: 'bye' });
	await settle();
	await come(started, prover);
	started.clock.pass(1000);
	return [started.sam, base].map(({ wire }) =>
		wire.frames.flatMap((frame) =>
			frame.type === 'presence' && /^m/u.test(frame.userId) ? [`${frame.userId} ${frame.action} ${frame.was}`] : [],
		),
	);
}

test('who comes back under another name is told as such to those who saw them leave', async () => {
	const changes = ['maya join undefined', 'maya leave undefined', 'mia join maya'];
	expect(await told('r', (started, maya) => comes(started, 'mia', formerly('maya', maya)))).toEqual([changes, changes]);
});

test('nobody is told a former name who did not know it, nor one that is not owned', async () => {
	expect(await told('other', (started, maya) => comes(started, 'mia', formerly('maya', maya)))).toEqual([
		['mia join undefined'],
		['mia join undefined'],
	]);
	const [thief] = await told('r', (started) => comes(started, 'mallory', formerly('maya', makeProver())));
	expect(thief?.at(-1)).toBe('mallory join undefined');
	const [guest] = await told('r', async (started) => {
		const { say } = started.connect();
		say({ type: 'hello', v: 1, user: 'mo', was: 'maya' });
		say({ type: 'subscribe', room: 'r', userId: 'mo' });
		await settle();
	});
	expect(guest?.at(-1)).toBe('mo join undefined');
});
