import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { editorOf, editText } from '../../src/tui/editor.ts';
import { createLoan } from '../../src/tui/loan.ts';
import { suspendable } from '../../src/tui/suspension.ts';
import { begun, did, play, room, sending, told } from './happenings.ts';

const typing = (text: string) => ({ type: 'typed', text }) as const;

describe('the editor', () => {
	let directory = '';
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'natter-test-'));
	});
	afterEach(() => rmSync(directory, { recursive: true, force: true }));

	/** A script in the place of an editor; it notes the path of the file and its mode. */
	const script = (body: string) => {
		const file = join(directory, 'an editor');
		writeFileSync(
			file,
			`#!/bin/sh\nls -l "$1" | cut -c 1-10 > ${directory}/mode\necho "$1" > ${directory}/path\n${body}\n`,
		);
		chmodSync(file, 0o700);
		return `"${file}"`;
	};
	const note = (name: string) => readFileSync(join(directory, name), 'utf8').trim();
	const edit = (text: string, editor: string, signal = new AbortController().signal) =>
		editText(text, { editor, signal });

	it('is what VISUAL names, else EDITOR', () => {
		expect(editorOf({ VISUAL: 'code -w', EDITOR: 'vi' })).toBe('code -w');
		expect(editorOf({ VISUAL: ' ', EDITOR: 'vi' })).toBe('vi');
		expect(editorOf({})).toBeUndefined();
	});

	it('gets the text in a file that nobody else reads, and what it saves comes back', async () => {
		const editor = script('cat "$1" > "$1.new"; echo "and more" >> "$1.new"; mv "$1.new" "$1"');
		expect(await edit('one\ntwo', editor)).toBe('one\ntwo\nand more');
		expect(note('mode')).toBe('-rw-------');
		expect(existsSync(dirname(note('path')))).toBe(false);
	});

	it('may have words of its own', async () => {
		expect(await edit('mine', 'sed -i s/mine/yours/')).toBe('yours');
	});

	it.each([
		['exit 3', /ended with 3; what was typed is as it was/u],
		['kill -KILL $$', /ended with (?:SIGKILL|137)/u],
	])('that does `%s` gives nothing back, says why, and leaves no file', async (body, why) => {
		await expect(edit('mine', script(body))).rejects.toThrow(why);
		expect(existsSync(dirname(note('path')))).toBe(false);
	});

	it.each([
		['head -c 2000000 /dev/zero > "$1"', /too long for a message; what was written is kept in (.*)$/u, 'message.txt'],
		['umask 0; echo more > x; mv x "$1"; exit 1', /ended with 1; what was written is kept in (.*)$/u, 'message.txt'],
		['echo more > "$1.save"; kill -TERM $$', /; what was written is kept in (.*)$/u, ''],
	])('that does `%s` leaves what was written, and says where', async (body, why, name) => {
		const failure: Error = await edit('mine', script(`cd ${directory}; ${body}`)).catch((error) => error);
		const path = note('path');
		const kept = why.exec(failure.message)?.[1];
		try {
			expect(kept).toBe(join(dirname(path), name));
			expect([statSync(dirname(path)).mode & 0o777, statSync(path).mode & 0o777]).toEqual([0o700, 0o600]);
		} finally {
			rmSync(dirname(path), { recursive: true, force: true });
		}
	});

	it('that is not there says so', async () => {
		await expect(edit('mine', join(directory, 'nowhere'))).rejects.toThrow(/is not there/u);
	});

	it('is ended with the screen, and leaves no file', async () => {
		const end = new AbortController();
		const result = edit('mine', script(`mkfifo ${directory}/pipe; exec cat ${directory}/pipe`), end.signal);
		await vi.waitFor(() => expect(existsSync(join(directory, 'pipe'))).toBe(true));
		end.abort();
		await expect(result).rejects.toThrow(/was ended together with natter; what was typed is as it was$/u);
		expect(existsSync(dirname(note('path')))).toBe(false);
	});

	it('that is ended with the screen may save first', async () => {
		const end = new AbortController();
		const body = `trap 'echo saved > "$1"; exit 0' TERM; mkfifo ${directory}/pipe; read line <> ${directory}/pipe`;
		const result = edit('mine', script(body), end.signal);
		await vi.waitFor(() => expect(existsSync(join(directory, 'pipe'))).toBe(true));
		end.abort();
		await expect(result).rejects.toThrow(`kept in ${note('path')}`);
		expect(readFileSync(note('path'), 'utf8')).toBe('saved\n');
		rmSync(dirname(note('path')), { recursive: true, force: true });
	});
});

