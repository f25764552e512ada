/**
 * Any state of the screen, hostile text included, for property tests.
 */
import fc from 'fast-check';
import type { LinkStatus, Member } from '../../src/client/client.ts';
import type { Pending, PromptKind, Room, Row, Search, State } from '../../src/tui/model.ts';
import { emptyComposer } from '../../src/tui/slices/composer.ts';
import { at, gap, members, room, state, status } from './states.ts';

const words = fc.constantFrom(
	'morning',
	'日本語のテキスト',
	'👩‍👩‍👧‍👦',
	'🇩🇪🇫🇷',
	'e\u0301\u0301\u0301\u0301\u0301\u0301',
	'한국어',
	'ﷺ',
	'नमस्ते',
	'ไทยนี้',
	'✓️',
	'👍🏽',
	'1️⃣',
	'https://a.example/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z',
	'\x1b[31mred\x1b[2J',
	'a\tb\u202ec\u200b\u0007',
	'\n    indented\n\n',
	'/me waves',
);
export const text = fc.oneof(
	fc
		.array(fc.oneof(words, fc.string({ unit: 'grapheme', maxLength: 12 })), { maxLength: 12 })
		.map((parts) => parts.join(' ')),
	fc.string({ unit: 'binary', maxLength: 40 }),
);
const moment = fc.integer({ min: at('00:00') - 3 * 86_400_000, max: at('23:59') });
const nick = fc.oneof(fc.constantFrom('sam', 'maya', 'a-very-long-nick-indeed', '日本', '👩‍🚀x'), text);

const bodies: fc.Arbitrary<Row> = fc.oneof(
	fc.record({
		kind: fc.constant('said' as const),
		key: fc.constant(''),
		sequence: fc.nat(),
		sender: nick,
		content: text,
		timestamp: moment,
		mine: fc.boolean(),
		mention: fc.boolean(),
	}),
	fc.record({
		kind: fc.constant('told' as const),
		key: fc.constant(''),
		at: moment,
		level: fc.constantFrom('info' as const, 'warning' as const, 'error' as const),
		text,
	}),
	fc.record({
		kind: fc.constant('traffic' as const),
		key: fc.constant(''),
		at: moment,
		joined: fc.array(nick, { maxLength: 12 }),
		left: fc.array(nick, { maxLength: 3 }),
	}),
	fc.record({
		kind: fc.constant('lost' as const),
		key: fc.constant(''),
		from: fc.constant(41),
		to: fc.integer({ min: 41, max: 60 }),
		reason: fc.constantFrom('trimmed' as const, 'timeout' as const),
	}),
	fc.record({
		kind: fc.constant('resumed' as const),
		key: fc.constant(''),
		at: moment,
		from: fc.constant(1),
		to: fc.nat(),
		missed: fc.nat(),
		awayMs: fc.nat(),
	}),
	fc.constant<Row>({ kind: 'caught-up', key: '' }),
	fc.record({ kind: fc.constant('epoch' as const), key: fc.constant(''), at: moment }),
	fc.record({ kind: fc.constant('cleared' as const), key: fc.constant(''), upTo: fc.nat(), by: nick }),
);

const rows = fc
	.array(bodies, { maxLength: 20 })
	.map((all): readonly Row[] => all.map((row, index) => ({ ...row, key: `row ${index}` })));

const waiting: fc.Arbitrary<readonly Pending[]> = fc
	.array(fc.record({ content: text, writtenAt: moment, refused: fc.option(text, { nil: undefined }) }), {
		maxLength: 3,
	})
	.map((all) =>
		all.map(({ refused, ...rest }, index) => ({
			cid: `cid ${index}`,
			...rest,
			...(refused !== undefined && { refused }),
		})),
	);

const people = fc
	.array(fc.record({ userId: nick, state: fc.constantFrom<Member['state']>('online', 'away'), status: text }), {
		maxLength: 40,
	})
	.map((all) => members(...all));

