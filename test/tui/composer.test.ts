import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clean } from '../../src/protocol/text.ts';
import type { Composer } from '../../src/tui/model.ts';
import { discarded, edits, emptyComposer, inserted, submitted } from '../../src/tui/slices/composer.ts';

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
		fc.constant((composer: Composer) => submitted(composer, composer.text)),
		fc.constant(discarded),
	),
	{ maxLength: 40 },
);

const composedBy = (moves: readonly ((composer: Composer) => Composer)[]) =>
	moves.reduce((composer, move) => move(composer), emptyComposer);

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
				const { text, cursor } = composedBy(moves);
				const stops = [0, ...Array.from(segmenter.segment(text), ({ index, segment }) => index + segment.length)];
				expect(stops).toContain(cursor);
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
		['history-back', 'one\ntwo th|ree', 'one|\ntwo three'],
		['history-forward', 'on|e\ntwo', 'one\ntw|o'],
	])('%s makes %j %j', (name, before, wanted) => {
		expect(drawn(edits[name](draft(before)))).toBe(wanted);
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
		expect(composer).toEqual(before);
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
