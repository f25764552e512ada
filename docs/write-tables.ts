/**
 * Writes the tables of docs/keys.md, docs/config.md and docs/embedding.md from the tables that natter works by. With
 * `--check` it writes nothing and ends with exit code 1 when a page says something else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type BrokerOptions, optionNames, wholeNumbers } from '../src/broker/options.ts';
import type { FieldName } from '../src/cli/config-file.ts';
import { type HelpSection, helpSections } from '../src/tui/help.ts';
import { bindings } from '../src/tui/keymap.ts';
import { styleTexts } from '../src/tui/looks.ts';
import { withTables } from './marked-tables.ts';

/** What a field may be, its default, and what it says. */
const fieldTexts: Readonly<Record<FieldName, readonly [kind: string, usual: string, text: string]>> = {
	nick: ['text', 'your login name', 'your name; `--nick`, `NATTER_NICK`'],
	url: ['text', '`ws://127.0.0.1:8080`', 'the broker, with `#general,ops` for its rooms; `--url`, `NATTER_URL`'],
	causal: ['true, false', 'false', 'answers wait for what they answer in other rooms; `--causal`, `NATTER_CAUSAL`'],
	theme: ['text', '`"auto"`', '`"auto"`, `"dark"`, `"light"`, `"mono"` or one of your own; `--theme`, `/theme`'],
	themes: ['object', 'none', 'themes of your own, by name; see above'],
	keys: ['object', 'see [keys.md](keys.md)', 'the keys of actions, by the names of the actions; see above'],
	ascii: ['true, false', 'false', 'what natter draws is ASCII, messages aside; `--ascii`'],
	plain: [
		'true, false',
		'false; true for `TERM=dumb` and `INK_SCREEN_READER=true`',
		'lines are printed in place of a full screen; `--plain`, `--no-plain`',
	],
	links: ['true, false', 'true', 'addresses can be clicked on, where the terminal can; `--no-links`'],
	bell: ['true, false', 'true', 'the bell rings for what is meant for you'],
	notifications: ['true, false', 'true', 'the terminal is asked to notify you of it'],
	title: ['true, false', 'true', 'the title of the terminal says what is unread'],
	highlight: ['list of texts', 'none', 'words that stand out as your name does, in capitals or not'],
	typing: ['true, false', 'true', 'others are told when you are typing'],
	history: ['true, false', 'true', 'the lines that you send are kept for Up and Ctrl+R of later starts'],
	mouse: ['true, false', 'false', 'clicks are taken from the terminal, which then needs Shift to mark text'],
	sidebar: ['true, false', 'true', 'who is here stands beside the messages from the start, where there is room'],
	numbers: ['true, false', 'false', 'each message has its number before it from the start'],
};

type NumberName = keyof typeof wholeNumbers;
type OtherName = Exclude<keyof BrokerOptions, NumberName>;

/** What an option of a broker is when it is a whole number: its unit, and what it says. */
const numberTexts: Readonly<Record<NumberName, readonly [unit: string, text: string]>> = {
	port: ['', 'where it listens; 0 picks a free one. Not with `server`'],
	flushWindowMs: [
		'ms',
		'how long messages to a room of 100 readers or more may wait for others while there is much; in a smaller room less, in proportion, and where that is less than 1 ms not at all; 0: none',
	],
	presenceMs: ['ms', 'how long presence changes of a room are collected; longer, up to 30 s, in a large room'],
	sessionTtlMs: ['ms', 'how long a user whose connection was lost stays where they were; 0: they leave at once'],
	pingMs: ['ms', 'how often each connection is pinged'],
	pongMs: ['ms', 'how long after a ping the pong may take until the connection is dead'],
	sweepMs: ['ms', 'how often retention is applied'],
};

