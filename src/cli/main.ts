/**
 * The command `natter`: reads the command line and hands over to one of chat, serve, send and tail. What cannot be
 * followed or done is said in one line on standard error, with exit code 2 for the former and 1 for the latter.
 */
import { homedir, userInfo } from 'node:os';
import meow from 'meow';
import { Failure } from './failure.ts';
import { readSettings, type Settings, UsageError } from './settings.ts';

const help = `
Chat
  $ natter                        join the broker on this computer, or host it
  $ natter ws://host:8080#general,ops --nick sam

Host without a screen
  $ natter --serve

Pipes
  $ echo hello | natter send general
  $ natter tail general --json --since 412
  $ natter send @bob hello        to bob alone; natter tail @ is what you were told, and what you told others

Who you are
  $ natter whoami                 your nick, the fingerprint of your key, and where things are kept
  $ natter trust                  the brokers you know; --forget HOST:PORT trusts the next one met there

Options
  --nick NAME            your name (NATTER_NICK; default: your login name)
  --url URL              the broker (NATTER_URL; default: ws://127.0.0.1:8080)
  --port N               where to host, and where to look on this computer (PORT; default: 8080)
  --host ADDRESS         the address to host on (default: 127.0.0.1; 0.0.0.0 lets other machines in)
  --data DIR             where the broker keeps messages (default: ~/.local/share/natter)
  --store sqlite|memory  how it keeps them (NATTER_STORE; default: sqlite)
  --durability fsync|process  what a message survives once it has its number: a power cut, or a kill
                         of the broker alone, which is faster (default: fsync)
  --history-size N       messages kept per room (NATTER_HISTORY_SIZE; default: 10000)
  --history-ttl TIME     how long they are kept, such as 12h (NATTER_HISTORY_TTL; default: 30d)
  --chaos FAULTS         misbehave on purpose: any of reorder,drop,dup,delay
  --chaos-seed N         the same misbehaviour again
  --json                 tail: one JSON object a line
  --since N              tail: everything kept after number N first
  --help, --version

In the chat, F1 or /help shows keys and commands. Your key, by which brokers know that it is you, is
kept in $NATTER_CONFIG_DIR (default: ~/.config/natter). Lines that are not sent yet, positions and drafts
are kept in $XDG_STATE_HOME/natter (default: ~/.local/state/natter). The lines are sent when natter is
next started with the same name and broker; a draft waits in the input of its room.
`;

const text = { type: 'string' } as const;
const flags = {
	serve: { type: 'boolean' },
	json: { type: 'boolean' },
	port: text,
	host: text,
	data: text,
	store: text,
	durability: text,
	historySize: text,
	historyTtl: text,
	chaos: text,
	chaosSeed: text,
	url: text,
	nick: text,
	since: text,
	forget: text,
} as const;

/** Runs the command line `argv` and resolves when it is done; the exit code is in `process.exitCode`. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
	const cli = meow(help, {
		importMeta: import.meta,
		argv: [...argv],
		flags,
		booleanDefault: undefined,
		description: 'natter: a terminal chat with its own broker, and order you can see',
	});
	try {
		// meow would say it in two lines of its own.
		const unknown = Object.keys(cli.unnormalizedFlags).find((name) => !Object.hasOwn(flags, name));
		if (unknown !== undefined) {
			throw new UsageError(`Unknown flag ${unknown.length === 1 ? '-' : '--'}${unknown}; see natter --help`);
		}
		const settings = readSettings(cli.input.map(String), cli.flags, {
			environment: process.env,
			login: loginName(),
			home: homedir(),
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
