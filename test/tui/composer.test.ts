import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clean } from '../../src/protocol/text.ts';
import type { Composer } from '../../src/tui/model.ts';
import {
	discarded,
	edits,
	emptyComposer,
	inserted,
	pasted,
	redrafted,
	submitted,
	typed,
	unfolded,
} from '../../src/tui/slices/composer.ts';

type Edit = keyof typeof edits;

const pieces = fc.constantFrom(
	'a',
	'b ',
	' ',
	'word',
	'\n',
	'é',
	'e\u0301',
	'\u0301',
	'👩‍👩‍👧',
	'👍🏽',
	'🇩🇪',
	'🇩',
	'漢字',
	'\u200d',
	'ก็',
	'\x1b[31m',
	'\r',
);
const typing = fc.array(pieces, { maxLength: 8 }).map((all) => all.join(''));
const steps = fc.array(
	fc.oneof(
		fc.constantFrom(...(Object.keys(edits) as Edit[])).map((name) => edits[name]),
		typing.map((text) => (composer: Composer) => inserted(composer, text)),
		typing.map((text) => (composer: Composer) => typed(composer, text)),
		typing.map((text) => (composer: Composer) => pasted(composer, text + text.repeat(900))),
		fc.constant(unfolded),
		fc.constant(discarded),
	),
	{ maxLength: 40 },
);
const sent = (composer: Composer) => submitted(composer, composer.text);

const composedBy = (moves: readonly ((composer: Composer) => Composer)[]) =>
	moves.reduce((composer, move) => move(composer), emptyComposer);

const whatIsThere = ({ text, cursor, folds }: Composer) => ({ text, cursor, folds });

/** A draft with the cursor where `|` is. */
function draft(text: string, more: Partial<Composer> = {}): Composer {
	return { ...emptyComposer, text: text.replace('|', ''), cursor: text.indexOf('|'), ...more };
}

const drawn = ({ text, cursor }: Composer) => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

