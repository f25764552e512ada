/**
 * The programs that are measured: natter as `npm run build` made it, weechat and irssi as Debian has them, each connected
 * to a room on this computer. Nothing of the person who runs this is read: every program lives in a directory of its own.
 *
 * To be fair to each: none writes a log of what is said (weechat's logger is off, irssi's is by default; natter remembers
 * where it was). irssi sends its first commands at once, as weechat does: by default it waits for 5 s among them, out of
 * regard for servers that this one needs none of. A page is a page (irssi scrolls half of one by default).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RoomKind } from './room.ts';
import type { Command } from './terminal.ts';

export interface Program {
	readonly name: string;
	/** What kind of room it is put into; absent: none. */
	readonly room?: RoomKind;
	/** The keys that empty the line that is typed. */
	readonly clearLine: string;
	/** How it is started, for the room at this port and with this directory to live in. */
	command(place: Place): Command;
}

/** Of what was said: everything, or as much as the program keeps when nothing else is asked of it. natter has its broker for that. */
type Keeps = 'all' | 'usual';

interface Place {
	readonly home: string;
	readonly port: number;
}

const bin = fileURLToPath(new URL('../../bin/natter.js', import.meta.url));
/** For saying which version it is. */
const answerMs = 10_000;
/** More lines than any benchmark says. */
const mostLines = 2_000_000;

const natter = natterAs('natter', 'natter', (port) => [`ws://127.0.0.1:${port}#general`]);

/** natter as it is started without an address: it hosts the broker itself. */
export const hosts: readonly Program[] = [
	natterAs('natter, hosting', undefined, () => ['--port', '0']),
	natterAs('natter, hosting in memory', undefined, () => ['--port', '0', '--store', 'memory']),
];

const weechat = (keeps: Keeps) =>
	ircClient('weechat', '--dir', (port) => ({
		'irc.conf': `[server]
bench.addresses = "127.0.0.1/${port}"
bench.autoconnect = on
bench.autojoin = "#general"
bench.nicks = "sam"
bench.ssl = off
bench.ipv6 = off
`,
		...(keeps === 'all' && { 'weechat.conf': `[history]\nmax_buffer_lines_number = ${mostLines}\n` }),
		'logger.conf': `[file]
auto_log = off
`,
	}));

const irssi = (keeps: Keeps) => {
	const scrollback = keeps === 'all' ? `scrollback_lines = "${mostLines}"; scrollback_time = "0";` : '';
	return ircClient('irssi', '--home', (port) => ({
		config: `servers = ( { address = "127.0.0.1"; chatnet = "bench"; port = "${port}"; use_tls = "no"; autoconnect = "yes"; } );
chatnets = { bench = { type = "IRC"; cmdmax = "100"; cmdspeed = "1"; }; };
channels = ( { name = "#general"; chatnet = "bench"; autojoin = "yes"; } );
settings = {
  core = { real_name = "sam"; user_name = "sam"; nick = "sam"; };
  "fe-text" = { ${scrollback} scroll_page_count = "/1"; };
  "fe-common/core" = { window_auto_change = "yes"; };
};
`,
	}));
};

/** The least that a program of Node can do. */
export const nodeAlone: Program = {
	name: 'node -e 0',
	clearLine: '',
	command: ({ home }) => commandIn(home, process.execPath, ['-e', '0']),
};

/** What a terminal and the stopwatch cost: every key is given back as it is. */
export const echoAlone: Program = {
	name: 'cat',
	clearLine: '\r\x1b[2K',
	command: ({ home }) => commandIn(home, 'sh', ['-c', 'stty raw -echo; echo ready; exec cat']),
};

/** Those that are on this computer; a line is said about each that is not. */
export function programsHere(
	say: (line: string) => void,
	{ keeps = 'all' }: { keeps?: Keeps } = {},
): readonly Program[] {
	return [natter, weechat(keeps), irssi(keeps)].filter(({ name }) => {
		const isHere = name === natter.name || spawnSync(name, ['--version'], { timeout: answerMs }).status === 0;
		if (!isHere) {
			say(`${name} is not installed: measured without it (apt-get install ${name})`);
		}
		return isHere;
	});
}

function natterAs(name: string, room: RoomKind | undefined, words: (port: number) => readonly string[]): Program {
	return {
		name,
		...(room !== undefined && { room }),
		clearLine: '\x15',
		command: ({ home, port }) => commandIn(home, process.execPath, [bin, ...words(port), '--nick', 'sam']),
	};
}

/** `option` names the directory in which it finds these files. */
function ircClient(name: string, option: string, files: (port: number) => Readonly<Record<string, string>>): Program {
	return {
		name,
		room: 'irc',
		clearLine: '\x15',
		command({ home, port }) {
			const directory = join(home, name);
			mkdirSync(directory, { recursive: true });
			for (const [file, text] of Object.entries(files(port))) {
				writeFileSync(join(directory, file), text);
			}
			return commandIn(home, name, [option, directory]);
		},
	};
}

function commandIn(home: string, file: string, words: readonly string[]): Command {
	return { file, words, env: environment(home), cwd: home };
}

function environment(home: string): Readonly<Record<string, string>> {
	const { PATH = '' } = process.env;
	return {
		PATH,
		HOME: home,
		TZ: 'UTC',
		LANG: 'C.UTF-8',
		TERM: 'xterm-256color',
		NATTER_CONFIG_DIR: join(home, 'config'),
		XDG_DATA_HOME: join(home, 'data'),
		XDG_STATE_HOME: join(home, 'state'),
	};
}
