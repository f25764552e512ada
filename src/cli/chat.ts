/**
 * `natter`: the full-screen chat. Without an address it joins the broker on this computer, and hosts it in this process
 * when nothing listens there.
 */
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import { parseAddress } from '../client/address.ts';
import { connect } from '../client/connect.ts';
import { type DiskStore, openDiskStore } from '../client/disk-store.ts';
import { defaultPort } from '../protocol/limits.ts';
import { clean, cleanLine, drawable } from '../protocol/text.ts';
import type { Hosting } from '../tui/model.ts';
import { roomTitle } from '../tui/reports.ts';
import { dialToken, withToken } from './access-token.ts';
import { loopback } from './entrance-settings.ts';
import { Failure } from './failure.ts';
import type { Host } from './host.ts';
import { distrustText, fingerprintOfKey, openIdentity } from './identity.ts';
import { IgnoredFile } from './ignored-file.ts';
import { stayLean } from './lean.ts';
import { Notices } from './notices.ts';
import { SentLinesFile } from './sent-lines-file.ts';
import type { BrokerSettings, Settings } from './settings.ts';
import { TabsFile } from './tabs-file.ts';

/** Runs until the person quits, and resolves to the exit code. */
export async function chat(settings: Extract<Settings, { command: 'chat' }>): Promise<number> {
	const { plain } = settings;
	if (plain === undefined && !(process.stdin.isTTY && process.stdout.isTTY)) {
		throw new Failure('The chat needs a terminal; natter --plain, natter send and natter tail work in pipes', 2);
	}
	const notices = new Notices();
	if (settings.nickReason !== undefined) {
		notices.tell(`You are called ${settings.nick}, ${settings.nickReason}`, 'info');
	}
	if (plain !== undefined && plain !== 'asked') {
		notices.tell(plainReasons[plain], 'info');
	}
	const identity = openIdentity(settings.config);
	const host =
		settings.url === undefined
			? await hostUnlessThere(settings.broker, fingerprintOfKey(identity.key), notices)
			: undefined;
	// A broker in this process is not to be slowed down.
	if (host === undefined) {
		stayLean();
	}
	const url = settings.url ?? host?.url ?? addressOf(settings.broker);
	// Nobody need be asked about the broker of this very process, whoever had the port before.
	const { authority } = parseAddress(url);
	if (host !== undefined && identity.knownBrokers.expect(authority, host.key)) {
		notices.tell(`The broker at ${authority} is another one than before: this one is yours`);
	}
	const run = plain === undefined ? (await import('../tui/main.ts')).runScreen : (await import('./plain.ts')).runPlain;
	const store = openDiskStore({
		directory: settings.state,
		broker: parseAddress(url).broker,
		nick: settings.nick,
		onNotice: (text, level) => notices.tell(text, level),
	});
	const token = host === undefined ? settings.token && dialToken(settings.token) : host.token;
	const dialled = withToken(url, token);
	const owner = {
		broker: parseAddress(url).broker,
		nick: settings.nick,
		onTrouble: (text: string) => notices.tell(text),
	};
	const tabs = new TabsFile({ path: join(settings.state, 'tabs.json'), ...owner });
	const sentLines = settings.preferences.history
		? new SentLinesFile({ path: join(settings.state, 'sent-lines.json'), ...owner })
		: undefined;
	const isRoomKnown = dialled.includes('#') || (tabs.found?.list.length ?? 0) > 0;
	const client = connect(isRoomKnown ? dialled : `${dialled}#general`, {
		nick: settings.nick,
		store,
		causal: settings.causal,
		...identity,
	});
	const distrust = new AbortController();
	client.on('status', (status) => {
		const text = distrustText(status, client.url);
		if (text !== undefined) {
			distrust.abort(new Failure(text, 1));
		}
	});
	if (host !== undefined && host.joinAddresses.length > 0 && host.token === undefined) {
		notices.tell('Nobody needs a token here (--open): whoever reaches this computer can join and read');
	}
	try {
		const exitCode = await run({
			client,
			...(host !== undefined && { host: describe(host) }),
			invitation: invitationOf(host, dialled),
			kept: store,
			ignored: new IgnoredFile(join(settings.config, 'ignored.json'), (text) => notices.tell(text)),
			tabs,
			...(sentLines !== undefined && { sentLines }),
			preferences: settings.preferences,
			notices,
			end: distrust.signal,
		});
		distrust.signal.throwIfAborted();
		return exitCode;
	} finally {
		tabs.close();
		sentLines?.close();
		await client.close();
		await host?.close();
		sayFarewell(store, client.url, notices, process.stdout.isTTY ? process.stdout : process.stderr);
	}
}

