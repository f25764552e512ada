import { describe, expect, it } from 'vitest';
import type { RoomStatus } from '../../src/client/client.ts';
import type { Row, State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { emptyComposer } from '../../src/tui/slices/composer.ts';
import { darkTheme, monoTheme, paint } from '../../src/tui/theme.ts';
import {
	at,
	bareTheme,
	gap,
	members,
	otherRooms,
	pending,
	picture,
	release,
	room,
	row,
	said,
	state,
	status,
	textOf,
} from './states.ts';

const size = (columns: number, rows: number) => ({ columns, rows });
/** The row above the input, where there is no row for hints. */
const statusRow = (of: State) => textOf(screen(of).status ?? []).trimEnd();
const waitingLink = {
	state: 'waiting',
	...{ attempt: 3, offlineSince: at('10:12') - 40_000, retryAt: at('10:12') + 8000 },
	cause: { text: 'nobody is listening there', code: 'ECONNREFUSED' },
} as const;
const roomsOf = (first: ReturnType<typeof room>) => [first, ...otherRooms];

describe('a chat', () => {
	const chat = (columns: number, rows: number) =>
		picture(
			screen(
				state({
					rooms: roomsOf(release()),
					draft: 'rolling out 25% now, watching the p99',
					size: size(columns, rows),
				}),
			),
		);

	it('at 120x40', () => {
		expect(chat(120, 40)).toMatchInlineSnapshot(`
			"
			 [1 #general]  2 #deploys 3   3 #random   4 @maya 1!                                           sam @ ws://10.0.0.7:8080
			 Release 2.4 freeze is Thursday. Staging is green.                                                        #411 in order
			────────────────────────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                                        │ here 6
			                                                                                                        │ +ana
			                                                                                                        │ +jo
			                                                                                                        │ +li
			                                                                                                        │ +maya
			                                                                                                        │ +sam (you)
			                                                                                                        │ +wes
			                                                                                                        │ away 1
			                                                                                                        │ -kim  lunch
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                                                                                        │
			                                            ── Mon 23 Nov ──                                            │
			 09:58 maya  morning! canary is at 5%, error rate flat                                                  │
			             dashboards: https://grafana.internal/d/canary                                              │
			 10:02 jo    one 502 in eu-west, looking                                                                │
			 10:03 sam   that is the pod from the old pool, ignore it                                             ✓ │
			 10:04 ci    build 8812 passed  https://ci.internal/8812                                                │
			             -- 3 joined, 1 left (ana, li, wes; -tom)                                                   │
			 10:07 jo    confirmed, 502 was the old pool                                                            │
			>10:07 maya  @sam can you promote to 25%?                                                               │
			 10:08 li    +1 from db side, replicas are caught up to 14ms and the vacuum finished an hour ago so     │
			             there is nothing else queued                                                               │
			 10:12 sam   promoting now                                                                            ~ │
			────────────────────────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ✓ live 12ms │ not encrypted                                                           2 rooms unread, 1 mention: Alt+A
			 #general > rolling out 25% now, watching the p99
			 Enter send  ^J newline  ^N/^P room  PgUp scroll                                                                F1 help
			"
		`);
	});
	it('at 100x30', () => {
		expect(chat(100, 30)).toMatchInlineSnapshot(`
			"
			 [1 #general]  2 #deploys 3   3 #random   4 @maya 1!                       sam @ ws://10.0.0.7:8080
			 Release 2.4 freeze is Thursday. Staging is green.                                    #411 in order
			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                    │ here 6
			                                                                                    │ +ana
			                                                                                    │ +jo
			                                                                                    │ +li
			                                                                                    │ +maya
			                                                                                    │ +sam (you)
			                                                                                    │ +wes
			                                                                                    │ away 1
			                                                                                    │ -kim  lunch
			                                                                                    │
			                                                                                    │
			                                  ── Mon 23 Nov ──                                  │
			 09:58 maya  morning! canary is at 5%, error rate flat                              │
			             dashboards: https://grafana.internal/d/canary                          │
			 10:02 jo    one 502 in eu-west, looking                                            │
			 10:03 sam   that is the pod from the old pool, ignore it                         ✓ │
			 10:04 ci    build 8812 passed  https://ci.internal/8812                            │
			             -- 3 joined, 1 left (ana, li, wes; -tom)                               │
			 10:07 jo    confirmed, 502 was the old pool                                        │
			>10:07 maya  @sam can you promote to 25%?                                           │
			 10:08 li    +1 from db side, replicas are caught up to 14ms and the vacuum finished│
			             an hour ago so there is nothing else queued                            │
			 10:12 sam   promoting now                                                        ~ │
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ✓ live 12ms │ not encrypted                                       2 rooms unread, 1 mention: Alt+A
			 #general > rolling out 25% now, watching the p99
			 Enter send  ^J newline  ^N/^P room  PgUp scroll                                            F1 help
			"
		`);
	});
	it('at 80x24', () => {
		expect(chat(80, 24)).toMatchInlineSnapshot(`
			"
			 [1 #general]  2 #deploys 3   3 #random   4 @maya 1!   sam @ ws://10.0.0.7:8080
			 Release 2.4 freeze is Thursday. Staging is green.                #411 in order
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here 6
			                                                                   │ +ana
			                                                                   │ +jo
			                                                                   │ +li
			                         ── Mon 23 Nov ──                          │ +maya
			 09:58 maya  morning! canary is at 5%, error rate flat             │ +sam (you)
			             dashboards: https://grafana.internal/d/canary         │ +wes
			 10:02 jo    one 502 in eu-west, looking                           │ away 1
			 10:03 sam   that is the pod from the old pool, ignore it        ✓ │ -kim  lunch
			 10:04 ci    build 8812 passed  https://ci.internal/8812           │
			             -- 3 joined, 1 left (ana, li, wes; -tom)              │
			 10:07 jo    confirmed, 502 was the old pool                       │
			>10:07 maya  @sam can you promote to 25%?                          │
			 10:08 li    +1 from db side, replicas are caught up to 14ms and   │
			             the vacuum finished an hour ago so there is nothing   │
			             else queued                                           │
			 10:12 sam   promoting now                                       ~ │
			───────────────────────────────────────────────────────────────────┴────────────
			 ✓ live 12ms │ not encrypted                   2 rooms unread, 1 mention: Alt+A
			 #general > rolling out 25% now, watching the p99
			 Enter send  ^J newline  ^N/^P room  PgUp scroll                        F1 help
			"
		`);
	});
	it('at 60x18', () => {
		expect(chat(60, 18)).toMatchInlineSnapshot(`
			"
			 [1 #general]  2 #deploys 3   3 #random   4 @maya 1!    sam
			────────────────────────────────────────────────────────────
			                      ── Mon 23 Nov ──
			 09:58 maya  morning! canary is at 5%, error rate flat
			             dashboards: https://grafana.internal/d/canary
			 10:02 jo    one 502 in eu-west, looking
			 10:03 sam   that is the pod from the old pool, ignore it ✓
			 10:04 ci    build 8812 passed  https://ci.internal/8812
			             -- 3 joined, 1 left (ana, li, wes; -tom)
			 10:07 jo    confirmed, 502 was the old pool
			>10:07 maya  @sam can you promote to 25%?
			 10:08 li    +1 from db side, replicas are caught up to 14ms
			             and the vacuum finished an hour ago so there is
			             nothing else queued
			 10:12 sam   promoting now                                ~
			────────────────────────────────────────────────────────────
			 ✓ live 12ms │ 6 here │ not encrypted         #411 in order
			 #general > rolling out 25% now, watching the p99
			"
		`);
	});
	it('at 40x10', () => {
		expect(chat(40, 10)).toMatchInlineSnapshot(`
			"
			 [1 #general]  4 @maya 1!   +2
			────────────────────────────────────────
			            the vacuum finished an hour
			            ago so there is nothing else
			            queued
			 10:12 sam  promoting now             ~
			────────────────────────────────────────
			 ✓ live │ not encrypted   #411 in order
			 #general > rolling out 25% now, watchi
			            ng the p99
			"
		`);
	});
	it('at 30x7 is tabs, messages and input only', () => {
		expect(chat(30, 7)).toMatchInlineSnapshot(`
			"
			 [1 #general]  4 @maya 1!   +2
			      finished an hour ago so
			      there is nothing else
			      queued
			 sam  promoting now         ~
			> rolling out 25% now, watchi
			  ng the p99
			"
		`);
	});
	it('at 19x4 is one line of text', () => {
		expect(chat(19, 4)).toMatchInlineSnapshot(`
			"



			natter needs 20x5
			"
		`);
	});
});

describe('the gap', () => {
	const before = [said(39, '10:08', 'maya', '2.4.0-rc2'), said(40, '10:09', 'maya', '2.4.0-rc3')];
	const held = room('general', {
		topic: 'Release 2.4 freeze is Thursday.',
		rows: before,
		pending: [pending('10:10', 'promoting now')],
		status: status(40, { head: 44, gap: gap() }),
		members: members('jo', 'li', 'maya', 'sam'),
		older: 'unknown',
	});

	it('is shown in three places while messages are held back', () => {
		expect(picture(screen(state({ rooms: roomsOf(held), size: size(100, 14) })))).toMatchInlineSnapshot(`
			"
			 [1 #general ~3]  2 #deploys 3   3 #random   4 @maya 1!                    sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                    │ here 4
			                                                                                    │ +jo
			                                                                                    │ +li
			                                                                                    │ +maya
			                                  ── Mon 23 Nov ──                                  │ +sam (you)
			 10:08 maya  2.4.0-rc2                                                              │
			 10:09 maya  2.4.0-rc3                                                              │
			~~~~~~~~ gap: 3 messages buffered, waiting for #41 - asked broker 0.8s ago ~~~~~~~~~│
			 10:10 sam   promoting now                                                        ~ │
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ~ gap 1 in #general: holding #42-#44 for #41 │ /gap show │ 1 unsent │ not encrypted   #40 then gap
			 #general >
			"
		`);
	});

	it('stays hidden until the broker was asked', () => {
		const { askedAt: _, ...early } = gap();
		const hidden = { ...held, status: status(40, { head: 44, gap: early }) };
		const drawn = picture(screen(state({ rooms: roomsOf(hidden), size: size(100, 14) })));
		expect(drawn).not.toMatch(/gap|~3/u);
		expect(drawn).toContain('#40 in order');
	});

	it('offers /gap show in its line after five seconds', () => {
		const view = screen(state({ now: at('10:12:06'), rooms: roomsOf(held), size: size(100, 14) }));
		expect(picture(view)).toContain('asked broker 6s ago - /gap show ~');
	});

	it('fits narrow screens', () => {
		expect(picture(screen(state({ rooms: roomsOf(held), size: size(40, 10) })))).toMatchInlineSnapshot(`
			"
			 [1 #general ~3]  4 @maya 1!   +2
			────────────────────────────────────────
			            ── Mon 23 Nov ──
			 10:08 maya 2.4.0-rc2
			 10:09 maya 2.4.0-rc3
			~~~ gap: 3 buffered, waiting for #41 ~~~
			 10:10 sam  promoting now             ~
			────────────────────────────────────────
			 ~ gap 1: holding #42-#44 for #41
			 #general >
			"
		`);
	});

	it('is closed in all three places when the messages have come', () => {
		const closed = room('general', {
			...held,
			rows: [
				...before,
				said(41, '10:09', 'jo', 'rc3 is on staging'),
				said(42, '10:10', 'li', 'replicas are fine'),
				said(43, '10:10', 'jo', 'so is the queue'),
				said(44, '10:10', 'sam', 'promoting now'),
			],
			pending: [],
			status: status(44),
		});
		expect(picture(screen(state({ rooms: roomsOf(closed), size: size(100, 14) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]  2 #deploys 3   3 #random   4 @maya 1!                       sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                    │ here 4
			                                                                                    │ +jo
			                                  ── Mon 23 Nov ──                                  │ +li
			 10:08 maya  2.4.0-rc2                                                              │ +maya
			 10:09 maya  2.4.0-rc3                                                              │ +sam (you)
			 10:09 jo    rc3 is on staging                                                      │
			 10:10 li    replicas are fine                                                      │
			 10:10 jo    so is the queue                                                        │
			 10:10 sam   promoting now                                                        ✓ │
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ✓ live 12ms │ not encrypted                        2 rooms unread, 1 mention: Alt+A │ #44 in order
			 #general >
			"
		`);
	});

	it('leaves a line for good when the broker no longer has the message', () => {
		const lost = room('general', {
			...held,
			rows: [
				...before,
				row({ kind: 'lost', from: 41, to: 41, reason: 'trimmed' }),
				said(42, '10:10', 'li', 'replicas are fine'),
				row({ kind: 'lost', from: 43, to: 46, reason: 'timeout' }),
			],
			pending: [],
			status: status(46),
		});
		expect(picture(screen(state({ rooms: [lost], size: size(100, 20) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                                              sam @ ws://10.0.0.7:8080
			 Release 2.4 freeze is Thursday.                                            #46 in order, 4 missing
			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                    │ here 4
			                                                                                    │ +jo
			                                                                                    │ +li
			                                                                                    │ +maya
			                                                                                    │ +sam (you)
			                                                                                    │
			                                                                                    │
			                                  ── Mon 23 Nov ──                                  │
			 10:08 maya  2.4.0-rc2                                                              │
			 10:09 maya  2.4.0-rc3                                                              │
			 · #41 is not kept any more                                                         │
			 10:10 li    replicas are fine                                                      │
			 ! #43-#46 were never delivered (broker did not send them in time) ! 4 messages     │
			   missing here                                                                     │
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ✓ live 12ms │ not encrypted
			 #general >
			"
		`);
	});

	it('names in words why numbers will never be shown', () => {
		const lost = (from: number, to: number, reason: Extract<Row, { kind: 'lost' }>['reason']) =>
			row({ kind: 'lost', from, to, reason });
		const rows = [
			lost(1, 1, 'trimmed'),
			lost(2, 4, 'expired'),
			lost(5, 6, 'cleared'),
			lost(7, 7, 'damaged'),
			lost(8, 9, 'slow'),
			lost(10, 10, 'timeout'),
		];
		const rooms = [room('general', { status: status(10), rows })];
		const pane = (columns: number, rows: number) =>
			`\n${screen(state({ rooms, size: size(columns, rows) }))
				.pane.map((line) => textOf(line).trimEnd())
				.join('\n')}\n`;
		expect(pane(100, 14)).toMatchInlineSnapshot(`
			"

			 · #1 is not kept any more
			 · #2-#4 are too old and not kept any more: 3 messages
			 · #5-#6 are gone, the history was cleared: 2 messages
			 ! [damaged] #7: what the broker has stored cannot be read
			 ! #8-#9 were never delivered (this connection was too slow) ! 2 messages missing
			   here
			 ! #10 was never delivered (broker did not send it in time) ! 1 message missing
			   here
			"
		`);
		expect(pane(40, 20)).toMatchInlineSnapshot(`
			"

			 · #1 is not kept any more
			 · #2-#4 are too old and not kept any
			   more: 3 messages
			 · #5-#6 are gone, the history was
			   cleared: 2 messages
			 ! [damaged] #7: what the broker has
			   stored cannot be read
			 ! #8-#9 were never delivered (this
			   connection was too slow) ! 2
			   messages missing here
			 ! #10 was never delivered (broker did
			   not send it in time) ! 1 message
			   missing here
			"
		`);
	});

	it('does not claim to hold a number that has not come either', () => {
		const torn = room('general', { status: status(35, { gap: gap({ held: 6, heldFrom: 36, heldTo: 42 }) }) });
		expect(picture(screen(state({ rooms: [torn], size: size(100, 14) })))).toContain(
			'~ gap 1 in #general: holding 6 of #36-#42 for #41',
		);
	});

	it('in another room is told on the status row too', () => {
		const view = screen(state({ rooms: [held, room('deploys')], active: 'deploys', size: size(100, 14) }));
		expect(picture(view)).toMatch(/~ gap 1 in #general: holding #42-#44 for #41 │ \/gap show/u);
	});
});

describe('the link', () => {
	const offline = state({
		size: size(100, 20),
		rooms: [
			release({ membersKnown: false, pending: [pending('10:11:30', 'is anyone there?'), pending('10:11:50', 'hm')] }),
		],
		link: {
			state: 'waiting',
			attempt: 3,
			offlineSince: at('10:12') - 42_000,
			retryAt: at('10:12') + 7400,
			cause: { text: 'nobody is listening there', code: 'ECONNREFUSED' },
		},
	});

	it('says when it is down, since when, until when, why, and what waits', () => {
		expect(picture(screen(offline))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                                              sam @ ws://10.0.0.7:8080
			 Release 2.4 freeze is Thursday. Staging is green.                                       stale 0:42
			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                    │ here ?
			                                  ── Mon 23 Nov ──                                  │ ?ana
			 09:58 maya  morning! canary is at 5%, error rate flat                              │ ?jo
			             dashboards: https://grafana.internal/d/canary                          │ ?kim  lunch
			 10:02 jo    one 502 in eu-west, looking                                            │ ?li
			 10:03 sam   that is the pod from the old pool, ignore it                         ✓ │ ?maya
			 10:04 ci    build 8812 passed  https://ci.internal/8812                            │ ?sam (you)
			             -- 3 joined, 1 left (ana, li, wes; -tom)                               │ ?wes
			 10:07 jo    confirmed, 502 was the old pool                                        │
			>10:07 maya  @sam can you promote to 25%?                                           │
			 10:08 li    +1 from db side, replicas are caught up to 14ms and the vacuum finished│
			             an hour ago so there is nothing else queued                            │
			 10:11 sam   is anyone there?                                                     ~ │
			             hm                                                                   ~ │
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ! offline 0:42 │ retry in 8s │ 2 unsent │ nobody is listening there                   ECONNREFUSED
			 #general >
			"
		`);
	});

	it('says so in 40 columns', () => {
		expect(picture(screen({ ...offline, size: size(40, 10) }))).toMatchInlineSnapshot(`
			"
			 [1 #general]  sam @ ws://10.0.0.7:8080
			────────────────────────────────────────
			            the vacuum finished an hour
			            ago so there is nothing else
			            queued
			 10:11 sam  is anyone there?          ~
			            hm                        ~
			────────────────────────────────────────
			 ! offline 0:42 │ 2 unsent
			 #general >
			"
		`);
	});

	it('makes little of a moment: reconnecting, what waits, and everything else as it was', () => {
		const brief = state({
			...offline,
			lostAt: at('10:12') - 4000,
			rooms: offline.rooms.map((one) => ({ ...one, membersKnown: true })),
		});
		expect(picture(screen({ ...brief, size: size(100, 12) }))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                                              sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			             -- 3 joined, 1 left (ana, li, wes; -tom)                               │ here 6
			 10:07 jo    confirmed, 502 was the old pool                                        │ +ana
			>10:07 maya  @sam can you promote to 25%?                                           │ +jo
			 10:08 li    +1 from db side, replicas are caught up to 14ms and the vacuum finished│ +li
			             an hour ago so there is nothing else queued                            │ +maya
			 10:11 sam   is anyone there?                                                     ~ │ +sam (you)
			             hm                                                                   ~ │ +2 more
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ~ reconnecting │ 2 unsent                                                            #411 in order
			 #general >
			"
		`);
		expect(picture(screen({ ...brief, size: size(40, 10) }))).toMatchInlineSnapshot(`
			"
			 [1 #general]  sam @ ws://10.0.0.7:8080
			────────────────────────────────────────
			            the vacuum finished an hour
			            ago so there is nothing else
			            queued
			 10:11 sam  is anyone there?          ~
			            hm                        ~
			────────────────────────────────────────
			 ~ reconnecting │ 2 unsent
			 #general >
			"
		`);
	});

	it('closes an outage in which nothing was missed', () => {
		const rows = [said(411, '10:10', 'maya', 'ready?'), row({ kind: 'back', at: at('10:12'), awayMs: 51_000 })];
		const rooms = [room('general', { status: status(411), rows })];
		const line = (columns: number) => textOf(screen(state({ rooms, size: size(columns, 14) })).pane.at(-1) ?? []);
		expect([line(100), line(40), line(24)].map((text) => text.trim())).toEqual([
			'── back at 10:12 after 0:51 - nothing was missed ──',
			'── back - nothing was missed ──',
			'nothing was missed',
		]);
	});

	it('names what the broker lost when it went back to an older copy', () => {
		const rows = [
			said(11, '10:01', 'maya', 'kept'),
			said(12, '10:02', 'maya', 'seen'),
			said(13, '10:02', 'maya', 'and seen'),
			row({ kind: 'epoch', at: at('10:12'), rewound: { to: 11, lost: 2 } }),
			said(12, '10:12', 'jo', 'another twelve', { key: 'other' }),
		];
		const rooms = [room('general', { status: status(12), rows })];
		const pane = (columns: number, rows: number) =>
			`\n${screen(state({ rooms, size: size(columns, rows) }))
				.pane.map((line) => textOf(line).trimEnd())
				.join('\n')}\n`;
		expect(pane(100, 14)).toMatchInlineSnapshot(`
			"

			            history starts at #11 - 10 older messages are no longer kept
			                                  ── Mon 23 Nov ──
			 10:01 maya  kept
			 10:02 maya  seen
			             and seen
			 ! #12-#13, which you had seen, are not in the broker's log any more: 2 messages
			                     ── at 10:12 the broker went back to #11 ──
			 10:12 jo    another twelve
			"
		`);
		expect(pane(40, 13)).toMatchInlineSnapshot(`
			"
			 10:01 maya kept
			 10:02 maya seen
			            and seen
			 ! #12-#13, which you had seen, are not
			   in the broker's log any more: 2
			   messages
			       ── back to #11 at 10:12 ──
			 10:12 jo   another twelve
			"
		`);
	});

	it('says when it is being dialled', () => {
		const dialling = room('general', {
			status: status(0, { phase: 'joining' }),
			membersKnown: false,
			members: members(),
		});
		const view = screen(state({ size: size(80, 12), rooms: [dialling], link: { state: 'connecting', attempt: 1 } }));
		expect(picture(view)).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here ?
			                                                                   │
			                                                                   │
			                                                                   │
			                                                                   │
			                                                                   │
			 · waiting for ws://10.0.0.7:8080...                               │
			───────────────────────────────────────────────────────────────────┴────────────
			 connecting...
			 #general >
			"
		`);
	});

	it('hints at the key that dials now, as long as it would not send what is typed', () => {
		const hint = (more: Partial<State>) => textOf(screen({ ...offline, ...more }).hint ?? []).trimEnd();
		const tall = { size: size(80, 30) };
		expect(hint(tall)).toBe(' Enter dial now  ^J newline  ^N/^P room  PgUp scroll                    F1 help');
		expect(hint({ ...tall, link: { state: 'closed' } })).toContain(' Enter dial now ');
		expect(hint({ ...tall, lostAt: offline.now - 1000 })).toContain(' Enter send ');
		expect(hint({ ...tall, composer: state({ draft: 'hm' }).composer })).toContain(' Enter send ');
	});

	it('keeps the clock while it is dialled again', () => {
		const again = state({ ...offline, link: { state: 'connecting', attempt: 4, offlineSince: at('10:12') - 42_000 } });
		expect(picture(screen(again))).toContain(' ! offline 0:42 │ connecting... │ 2 unsent\n');
	});

	it('says when the broker gives no acknowledgements', () => {
		const base = state({
			size: size(80, 12),
			rooms: [room('general', { rows: [said(1, '10:10', 'sam', 'hello')], status: status(1) })],
			link: { state: 'online', since: 0, protocol: 'base' },
		});
		expect(picture(screen(base))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here 1
			                                                                   │ +sam (you)
			                                                                   │
			                                                                   │
			                                                                   │
			                         ── Mon 23 Nov ──                          │
			 10:10 sam   hello                                               ✓ │
			───────────────────────────────────────────────────────────────────┴────────────
			 ✓ live │ base broker: no acknowledgements │ not encrypted          #1 in order
			 #general >
			"
		`);
	});

	it('brackets what was missed, and says when a late line was written', () => {
		const resumed = release({
			rows: [
				said(412, '10:09', 'jo', 'brb'),
				row({ kind: 'resumed', at: at('10:12'), from: 413, to: 415, missed: 3, awayMs: 51_000 }),
				said(413, '10:11', 'maya', 'all green'),
				said(414, '10:11', 'maya', 'closing the window'),
				said(415, '10:11:40', 'li', '/me waves'),
				row({ kind: 'caught-up' }),
				said(416, '10:12', 'sam', 'is anyone there?', { writtenAt: at('10:11') }),
				said(417, '10:12', 'sam', 'hm', { writtenAt: at('10:11') }),
			],
			pending: [],
			status: status(417),
		});
		expect(picture(screen(state({ rooms: [resumed], size: size(100, 20) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                                              sam @ ws://10.0.0.7:8080
			 Release 2.4 freeze is Thursday. Staging is green.                                    #417 in order
			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                    │ here 6
			                                                                                    │ +ana
			                                                                                    │ +jo
			                                                                                    │ +li
			                                                                                    │ +maya
			                                  ── Mon 23 Nov ──                                  │ +sam (you)
			 10:09 jo    brb                                                                    │ +wes
			         ── back at 10:12 after 0:51 - you missed 3 messages (#413-#415) ──         │ away 1
			 10:11 maya  all green                                                              │ -kim  lunch
			             closing the window                                                     │
			 10:11     * li waves                                                               │
			                                ── end of missed ──                                 │
			 10:12 sam   is anyone there? (written 10:11)                                     ✓ │
			             hm (written 10:11)                                                   ✓ │
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ✓ live 12ms │ not encrypted
			 #general >
			"
		`);
		expect(picture(screen(state({ rooms: [resumed], size: size(40, 16) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]  sam @ ws://10.0.0.7:8080
			────────────────────────────────────────

			            ── Mon 23 Nov ──
			 10:09 jo   brb
			── you missed 3 messages (#413-#415) ──
			 10:11 maya all green
			            closing the window
			 10:11    * li waves
			          ── end of missed ──
			 10:12 sam  is anyone there? (written
			            10:11)                    ✓
			            hm (written 10:11)        ✓
			────────────────────────────────────────
			 ✓ live │ not encrypted   #417 in order
			 #general >
			"
		`);
	});
});

describe('a message that stands before what its author had seen in another room', () => {
	const mixed = release({
		rows: [
			said(412, '10:09', 'jo', 'canary is at 25%'),
			said(413, '10:11', 'maya', 'then I close the window', { late: true }),
			said(414, '10:12', 'sam', 'ok', { late: true, writtenAt: at('10:11') }),
		],
		pending: [],
		status: status(414),
	});

	it('says so behind its text', () => {
		expect(picture(screen(state({ rooms: [mixed], size: size(120, 12) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                                                                  sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                                        │ here 6
			                                                                                                        │ +ana
			                                                                                                        │ +jo
			                                            ── Mon 23 Nov ──                                            │ +li
			 10:09 jo    canary is at 25%                                                                           │ +maya
			 10:11 maya  then I close the window (late: what it answers in another room had not come yet)           │ +sam (you)
			 10:12 sam   ok (late: what it answers in another room had not come yet) (written 10:11)              ✓ │ +2 more
			────────────────────────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ✓ live 12ms │ not encrypted                                                                              #414 in order
			 #general >
			"
		`);
	});

	it('says so in a narrow pane as well', () => {
		expect(picture(screen(state({ rooms: [mixed], size: size(40, 16) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]  sam @ ws://10.0.0.7:8080
			────────────────────────────────────────


			            ── Mon 23 Nov ──
			 10:09 jo   canary is at 25%
			 10:11 maya then I close the window
			            (late: what it answers in
			            another room had not come
			            yet)
			 10:12 sam  ok (late: what it answers
			            in another room had not
			            come yet) (written 10:11) ✓
			────────────────────────────────────────
			 ✓ live │ not encrypted   #414 in order
			 #general >
			"
		`);
	});

	it('says so in words that need no colour', () => {
		const line = screen(state({ rooms: [mixed], size: size(120, 12) })).pane.find((one) =>
			textOf(one).includes('close the window'),
		);
		const [coloured, mono, bare] = [darkTheme, monoTheme, bareTheme].map((theme) => paint(line ?? [], theme));
		const late = ' (late: what it answers in another room had not come yet)';
		expect(coloured).toContain(`then I close the window\x1b[2m${late}\x1b[22m`);
		expect(mono).toContain(`then I close the window\x1b[2m${late}\x1b[22m`);
		expect(bare).toContain(`then I close the window${late}`);
	});
});

describe('the pane', () => {
	it('says what to do in an empty room', () => {
		expect(picture(screen(state({ size: size(80, 10) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here 1
			                                                                   │ +sam (you)
			                                                                   │
			                                                                   │
			 · nothing has been said here yet - type and press Enter           │
			───────────────────────────────────────────────────────────────────┴────────────
			 ✓ live 12ms │ not encrypted
			 #general >
			"
		`);
	});

	it('says why there is nothing in it where something was said', () => {
		const note = (more: Partial<RoomStatus>) => {
			const rooms = [room('general', { status: { ...status(69), ...more } })];
			return textOf(screen(state({ size: size(80, 10), rooms })).pane.at(-1) ?? []).trim();
		};
		expect(note({ oldest: 12 })).toBe('· nothing new here yet - PgUp loads what was said before');
		expect(note({ oldest: 70 })).toBe('· what was said here is not kept any more - type and press Enter');
	});

	it('heads what waits with the name under which it leaves', () => {
		const rows = [said(1, '10:12', 'samuel', 'as samuel', { mine: true })];
		const rooms = [room('general', { rows, pending: [pending('10:12', 'as sam')] })];
		const waiting = textOf(screen(state({ size: size(80, 10), rooms })).pane.at(-1) ?? []);
		expect(waiting).toMatch(/^ 10:12 sam +as sam +~$/u);
	});

	it('tells a host on the first run how others join', () => {
		const told = [
			'You are hosting natter at ws://127.0.0.1:8080',
			'A second person on this computer types: npx natter',
			'To let other machines in: quit and start with --host 0.0.0.0; then anyone who can reach this computer can join',
			'Messages are kept in /home/sam/.local/share/natter',
			'You are sam (change: /nick)',
		].join('\n');
		const first = room('general', { rows: [row({ kind: 'told', at: at('10:12'), level: 'info', text: told })] });
		const view = (columns: number, rows: number) =>
			picture(screen(state({ url: 'ws://127.0.0.1:8080', rooms: [first], size: size(columns, rows) })));
		expect(view(100, 30)).toMatchInlineSnapshot(`
			"
			 [1 #general]                                                             sam @ ws://127.0.0.1:8080

			────────────────────────────────────────────────────────────────────────────────────┬───────────────
			                                                                                    │ here 1
			                                                                                    │ +sam (you)
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			                                                                                    │
			 · You are hosting natter at ws://127.0.0.1:8080                                    │
			 · A second person on this computer types: npx natter                               │
			 · To let other machines in: quit and start with --host 0.0.0.0; then anyone who    │
			   can reach this computer can join                                                 │
			 · Messages are kept in /home/sam/.local/share/natter                               │
			 · You are sam (change: /nick)                                                      │
			 · nothing has been said here yet - type and press Enter                            │
			────────────────────────────────────────────────────────────────────────────────────┴───────────────
			 ✓ live 12ms
			 #general >
			 Enter send  ^J newline  ^N/^P room  PgUp scroll                                            F1 help
			"
		`);
		expect(view(60, 18)).toMatchInlineSnapshot(`
			"
			 [1 #general]                     sam @ ws://127.0.0.1:8080
			────────────────────────────────────────────────────────────





			 · You are hosting natter at ws://127.0.0.1:8080
			 · A second person on this computer types: npx natter
			 · To let other machines in: quit and start with --host
			   0.0.0.0; then anyone who can reach this computer can
			   join
			 · Messages are kept in /home/sam/.local/share/natter
			 · You are sam (change: /nick)
			 · nothing has been said here yet - type and press Enter
			────────────────────────────────────────────────────────────
			 ✓ live 12ms │ 1 here
			 #general >
			"
		`);
	});

	it('shows errors and warnings with a mark that needs no colour', () => {
		const rows = [
			row({ kind: 'told', at: at('10:12'), level: 'error', text: 'There is no /jion. Did you mean /join?' }),
			row({ kind: 'told', at: at('10:12'), level: 'warning', text: 'the broker is shutting down' }),
		];
		const refused = [pending('10:12', 'too fast', 'rate_limited: at most 10 messages a second')];
		const view = screen(state({ size: size(80, 10), rooms: [room('general', { rows, pending: refused })] }));
		expect(picture(view)).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here 1
			 ! There is no /jion. Did you mean /join?                          │ +sam (you)
			 ! the broker is shutting down                                     │
			 10:12 sam   too fast ! rate_limited: at most 10 messages a        │
			             second - /retry                                     ! │
			───────────────────────────────────────────────────────────────────┴────────────
			 ✓ live 12ms │ not encrypted
			 #general >
			"
		`);
	});

	it('shows where the kept history begins, and where the numbers started over', () => {
		const rows = [
			said(300, '10:00', 'jo', 'the oldest that is kept'),
			row({ kind: 'epoch', at: at('10:02') }),
			said(1, '10:02', 'jo', 'a new beginning'),
			row({ kind: 'cleared', upTo: 1, by: 'maya' }),
		];
		const view = screen(state({ size: size(80, 14), rooms: [room('general', { rows, status: status(1) })] }));
		expect(picture(view)).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here 1
			                                                                   │ +sam (you)
			                                                                   │
			  history starts at #300 - 299 older messages are no longer kept   │
			                         ── Mon 23 Nov ──                          │
			 10:00 jo    the oldest that is kept                               │
			               ── the room started over at 10:02 ──                │
			 10:02 jo    a new beginning                                       │
			             -- messages up to #1 were cleared by maya             │
			───────────────────────────────────────────────────────────────────┴────────────
			 ✓ live 12ms │ not encrypted                                        #1 in order
			 #general >
			"
		`);
	});

	it('does not say that messages are gone which a base broker only does not give', () => {
		const rooms = [room('general', { rows: [said(300, '10:00', 'jo', 'hi')], status: status(300) })];
		const view = screen(state({ size: size(80, 14), rooms, link: { state: 'online', since: 0, protocol: 'base' } }));
		expect(picture(view)).toContain('history starts at #300 - a base broker gives no older messages');
	});

	it('begins each day with a rule', () => {
		const rows = [
			said(1, '10:00', 'jo', 'late', { timestamp: at('23:59') - 86_400_000 }),
			said(2, '00:01', 'jo', 'early'),
			said(3, '00:01', 'jo', 'last year', { timestamp: Date.UTC(2025, 11, 31, 12) }),
		];
		const view = screen(state({ size: size(80, 12), rooms: [room('general', { rows, status: status(3) })] }));
		expect(picture(view)).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here 1
			                         ── Sun 22 Nov ──                          │ +sam (you)
			 23:59 jo    late                                                  │
			                         ── Mon 23 Nov ──                          │
			 00:01 jo    early                                                 │
			                       ── Wed 31 Dec 2025 ──                       │
			 12:00 jo    last year                                             │
			───────────────────────────────────────────────────────────────────┴────────────
			 ✓ live 12ms │ not encrypted                                        #3 in order
			 #general >
			"
		`);
	});

	it('keeps the indentation of code and hangs wrapped lines under the text', () => {
		const code = 'if (ready) {\n    start({ port: 8080, host: "127.0.0.1" })\n}';
		const rows = [
			said(1, '10:00', 'jo', code),
			said(2, '10:01', 'maya', `a${'b'.repeat(60)}c and 日本語のとても長い文が続いていく`),
		];
		const view = screen(state({ size: size(60, 16), rooms: [room('general', { rows, status: status(2) })] }));
		expect(picture(view)).toMatchInlineSnapshot(`
			"
			 [1 #general]                      sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────




			                      ── Mon 23 Nov ──
			 10:00 jo    if (ready) {
			                 start({ port: 8080, host: "127.0.0.1" })
			             }
			 10:01 maya  abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
			             bbbbbbbbbbbbbbc and 日本語のとても長い文が続い
			             ていく
			────────────────────────────────────────────────────────────
			 ✓ live 12ms │ 1 here │ not encrypted           #2 in order
			 #general >
			"
		`);
	});

	it('stays on its anchor when it is scrolled up, and says how many are new below', () => {
		const rows = Array.from({ length: 40 }, (_, index) =>
			said(index + 1, '10:00', index % 2 ? 'jo' : 'li', `line ${index + 1}`),
		);
		const scrolled = room('general', {
			rows,
			status: status(40),
			older: 'unknown',
			scroll: { key: 'said-20', line: 0 },
			below: 12,
		});
		expect(picture(screen(state({ size: size(80, 12), rooms: [scrolled] })))).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			 10:00 jo    line 14                                               │ here 1
			 10:00 li    line 15                                               │ +sam (you)
			 10:00 jo    line 16                                               │
			 10:00 li    line 17                                               │
			 10:00 jo    line 18                                               │
			 10:00 li    line 19                                               │
			 10:00 jo    line 20                                               │
			─────────────────────── 12 new below - Esc ────────────────────────┴────────────
			 ✓ live 12ms │ not encrypted                                       #40 in order
			 #general >
			"
		`);
	});
});

describe('the rows around the pane', () => {
	it.each([
		[100, 1, 0, ' Press Ctrl+C again to quit (1 unsent line is kept on disk)'],
		[100, 1, 1, ' Press Ctrl+C again to quit (1 unsent line will be lost)'],
		[100, 3, 1, ' Press Ctrl+C again to quit (3 unsent lines, 1 of them will be lost)'],
		[40, 1, 0, ' ^C again quits; 1 unsent kept on disk'],
		[40, 18, 18, ' ^C again quits; 18 unsent will be lost'],
		[40, 3, 1, ' ^C again quits; 1 of 3 will be lost'],
		[40, 0, 0, ' Press Ctrl+C again to quit'],
	])(
		'ask before quitting, and say what becomes of unsent lines: at %i columns, %i of them, %i not kept',
		(columns, unsent, unkept, row) => {
			const lines = Array.from({ length: unsent }, () => pending('10:12', 'hm'));
			const rooms = [room('general', { pending: lines })];
			const view = { sidebar: 'auto', numbers: false, asking: 'quit' } as const;
			expect(statusRow(state({ rooms, view, unkept, size: size(columns, 12) }))).toBe(row);
		},
	);

	it('say how long the broker has not answered', () => {
		const rooms = [room('general', { pending: [pending('10:12', 'hm')] })];
		const link = { state: 'online', since: 0, protocol: 'v1', roundTripMs: 12, unansweredSince: at('10:12') } as const;
		const quiet = state({ url: 'wss://10.0.0.7', rooms, size: size(60, 12), link });
		const late = { ...quiet, now: quiet.now + 8900 };
		expect(statusRow(late)).toBe(' ~ live, no answer for 8s │ 1 unsent │ 1 here');
		expect(statusRow({ ...late, size: size(40, 12) })).toBe(' ~ no answer for 8s │ 1 unsent │ 1 here');
	});

	it('say how many lines are unsent once one has waited for two seconds, and in words when the broker refuses', () => {
		const rooms = [room('general', { pending: [pending('10:12', 'one'), pending('10:12', 'two')] })];
		const waiting = state({ url: 'wss://10.0.0.7', rooms, size: size(40, 12) });
		const late = { ...waiting, now: waiting.now + 2000 };
		expect([waiting, late].map(statusRow)).toEqual([' ✓ live 12ms │ 1 here', ' ✓ live 12ms │ 2 unsent │ 1 here']);
		expect(statusRow({ ...late, isRefusing: true })).toBe(' ! broker keeps nothing now │ 2 unsent');
		expect(statusRow({ ...waiting, isRefusing: true, size: size(100, 12) })).toBe(
			' ! the broker cannot keep messages now │ 2 unsent',
		);
		expect(statusRow({ ...waiting, isRefusing: true, rooms: [room('general')] })).toBe(' ✓ live 12ms │ 1 here');
	});

	it.each([
		['ws://10.0.0.7:8080', 60, ' ✓ live 12ms │ 1 here │ not encrypted'],
		['ws://[2001:db8::1]:8080', 60, ' ✓ live 12ms │ 1 here │ not encrypted'],
		['wss://10.0.0.7:8080', 60, ' ✓ live 12ms │ 1 here'],
		['ws://localhost:8080', 60, ' ✓ live 12ms │ 1 here'],
		['ws://127.0.0.1:8080', 60, ' ✓ live 12ms │ 1 here'],
		['ws://[::1]:8080', 60, ' ✓ live 12ms │ 1 here'],
		['ws://127.0.0.1.evil.example', 60, ' ✓ live 12ms │ 1 here │ not encrypted'],
	])('say that others can read what is said at %s in %i columns', (url, columns, row) => {
		expect(statusRow(state({ url, rooms: [room('general')], size: size(columns, 12) }))).toBe(row);
	});

	it('say nothing of encryption while there is no link', () => {
		const down = state({ rooms: [room('general')], link: waitingLink, size: size(100, 12) });
		expect(statusRow(down)).not.toContain('encrypted');
	});

	it('ask who hosts before quitting, and say how many others lose their broker', () => {
		const view = { sidebar: 'auto', numbers: false, asking: 'quit' } as const;
		const host = { url: 'u', joinLine: 'j', shareLine: 's', keptIn: '/data' };
		const gone = { userId: 'jo', state: 'offline' } as const;
		const rooms = [room('general', { members: members('sam', 'ana', gone) }), room('ops', { members: members('ana') })];
		const asked = (more: Parameters<typeof state>[0]) => statusRow(state({ view, host, size: size(100, 12), ...more }));
		expect(asked({ rooms })).toBe(' Press Ctrl+C again to quit (1 other loses the broker)');
		const crowd = room('hall', { status: { ...status(0), count: { online: 250, away: 3 } } });
		expect(asked({ rooms: [...rooms, crowd] })).toBe(' Press Ctrl+C again to quit (252 others lose the broker)');
		const unsent = [room('general', { members: members('sam', 'ana'), pending: [pending('10:12', 'hm')] })];
		expect(asked({ rooms: unsent, unkept: 0 })).toBe(
			' Press Ctrl+C again to quit (1 unsent line is kept on disk; 1 other loses the broker)',
		);
		expect(asked({ rooms: [room('general')] })).toBe(' Press Ctrl+C again to quit');
	});

	it('say in words rather than by its code why there is no link', () => {
		const text = 'its certificate is self-signed, not trusted: NODE_EXTRA_CA_CERTS=FILE names one that is';
		const link = { ...waitingLink, cause: { text, code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } };
		expect(statusRow(state({ link, size: size(80, 12) }))).toMatch(/ its certificate is self-signed +stale 0:40$/);
		expect(statusRow(state({ link, size: size(140, 12) }))).toContain('NODE_EXTRA_CA_CERTS=FILE');
	});

	it('keep what is unsent and what is missing where there is no room for all', () => {
		const lost = row({ kind: 'lost', from: 2, to: 4, reason: 'timeout' });
		const pane = { rows: [lost], status: status(4), pending: [pending('10:12', 'hm')] };
		const narrow = state({ rooms: [room('general', pane)], size: size(40, 12), now: at('10:12') + 2000 });
		expect(statusRow(narrow)).toBe(' ✓ live │ 1 unsent            3 missing');
		expect(statusRow({ ...narrow, link: waitingLink })).toBe(' ! offline 0:42 │ 1 unsent    3 missing');
	});

	it('ask before quitting, and name what would be lost', () => {
		const view = { sidebar: 'auto', numbers: false, asking: 'quit' } as const;
		expect(picture(screen(state({ view })))).toContain('\n Press Ctrl+C again to quit\n');
		expect(picture(screen(state({ view, rooms: [release()] })))).toContain('quit (1 unsent line will be lost)');
	});

	it('collapse tabs, never the active one nor one with a mention', () => {
		const many = Array.from({ length: 12 }, (_, index) =>
			room(`room-${index + 1}`, index === 8 ? { unread: 2, mentions: 1 } : {}),
		);
		const view = screen(state({ rooms: many, active: 'room-11', size: size(60, 10) }));
		expect(picture(view).split('\n')[1]).toMatchInlineSnapshot(
			`"  1 #room-1   2 #room-2   9 #room-9 2!  [11 #room-11]  +8"`,
		);
	});

	it('count who is here where there is no sidebar', () => {
		const view = screen(state({ size: size(79, 20), rooms: [release()] }));
		expect(picture(view)).toContain(' ✓ live 12ms │ 6 here');
	});

	it('hide the sidebar when it is not wanted', () => {
		const view = screen(state({ rooms: [release()], view: { sidebar: 'hidden', numbers: true } }));
		expect(view.sidebar).toBeUndefined();
		expect(picture(view)).toContain(' 10:02 jo    #403 one 502 in eu-west, looking\n');
	});

	it('grow with the draft to a third of the screen and keep the cursor in it', () => {
		const draft = Array.from({ length: 9 }, (_, index) => `line ${index + 1}`).join('\n');
		const view = screen(state({ size: size(60, 12), rooms: [release()], draft }));
		expect(picture(view)).toMatchInlineSnapshot(`
			"
			 [1 #general]                      sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────
			 10:08 li    +1 from db side, replicas are caught up to 14ms
			             and the vacuum finished an hour ago so there is
			             nothing else queued
			 10:12 sam   promoting now                                ~
			────────────────────────────────────────────────────────────
			 ✓ live 12ms │ 6 here │ not encrypted         #411 in order
			 #general > line 6
			            line 7
			            line 8
			            line 9
			"
		`);
		expect(view.cursor).toEqual({ x: 12 + 6, y: 11 });
	});

	it('put the cursor behind wide characters by cells', () => {
		const text = '日本👩‍👩‍👧‍👦e\u0301!';
		const cursor = text.length - 1;
		const view = screen(state({ composer: { ...emptyComposer, text, cursor } }));
		expect(view.cursor).toEqual({ x: 12 + 2 + 2 + 2 + 1, y: 28 });
	});

	it('show who is in the room as a page where there is no sidebar', () => {
		const view = { sidebar: 'auto', numbers: false, overlay: { name: 'members', top: 0 } } as const;
		expect(picture(screen(state({ rooms: [release()], view, size: size(60, 14) })))).toMatchInlineSnapshot(`
			"
			 [1 #general]                      sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────
			  here 6
			  +ana
			  +jo
			  +li
			  +maya
			  +sam (you)
			  +wes
			  away 1
			  -kim  lunch
			──────────────────────── Esc closes ────────────────────────
			 ✓ live 12ms │ 6 here │ not encrypted         #411 in order
			 #general >
			"
		`);
	});

	it('list programs by themselves, and mark what they say', () => {
		const ci = { userId: 'ci', bot: true as const, status: 'builds' };
		const rows = [
			said(1, '10:04', 'ci', 'build 8812 passed', { bot: true }),
			said(2, '10:04', 'ci', 'by hand'),
			said(3, '10:04', 'ci', '/me rests', { bot: true }),
			said(4, '10:05', 'a-rather-long-name', 'done', { bot: true }),
		];
		const here = { rows, status: status(4), members: members('sam', { userId: 'kim', state: 'away' }, ci) };
		const overlay = { name: 'members', top: 0 } as const;
		const at = (columns: number, more: object = {}) =>
			picture(screen(state({ size: size(columns, 12), rooms: [room('general', here)], ...more })));
		expect(at(80)).toMatchInlineSnapshot(`
			"
			 [1 #general]                                          sam @ ws://10.0.0.7:8080
			───────────────────────────────────────────────────────────────────┬────────────
			                                                                   │ here 1
			                                                                   │ +sam (you)
			                         ── Mon 23 Nov ──                          │ away 1
			 10:04 ci*         build 8812 passed                               │ -kim
			 10:04 ci          by hand                                         │ bots 1
			 10:04           * ci* rests                                       │ *ci  builds
			 10:05 a-rather…*  done                                            │
			───────────────────────────────────────────────────────────────────┴────────────
			 ✓ live 12ms │ not encrypted                                        #4 in order
			 #general >
			"
		`);
		expect(at(60)).toMatchInlineSnapshot(`
			"
			 [1 #general]                      sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────


			                      ── Mon 23 Nov ──
			 10:04 ci*         build 8812 passed
			 10:04 ci          by hand
			 10:04           * ci* rests
			 10:05 a-rather…*  done
			────────────────────────────────────────────────────────────
			 ✓ live 12ms │ 1 here │ not encrypted           #4 in order
			 #general >
			"
		`);
		expect(at(60, { view: { sidebar: 'auto', numbers: false, overlay } })).toMatchInlineSnapshot(`
			"
			 [1 #general]                      sam @ ws://10.0.0.7:8080
			────────────────────────────────────────────────────────────
			  here 1
			  +sam (you)
			  away 1
			  -kim
			  bots 1
			  *ci  builds

			──────────────────────── Esc closes ────────────────────────
			 ✓ live 12ms │ 1 here │ not encrypted           #4 in order
			 #general >
			"
		`);
	});

	it('say how many people there are no lines for, without a heading that nobody stands under', () => {
		const away = Array.from({ length: 9 }, (_, index) => ({ userId: `gone-${index}`, state: 'away' as const }));
		const at = (rows: number) => {
			const { sidebar = [] } = screen(
				state({ size: size(80, rows), rooms: [room('general', { members: members('sam', 'tom', ...away) })] }),
			);
			return sidebar.map((line) => textOf(line).slice(2).trimEnd());
		};
		expect(at(11)).toEqual(['here 2', '+sam (you)', '+tom', 'away 9', '-gone-0', '+8 more']);
		expect(at(10)).toEqual(['here 2', '+sam (you)', '+tom', '+9 more', '']);
		expect(at(18)).toEqual(['here 2', '+sam (you)', '+tom', 'away 9', ...away.map(({ userId }) => `-${userId}`)]);
	});

	it('say when there are more people than lines', () => {
		const crowd = members(...Array.from({ length: 30 }, (_, index) => `guest-${String(index).padStart(2, '0')}`));
		const view = screen(state({ size: size(80, 10), rooms: [room('general', { members: crowd })] }));
		expect(
			view.sidebar
				?.at(-1)
				?.map(({ text }) => text)
				.join('')
				.trimEnd(),
		).toBe('│ +27 more');
	});
});
