import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/cli/log.ts';

function logged() {
	const lines: string[] = [];
	const clock = { at: 0 };
	const log = createLog({ write: (line) => lines.push(line), now: () => clock.at });
	return { lines, clock, log, texts: () => lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
	it('is one JSON object a line', () => {
		const { log, lines } = logged();
		log('warn', 'open', { host: '0.0.0.0', text: 'two\nlines' });
		expect(lines).toEqual([
			'{"time":"1970-01-01T00:00:00.000Z","level":"warn","event":"open","host":"0.0.0.0","text":"two\\nlines"}\n',
		]);
	});

	it('says once that the store refuses, and again after the store has said something else', () => {
		const { log, texts } = logged();
		for (const event of ['engine', 'engine', 'store', 'engine']) {
			log('warn', event, { text: 'full' });
		}
		expect(texts().map(({ event }) => event)).toEqual(['engine', 'store', 'engine']);
	});

	it('is not filled by what anybody can cause: twenty lines of an event a minute, then how many were left out', () => {
		const { log, clock, texts } = logged();
		for (let index = 0; index < 1000; index += 1) {
			log('warn', 'refused', { index });
		}
		log('info', 'draining', {});
		expect(texts().map(({ event }) => event)).toEqual([...Array.from({ length: 20 }, () => 'refused'), 'draining']);
		clock.at = 60_000;
		log('warn', 'refused', { index: 'next' });
		log('warn', 'refused', { index: 'last' });
		expect(texts()).toMatchObject([{ index: 'next', leftOut: 980 }, { index: 'last' }]);
	});
});
