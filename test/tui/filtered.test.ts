import { describe, expect, it } from 'vitest';
import type { Filter } from '../../src/protocol/filter.ts';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, items, message, noon, play, room, sending, sequences, status, told } from './happenings.ts';
import { paneLines, textOf } from './states.ts';

process.env['TZ'] = 'UTC';

const filter: Filter = { field: 'sender', op: 'eq', value: 'maya' };
const run = (line: string, state: State = begun()) => play(state, ...sending(line));
/** In general, of which only what maya says is shown. */
const narrowed = () => run('/join general where sender = maya').state;
const page = (numbers: readonly number[], more: object = {}) => ({
	...{ type: 'older' as const, room: 'general', asked: 'scroll' as const },
	page: {
		room: 'general',
		messages: numbers.map((sequence) => message(sequence, { sender: sequence % 2 === 0 ? 'maya' : 'jo' }).message),
		complete: false,
		...more,
	},
});

describe('/join with a filter', () => {
	it('joins a room of which only what matches is wanted', () => {
		const { state, effects } = run('/join #deploys where tags.level = error');
		const errors: Filter = { field: 'tags.level', op: 'eq', value: 'error' };
		expect(effects).toEqual([{ type: 'join', room: 'deploys', filter: errors }]);
		expect(room(state, 'deploys').where).toEqual({ text: 'tags.level = error', filter: errors });
		expect(state.active).toBe('deploys');
	});

	it('begins the pane of a room that is open anew, with what matches of the newest messages', () => {
		const before = play(begun(), items(message(1, { sender: 'jo' }), message(2))).state;
		const { state, effects } = run('/join general where sender = maya', before);
		expect(effects).toEqual([
			{ type: 'join', room: 'general', filter },
			{ type: 'load-older', room: 'general', limit: 100, asked: 'scroll' },
		]);
		expect(told(state)).toEqual(['#general shows only what matches: sender = maya']);
		const loaded = play(state, page([1, 2, 3, 4])).state;
		expect(sequences(loaded)).toEqual([2, 4]);
		expect(run('/join general where sender = "maya"', loaded).effects).toEqual([]);
	});

	it('without one shows everything again', () => {
		const { state, effects } = run('/join general', narrowed());
		expect(effects).toEqual([
			{ type: 'join', room: 'general' },
			{ type: 'load-older', room: 'general', limit: 100, asked: 'scroll' },
		]);
		expect(room(state).where).toBeUndefined();
		expect(told(state)).toEqual(['#general shows everything again']);
	});

	it.each([
		[
			'/join deploys where',
			'Expected a comparison such as tags.level = error, got nothing. /help where lists what a filter may be',
		],
		[
			'/join deploys where level = error',
			'Expected sender, verified, content or tags.NAME, got level. /help where lists what a filter may be',
		],
		['/join deploys where tags.a = (b', 'Unclosed ( at 12. /help where lists what a filter may be'],
	])('%s says where it went wrong, and joins nothing', (line, text) => {
		const { state, effects } = run(line);
		expect([effects, told(state), state.rooms.length]).toEqual([[], [text], 1]);
	});

	it('is not changed without a link', () => {
		const cause = { text: 'gone', code: 'X' };
		const link = { state: 'waiting', attempt: 1, offlineSince: noon, retryAt: noon + 9000, cause } as const;
		const offline = play(begun(), { type: 'link', status: link, nick: 'sam' }).state;
		const { state, effects } = run('/join general where verified', offline);
		expect(effects).toEqual([]);
		expect(told(state)).toEqual(['There is no link to the broker to change what is shown over']);
	});
});

describe('a filtered room', () => {
	it('says so in its tab, above the messages and in the badge', () => {
		const state = play(narrowed(), { type: 'room', status: status({ position: 411, head: 411, filter }) }).state;
		const { tabs = [], topic = [] } = screen(state);
		expect(textOf(tabs)).toContain('[1 #general filtered]');
		expect(textOf(topic).trim().split(/ {2,}/u)).toEqual(['only where sender = maya', '#411 in order, filtered']);
		expect(told(run('/gap show', state).state).at(-1)).toBe(
			'Nothing is held back in #general: what matches is in order up to #411',
		);
	});

	it('looks for older messages below what was searched, and says when nothing more matches', () => {
		const searched = play(narrowed(), page([41, 43, 45])).state;
		expect([sequences(searched), room(searched).searchedTo]).toEqual([[], 41]);
		const more = run('/history', searched);
		expect(more.effects).toMatchObject([{ type: 'load-older', before: 41 }]);
		const none = play(more.state, { ...page([31, 33]), asked: 'command' }).state;
		expect(told(none).at(-1)).toBe('Nothing from #31 on matches; /history looks further');
		const some = play(run('/history', none).state, { ...page([20, 21, 22, 23]), asked: 'command' }).state;
		expect(told(some).at(-1)).toBe('2 older messages are above, #20-#22: PgUp');
		const last = play(run('/history', some).state, { ...page([1], { complete: true }), asked: 'command' }).state;
		expect(told(last).at(-1)).toBe('Nothing older that is kept matches');
		expect(paneLines(last, room(last)).map(({ spans }) => textOf(spans).trim())).toContain(
			'nothing older that is kept matches',
		);
	});

	it('does not say how many of what was missed match', () => {
		const resumed = { kind: 'resumed', from: 5, to: 9, missed: 5, awayMs: 60_000 } as const;
		const state = play(narrowed(), items(resumed, message(7, { old: true }))).state;
		const lines = paneLines(state, room(state)).map(({ spans }) => textOf(spans));
		expect(lines.some((line) => line.includes('you missed what matches of #5-#9'))).toBe(true);
	});

	it('says of what was lost that it may not all have matched', () => {
		const lost = { kind: 'lost', from: 5, to: 9, reason: 'timeout' } as const;
		const state = play(narrowed(), items(message(4), lost, message(10)), {
			type: 'room',
			status: status({ position: 10, head: 10, filter }),
		}).state;
		const lines = paneLines(state, room(state)).map(({ spans }) => textOf(spans));
		expect(lines.join(' ')).toMatch(/! +up to 5 messages missing here/u);
		expect(textOf(screen(state).topic ?? [])).toContain('#10 in order, filtered, up to 5 missing');
	});

	it('leaves out what was on its way when the filter was changed', () => {
		const state = play(narrowed(), items(message(1, { sender: 'jo' }), message(2))).state;
		expect(sequences(state)).toEqual([2]);
	});

	it('shows what I say at its number also when it does not match, once the room has come there', () => {
		const { state, effects } = run('hello', narrowed());
		const [publish] = effects;
		const cid = publish?.type === 'publish' ? publish.cid : '';
		const published = { room: 'general', cid, id: 'i', sequence: 2, epoch: 'e', timestamp: noon, duplicate: false };
		const numbered = play(state, { type: 'published', published: { ...published, durability: 'memory' } }).state;
		expect([sequences(numbered), room(numbered).pending.length]).toEqual([[], 1]);
		const passed = play(numbered, items(message(1), message(3)), {
			type: 'room',
			status: status({ epoch: 'e', position: 3, head: 3, filter }),
		}).state;
		expect([sequences(passed), room(passed).pending]).toEqual([[1, 2, 3], []]);
	});
});
