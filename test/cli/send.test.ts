import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureText, keptWithin, type Result, sendAll } from '../../src/cli/send.ts';
import type { Client, Notice } from '../../src/client/client.ts';
import { NatterError } from '../../src/client/errors.ts';

/** What is said to have failed when these lines are sent, by a client that answers so. */
async function failure(
	lines: Iterable<string> | AsyncIterable<string>,
	answer: (line: string, result: Result) => Promise<unknown> = async () => {},
) {
	const result: Result = { numbered: 0, refused: [], taken: 0, isWhole: false };
	await sendAll({ publish: (_room, line) => answer(line, result) as Promise<never> }, { room: 'r' }, lines, result);
	return failureText(result);
}

describe('a broker that cannot keep what is sent', () => {
	const cause = 'the broker cannot keep messages now';
	const unavailable: Notice = { level: 'warning', code: 'unavailable', text: 'the disk is full' };

	function watched() {
		vi.useFakeTimers();
		const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
		const client = new EventEmitter();
		const causes: string[] = [];
		const stop = keptWithin(client as unknown as Client, (text) => causes.push(text));
		return { client, causes, stop, said };
	}

	afterEach(() => {
		vi.useRealTimers();
		vi.restoreAllMocks();
	});

	it('is said once, and given up after ten seconds in which nothing was numbered', () => {
		const { client, causes, said } = watched();
		client.emit('notice', { level: 'info', text: 'hello' });
		vi.advanceTimersByTime(60_000);
		expect(said).not.toHaveBeenCalled();
		client.emit('notice', unavailable);
		client.emit('notice', unavailable);
		expect(said.mock.calls).toEqual([[`natter: ${cause}; trying for 10 s\n`]]);
		vi.advanceTimersByTime(9999);
		expect(causes).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(causes).toEqual([cause]);
	});

	it('is not given up when something was numbered in time, or nothing is sent any more', () => {
		const { client, causes, stop } = watched();
		client.emit('notice', unavailable);
		vi.advanceTimersByTime(9000);
		client.emit('published', {});
		vi.advanceTimersByTime(9000);
		client.emit('notice', unavailable);
		vi.advanceTimersByTime(9000);
		stop();
		vi.advanceTimersByTime(60_000);
		expect(causes).toEqual([]);
	});
});

describe('natter send', () => {
	it('has failed in nothing when every line is numbered, and those with nothing in them are left out', async () => {
		const sent: string[] = [];
		expect(await failure(['one', '', ' ', 'two'], async (line) => sent.push(line))).toBeUndefined();
		expect(sent).toEqual(['one', 'two']);
	});

	it('counts what was refused, and says why the first was', async () => {
		const answer = async (line: string) => {
			if (line !== 'b') {
				throw new NatterError('too_large', `${line} is too large`);
			}
		};
		expect(await failure(['a', 'b', 'c'], answer)).toBe('2 not numbered, 1 numbered: a is too large');
	});

	it('says after which line it stopped reading when it gave up', async () => {
		const lines = Array.from({ length: 1000 }, (_, index) => (index === 1 ? '' : `line ${index + 1}`));
		let count = 0;
		const givenUp = Promise.withResolvers<never>();
		givenUp.promise.catch(() => {});
		const answer = (_line: string, result: Result) => {
			count += 1;
			if (count === 256) {
				result.broken = 'nobody is listening there';
				givenUp.reject(new NatterError('closed', 'The client was closed'));
			}
			return givenUp.promise;
		};
		expect(await failure(lines, answer)).toBe(
			'256 not numbered, 0 numbered, nothing read after line 257: nobody is listening there',
		);
	});

	it('waits for what is under way when no more can be read, and says so', async () => {
		async function* lines() {
			yield 'one';
			yield 'two';
			throw new Error('read ECONNRESET');
		}
		expect(await failure(lines())).toBe(
			'0 not numbered, 2 numbered, nothing read after line 2: cannot read standard input: read ECONNRESET',
		);
	});
});
