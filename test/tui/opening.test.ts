import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { perform } from '../../src/tui/effects.ts';
import type { Unstamped } from '../../src/tui/model.ts';
import { openOutside } from '../../src/tui/opener.ts';
import { screen } from '../../src/tui/selectors.ts';
import { fakeClient, surroundings } from './fake-client.ts';
import { begun, did, play, sending, told } from './happenings.ts';
import { flatRows, room, said, state as stateOf } from './states.ts';

const there = () =>
	stateOf({
		rooms: [
			room('general', {
				rows: [
					said(1, '09:00', 'ci', 'build https://ci.example/1 and log https://ci.example/1/log.'),
					said(2, '09:01', 'jo', 'see <https://a.example/x?y=1>'),
					said(3, '09:02', 'jo', 'no address, ftp://a.example/ and javascript:alert(1)'),
					said(4, '09:03', 'jo', 'https://ехаmple.org/ is not what it seems'),
				],
			}),
		],
	});
const run = (line: string, state = there()) => {
	const played = play(state, ...sending(line));
	return { state: played.state, effects: played.effects, told: told(played.state) };
};
const opening = (address: string) => [{ type: 'open', room: 'general', address }];

describe('/open', () => {
	it('says of a message that is not loaded that it is not', () => {
		expect(run('/open 99').told.at(-1)).toBe('#99 is not loaded here; /goto 99 goes there');
	});

	it('opens the address of a message', () => {
		expect(run('/open 2').effects).toEqual(opening('https://a.example/x?y=1'));
	});

	it('opens the newest address', () => {
		const rows = [said(1, '09:00', 'jo', 'https://a.example/1'), said(2, '09:00', 'jo', 'https://a.example/2')];
		const state = stateOf({ rooms: [room('general', { rows: [...rows, said(3, '09:00', 'jo', 'none')] })] });
		expect(run('/open', state).effects).toEqual(opening('https://a.example/2'));
	});

	it('opens none that may lead elsewhere than it seems to', () => {
		const { effects, told: text } = run('/open');
		expect(effects).toEqual([]);
		expect(text).toEqual(['Not opened, for it may not lead where it seems to: https://ехаmple.org/']);
	});

	it('lets one of several be chosen', () => {
		const { state, effects } = run('/open 1');
		expect(effects).toEqual([]);
		const rows = flatRows(screen(state)).map((row) => row.replace(/│.*/u, '').trimEnd());
		expect(rows.slice(-6, -4)).toEqual(['  https://ci.example/1/log', '> https://ci.example/1']);
		const chosen = play(state, { type: 'typed', text: 'log' }, did('send'));
		expect(chosen.effects).toEqual(opening('https://ci.example/1/log'));
		expect(chosen.state.prompt).toBeUndefined();
	});

	it('says that there is none', () => {
		expect(run('/open 3').told).toEqual(['There is no address in #3']);
		expect(run('/open', begun()).told).toEqual(['There is no address in what is loaded here']);
		expect(run('/open 1-2').told[0]).toMatch(/^Usage: \/open \[N\]/u);
		expect(run('/open it').told[0]).toMatch(/^Usage: \/open \[N\]/u);
	});

	it('says what became of it, and copies what could not be opened', () => {
		const address = 'https://a.example/';
		const outcome = (how: 'opened' | 'remote' | 'failed') => {
			const { state, effects } = play(begun(), { type: 'opened', room: 'general', address, how });
			return { told: told(state), effects };
		};
		const copied = [{ type: 'copy', room: 'general', text: address, what: 'the address' }];
		expect(outcome('opened')).toEqual({ told: [`Opened ${address}`], effects: [] });
		expect(outcome('remote')).toEqual({
			told: [`A browser would open on the computer that natter runs on, so here it is:\n${address}`],
			effects: copied,
		});
		expect(outcome('failed')).toEqual({
			told: [`Nothing on this computer opens addresses, so here it is:\n${address}`],
			effects: copied,
		});
	});

	it('has its outcome told', async () => {
		const events: Unstamped[] = [];
		const open = async () => 'opened' as const;
		const effect = { type: 'open', room: 'general', address: 'https://a.example/' } as const;
		perform(effect, surroundings({ client: fakeClient(), open, receive: (event) => events.push(event) }));
		await new Promise((done) => setImmediate(done));
		expect(events).toEqual([{ ...effect, type: 'opened', how: 'opened' }]);
	});
});

describe('opening outside', () => {
	const folders: string[] = [];
	afterEach(() => {
		for (const folder of folders.splice(0)) {
			rmSync(folder, { recursive: true });
		}
	});

	/** A program in a folder of its own. */
	function program(name: string, script: string): string {
		const folder = mkdtempSync(join(tmpdir(), 'natter-open-'));
		folders.push(folder);
		writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
		chmodSync(join(folder, name), 0o755);
		return folder;
	}

	const address = "https://a.example/$(touchx);`id`?a=1&b='2'";
	const opened = (env: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') =>
		openOutside(address, { env, platform, patienceMs: 60_000 });
	const write = 'printf "%s|" "$@" > "$0.words"';

	it.each([
		['linux', 'xdg-open', `${address}|`],
		['darwin', 'open', `${address}|`],
		['win32', 'rundll32', `url.dll,FileProtocolHandler|${address}|`],
	] as const)('on %s gives %s the address as it is', async (platform, name, words) => {
		const folder = program(name, write);
		expect(await opened({ PATH: folder }, platform)).toBe('opened');
		expect(readFileSync(join(folder, `${name}.words`), 'utf8')).toBe(words);
	});

	it('uses the browser that is named, over SSH too', async () => {
		const folder = program('browse', write);
		const env = { BROWSER: join(folder, 'browse'), SSH_CONNECTION: '1 2 3 4', PATH: folder };
		expect(await opened(env)).toBe('opened');
	});

	it('opens nothing over SSH', async () => {
		const folder = program('xdg-open', write);
		expect(await opened({ PATH: folder, SSH_CONNECTION: '1 2 3 4' })).toBe('remote');
		expect(await opened({ PATH: folder, SSH_TTY: '/dev/pts/1' })).toBe('remote');
	});

	it('says when nothing can', async () => {
		expect(await opened({ PATH: '/nowhere' })).toBe('failed');
		expect(await opened({ PATH: program('xdg-open', 'exit 3') })).toBe('failed');
	});

	it('takes a program that stays for one that works', async () => {
		const folder = program('xdg-open', 'exec /bin/sleep 1');
		expect(await openOutside(address, { env: { PATH: folder }, platform: 'linux', patienceMs: 0 })).toBe('opened');
	});
});