/** Why lines are printed that nobody asked for in so many words. */
const plainReasons = {
	dumb: 'TERM is dumb, so natter prints lines; --no-plain draws the full screen',
	reader: 'INK_SCREEN_READER is set, so natter prints lines; --no-plain draws the full screen',
} as const;

/** Says what becomes of lines that were not sent; nothing when there are none. */
function sayFarewell(store: DiskStore, url: string, notices: Notices, to: NodeJS.WritableStream): void {
	for (const text of notices.rest()) {
		process.stderr.write(`natter: ${text}\n`);
	}
	to.write([...keptTexts(store.kept, url), ...lostTexts(store.unkept)].join(''));
}

/** A line is sent again only under the name under which it was said: one text for each name. */
function keptTexts(kept: DiskStore['kept'], url: string): readonly string[] {
	return Array.from(
		Map.groupBy(kept, ({ nick }) => nick),
		([nick, { length }]) => {
			const lines =
				length === 1 ? '1 unsent line is kept on disk; it is' : `${length} unsent lines are kept on disk; they are`;
			return `${lines} sent when you next start natter as ${cleanLine(nick)} at ${cleanLine(url)}\n`;
		},
	);
}

/** In full, so that they can be copied. */
function lostTexts(lost: DiskStore['unkept']): readonly string[] {
	if (lost.length === 0) {
		return [];
	}
	const [lines, were] = lost.length === 1 ? ['line', 'was'] : ['lines', 'were'];
	return [
		`${lost.length} unsent ${lines} could not be kept on disk, and ${were} not sent:\n`,
		...lost.map(({ room, content }) => `${roomTitle(room)}: ${drawable(clean(content))}\n`),
	];
}

async function hostUnlessThere(settings: BrokerSettings, owner: string, notices: Notices): Promise<Host | undefined> {
	if (await someoneListens(settings)) {
		if (settings.isShared) {
			throw new Failure(`Port ${settings.port} is in use, so nothing is shared; --port N chooses another`, 2);
		}
		return undefined;
	}
	const { DataTaken, hostBroker, PortTaken } = await import('./host.ts');
	try {
		return await hostBroker(settings, {
			owner,
			log: (_level, event, fields) => {
				if (event === 'store') {
					notices.tell(String(fields['text']));
				}
			},
		});
	} catch (error) {
		// Another natter was quicker: then there is a broker to join, which is all that is wanted.
		const mayJoin = !settings.isShared;
		if (mayJoin && (error instanceof PortTaken || (error instanceof DataTaken && (await soonListens(settings))))) {
			return undefined;
		}
		throw error;
	}
}

/** Who has the data and is only about to listen does so within moments. */
async function soonListens(settings: BrokerSettings): Promise<boolean> {
	for (let tries = 0; tries < mostTries; tries++) {
		if (await someoneListens(settings)) {
			return true;
		}
		await new Promise((again) => setTimeout(again, tryMs));
	}
	return false;
}

const mostTries = 60;
const tryMs = 50;

function someoneListens({ host, port }: BrokerSettings): Promise<boolean> {
	if (port === 0) {
		return Promise.resolve(false);
	}
	return new Promise((answer) => {
		const socket = dial({ host: reachable(host), port });
		socket.setTimeout(1000, () => socket.destroy(new Error('timeout')));
		socket.once('connect', () => {
			socket.destroy();
			answer(true);
		});
		socket.once('error', () => answer(false));
	});
}

function describe(host: Host): Hosting {
	// Within a clone there is no package to run, but the script that started this.
	const command = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'npx natter';
	const port = host.port === defaultPort ? '' : ` --port ${host.port}`;
	return {
		url: host.url,
		joinLine: `NATTER_CONFIG_DIR=~/.natter-NAME ${command}${port} --nick NAME`,
		shareLine: 'quit and start with --share; then whoever has the line that it shows can join',
		keptIn: host.keptIn,
		fingerprint: host.fingerprint,
	};
}

/** Where others join, each with its token: the addresses of this computer, or the one that was dialled from here. */
function invitationOf(host: Host | undefined, dialled: string): readonly string[] {
	if (host !== undefined) {
		return host.joinAddresses.map((address) => withToken(address, host.token));
	}
	const [, scheme = '', authority = '', rest = ''] = /^(\w+:\/\/)(?:[^/@]*@)?([^/?#]*)([^#]*)/u.exec(dialled) ?? [];
	// Who is let in by a name and a password of their own does not pass them on.
	return [`${scheme}${authority}${rest}`];
}

/** Where the broker on this computer is dialled. */
function addressOf({ host, port }: BrokerSettings): string {
	const name = reachable(host);
	return `ws://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** An address under which a broker that listens on `host` is reached from this computer; `::` takes IPv4 as well. */
function reachable(host: string): string {
	return host === '0.0.0.0' || host === '::' ? loopback : host;
}
