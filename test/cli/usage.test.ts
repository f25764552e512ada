import { expect, test } from 'vitest';
import { asksForHelp } from '../../src/cli/usage.ts';

test.each(['--help', '-h', 'help', 'help send', 'tail --help', 'send general -h', '--serve --help'])(
	'natter %s asks for help',
	(line) => {
		expect(asksForHelp(line.split(' '))).toBe(true);
	},
);

test.each(['', 'send help', 'send help help', 'tail help', 'send general -- --help', 'send general -- -h'])(
	'natter %s does not',
	(line) => {
		expect(asksForHelp(line.split(' '))).toBe(false);
	},
);
