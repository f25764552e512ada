import fc from 'fast-check';
import { gemoji } from 'gemoji';
import { describe, expect, it } from 'vitest';
import { cellWidth, clean, drawable } from '../../src/protocol/text.ts';
import { composer, walked } from '../../src/tui/lines/composer.ts';
import type { Composer, State, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { edits, emptyComposer, inserted, pasted } from '../../src/tui/slices/composer.ts';
import { unitsOf } from '../../src/tui/slices/draft.ts';
import { namedEmoji } from '../../src/tui/text/emoji.ts';
import { begun, did, items, message, play, room, sending, told } from './happenings.ts';
import { flatRows, state, textOf } from './states.ts';

const typing = (text: string) => ({ type: 'typed', text }) as const;
const pasting = (text: string) => ({ type: 'pasted', text }) as const;
const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line + 1}`).join('\n');
const inputRows = (of: State) => screen(of).input.map((line) => textOf(line).trimEnd());
const statusRow = (of: State) => textOf(screen(of).status ?? []).trim();
const hintRow = (of: State) => textOf(screen(of).hint ?? []).replace(/\s+F1 help\s*$/u, '');

const words = fc.constantFrom(
	...['word ', '日本語', '👩‍👩‍👧', 'e\u0301', '🇩🇪', '\n', 'ไทยนี้', 'x', 'नमस्ते', '✓️', '[', '0123456789'],
);
const drafts = fc
	.array(
		words.map((word) => (composer: Composer) => inserted(composer, word)),
		{ maxLength: 60 },
	)
	.chain((moves) =>
		fc.nat(moves.length).map((at) => {
			const paste = (composer: Composer) => pasted(composer, lines(9));
			return moves.toSpliced(at, 0, paste).reduce((composer, move) => move(composer), emptyComposer);
		}),
	);
const sizes = fc.record({ columns: fc.integer({ min: 20, max: 120 }), rows: fc.integer({ min: 5, max: 50 }) });

describe('the cursor', () => {
	it('stands behind what is before it in its row, by cells, at every width', () => {
		fc.assert(
			fc.property(drafts, sizes, fc.nat(), (draft, size, pick) => {
				const units = unitsOf(draft);
				const unit = units[pick % (units.length + 1)];
				const at = unit?.start ?? draft.text.length;
				const folds = (draft.folds ?? []).filter(({ end }) => end <= at);
				const before = composer(
					state({ size, composer: { ...draft, text: draft.text.slice(0, at), cursor: at, folds } }),
				);
				const view = composer(state({ size, composer: { ...draft, cursor: at } }));
				const behind = cellWidth(textOf(before.lines.at(-1) ?? []));
				const beginning = composer(state({ size })).cursor.x;
				const next = unit === undefined || unit.text === '\n' ? 0 : unit.isFold ? 16 : cellWidth(drawable(unit.text));
				const isFull = behind > beginning && behind + Math.min(next, size.columns - 1 - beginning) > size.columns - 1;
				expect(view.cursor.x).toBe(isFull ? beginning : behind);
				expect(view.cursor.y).toBeLessThan(view.lines.length);
			}),
		);
	});

	it('goes by the rows on screen, in its column, and back to where it was', () => {
		const draft = inserted(emptyComposer, `${'abcdefghij'.repeat(12)}\nshort\n日本語日本語 end`);
		const start = state({ size: { columns: 60, rows: 30 }, composer: { ...draft, cursor: 40 } });
		const cells = [start];
		for (let next = walked(start, 1); next !== undefined; next = walked(cells.at(-1) as State, 1)) {
			cells.push({ ...start, composer: next });
		}
		const cursors = cells.map((one) => screen(one).cursor);
		// The prompt takes 12 cells, and a row of text 47.
		expect(cursors.map(({ x }) => x)).toEqual([12 + 40, 12 + 40, 12 + 26, 12 + 5, 12 + 16]);
		expect(walked({ ...start, composer: { ...draft, cursor: 3 } }, -1)).toBeUndefined();
	});

	it('comes back to its place by as many rows up as it went down', () => {
		fc.assert(
			fc.property(drafts, sizes, (draft, size) => {
				const first = state({ size, composer: { ...draft, cursor: 0 } });
				const down: State[] = [first];
				for (let next = walked(first, 1); next !== undefined; next = walked(down.at(-1) as State, 1)) {
					down.push({ ...first, composer: next });
				}
				const last = down.at(-1) as State;
				const up: State[] = [last];
				for (let next = walked(last, -1); next !== undefined; next = walked(up.at(-1) as State, -1)) {
					up.push({ ...first, composer: next });
				}
				expect(up.map(({ composer: one }) => one.cursor).reverse()).toEqual(
					down.map(({ composer: one }) => one.cursor),
				);
			}),
		);
	});
});

describe('Up and Down', () => {
	it('go through the rows of a long line first, then through what was sent', () => {
		const { state: long } = play(begun(), ...sending('sent before'), typing('word '.repeat(40)));
		const steps = (count: number) =>
			play(long, ...Array.from({ length: count }, () => did('history-back'))).state.composer;
		expect(inputRows(long)).toHaveLength(3);
		expect([steps(2).text, steps(2).recall]).toEqual([long.composer.text, undefined]);
		expect(steps(3).text).toBe('sent before');
		expect(play({ ...long, composer: steps(3) }, did('history-forward')).state.composer.text).toBe(long.composer.text);
	});

	it('make the input at most a third of the screen', () => {
		const { state: tall } = play(begun(), pasting('a\nb\nc'), ...Array.from({ length: 20 }, () => did('newline')));
		expect(inputRows(tall)).toHaveLength(8);
	});
});

describe('a long paste', () => {
	const folded = () => play(begun(), typing('log: '), pasting(lines(37))).state;

	it('is one thing in the input, and is sent whole', () => {
		const state = folded();
		expect(inputRows(state)).toEqual([' #general > log: [pasted 37 lines]']);
		expect(screen(state).cursor.x).toBe(12 + 'log: [pasted 37 lines]'.length);
		expect(play(state, did('send'), did('send')).effects).toMatchObject([
			{ type: 'publish', content: `log: ${lines(37)}` },
		]);
	});

	it('of one line says how long it is', () => {
		expect(inputRows(play(begun(), pasting('x'.repeat(900))).state)).toEqual([' #general > [pasted 900 characters]']);
	});

	it('is kept on disk as what it is', () => {
		expect(play(begun(), pasting(lines(37))).saved).toEqual([['general', lines(37)]]);
	});

	it('is deleted whole, shown by Tab, and shown when it is pasted once more; the hints say so', () => {
		const state = folded();
		expect(hintRow(state)).toBe(' Enter send  Tab show the paste  Backspace delete it');
		expect(play(state, did('delete-back')).state.composer.text).toBe('log: ');
		for (const key of [did('complete'), pasting(lines(37))]) {
			const shown = play(state, key).state;
			expect(shown.composer.text).toBe(state.composer.text);
			expect(inputRows(shown)[0]).toBe(' #general > line 30');
			expect(inputRows(shown).at(-1)).toBe('            line 37');
		}
	});

	it.each([20, 21])('of %d lines is asked about when it has more than 20', (count) => {
		const { state, effects } = play(begun(), pasting(lines(count)), did('send'));
		expect(effects).toHaveLength(count > 20 ? 0 : 1);
		expect(statusRow(state).startsWith('Send 21 lines?')).toBe(count > 20);
	});

	it.each(['escape', 'interrupt', 'left'] as const)('stays when %s answers the question', (action) => {
		const asked = play(folded(), did('send'));
		expect(statusRow(asked.state)).toBe('Send 37 lines? Enter again sends, Esc keeps');
		const { state, effects } = play(asked.state, did(action));
		expect(effects).toEqual([]);
		expect(state.view.asking).toBeUndefined();
		expect(state.composer.text).toBe(`log: ${lines(37)}`);
		expect(play(state, did('send')).state.view.asking).toBe('send');
	});

	it('that ends in a backslash is sent as it is', () => {
		const text = `${lines(9)}\\`;
		expect(play(begun(), pasting(text), did('send')).effects).toMatchObject([{ content: text }]);
	});

	it('fits a narrow screen', () => {
		const narrow = { ...folded(), size: { columns: 24, rows: 10 } };
		expect(inputRows(narrow)).toEqual(['> log:', '  [pasted 37 lines]']);
	});
});

describe('Tab', () => {
	const crowded = () => {
		const people = { type: 'members', room: 'general' } as const;
		const member = (userId: string, more = {}) =>
			({ userId, state: 'online', verified: true, since: 0, ...more }) as const;
		return play(
			begun(),
			{ ...people, members: [member('mark'), member('maya'), member('max', { state: 'away', status: 'lunch' })] },
			items(message(1, { sender: 'maya' }), message(2, { sender: 'marge' })),
		).state;
	};
	const listed = (of: State) => {
		const rows = flatRows(screen(of)).map((row) => row.replace(/│.*/u, '').trimEnd());
		const rule = rows.findIndex((row) => /── \d+ of \d+ ──/u.test(row));
		return rule === -1 ? [] : [rows[rule]?.replaceAll('─', '').trim(), ...rows.slice(rule + 1, -4)];
	};
	const tabbed = (text: string, ...more: Parameters<typeof did>[0][]) =>
		play(crowded(), typing(text), did('complete'), ...more.map(did)).state;

	it('lists who is meant, whoever spoke last first, and puts the first in', () => {
		const state = tabbed('ma');
		expect(listed(state)).toEqual(['1 of 4', '  -max    away  lunch', '  +mark   here', '  +maya   here', '>  marge']);
		expect(state.composer.text).toBe('marge: ');
		expect(hintRow(state)).toBe(' Tab next  Enter take  Esc as typed');
	});

	it('completes a single one at once, and lists nothing', () => {
		const state = tabbed('may');
		expect([state.composer.text, listed(state)]).toEqual(['maya: ', []]);
		expect(play(state, typing('hi'), did('send')).effects).toMatchObject([{ content: 'maya: hi' }]);
	});

	it('goes round with Tab and Shift+Tab, and with the arrows', () => {
		expect(tabbed('ma', 'complete').composer.text).toBe('maya: ');
		expect(tabbed('ma', 'complete', 'complete', 'complete', 'complete').composer.text).toBe('marge: ');
		expect(tabbed('ma', 'complete-back').composer.text).toBe('max: ');
		expect(tabbed('ma', 'history-back', 'history-back', 'history-forward').composer.text).toBe('maya: ');
	});

	it('is taken by Enter without being sent, by what is typed next, and given up by Esc', () => {
		const taken = play(tabbed('ma', 'complete'), did('send'));
		expect([taken.state.composer.text, taken.effects, listed(taken.state)]).toEqual(['maya: ', [], []]);
		const on = play(tabbed('ma'), typing('hi')).state;
		expect([on.composer.text, listed(on)]).toEqual(['marge: hi', []]);
		for (const key of ['escape', 'interrupt'] as const) {
			const back = tabbed('hello ma', 'complete', key);
			expect([back.composer.text, back.composer.cursor, listed(back)]).toEqual(['hello ma', 8, []]);
		}
	});

	it('is one step for undo', () => {
		expect(tabbed('ma', 'complete', 'complete', 'undo').composer.text).toBe('ma');
	});

	it('lists commands with what they do, and what may follow them', () => {
		expect(listed(tabbed('/un')).join('\n')).toMatch(/^. \/unignore NICK +show it again, from now on$/mu);
		expect(tabbed('/help unig').composer.text).toBe('/help unignore');
		expect(listed(tabbed('/gap '))).toEqual(['1 of 2', '  why', '> show']);
		expect(tabbed('/gap w').composer.text).toBe('/gap why');
	});

	it('lists rooms with what is unread and their topic, those that the broker told of too', () => {
		const rooms = [
			{ room: 'general', online: 3, head: 2 },
			{ room: 'garden', online: 2, head: 9, topic: 'Tomatoes' },
			{ room: 'games', online: 0, head: 1 },
		];
		const base = {
			type: 'items',
			room: 'gallery',
			items: [{ ...message(1), message: { ...message(1).message, room: 'gallery' } }],
		} as const;
		const { state } = play(
			begun({ rooms: ['general', 'gallery'] }),
			{ type: 'rooms-listed', room: 'general', rooms },
			base,
		);
		const listedRooms = play(state, typing('/join ga'), did('complete')).state;
		expect(listed(listedRooms)).toEqual([
			'1 of 3',
			'  #games    0 here',
			'  #garden   2 here  Tomatoes',
			'> #gallery  1 unread',
		]);
		expect(listedRooms.composer.text).toBe('/join gallery ');
		expect(play(state, typing('see #gar'), did('complete')).state.composer.text).toBe('see #garden ');
	});

	it('writes what names the room and nothing else', () => {
		const names = ['garden where sender = root', 'garden level = 1', 'garden "2"', 'garden'];
		const listing = {
			type: 'rooms-listed',
			room: 'general',
			rooms: names.map((room) => ({ room, online: 1, head: 0 })),
		};
		const there = play(begun(), listing as Unstamped).state;
		for (const [index, name] of names.entries()) {
			for (const typed of ['gar', '#gar', '"gar', '#"garden']) {
				const tabs = Array.from({ length: index + 1 }, () => did('complete'));
				const { text } = play(there, typing(`/join ${typed}`), ...tabs).state.composer;
				expect(play(begun(), ...sending(text)).effects).toEqual([{ type: 'join', room: name }]);
			}
		}
	});

	it('does nothing where nothing begins so', () => {
		for (const text of ['', 'zz', '/zz', '#zz', 'ends ', '/nick m ']) {
			expect(tabbed(text).composer.text).toBe(text);
		}
	});

	it('asks once which rooms there are where a room is typed, and goes on when they come', () => {
		const rooms = [
			{ room: 'general', online: 3, head: 2 },
			{ room: 'garden', online: 2, head: 9 },
		];
		const found = { type: 'rooms-found', rooms } as const;
		const asked = play(begun(), typing('/join '), did('complete'));
		expect([asked.state.composer.text, asked.effects]).toEqual(['/join ', [{ type: 'find-rooms' }]]);
		const { state } = play(asked.state, found);
		expect(listed(state)).toEqual(['1 of 2', '  #garden   2 here', '> #general']);
		expect(state.awaited).toBeUndefined();
		expect(play(begun(), typing('see #ga'), did('complete'), found).state.composer.text).toBe('see #garden ');
		expect(play(asked.state, did('complete')).state.composer.text).toBe('/join general ');
		const offline = play(begun(), { type: 'link', status: { state: 'connecting', attempt: 2 }, nick: 'sam' }).state;
		const unasked = play(offline, typing('/join '), did('complete'));
		expect([unasked.state.composer.text, unasked.effects]).toEqual(['/join general ', []]);
		for (const meanwhile of [typing('x'), did('delete-back'), did('recall'), did('help')]) {
			const before = play(asked.state, meanwhile).state;
			const { composer, prompt } = play(before, found).state;
			expect([composer.text, listed({ ...before, composer })]).toEqual([before.composer.text, listed(before)]);
			expect(prompt).toEqual(before.prompt);
		}
	});

	describe('on the beginning of a shortcode', () => {
		const emoji = namedEmoji(gemoji);
		const asked = (text: string) => play(crowded(), typing(text), did('complete'));
		const known = (text: string) => play(asked(text).state, { type: 'emoji-found', emoji }).state;

		it('lists the emoji whose names begin so, and puts the first in', () => {
			const { state, effects } = asked('well :smi');
			expect([state.composer.text, effects]).toEqual(['well :smi', [{ type: 'find-emoji', room: 'general' }]]);
			const list = known('well :smi');
			expect(listed(list).slice(-4)).toEqual(['  😸 :smile_cat:', '  😃 :smiley:', '  😏 :smirk:', '> 😄 :smile:']);
			expect(list.composer.text).toBe('well 😄');
			expect(screen(list).cursor.x).toBe(' #general > well 😄'.length);
			expect(play(list, did('complete'), did('send'), did('send')).effects).toMatchObject([{ content: 'well 😏' }]);
		});

		it('asks for them once', () => {
			expect(play(known(':smi'), did('send'), typing(' :tad'), did('complete'))).toMatchObject({
				state: { composer: { text: '😄 🎉' } },
				effects: [],
			});
		});

		it.each([
			[':+1:', '👍'],
			[':-1', '👎'],
			[':100', '💯'],
			[':Tada', '🎉'],
			['a\n:tada:', 'a\n🎉'],
			[':evil', '🙈'],
		])('makes of %j %j', (text, completed) => {
			expect(known(text).composer.text).toBe(completed);
		});

		it.each(['http://x:smi', 'at 10:30', ':', ': ', '::', ':)', ':zzzz'])('leaves %j as it is', (text) => {
			expect(known(text).composer.text).toBe(text);
		});

		it('leaves what is sent without it as it was typed', () => {
			expect(play(known('x'), did('kill-to-start'), ...sending(':smile:')).effects).toMatchObject([
				{ content: ':smile:' },
			]);
		});

		it('does not change what was typed on meanwhile', () => {
			const { state } = play(asked(':smi').state, typing('l'), { type: 'emoji-found', emoji });
			expect([state.composer.text, listed(state)]).toEqual([':smil', []]);
			expect(play(state, did('complete')).state.composer.text).toBe('😄');
		});

		it('keeps the names in one column, whatever the emoji', () => {
			for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
				const { last } = known(`:${letter}`).composer;
				const lines = last?.kind === 'completed' ? last.choices.map(({ line }) => textOf(line)) : [];
				expect(lines.length).toBeGreaterThan(2);
				expect(new Set(lines.map((line) => cellWidth(drawable(line.slice(0, line.indexOf(':'))))))).toEqual(
					new Set([3]),
				);
			}
		});

		it.each([':heart', ':england', ':family_man_woman_girl_b', ':relaxed', ':hash', ':melting', ':moose'])(
			'puts the cursor into the cell behind that of %s',
			(text) => {
				const { composer, ...rest } = known(text);
				expect(composer.text).not.toBe(text);
				expect(screen({ ...rest, composer }).cursor.x).toBe(12 + cellWidth(drawable(composer.text)));
			},
		);

		it('knows none that would be another when it is sent', () => {
			expect(emoji.filter((one) => clean(one.emoji) !== one.emoji)).toEqual([]);
			expect(new Set(emoji.map(({ name }) => name)).size).toBe(emoji.length);
		});
	});

	it('leaves what was typed in one room where it was', () => {
		const { state } = play(tabbed('ma'), did('last-room'));
		expect([told(state), room(state).pending]).toEqual([[], []]);
		expect(edits.undo(state.composer).text).toBe('ma');
	});
});