describe('the composer', () => {
	it('has its cursor between two graphemes, whatever is typed and pressed', () => {
		const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
		fc.assert(
			fc.property(steps, (moves) => {
				const { text, cursor, folds = [] } = composedBy(moves);
				const stops = [0, ...Array.from(segmenter.segment(text), ({ index, segment }) => index + segment.length)];
				expect(stops).toContain(cursor);
				for (const { start, end } of folds) {
					expect(stops).toEqual(expect.arrayContaining([start, end]));
					expect(cursor > start && cursor < end).toBe(false);
				}
			}),
		);
	});

	it('holds nothing that could steer a terminal', () => {
		fc.assert(
			fc.property(steps, (moves) => {
				// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
				expect(composedBy(moves).text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
			}),
		);
	});

	it('gets back by yank what a kill cut', () => {
		const kills: Edit[] = ['kill-word-back', 'kill-word-forward', 'kill-to-start', 'kill-to-end'];
		// Text that is cleaned again when it is put back, and may join its neighbours there: letters that do neither.
		const plain = fc
			.array(fc.constantFrom('a', 'b ', ' ', '\n', '漢', '_', '-'), { maxLength: 30 })
			.map((all) => all.join(''));
		fc.assert(
			fc.property(plain, fc.nat(30), fc.constantFrom(...kills), (text, at, kill) => {
				const before = { ...emptyComposer, text, cursor: Math.min(at, text.length) };
				const cut = edits[kill](before);
				expect(cut === before ? before.text : edits.yank(cut).text).toBe(text);
			}),
		);
	});

	it('gives the same composer back when a key changes nothing', () => {
		for (const name of Object.keys(edits) as Edit[]) {
			if (name !== 'newline') {
				expect(edits[name](emptyComposer), name).toBe(emptyComposer);
			}
		}
	});

	it.each<[Edit, string, string]>([
		['left', 'a👍🏽|b', 'a|👍🏽b'],
		['right', 'a|👩‍👩‍👧b', 'a👩‍👩‍👧|b'],
		['delete-back', 'ae\u0301|b', 'a|b'],
		['delete-forward', '|🇩🇪x', '|x'],
		['word-left', 'one two-|three', 'one |two-three'],
		['word-right', 'one| two-three', 'one two|-three'],
		['start', 'one\ntw|o', 'one\n|two'],
		['end', 'on|e\ntwo', 'one|\ntwo'],
		['kill-word-back', 'cd /usr/share  |x', 'cd |x'],
		['kill-word-forward', 'a| bc-d', 'a|-d'],
		['kill-to-start', 'one\ntw|o', 'one\n|o'],
		['kill-to-start', 'one\n|two', 'one|two'],
		['kill-to-end', 'o|ne\ntwo', 'o|\ntwo'],
		['kill-to-end', 'one|\ntwo', 'one|two'],
		['newline', 'on|e', 'on\n|e'],
	])('%s makes %j %j', (name, before, wanted) => {
		expect(drawn(edits[name](draft(before)))).toBe(wanted);
	});

	it('goes back to the beginning by undo, and by redo to where it was', () => {
		fc.assert(
			fc.property(steps, fc.nat(40), (moves, half) => {
				const begun = sent(composedBy(moves.slice(0, half)));
				const end = moves.slice(half).reduce((composer, move) => move(composer), begun);
				const way = [end];
				for (let at = edits.undo(end); at !== way.at(-1); at = edits.undo(at)) {
					way.push(at);
				}
				const first = way.at(-1) as Composer;
				expect(first.text).toBe('');
				expect(new Set(way.slice(1).map(whatIsThere)).size).toBe(way.length - 1);
				for (const after of way.slice(0, -1).reverse()) {
					const before = way[way.indexOf(after) + 1] as Composer;
					expect(whatIsThere(edits.redo(before))).toEqual(whatIsThere(after));
				}
			}),
		);
	});

	it.each<[string, readonly ((composer: Composer) => Composer)[], string]>([
		['a run of typing', [(c) => typed(c, 'o'), (c) => typed(c, 'n'), (c) => typed(c, 'e')], '|'],
		['what was typed after the cursor went', [(c) => typed(c, 'b'), edits.left, (c) => typed(c, 'a')], '|b'],
		['a new line alone', [(c) => typed(c, 'one'), edits.newline], 'one|'],
		['a run of deleting', [(c) => inserted(c, 'one'), edits['delete-back'], edits['delete-back']], 'one|'],
		['one cut of two', [(c) => inserted(c, 'a b c'), edits['kill-word-back'], edits['kill-word-back']], 'a b |'],
		['what was put back', [(c) => inserted(c, 'a b'), edits['kill-word-back'], edits.yank], 'a |'],
		['what was given up', [(c) => inserted(c, 'half'), discarded], 'half|'],
		['what was put in place of all', [(c) => inserted(c, 'half'), (c) => redrafted(c, 'sent before')], 'half|'],
	])('takes back %s at once', (_, moves, wanted) => {
		expect(drawn(edits.undo(composedBy(moves)))).toBe(wanted);
	});

	it('has nothing to redo after something else was done', () => {
		const undone = edits.undo(typed(inserted(emptyComposer, 'one'), ' two'));
		expect(edits.redo(undone).text).toBe('one two');
		expect(edits.redo(typed(undone, '!')).text).toBe('one!');
	});

	it('takes back nothing of a line that was sent, and 200 steps at most', () => {
		expect(edits.undo(sent(inserted(emptyComposer, 'sent'))).text).toBe('');
		const many = Array.from({ length: 250 }, (_, step) => (composer: Composer) => inserted(composer, `${step} `));
		let composer = composedBy(many);
		for (let step = 0; step < 300; step++) {
			composer = edits.undo(composer);
		}
		expect(composer.text).toBe(Array.from({ length: 50 }, (_, step) => `${step} `).join(''));
	});

	it('joins what is cut in a row as it stood, and goes through what was cut before', () => {
		const before = draft('one two |three four');
		const cut = edits['kill-to-end'](edits['kill-word-back'](before));
		expect(cut.kills).toEqual(['two three four']);
		const later = edits['kill-to-start'](inserted(edits.end(cut), '!'));
		expect(later.kills).toEqual(['two three four', 'one !']);
		const back = edits.yank(later);
		expect([back, ...[1, 2, 3].map((times) => again(back, times))].map(drawn)).toEqual([
			'one !|',
			'two three four|',
			'one !|',
			'two three four|',
		]);
		expect(edits['yank-earlier'](edits.left(back))).toEqual(edits.left(back));
	});

	const again = (composer: Composer, times: number): Composer =>
		times === 0 ? composer : again(edits['yank-earlier'](composer), times - 1);

	it.each([
		['a|b', 'ba|'],
		['ab|', 'ba|'],
		['👍🏽|e\u0301x', 'e\u0301👍🏽|x'],
		['ab|\ncd', 'ba|\ncd'],
		['|ab', '|ab'],
		['ab\n|cd', 'ab\n|cd'],
		['a|', 'a|'],
	])('makes %j %j by swapping', (before, wanted) => {
		expect(drawn(edits.transpose(draft(before)))).toBe(wanted);
	});

	it('walks through what was sent, and comes back to the draft', () => {
		const before = inserted(submitted(submitted(emptyComposer, 'one'), 'two'), 'draft');
		const texts = [
			'history-back',
			'history-back',
			'history-back',
			'history-forward',
			'history-forward',
			'history-forward',
		] as const;
		let composer: Composer = before;
		const seen = texts.map((name) => {
			composer = edits[name](composer);
			return composer.text;
		});
		expect(seen).toEqual(['two', 'one', 'one', 'two', 'draft', 'draft']);
		expect(composer).toBe(before);
	});

	it('keeps a line that was sent twice in a row once, and 200 lines at most', () => {
		let composer: Composer = emptyComposer;
		for (let line = 0; line < 250; line++) {
			composer = submitted(submitted(composer, `line ${line}`), `line ${line}`);
		}
		expect(composer.history).toEqual(Array.from({ length: 200 }, (_, index) => `line ${index + 50}`));
	});

	it('gives back by yank what was discarded', () => {
		expect(edits.yank(discarded(inserted(emptyComposer, 'all of it'))).text).toBe('all of it');
	});

	it('keeps the indentation of what is put in, and its lines', () => {
		expect(inserted(emptyComposer, 'if x:\r\n\treturn').text).toBe(clean('if x:\n\treturn'));
	});
});

describe('a long paste in the composer', () => {
	const lines = Array.from({ length: 6 }, (_, line) => `line ${line}`).join('\n');
	const folded = pasted(inserted(emptyComposer, 'see: '), lines);
	const end = 5 + lines.length;

	it('is one thing for the cursor, and is deleted and cut as one', () => {
		expect(folded).toMatchObject({ text: `see: ${lines}`, cursor: end, folds: [{ start: 5, end }] });
		expect(edits.left(folded).cursor).toBe(5);
		expect(edits.right(edits.left(folded)).cursor).toBe(end);
		expect(edits.start(folded).cursor).toBe(0);
		expect(drawn(edits['delete-back'](folded))).toBe('see: |');
		expect(edits['delete-back'](folded)).not.toHaveProperty('folds');
		expect(edits['kill-word-back'](folded).kills).toEqual([lines]);
		expect(edits.transpose(folded)).toBe(folded);
	});

	it('keeps its place when something is put in before it', () => {
		expect(inserted(edits.start(folded), 'please ').folds).toEqual([{ start: 12, end: end + 7 }]);
	});

	it('is shown in place when it is asked for, or pasted once more', () => {
		expect(whatIsThere(unfolded(folded))).toEqual({ text: folded.text, cursor: end, folds: undefined });
		expect(whatIsThere(pasted(folded, lines))).toEqual(whatIsThere(unfolded(folded)));
		expect(edits.undo(unfolded(folded)).folds).toEqual(folded.folds);
		expect(pasted(folded, `${lines}!`).folds).toHaveLength(2);
	});

	it.each([
		['four lines', 'a\nb\nc\nd\n', false],
		['five lines', 'a\nb\nc\nd\ne', true],
		['800 characters', 'x'.repeat(800), false],
		['801 characters', 'x'.repeat(801), true],
	])('is folded or not: %s', (_, text, isFolded) => {
		expect('folds' in pasted(emptyComposer, text)).toBe(isFolded);
	});

	it('is shown when what is put beside it joins with it', () => {
		const joined = inserted(pasted(emptyComposer, `${'x\n'.repeat(5)}ᄀ`), 'ᅡ');
		expect(joined).not.toHaveProperty('folds');
		expect(joined.cursor).toBe(joined.text.length);
	});
});
