import { describe, expect, test } from 'vitest';
import { type FakeWire, settle } from './fake-line.ts';
import { comes, comesUnknown, type Known, startOwned } from './known-people.ts';

const typing = (room = 'r', state = 'typing') => ({ type: 'typing', room, state });

/** What a line was told of typing. */
const told = ({ wire }: { readonly wire: FakeWire }) => wire.frames.filter(({ type }) => type === 'typing');
const words = (line: Known) =>
	told(line).map((frame) => (frame.type === 'typing' ? `${frame.room} ${frame.userId} ${frame.state}` : ''));

describe('typing in a room', () => {
	test('is told with who it is to those who read the room, once in three seconds', async () => {
		const started = await startOwned();
		const { sam, clock } = started;
		const maya = await comes(started, 'maya');
		expect(await maya.ask(typing())).toEqual([]);
		await maya.ask(typing());
		const key = maya.prover.publicKey;
		const word = { type: 'typing', room: 'r', userId: 'maya', state: 'typing', verified: true, key };
		expect(told(sam)).toEqual([word]);
		clock.pass(3000);
		await maya.ask(typing());
		expect(told(sam)).toEqual([word, word]);
		await maya.ask(typing('r', 'stopped'));
		await maya.ask(typing('r', 'stopped'));
		expect(told(sam)).toEqual([word, word, { ...word, state: 'stopped' }]);
	});

	test('is told again at once after what was typed was said', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		await maya.ask(typing());
		await maya.ask({ type: 'publish', room: 'r', sender: 'maya', content: 'hi' });
		await maya.ask(typing());
		expect(words(started.sam)).toEqual(['r maya typing', 'r maya typing']);
	});

	describe('after something was said that waits for others', () => {
		/** Maya has said `one`, which is not stored yet; sam is told of what she says and types. */
		async function startWaiting() {
			const started = await startOwned({ flushWindowMs: 1000 });
			const { sam, clock } = started;
			const [maya, jo] = [await comes(started, 'maya'), await comes(started, 'jo')];
			const says = (line: Known, sender: string, content: string, cid = content) =>
				line.ask({ type: 'publish', room: 'r', sender, content, cid });
			await Promise.all([says(jo, 'jo', 'first'), says(jo, 'jo', 'second')]);
			await says(maya, 'maya', 'one');
			const toldOfMaya = () =>
				sam.wire.frames.flatMap((frame) => {
					if (frame.type === 'typing') {
						return [frame.state];
					}
					return frame.type === 'message' && frame.sender === 'maya' ? [frame.content] : [];
				});
			const later = async () => {
				for (let count = 0; count < 4; count += 1) {
					clock.pass(30);
					await settle();
				}
				return toldOfMaya();
			};
			expect(toldOfMaya()).toEqual([]);
			return { maya, says: (content: string, cid?: string) => says(maya, 'maya', content, cid), toldOfMaya, later };
		}

		test('is told when that is stored, and after it', async () => {
			const { maya, toldOfMaya, later } = await startWaiting();
			await maya.ask(typing());
			expect(toldOfMaya()).toEqual([]);
			expect(await later()).toEqual(['one', 'typing']);
			await maya.ask(typing('r', 'stopped'));
			expect(toldOfMaya()).toEqual(['one', 'typing', 'stopped']);
		});

		test('is told after what is stored and waits for the end of a window', async () => {
			const { maya, says, toldOfMaya, later } = await startWaiting();
			await later();
			for (const content of ['two', 'three', 'four']) {
				await says(content);
			}
			expect(toldOfMaya()).toEqual(['one', 'two', 'three']);
			await maya.ask(typing());
			expect(await later()).toEqual(['one', 'two', 'three', 'four', 'typing']);
		});

		test('is told to nobody when that was said too', async () => {
			const { maya, says, later } = await startWaiting();
			await maya.ask(typing());
			await says('two');
			expect(await later()).toEqual(['one', 'two']);
		});

		test('is told to nobody when they stopped meanwhile', async () => {
			const { maya, later } = await startWaiting();
			await maya.ask(typing());
			await maya.ask(typing('r', 'stopped'));
			expect(await later()).toEqual(['one']);
		});

		test('is told when what was said is refused', async () => {
			const { maya, says, later } = await startWaiting();
			await says('two', 'one');
			await maya.ask(typing());
			expect(await later()).toEqual(['one', 'typing']);
		});
	});

	test('is told to no base client, to nobody who wants no names, and to none of the same user', async () => {
		const started = await startOwned();
		const base = await comesUnknown(started, 'old', { isBase: true });
		const counting = await comes(started, 'jo', undefined, '');
		await counting.ask({ type: 'subscribe', room: 'r', userId: 'jo', presence: 'count' });
		const elsewhere = await comes(started, 'sam', started.owner);
		const guest = await comesUnknown(started, 'guy');
		await started.sam.ask(typing());
		expect([base, counting, elsewhere, started.sam].flatMap(words)).toEqual([]);
		expect(words(guest)).toEqual(['r sam typing']);
		await guest.ask(typing());
		expect(told(started.sam)).toEqual([{ type: 'typing', room: 'r', userId: 'guy', state: 'typing', verified: false }]);
	});

	test('is told to nobody, and not answered, of whoever is muted, not in the room, or not to be seen', async () => {
		const started = await startOwned();
		const { sam } = started;
		const [maya, jo] = [await comes(started, 'maya'), await comes(started, 'jo')];
		await sam.order({ op: 'mute', room: 'r', userId: 'maya' });
		expect(await maya.ask(typing())).toEqual([]);
		await jo.ask({ type: 'presence', state: 'invisible' });
		expect(await jo.ask(typing())).toEqual([]);
		const out = await comes(started, 'out', undefined, 'other');
		expect(await out.ask(typing())).toEqual([]);
		expect(await out.ask(typing('no\nroom'))).toEqual([]);
		await sam.order({ op: 'ban', room: 'r', userId: 'out' });
		expect(await out.ask(typing())).toEqual([]);
		expect([sam, maya, jo].flatMap(words)).toEqual([]);
		await sam.order({ op: 'unmute', room: 'r', userId: 'maya' });
		await maya.ask(typing());
		expect(words(sam)).toEqual(['r maya typing']);
	});

	test('is told to nobody in a crowd, nor to a line that is behind', async () => {
		const started = await startOwned({ limits: { presenceFull: 2 } });
		const maya = await comes(started, 'maya');
		started.sam.wire.full = true;
		await maya.ask(typing());
		started.sam.wire.full = false;
		started.clock.pass(3000);
		await comes(started, 'jo');
		await maya.ask(typing());
		expect(words(started.sam)).toEqual([]);
	});

	test('makes a person who was idle be here again', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		started.clock.pass(300_000);
		started.hub.tick();
		await settle();
		started.clock.pass(1000);
		await maya.ask(typing());
		started.clock.pass(1000);
		const states = started.sam.wire.frames.flatMap((frame) =>
			frame.type === 'presence' && frame.userId === 'maya' && frame.action === 'update' ? [frame.state] : [],
		);
		expect(states).toEqual(['away', 'online']);
	});

	test('is not kept', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		await maya.ask(typing());
		const [history] = await maya.ask({ type: 'get_history', room: 'r' });
		expect(history).toMatchObject({ messages: [], head: 0 });
	});
});