const rooms: fc.Arbitrary<Room> = fc
	.record({
		name: fc.oneof(fc.constantFrom('general', '@maya', 'ein-ziemlich-langer-raum', '雑談'), text),
		topic: text,
		rows,
		pending: waiting,
		members: people,
		membersKnown: fc.boolean(),
		unread: fc.nat(1000),
		mentions: fc.nat(2),
		below: fc.nat(100),
		older: fc.constantFrom<Room['older']>('unknown', 'loading', 'all'),
		phase: fc.constantFrom<'live' | 'joining' | 'refused'>('live', 'joining', 'refused'),
		inGap: fc.boolean(),
		filtered: fc.option(text, { nil: undefined, freq: 3 }),
		read: fc.option(rows, { nil: undefined, freq: 3 }),
		sought: fc.option(
			fc.oneof(
				fc.record({ state: fc.constant('loading' as const), sequence: fc.nat() }),
				fc.record({ state: fc.constant('found' as const), sequence: fc.nat(), key: fc.constant('row 1') }),
				fc.record({ state: fc.constant('missing' as const), sequence: fc.nat(), text }),
			),
			{ nil: undefined },
		),
		scrolled: fc.option(fc.record({ row: fc.nat(25), line: fc.nat(5) }), { nil: undefined }),
	})
	.map(({ name, phase, inGap, filtered, read, sought, scrolled, ...rest }) =>
		room(name, {
			...rest,
			...(filtered !== undefined && {
				where: { text: filtered, filter: { field: 'verified' as const, op: 'eq' as const, value: true } },
			}),
			status: status(40, { room: name, phase, ...(inGap && { gap: gap() }) }),
			...(read !== undefined && {
				reading: { rows: read, from: 1, to: 9, older: 'unknown' as const, newer: 'loading' as const },
			}),
			...(sought !== undefined && { sought }),
			...(scrolled !== undefined && { scroll: { key: `row ${scrolled.row}`, line: scrolled.line } }),
		}),
	);

const links = fc.oneof(
	fc.constant<LinkStatus>({ state: 'online', since: 0, protocol: 'base', roundTripMs: 12 }),
	fc.constant<LinkStatus>({ state: 'online', since: 0, protocol: 'v1' }),
	fc.constant<LinkStatus>({ state: 'connecting', attempt: 1 }),
	fc.constant<LinkStatus>({ state: 'connecting', attempt: 3, offlineSince: at('10:00') }),
	text.map(
		(words): LinkStatus => ({
			state: 'waiting',
			attempt: 2,
			offlineSince: at('10:11'),
			retryAt: at('10:13'),
			cause: { text: words, code: words },
		}),
	),
);

const draft = text.chain((words) => fc.record({ text: fc.constant(words), cursor: fc.nat(words.length) }));

const found = fc.record({
	room: nick,
	sequence: fc.nat(),
	epoch: fc.constant('e'),
	sender: nick,
	content: text,
	timestamp: moment,
});

const search: fc.Arbitrary<Search> = fc
	.record({
		id: fc.constant('search'),
		text: fc.oneof(fc.constantFrom('e', 'morning', 'のテ', 'red'), text),
		parts: fc.array(
			fc.record({ room: nick, state: fc.constantFrom('asked' as const, 'all' as const, 'failed' as const), text }),
			{ minLength: 1, maxLength: 3 },
		),
		found: fc.array(found, { maxLength: 30 }),
		choice: fc.nat(30),
		isOne: fc.boolean(),
	})
	.map(({ isOne, ...rest }) => ({ ...rest, ...(isOne && { room: 'general' }) }));

/** Any state with rooms, whatever is in them, at any size from 1x1. */
export const anyState: fc.Arbitrary<State> = fc
	.record({
		rooms: fc.uniqueArray(rooms, { minLength: 1, maxLength: 6, selector: ({ name }) => name }),
		active: fc.nat(),
		columns: fc.oneof(fc.integer({ min: 1, max: 140 }), fc.constantFrom(20, 39, 40, 79, 80, 99, 100)),
		rows: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(5, 7, 8, 19, 20, 23, 24)),
		nick,
		link: links,
		draft,
		overlay: fc.option(
			fc.record({ name: fc.constantFrom<'help' | 'members' | 'search'>('help', 'members', 'search'), top: fc.nat(50) }),
			{
				nil: undefined,
			},
		),
		search: fc.option(search, { nil: undefined }),
		asking: fc.boolean(),
		numbers: fc.boolean(),
		hidden: fc.boolean(),
		sent: fc.array(text, { maxLength: 30 }),
		asked: fc.option(
			fc.record({ kind: fc.constantFrom<PromptKind>('recall', 'find'), input: draft, choice: fc.nat(30) }),
			{
				nil: undefined,
			},
		),
	})
	.map(({ rooms: all, active, columns, rows: height, draft: typed, overlay, asking, numbers, hidden, ...rest }) =>
		state({
			nick: rest.nick,
			link: rest.link,
			rooms: all,
			active: all[active % all.length]?.name ?? '',
			size: { columns, rows: height },
			composer: { ...emptyComposer, ...typed, history: rest.sent },
			...(rest.asked !== undefined && {
				prompt: { ...rest.asked, input: { ...emptyComposer, ...rest.asked.input } },
			}),
			...(rest.search !== undefined && { search: rest.search }),
			view: {
				sidebar: hidden ? 'hidden' : 'auto',
				numbers,
				...(overlay !== undefined && { overlay }),
				...(asking && { asking: 'quit' as const }),
			},
		}),
	);
