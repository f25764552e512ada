import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth, clean, drawable } from '../../src/protocol/text.ts';
import { clock, day, isSameDay, isSameMinute, shortTime, timeOfDay, withLocalTimes } from '../../src/tui/text/dates.ts';
import {
	cutLine,
	cutText,
	lineWidth,
	padText,
	ruled,
	sign,
	sliceLine,
	span,
	spread,
} from '../../src/tui/text/spans.ts';
import { wrap } from '../../src/tui/text/wrap.ts';
import { text } from './arbitrary-state.ts';
import { at, textOf } from './states.ts';

const lines = (content: string, width: number) =>
	wrap(content, width).map(({ start, end }) => content.slice(start, end));
const shown = text.map((content) => drawable(clean(content)));
const width = fc.integer({ min: 5, max: 60 });

describe('wrap', () => {
	it('breaks between words and leaves the blanks at the break out', () => {
		expect(lines('one two  three four', 9)).toEqual(['one two', 'three', 'four']);
	});

	it('breaks a word that no line holds where it reaches the edge', () => {
		expect(lines('a incomprehensibilities b', 10)).toEqual(['a incompre', 'hensibilit', 'ies b']);
		expect(lines("npx natter 'ws://10.0.0.7:8080/#a'", 20)).toEqual(["npx natter 'ws://10.", "0.0.7:8080/#a'"]);
	});

	it('keeps line ends, empty lines and indentation', () => {
		expect(lines('if (a)\n\n    return b', 10)).toEqual(['if (a)', '', '    return', 'b']);
	});

	it('breaks between wide characters, which are not a word', () => {
		expect(lines('ab 日本語の文', 8)).toEqual(['ab 日本', '語の文']);
	});

	it('lets blanks at the end hang over the edge', () => {
		expect(lines('abc def   ', 7)).toEqual(['abc def']);
	});

	it('never reaches over the edge and loses nothing but blanks', () => {
		fc.assert(
			fc.property(shown, width, (content, cells) => {
				const broken = lines(content, cells);
				for (const line of broken) {
					expect(cellWidth(line)).toBeLessThanOrEqual(cells);
				}
				expect(broken.join('').replaceAll(' ', '')).toBe(content.replace(/[ \n]/gu, ''));
			}),
		);
	});

	it('does not break what fits', () => {
		fc.assert(
			fc.property(shown, (content) => {
				const whole = content.replaceAll('\n', ' ');
				expect(lines(whole, Math.max(5, cellWidth(whole)))).toEqual([whole]);
			}),
		);
	});
});

describe('spans', () => {
	const line = [span('ab', 'dim'), span('日本'), span('cd', 'me')];

	it('are cut by cells and say so', () => {
		expect(cutText('日本語', 5)).toBe('日本…');
		expect(cutText('日本語', 4)).toBe('日…');
		expect(cutText('abc', 3)).toBe('abc');
		expect(cutText('abc', 0)).toBe('');
		expect(cutLine(line, 7)).toEqual([span('ab', 'dim'), span('日本'), sign('…', 'me')]);
		expect(cutLine(line, 5)).toEqual([span('ab', 'dim'), span('日'), sign('…')]);
		expect(cutLine(line, 8)).toBe(line);
	});

	it('are cut to a width and padded to one, whatever they hold', () => {
		fc.assert(
			fc.property(shown, fc.nat(40), (content, cells) => {
				const one = content.replaceAll('\n', ' ');
				expect(cellWidth(cutText(one, cells))).toBeLessThanOrEqual(cells);
				expect(cellWidth(padText(one, cells))).toBe(cells);
				expect(lineWidth(cutLine([span(one), span(one, 'dim')], cells))).toBeLessThanOrEqual(cells);
			}),
		);
	});

	it('are sliced at places in their joined text', () => {
		expect(sliceLine(line, { start: 1, end: 5 })).toEqual([span('b', 'dim'), span('日本'), span('c', 'me')]);
	});

	it('stand at both edges, and the right one goes first', () => {
		expect(textOf(spread([span('left')], [span('right')], 12))).toBe('left   right');
		expect(textOf(spread([span('left')], [span('right')], 9))).toBe('left');
		expect(textOf(spread([span('left')], [span('right')], 3))).toBe('le…');
	});

	it('stand in the middle of a rule that fills the width', () => {
		expect(textOf(ruled('gap', '~', 'gap', 12))).toBe('~~~ gap ~~~~');
		expect(textOf(ruled('a long label', '~', 'gap', 8))).toBe('~ a l… ~');
	});
});

describe('dates', () => {
	it('are short words', () => {
		expect(timeOfDay(at('09:05'))).toBe('09:05');
		expect(day(at('09:05'), at('10:00'))).toBe('Mon 23 Nov');
		expect(day(at('09:05'), Date.UTC(2027, 3, 1))).toBe('Mon 23 Nov 2026');
	});

	it('of a broker, in its own time zone, are shown in that of this computer', () => {
		const zone = process.env['TZ'];
		process.env['TZ'] = 'Asia/Tokyo';
		try {
			const text = 'You are muted in #r until 2026-11-23 09:05 UTC, by sam';
			expect(withLocalTimes(text, at('10:00'))).toBe('You are muted in #r until 18:05, by sam');
			const later = withLocalTimes('banned until 2026-11-28 22:57 UTC', at('10:00'));
			expect(later).toBe('banned until Sun 29 Nov 07:57');
			expect(withLocalTimes('until 2026-99-28 22:57 UTC', at('10:00'))).toBe('until 2026-99-28 22:57 UTC');
		} finally {
			process.env['TZ'] = zone;
		}
	});

	it('know minutes and days', () => {
		expect([isSameMinute(at('09:05'), at('09:05:59')), isSameMinute(at('09:05:59'), at('09:06'))]).toEqual([
			true,
			false,
		]);
		expect([isSameDay(at('00:00'), at('23:59')), isSameDay(at('00:00'), at('00:00') - 1)]).toEqual([true, false]);
	});

	it('give spans of time as clocks', () => {
		expect([0, 42_000, 723_000, 3_720_000].map(clock)).toEqual(['0:00', '0:42', '12:03', '1h 02m']);
		expect([0, 849, 4999, 6100].map(shortTime)).toEqual(['0.0s', '0.8s', '4.9s', '6s']);
	});
});
