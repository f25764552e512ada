import { describe, expect, it } from 'vitest';
import { span } from '../../src/tui/text/spans.ts';
import { bareTheme, colourTheme, monoTheme, paint, themeFor } from '../../src/tui/theme.ts';

const line = [span('a', 'dim'), span('b'), span('c', 'error'), span('d', 'nick-3'), span('', 'good')];

describe('a theme', () => {
	it('is colour unless the environment asks for none', () => {
		expect(themeFor({ TERM: 'xterm-256color' })).toBe(colourTheme);
		expect(themeFor({ TERM: 'xterm-256color', NO_COLOR: '' })).toBe(colourTheme);
		expect(themeFor({ TERM: 'xterm-256color', NO_COLOR: '1' })).toBe(monoTheme);
		expect(themeFor({ TERM: 'dumb' })).toBe(bareTheme);
	});

	it('ends every look that it begins', () => {
		expect(paint(line, colourTheme)).toBe('\x1b[2ma\x1b[22mb\x1b[1m\x1b[31mc\x1b[39m\x1b[22m\x1b[35md\x1b[39m');
	});

	it('without colour has weights alone, and on a dumb terminal no codes at all', () => {
		expect(paint(line, monoTheme)).toBe('\x1b[2ma\x1b[22mb\x1b[1mc\x1b[22md');
		expect(paint(line, bareTheme)).toBe('abcd');
	});

	it('gives every nick a colour, and the same nick the same', () => {
		for (let number = 0; number < 40; number++) {
			expect(colourTheme.pair(`nick-${number}`)?.on).toEqual(colourTheme.pair(`nick-${number + 10}`)?.on);
			expect(colourTheme.pair(`nick-${number}`)?.on[0]).toBeGreaterThanOrEqual(32);
		}
	});
});
