import { expect, test } from 'vitest';
import { Feed } from '../../src/client/feed.ts';
import type { Message } from '../../src/protocol/frames.ts';

function message(sequence: number): Message {
	return { id: `m${sequence}`, room: 'r', sender: 's', content: '', sequence, timestamp: 0 };
}

function fill(feed: Feed, from: number, to: number): void {
	for (let sequence = from; sequence <= to; sequence++) {
		feed.push(message(sequence));
	}
}

async function read(feed: AsyncIterable<Message>): Promise<readonly number[]> {
	const seen: number[] = [];
	for await (const { sequence } of feed) {
		seen.push(sequence);
	}
	return seen;
}

test('each iterator gets what comes after it was asked for, and ends with the feed', async () => {
	const feed = new Feed();
	fill(feed, 1, 1);
	const first = read(feed);
	fill(feed, 2, 2);
	const second = read(feed);
	fill(feed, 3, 3);
	feed.end();
	expect(await first).toEqual([2, 3]);
	expect(await second).toEqual([3]);
	expect(await read(feed)).toEqual([]);
});

test('a call of next may come before its message', async () => {
	const feed = new Feed();
	const iterator = feed[Symbol.asyncIterator]();
	const results = [iterator.next(), iterator.next(), iterator.next()];
	fill(feed, 1, 2);
	feed.end();
	expect((await Promise.all(results)).map(({ value }) => value?.sequence)).toEqual([1, 2, undefined]);
});

test('a loop that is left gets nothing more', async () => {
	const feed = new Feed();
	const iterator = feed[Symbol.asyncIterator]();
	fill(feed, 1, 2);
	for await (const _ of iterator) {
		break;
	}
	fill(feed, 3, 3);
	expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

test('a loop that falls 10,000 behind gets those, then an error', async () => {
	const feed = new Feed();
	const iterator = feed[Symbol.asyncIterator]();
	fill(feed, 1, 10_001);
	for (let sequence = 1; sequence <= 10_000; sequence++) {
		expect((await iterator.next()).value?.sequence).toBe(sequence);
	}
	await expect(iterator.next()).rejects.toMatchObject({ code: 'limit_exceeded' });
	expect(await iterator.next()).toEqual({ done: true, value: undefined });
});
