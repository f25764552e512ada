/** What docs/protocol.md says of frames, codes and a whole session is what the code does. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { brokerSchemas, clientSchemas } from '../../src/protocol/frames.ts';
import { closeCodes, errorCodes, isRetryable } from '../../src/protocol/limits.ts';
import { startBroker } from '../broker/running.ts';
import { refusedBySchema } from './wire-schema.ts';

const text = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

describe('the frames in docs/protocol.md', () => {
	test('are those of the code, with the same members, of which the same may be absent', () => {
		const frames = blocks('frames')
			.flatMap((block) => [...block.matchAll(/^([CS]) (\w+)\s+\{([\s\S]*?)\}$/gmu)])
			.map(([, side, type, members = '']) => [`${side} ${type}`, namesIn(members)] as const);
		expect(Object.fromEntries(frames)).toEqual({ ...membersOf('C', clientSchemas), ...membersOf('S', brokerSchemas) });
	});
});

describe('the codes in docs/protocol.md', () => {
	test('are all error codes, and those that may be tried again are told as such', () => {
		const rows = [...section('Errors').matchAll(/^\| ((?:`\w+` ?)+) \| (yes|no) \|/gmu)];
		const said = rows.flatMap(([, codes = '', retryable]) =>
			[...codes.matchAll(/\w+/gu)].map(([code]) => [code, retryable === 'yes'] as const),
		);
		expect(Object.fromEntries(said)).toEqual(Object.fromEntries(errorCodes.map((code) => [code, isRetryable(code)])));
	});

	test('are all close codes, and the one for leaving', () => {
		const rows = [...section('Closing').matchAll(/^\| ((?:\d{4} ?)+) \|/gmu)];
		const said = rows.flatMap(([, codes = '']) => [...codes.matchAll(/\d+/gu)].map(Number));
		expect(said.sort((a, b) => a - b)).toEqual([1000, ...Object.values(closeCodes)].sort((a, b) => a - b));
	});
});

test('the session in docs/protocol.md is what a broker answers, frame by frame', async () => {
	const broker = await startBroker({ presenceMs: 60_000 });
	const known = new Map<string, unknown>();
	let line = await Line.dial(broker.url);
	let next = 0;
	for (const said of blocks('session').join('').split('\n')) {
		const frame = said.slice(2);
		if (said.startsWith('C ')) {
			expect(refusedBySchema('client', frame)).toBeUndefined();
			line.send(filledIn(JSON.parse(frame), known));
		} else if (said.startsWith('S ')) {
			const got = await line.frame(next);
			next += 1;
			learn(JSON.parse(frame), got, known);
			expect(got).toEqual(filledIn(JSON.parse(frame), known));
		} else if (frame === ' reconnect') {
			await line.cut();
			line = await Line.dial(broker.url);
			next = 0;
		} else if (frame.startsWith(' closed ')) {
			expect(await line.closed).toBe(Number(frame.slice(' closed '.length)));
		}
	}
	expect(line.frames.length).toBe(next);
	expect(known.size).toBeGreaterThan(10);
});

/** A connection with every frame as it came. */
class Line {
	readonly frames: unknown[] = [];
	readonly closed: Promise<number>;
	readonly #socket: WebSocket;

	static async dial(url: string): Promise<Line> {
		const line = new Line(url);
		await once(line.#socket, 'open');
		return line;
	}

	private constructor(url: string) {
		this.#socket = new WebSocket(url, ['natter.v1']);
		this.#socket.on('message', (data) => this.frames.push(JSON.parse(data.toString())));
		this.closed = once(this.#socket, 'close').then(([code]) => code as number);
	}

	send(frame: unknown): void {
		this.#socket.send(JSON.stringify(frame));
	}

	async frame(index: number): Promise<unknown> {
		while (this.frames.length <= index) {
			await once(this.#socket, 'message');
		}
		return this.frames[index];
	}

	async cut(): Promise<void> {
		this.#socket.terminate();
		await this.closed;
	}
}

/** The fenced blocks of a language. */
function blocks(language: string): string[] {
	return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gmu'))].map(
		([, block = '']) => block,
	);
}

function section(title: string): string {
	return text.split(/^## /mu).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

/** `a, b?: {c}` as ['a', 'b?']. */
function namesIn(members: string): string[] {
	const flat = members.replace(/:\s*\[?\{[^}]*\}\]?/gu, '');
	return flat
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '')
		.sort();
}

function membersOf(side: string, schemas: Readonly<Record<string, v.GenericSchema>>): Record<string, string[]> {
	return Object.fromEntries(
		Object.entries(schemas).map(([type, schema]) => {
			const { entries } = schema as unknown as { readonly entries: Readonly<Record<string, v.GenericSchema>> };
			const names = Object.entries(entries)
				.filter(([name]) => name !== 'type')
				.map(([name, entry]) => (entry.type === 'optional' ? `${name}?` : name));
			return [`${side} ${type}`, names.sort()];
		}),
	);
}

const placeholder = /^<.+>$/u;

/** Notes what stands where a placeholder is met for the first time. */
function learn(said: unknown, got: unknown, known: Map<string, unknown>): void {
	if (typeof said === 'string' && placeholder.test(said)) {
		known.set(said, known.get(said) ?? got);
	} else if (typeof said === 'object' && said !== null && typeof got === 'object' && got !== null) {
		for (const [key, value] of Object.entries(said)) {
			learn(value, (got as Record<string, unknown>)[key], known);
		}
	}
}

/** The frame with what is known in place of its placeholders. */
function filledIn(frame: unknown, known: ReadonlyMap<string, unknown>): unknown {
	return JSON.parse(JSON.stringify(frame), (_, value: unknown) =>
		typeof value === 'string' && placeholder.test(value) ? known.get(value) : value,
	);
}