/** What each other option of a broker may be, its default, and what it says. */
const optionTexts: Readonly<Record<OtherName, readonly [kind: string, usual: string, text: string]>> = {
	engine: [
		'engine',
		'must be given',
		'where messages are kept: `memoryEngine()`, or `openSqliteEngine` of `natter/sqlite`',
	],
	host: ['text', '`127.0.0.1`', 'the address to listen on. Not with `server`'],
	server: ['http.Server', 'one of its own', 'attach to this one, and leave what is not an upgrade at `path` alone'],
	path: ['text', 'any; `/` with `server`', 'where upgrades are taken'],
	tls: ['`{ cert, key }`', 'without', 'PEM: listen with TLS 1.2 or newer. Not with `server`'],
	limits: ['object', 'see [protocol.md](protocol.md#limits)', 'any of the limits, by name'],
	access: [
		"`'open'`, `{ tokens }`",
		"`'open'`",
		'who may connect: whoever shows one of the tokens, 1 to 512 characters each',
	],
	authenticate: ['function', 'by key', 'who a client is, by rules of your own'],
	owners: ['list of texts', 'none', 'fingerprints, `SHA256:...`, of the keys that own the broker'],
	base: ['true, false', 'true', 'let clients of the base protocol in'],
	allowHosts: ['list of texts', 'none; `*` with `server`', 'more names by which the broker may be dialled; `*`: any'],
	allowOrigins: ['list of texts', 'none', 'origins of web pages that may connect'],
	trustProxy: ['0 to 16, true', '0', 'how many proxies of yours stand in front; true is 1'],
	key: ['KeyObject', 'kept in the engine', 'the Ed25519 private key that clients know the broker by'],
	node: ['text', 'random', 'its name in `welcome`, 1 to 128 characters'],
	secret: ['text', 'made from `key`', 'what the tokens of rooms are made of, at least 16 characters'],
	chaos: ['`{ faults, seed }`', 'none', '`reorder`, `drop`, `dup`, `delay`: misbehave on purpose'],
	log: ['function', 'none', 'told `(level, event, fields)` of what an operator may want to know'],
};

const pages: Readonly<Record<string, string>> = {
	'keys.md': helpSections(bindings).map(section).join('\n'),
	'config.md': [
		...['## Fields', '', '| field | | default | |', '|---|---|---|---|'],
		...Object.entries(fieldTexts).map(([name, cells]) => row([code(name), ...cells])),
		...['', '## Styles of themes', '', '| style | |', '|---|---|'],
		...Object.entries(styleTexts).map(([name, text]) => row([code(name), text])),
		'',
	].join('\n'),
	'embedding.md': [
		...['| option | | default | |', '|---|---|---|---|'],
		...optionNames.map((name) => row([code(name), ...(isNumber(name) ? numberCells(name) : optionTexts[name])])),
		'',
	].join('\n'),
};

for (const [name, tables] of Object.entries(pages)) {
	const file = new URL(name, import.meta.url);
	const page = readFileSync(file, 'utf8');
	const written = withTables(page, tables);
	if (!process.argv.includes('--check')) {
		writeFileSync(file, written);
	} else if (written !== page) {
		console.error(`docs/${name} says something else than src; npm run keys writes it anew`);
		process.exitCode = 1;
	}
}

function isNumber(name: keyof BrokerOptions): name is NumberName {
	return name in wholeNumbers;
}

function numberCells(name: NumberName): readonly string[] {
	const { usual, least, most } = wholeNumbers[name];
	const [unit, text] = numberTexts[name];
	return [`${least} to ${most}${unit === '' ? '' : ` ${unit}`}`, String(usual), text];
}

function section({ title, lines }: HelpSection): string {
	const isNamed = lines.some(({ name }) => name !== undefined);
	const head = isNamed ? ['| keys | | name |', '|---|---|---|'] : ['| | |', '|---|---|'];
	const rows = lines.map(({ keys, text, name }) => {
		const cells = [keys.split('  ').map(code).join(' '), text.replace(/\|/gu, '\\|')];
		return row([...cells, ...(isNamed ? [name === undefined ? '' : code(name)] : [])]);
	});
	return [`## ${title}`, '', ...head, ...rows, ''].join('\n');
}

function row(cells: readonly string[]): string {
	return `| ${cells.join(' | ')} |`;
}

function code(text: string): string {
	return `\`${text.replace(/\|/gu, '\\|')}\``;
}