describe('/edit', () => {
	it('opens the text behind it, and Ctrl+X Ctrl+E the draft', () => {
		expect(play(begun(), ...sending('/edit dear all')).effects).toEqual([
			{ type: 'edit', room: 'general', text: 'dear all' },
		]);
		expect(play(begun(), typing('half'), did('edit')).effects).toEqual([
			{ type: 'edit', room: 'general', text: 'half' },
		]);
	});

	it('puts what was written into the input, unsent, and undo takes it back', () => {
		const { state, effects } = play(begun(), typing('half'), did('edit'), {
			type: 'edited',
			room: 'general',
			text: 'whole\x1b[31m\nof it',
		});
		expect([state.composer.text, effects]).toEqual(['whole␛[31m\nof it', []]);
		expect(play(state, did('undo')).state.composer.text).toBe('half');
	});

	it('puts it into the room that it was for', () => {
		const start = begun({ rooms: ['general', 'ops'] });
		const elsewhere = play(start, { type: 'edited', room: 'ops', text: 'for ops' }).state;
		expect([elsewhere.composer.text, room(elsewhere, 'ops').draft]).toEqual(['', 'for ops']);
	});

	it('becomes the draft of a room whose tab closed meanwhile, where it is kept and told', () => {
		const start = begun({ rooms: ['general', 'ops'] });
		const closed = play(start, did('next-room'), ...sending('/leave')).state;
		expect(closed.rooms.map(({ name }) => name)).toEqual(['general']);
		const { state, saved } = play(closed, { type: 'edited', room: 'ops', text: 'for later' });
		expect(saved).toEqual([['ops', 'for later']]);
		expect(told(state).at(-1)).toBe('What you wrote in the editor waits as the draft of #ops');
		const back = play(state, ...sending('/join ops')).state;
		expect([back.active, back.composer.text]).toEqual(['ops', 'for later']);
	});

	it('says why nothing came of it, and leaves the draft', () => {
		const failed = { type: 'failed', what: 'edit', room: 'general', text: 'There is no editor' } as const;
		const { state } = play(begun(), typing('half'), failed);
		expect([told(state), state.composer.text]).toEqual([['There is no editor'], 'half']);
	});
});

describe('a terminal that is lent', () => {
	it('is given away and taken again in order, also when its use fails', async () => {
		const seen: string[] = [];
		const loan = createLoan();
		loan.drawnBy(async (use) => {
			seen.push('away');
			await use().finally(() => seen.push('back'));
		});
		loan.around(
			() => seen.push('give'),
			() => seen.push('take'),
		);
		const stop = loan.around(
			() => seen.push('no'),
			() => seen.push('no'),
		);
		stop();
		await loan.lend(async () => {
			seen.push(`used ${loan.isLent()}`);
			await expect(loan.lend(async () => {})).rejects.toThrow(/in use already/u);
		});
		await expect(loan.lend(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
		const once = ['give', 'away', 'back', 'take'];
		expect(seen).toEqual([...once.toSpliced(2, 0, 'used true'), ...once]);
		expect(loan.isLent()).toBe(false);
	});

	it('that cannot be lent is drawn on anew, whatever was to stop natter', async () => {
		const loan = createLoan();
		loan.drawnBy(() => Promise.reject(new Error('It is gone')));
		const onBack = vi.fn();
		const suspension = suspendable(loan, onBack);
		for (const signal of ['SIGTSTP', 'SIGCONT'] as const) {
			process.emit(signal);
			await new Promise((done) => setImmediate(done));
		}
		await suspension.suspend();
		suspension.close();
		expect(onBack).toHaveBeenCalledTimes(3);
	});
});
