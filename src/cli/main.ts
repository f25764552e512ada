/**
 * The command `natter`: reads the command line and hands over to one of chat, serve, send and tail. What cannot be
 * followed or done is said in one line on standard error, with exit code 2 for the former and 1 for the latter.
 */
import { homedir, userInfo } from 'node:os';
import meow from 'meow';
import { readConfigFile } from './config-file.ts';
import { Failure } from './failure.ts';
import { configDirectory, type Flags, readSettings, type Settings, UsageError } from './settings.ts';
import { asksForHelp } from './usage.ts';

const help = `
Chat
  $ natter                        join the broker on this computer, or host it
  $ natter ws://host:8080#general,ops --nick sam

Let other machines in
  $ natter --share                shows the line that others type

Host without a screen
  $ natter --serve                with --share, other machines are let in

Pipes
  $ echo hello | natter send general
  $ natter tail general --json --since 412
  $ natter send deploys --tag level=error --tag ms=812 "build 8812 failed"
  $ natter tail deploys --where 'tags.level = error and tags.ms > 500'
  $ natter send @bob hello        to bob alone; natter tail @ is what you were told, and what you told others

Who you are
  $ natter whoami                 your nick, the fingerprint of your key, and where things are kept
  $ natter trust                  the brokers you know; --forget HOST:PORT trusts the next one met there

Keys
  $ natter keys                   keys and commands, as your config.json binds them
  $ natter keys --test            what natter reads when you press a key

Options
  --nick NAME            your name (NATTER_NICK; default: your login name)
  --url URL              the broker (NATTER_URL; default: ws://127.0.0.1:8080)
  --causal               show an answer only after what it answers in another room that you are in
                         (NATTER_CAUSAL=true)
  --theme NAME           auto, dark, light, mono or one of your own (default: auto, as the terminal's background is)
  --no-color             no colours (NO_COLOR=1)
  --ascii                lines and signs in ASCII, messages aside
  --plain                lines, printed one after the other: for screen readers, dumb terminals and pipes
  --no-links             no addresses that can be clicked on
  --port N               where to host, and where to look on this computer (PORT; default: 8080)
  --share                host for other machines: whoever has the line that is shown comes in
  --host ADDRESS         the address to host on (default: 127.0.0.1; with --share: all)
  --data DIR             where the broker keeps messages (default: ~/.local/share/natter)
  --store sqlite|memory  how it keeps them (NATTER_STORE; default: sqlite)
  --durability fsync|process  what a message survives once it has its number: a power cut, or a kill
                         of the broker alone, which is faster (default: fsync)
  --history-size N       messages kept per room (NATTER_HISTORY_SIZE; default: 10000)
  --history-ttl TIME     how long they are kept, such as 12h (NATTER_HISTORY_TTL; default: 30d)
  --token TEXT           what others must show to come in, and what is shown where one joins; process lists
                         may tell it, so rather (NATTER_TOKEN), or --token-file PATH
  --open                 let other machines in without a token
  --no-base              let only clients in that can prove who they are
  --owner FINGERPRINT    whose broker it is, by key; may be repeated (default: yours)
  --allow-host NAME      a name by which the broker may be dialled, * for any; may be repeated
  --allow-origin ORIGIN  web pages that may connect; may be repeated
  --trust-proxy [N]      so many proxies in front say who a client is (default: 1)
  --tls-cert, --tls-key  --serve: files for TLS, read again on SIGHUP
  --chaos FAULTS         misbehave on purpose: any of reorder,drop,dup,delay
  --chaos-seed N         the same misbehaviour again
  --json                 tail: one JSON object a line
  --since N              tail: everything kept after number N first
  --where FILTER         tail: only what matches: sender, content, verified or tags.NAME with = != < <= > >=,
                         in [a, b], contains, starts, ends; exists tags.NAME; and, or, not, ( )
  --tag NAME=VALUE       send: label the message; also several times. 812, true and false are typed, "812" is text
  --help, --version

What these options say of the chat, and much more, can stand in config.json; see docs/config.md. It is beside your key.
In the chat, F1 or /help shows keys and commands. Your key, by which brokers know that it is you, is
kept in $NATTER_CONFIG_DIR (default: ~/.config/natter). Lines that are not sent yet, positions and drafts
are kept in $XDG_STATE_HOME/natter (default: ~/.local/state/natter). The lines are sent when natter is
next started with the same name and broker; a draft waits in the input of its room.
`;