describe('typing to somebody', () => {
	test('is told to whom it is for alone, wherever they read their inbox, and by whose inbox', async () => {
		const started = await startOwned();
		const { sam, owner } = started;
		const maya = await comes(started, 'maya');
		const read = { type: 'subscribe', room: '@sam', userId: 'sam', presence: 'off' };
		await sam.ask(read);
		const phone = await comes(started, 'sammy', owner, '');
		await phone.ask(read);
		await maya.ask(typing('@sammy'));
		const key = maya.prover.publicKey;
		const word = { type: 'typing', room: '@sam', userId: 'maya', state: 'typing', verified: true, key, from: '@maya' };
		expect([told(sam), told(phone), told(maya)]).toEqual([[word], [word], []]);
		const guest = await comesUnknown(started, 'guy');
		await guest.ask(typing('@sam'));
		expect(told(sam).at(-1)).toEqual({ type: 'typing', room: '@sam', userId: 'guy', state: 'typing', verified: false });
	});

	test('is told to nobody of whoever may not write to them, types to nobody, or to themselves', async () => {
		const started = await startOwned();
		const { sam } = started;
		const maya = await comes(started, 'maya');
		await sam.ask({ type: 'subscribe', room: '@sam', userId: 'sam', presence: 'off' });
		await sam.order({ op: 'mute', userId: 'maya' });
		for (const [person, room] of [
			[maya, '@sam'],
			[maya, '@nobody'],
			[sam, '@sam'],
			[sam, '@maya'],
		] as const) {
			expect(await person.ask(typing(room))).toEqual([]);
		}
		expect([sam, maya].flatMap(words)).toEqual([]);
	});
});
