import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/client/client.ts';
import { hereCount } from '../../src/tui/lines/members.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { nextWakeAt, screen } from '../../src/tui/selectors.ts';
import { begun, did, noon, online, play, room, sending, status, told } from './happenings.ts';
import { flatRows } from './states.ts';

const typed = (at: number) => ({ type: 'typed', text: 'x', at }) as const;
const ticked = (at: number) => ({ type: 'ticked', at }) as const;
const said = (...events: Parameters<typeof play>[1][]) =>
	play(begun(), ...events).presence.map(({ state, status: word }) => (word === undefined ? state : `${state} ${word}`));

describe('a person at the keys', () => {
	it('is away after five minutes without a key, and here again with the next one', () => {
		expect(nextWakeAt(begun())).toBe(noon + 300_000);
		expect(said(ticked(noon + 299_999))).toEqual([]);
		expect(said(ticked(noon + 300_000), ticked(noon + 400_000))).toEqual(['away']);
		expect(said(ticked(noon + 300_000), typed(noon + 500_000), ticked(noon + 799_999))).toEqual(['away', 'online']);
		expect(said(ticked(noon + 300_000), typed(noon + 500_000), ticked(noon + 800_000))).toEqual([
			'away',
			'online',
			'away',
		]);
	});

	it('is said to be here now and then while they press keys, of which the broker sees none', () => {
		const keys = Array.from({ length: 100 }, (_, index) => typed(noon + 1000 * (index + 1)));
		expect(said(...keys)).toEqual(['online', 'online', 'online']);
		expect(said({ ...did('page-up'), at: noon + 40_000 })).toEqual(['online']);
	});

	it('is not there because something came', () => {
		const line: Unstamped = { type: 'room', status: status({ position: 1, head: 1 }) };
		expect(said({ ...line, at: noon + 200_000 }, { ...line, at: noon + 300_000 })).toEqual(['away']);
	});

	it('who says /away stays away whatever they type, until /back', () => {
		const away = play(begun(), ...sending('/away  gone for lunch '), typed(noon + 400_000), ticked(noon + 900_000));
		expect(away.presence).toEqual([{ type: 'say-presence', state: 'away', status: 'gone for lunch' }]);
		expect(told(away.state)).toEqual(['You are away: gone for lunch. /back ends that']);
		const back = play(away.state, { type: 'did', action: 'interrupt' }, ...sending('/back'));
		expect(back.presence).toEqual([{ type: 'say-presence', state: 'online' }]);
		expect(told(back.state).at(-1)).toBe('You are back');
		expect(play(back.state, ...sending('/back')).presence).toEqual([]);
	});

	it('may be away without a word, and not with too many', () => {
		expect(said(...sending('/away'))).toEqual(['away']);
		expect(said(...sending(`/away ${'x'.repeat(200)}`))).toEqual([`away ${'x'.repeat(127)}…`]);
		expect(said(...sending(`/away ${'😀'.repeat(100)}`))).toEqual([]);
	});

	it('sees in the status row that they are away', () => {
		const rows = flatRows(screen(play(begun(), ...sending('/away lunch')).state)).join('\n');
		expect(rows).toMatch(/you are away: \/back/u);
		expect(flatRows(screen(begun())).join('\n')).not.toMatch(/you are away/u);
	});
});

describe('a crowd', () => {
	const member = (userId: string): Member => ({ userId, state: 'online', verified: true, since: noon });
	const crowd = (online: number, away: number): Unstamped => ({
		type: 'room',
		status: status({ count: { online, away } }),
	});
	const shown = (state: State) =>
		flatRows(screen(state))
			.map((row) => row.split('│')[1]?.trim() ?? '')
			.filter((text) => /here|away|sam|ana|\?/u.test(text));
	const people: Unstamped = { type: 'members', room: 'general', members: [member('sam'), member('ana')] };

	it('is a number beside the messages, and no names of before', () => {
		const { state } = play(begun(), people, crowd(340, 12));
		expect(shown(state)).toEqual(['here 340', 'away 12']);
		expect(hereCount(room(state))).toBe('340 here');
		expect(shown(play(state, crowd(341, 0)).state)).toEqual(['here 341']);
	});

	it('that is over has names again', () => {
		const { state } = play(begun(), crowd(340, 12), people, { type: 'room', status: status() });
		expect(shown(state)).toEqual(['here 2', '+ana', '+sam (you)']);
	});

	it('is unknown without a link, and until its number is told again', () => {
		const lost: Unstamped = {
			type: 'link',
			status: { state: 'waiting', attempt: 1, offlineSince: noon, retryAt: noon, cause: { text: 'gone', code: 'X' } },
			nick: 'sam',
		};
		const counted = play(begun(), people, crowd(340, 12)).state;
		const down = play(counted, lost, { type: 'ticked', at: noon + 6000 }).state;
		expect([shown(down), hereCount(room(down))]).toEqual([['here ?'], '? here']);
		const again = room(down).status;
		const back = play(
			down,
			{ type: 'link', status: online, nick: 'sam' },
			...(again ? [{ type: 'room', status: again } as const] : []),
		);
		expect(shown(back.state)).toEqual(['here ?']);
		expect(shown(play(back.state, crowd(300, 0)).state)).toEqual(['here 300']);
	});

	it('is named in part by /who', () => {
		const { state } = play(begun(), crowd(340, 12), {
			type: 'members-listed',
			room: 'general',
			members: [member('ana')],
		});
		expect(told(state).at(-1)).toBe(
			'352 people in #general:\n+ ana  here  came 12:00\nand 351 more; /who and how a name begins finds it',
		);
		expect(shown(state)).toEqual(['here 340', 'away 12']);
	});
});