const text = { type: 'string' } as const;
const texts = { type: 'string', isMultiple: true } as const;
const isGiven = { type: 'boolean' } as const;
const flags = {
	serve: isGiven,
	json: isGiven,
	port: text,
	host: text,
	share: isGiven,
	open: isGiven,
	base: isGiven,
	token: text,
	tokenFile: text,
	owner: texts,
	allowHost: texts,
	allowOrigin: texts,
	trustProxy: text,
	tlsCert: text,
	tlsKey: text,
	data: text,
	store: text,
	durability: text,
	historySize: text,
	historyTtl: text,
	chaos: text,
	chaosSeed: text,
	url: text,
	nick: text,
	causal: isGiven,
	theme: text,
	color: isGiven,
	links: isGiven,
	ascii: isGiven,
	plain: isGiven,
	test: isGiven,
	since: text,
	forget: text,
	where: text,
	tag: { type: 'string', isMultiple: true },
} as const;

/** Runs the command line `argv` and resolves when it is done; the exit code is in `process.exitCode`. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
	try {
		const cli = readCommandLine(argv);
		// meow would say it in two lines of its own.
		const unknown = Object.keys(cli.unnormalizedFlags).find((name) => !Object.hasOwn(flags, name));
		if (unknown !== undefined) {
			throw new UsageError(`Unknown flag ${unknown.length === 1 ? '-' : '--'}${unknown}; see natter --help`);
		}
		const surroundings = { environment: process.env, home: homedir() };
		const settings = readSettings(cli.input.map(String), given(cli.flags), {
			...surroundings,
			login: loginName(),
			configured: () => readConfigFile(configDirectory(surroundings)),
		});
		process.exitCode = await run(settings);
	} catch (error) {
		if (!(error instanceof UsageError || error instanceof Failure)) {
			throw error;
		}
		process.stderr.write(`natter: ${error.message}\n`);
		process.exitCode = error instanceof Failure ? error.exitCode : 2;
	}
}

/** From here on process lists show `natter` alone, for meow makes it the title: a join line has a token in it. */
function readCommandLine(argv: readonly string[]) {
	try {
		return meow(help, {
			importMeta: import.meta,
			argv: asksForHelp(argv) ? ['--help'] : [...argv],
			flags,
			booleanDefault: undefined,
			description: 'natter: a terminal chat with its own broker, and order you can see',
		});
	} catch (error) {
		// It throws an error of no kind of its own for what it cannot take, such as a flag that is there twice.
		throw error instanceof Error ? new UsageError(error.message.replace(/\.$/u, '')) : error;
	}
}

/** A flag that may be given several times is an empty list when it was not. */
function given({ tag, ...rest }: Flags): Flags {
	return tag === undefined || tag.length === 0 ? rest : { ...rest, tag };
}

// Each command is loaded by itself: a client must not wait for a broker's code, nor a broker for Ink's.
async function run(settings: Settings): Promise<number> {
	switch (settings.command) {
		case 'chat':
			return (await import('./chat.ts')).chat(settings);
		case 'serve':
			return (await import('./serve.ts')).serve(settings);
		case 'send':
			return (await import('./send.ts')).send(settings);
		case 'tail':
			return (await import('./tail.ts')).tail(settings);
		case 'whoami':
			return (await import('./identity.ts')).whoami(settings);
		case 'keys':
			return (await import('./keys.ts')).keys(settings);
		case 'trust':
			return (await import('./identity.ts')).trust(settings);
	}
}

function loginName(): string {
	try {
		return userInfo().username;
	} catch {
		// A container may run under a user id that has no name.
		return '';
	}
}
