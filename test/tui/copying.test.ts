import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { toClipboard } from '../../src/tui/clipboard.ts';
import { begun, play, sending, told } from './happenings.ts';
import { at, room, row, said, state as stateOf } from './states.ts';

const there = () =>
	stateOf({
		rooms: [
			room('general', {
				rows: [
					said(405, '09:58', 'maya', 'morning!\n    two **lines**'),
					row({ kind: 'traffic', at: at('10:00'), joined: ['ana'], left: [] }),
					said(406, '10:02', 'jo', '/me looks'),
					said(408, '10:03', 'ci', 'build \x1b[31mred'),
				],
			}),
		],
	});
const run = (line: string, state = there()) => {
	const played = play(state, ...sending(line));
	return { effects: played.effects, told: told(played.state) };
};
const copying = (text: string, what: string) => ({
	effects: [{ type: 'copy', room: 'general', text, what }],
	told: [],
});

describe('/copy', () => {
	it('copies the newest message, or the one of a number, as it was typed and without control characters', () => {
		expect(run('/copy')).toEqual(copying('build ␛[31mred', '1 line of #408'));
		expect(run('/copy 405')).toEqual(copying('morning!\n    two **lines**', '2 lines of #405'));
		expect(run('/copy #406')).toEqual(copying('/me looks', '1 line of #406'));
	});

	it('copies what is read far above the newest too', () => {
		const [general = room('general')] = there().rooms;
		const reading = { rows: [said(7, '09:00', 'jo', 'far')], from: 7, to: 7, older: 'all', newer: 'unknown' } as const;
		const state = stateOf({ rooms: [{ ...general, reading, scroll: { key: 'said-7', line: 0 } }] });
		expect(run('/copy 7', state)).toEqual(copying('far', '1 line of #7'));
		expect(run('/copy 408', state)).toEqual(copying('build ␛[31mred', '1 line of #408'));
		const before = said(7, '08:00', 'jo', 'before', { key: 'before' });
		const rows = [before, row({ kind: 'epoch', at: at('08:30') }), said(9, '10:00', 'jo', 'new')];
		const anew = stateOf({ rooms: [{ ...general, rows, reading, scroll: { key: 'said-7', line: 0 } }] });
		expect(run('/copy 7', anew)).toEqual(copying('far', '1 line of #7'));
	});

	it('copies several with who said each and when, of those that there are', () => {
		const text = [
			'2026-11-23 09:58 #405 maya: morning!',
			'        two **lines**',
			'2026-11-23 10:02 #406 * jo looks',
		].join('\n');
		expect(run('/copy 405-407')).toEqual(copying(text, '3 lines of #405-#406'));
	});

	it('takes the newest message of a number that was given twice', () => {
		const rows = [
			said(1, '09:00', 'jo', 'before'),
			row({ kind: 'epoch', at: at('09:01') }),
			said(1, '09:02', 'jo', 'after'),
		];
		const twice = stateOf({ rooms: [room('general', { rows })] });
		expect(run('/copy 1', twice)).toEqual(copying('after', '1 line of #1'));
	});

	it('says what cannot be copied', () => {
		expect(run('/copy 7')).toEqual({ effects: [], told: ['#7 is not loaded here; /goto 7 goes there'] });
		expect(run('/copy', begun()).told).toEqual(['There is no message here to copy']);
		expect(run('/copy 0').told[0]).toMatch(/^Usage: \/copy \[N\[-M\]\]/u);
		expect(run('/copy it').told[0]).toMatch(/^Usage: \/copy/u);
	});

	it('copies as much as terminals take, and says where more can go', () => {
		const longest = (bytes: number) =>
			stateOf({ rooms: [room('general', { rows: [said(1, '09:00', 'jo', 'x'.repeat(bytes))] })] });
		expect(run('/copy', longest(74_994)).effects).toHaveLength(1);
		expect(run('/copy', longest(74_995))).toEqual({
			effects: [],
			told: ['Not copied: 75 KB, and most terminals take no more than 74 KB; /export writes it to a file'],
		});
	});

	it('says who has it, and that nobody can say more', () => {
		const words = (by: 'terminal' | 'tmux') =>
			told(play(begun(), { type: 'copied', room: 'general', what: '3 lines of #4', by }).state);
		expect(words('terminal')).toEqual(['Copied 3 lines of #4, if this terminal lets programs do so']);
		expect(words('tmux')).toEqual([
			'Copied 3 lines of #4: tmux has it, and gives it to the terminal if that lets programs do so',
		]);
	});
});

describe('the clipboard', () => {
	const folders: string[] = [];
	afterEach(() => {
		for (const folder of folders.splice(0)) {
			rmSync(folder, { recursive: true });
		}
	});

	/** A program called tmux in a folder of its own. */
	function withTmux(script: string): string {
		const folder = mkdtempSync(join(tmpdir(), 'natter-tmux-'));
		folders.push(folder);
		writeFileSync(join(folder, 'tmux'), `#!/bin/sh\n${script}\n`);
		chmodSync(join(folder, 'tmux'), 0o755);
		return folder;
	}

	async function copied(text: string, env: Readonly<Record<string, string>>) {
		const written: string[] = [];
		const by = await toClipboard(text, { env, write: (sequence) => written.push(sequence) });
		return { by, written };
	}

	it('is set by OSC 52, in UTF-8', async () => {
		const base64 = Buffer.from('héé').toString('base64');
		expect(await copied('héé', {})).toEqual({ by: 'terminal', written: [`\x1b]52;c;${base64}\x07`] });
	});

	it('is set by tmux itself where that runs', async () => {
		const folder = withTmux(`echo "$@" > "$0.words"; /bin/cat > "$0.text"`);
		expect(await copied('it\nall', { TMUX: '/tmp/s,1,0', PATH: folder })).toEqual({ by: 'tmux', written: [] });
		expect(readFileSync(join(folder, 'tmux.words'), 'utf8')).toBe('load-buffer -w -\n');
		expect(readFileSync(join(folder, 'tmux.text'), 'utf8')).toBe('it\nall');
	});

	it.each([
		['is too old for that', () => withTmux('exit 1')],
		['is not on the path', () => '/nowhere'],
	])('is set by both sequences where tmux %s', async (_, path) => {
		const plain = '\x1b]52;c;aXQ=\x07';
		const through = `\x1bPtmux;\x1b${plain}\x1b\\`;
		expect(await copied('it', { TMUX: 's', PATH: path() })).toEqual({ by: 'terminal', written: [plain, through] });
	});
});
