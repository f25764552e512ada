/**
 * Writes docs/screens.md: what somebody sees in each state that a screen can be in, from real sessions of brokers and
 * clients. `npm run screens` builds natter and runs this; times and addresses are those of that moment.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import {
	endProcesses,
	type PtyScreen,
	runNatter,
	startBroker,
	startScreen,
	temporaryDirectory,
} from '../test/helpers/processes.ts';
import { loseBroker, say } from './sessions.ts';

interface Picture {
	readonly title: string;
	/** What led to it, and what can be done. */
	readonly text: string;
	readonly lines: readonly string[];
}

const pictures: Picture[] = [];
/** Its name is on the first screen, so it is one that fits there. */
const home = '/tmp/natter-screens';

try {
	await firstRun();
	await noBroker();
	await outage();
	await gapAndLoss();
	await putOut();
	await strangers();
	await small();
} finally {
	await endProcesses();
	rmSync(home, { recursive: true, force: true });
}
writeFileSync(new URL('screens.md', import.meta.url), page());

/** Keeps what is on the screen, without a last row that is empty. */
function keep(title: string, text: string, screen: PtyScreen): void {
	pictures.push({ title, text, lines: screen.lines().map((line) => line.trimEnd()) });
}

function page(): string {
	const parts = pictures.map(
		({ title, text, lines }) => `## ${title}\n\n${text}\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`,
	);
	const head = [
		'# Screens\n',
		'What natter shows in each state that it can be in, taken from real sessions by `npm run screens`. Times, addresses and',
		'keys are those of the moment in which it ran.\n',
	];
	return `${[...head, ...parts].join('\n')}`;
}

async function firstRun(): Promise<void> {
	rmSync(home, { recursive: true, force: true });
	const env = { PORT: String(await freePort()), XDG_DATA_HOME: home, HOME: home };
	const host = startScreen(['--nick', 'ana'], size({ env }));
	await host.shows(/live/u);
	await host.shows(/\+ana/u);
	keep(
		'First run: nobody hosts yet',
		'`npx natter` finds no broker on this computer and hosts one. The first rows say where one is and how others come.',
		host,
	);
	const guest = startScreen(['--nick', 'bob'], size({ env }));
	await guest.shows(/live[\s\S]*You are bob|You are bob[\s\S]*live/u);
	await guest.shows(/\+ana/u);
	keep('First run: joining', 'The same command in a second terminal joins the first.', guest);
	guest.type('hello\r');
	await host.shows(/bob +hello/u);
	host.type('good to see you\r/join lunch\r');
	await host.shows(/2 #lunch\]/u);
	await host.shows(/nothing has been said here/u);
	keep('A second room', '`/join lunch` makes it; a room exists as soon as somebody is in it.', host);
	guest.type('/bogus\r');
	await guest.shows(/no command/u);
	keep('A command that there is not', 'Nothing is sent that looks like a command.', guest);
	guest.type('\x1bOP');
	await guest.shows(/Esc closes|for more/u);
	keep('Help', 'F1 or `/help`: all keys and commands, printed from the tables that make them work.', guest);
	host.type('\x03\x03');
	await host.ended;
	guest.type('\x1b');
	await guest.shows(/offline/u);
	guest.type('\x03\x03');
	await guest.ended;
}

async function noBroker(): Promise<void> {
	const screen = startScreen([`ws://127.0.0.1:${await freePort()}`, '--nick', 'sam'], size());
	await screen.shows(/retry in/u);
	keep(
		'Wrong address',
		'Nobody listens there. natter goes on trying; Enter on an empty line tries at once; `/quit` leaves.',
		screen,
	);
	screen.kill('SIGTERM');
	await screen.ended;
}

async function outage(): Promise<void> {
	const screen = await loseBroker(size(), (away) =>
		keep(
			'The broker is gone',
			'Typing goes on: what is written waits (`~`), on disk, and is sent once, in order, when the broker is back.',
			away,
		),
	);
	keep('Resumed', 'What was missed stands in brackets with its numbers; own lines follow with theirs.', screen);
	screen.kill('SIGTERM');
	await screen.ended;
}

async function gapAndLoss(): Promise<void> {
	const broker = await startBroker(['--allow-host', '127.0.0.1']);
	const lossy = await lossyWay(broker.url, [3]);
	const screen = startScreen([lossy.url, '--nick', 'sam'], size());
	await screen.shows(/live/u);
	await say(broker.url, 'general', 'maya', ['one', 'two', 'three', 'four', 'five']);
	await screen.shows(/waiting for #3/u);
	keep(
		'A gap',
		'#3 has not come: #4 and #5 are here, held back, and shown as buffered in three places. The broker was asked.',
		screen,
	);
	await screen.shows(/never delivered/u, 40_000);
	keep(
		'A loss',
		'The network kept #3 from arriving for 15 seconds. What was held is shown, and the hole has a row for good.',
		screen,
	);
	screen.kill('SIGTERM');
	await screen.ended;
	lossy.close();
}

async function putOut(): Promise<void> {
	const env = { NATTER_CONFIG_DIR: temporaryDirectory() };
	const serving = runNatter(['--serve', '--port', '0', '--store', 'memory'], { env });
	const [, url = ''] = await serving.printed(/listening on (ws:\S+:\d+)/u);
	const owner = startScreen([url, '--nick', 'ana'], size({ env }));
	const person = startScreen([`${url}#general,lunch`, '--nick', 'bob'], size());
	await owner.shows(/\+bob/u);
	await person.shows(/\+ana/u);
	person.type('buy now\r');
	await owner.shows(/bob +buy now/u);
	owner.type('/kick bob enough for today\r');
	await person.shows(/no longer in/u);
	keep('Kicked', 'Who is kicked may come back; what they wrote meanwhile stays in the input.', person);
	person.type('/join general\r');
	await person.shows(/#1 in order/u);
	person.type('sorry\r');
	await owner.shows(/bob +sorry/u);
	owner.type('/ban bob 2h flooding\r');
	await person.shows(/banned/u);
	person.type('but why\r');
	await person.shows(/Not sent/u);
	keep('Banned', 'The room does not take them back until the ban ends.', person);
	for (const screen of [owner, person]) {
		screen.kill('SIGTERM');
		await screen.ended;
	}
}

async function strangers(): Promise<void> {
	const guarded = await startBroker(['--token', 'a-token-that-nobody-guesses']);
	const stranger = startScreen([guarded.url, '--nick', 'eve'], size());
	await stranger.shows(/wants a token/u);
	keep(
		'A token is needed',
		'The line that lets one in has the token in it; whoever hosts shows it with `/invite`.',
		stranger,
	);
	stranger.kill('SIGTERM');
	await stranger.ended;

	const env = { NATTER_CONFIG_DIR: temporaryDirectory() };
	const known = await startBroker(['--data', temporaryDirectory()]);
	const screen = startScreen([known.url, '--nick', 'sam'], size({ env }));
	await screen.shows(/live/u);
	screen.type('/quit\r');
	await screen.ended;
	known.kill('SIGTERM');
	await known.ended;
	await startBroker(['--data', temporaryDirectory(), '--port', String(known.port)]);
	const again = startScreen([known.url, '--nick', 'sam'], size({ env }));
	await again.ended;
	const lines = again.lines().map((line) => line.trimEnd());
	const text =
		'Another broker answers in the place of one that is known. natter tells it nothing and ends, with exit code 1.';
	pictures.push({
		title: "The broker's key has changed",
		text,
		lines: lines.slice(0, lines.findLastIndex(Boolean) + 1),
	});
}

async function small(): Promise<void> {
	const broker = await startBroker();
	const screen = startScreen([broker.url, '--nick', 'sam'], { columns: 36, rows: 8 });
	await screen.shows(/#general/u);
	screen.type('hello\r');
	await screen.shows(/hello +✓/u);
	keep('A small terminal', 'Under 40 columns or 8 rows: tabs, messages and input.', screen);
	screen.resize(18, 4);
	await screen.shows(/needs 20x5/u);
	keep('A terminal that is too small', 'It says so and comes back with the room.', screen);
	screen.kill('SIGTERM');
	await screen.ended;
}

function size(more: { readonly env?: Record<string, string> } = {}) {
	return { columns: 80, rows: 24, ...more };
}

/** A way to a broker on which messages with these numbers get lost, however often they are asked for. */
async function lossyWay(target: string, lost: readonly number[]): Promise<{ readonly url: string; close(): void }> {
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: ([first]) => first ?? false });
	await new Promise((listening) => server.once('listening', listening));
	server.on('connection', (near, { headers }) => {
		const far = new WebSocket(target, near.protocol === '' ? [] : [near.protocol], {
			headers: { host: headers.host ?? '' },
		});
		const early: string[] = [];
		near.on('message', (data) => (far.readyState === far.OPEN ? far.send(String(data)) : early.push(String(data))));
		far.on('open', () => {
			for (const text of early) {
				far.send(text);
			}
		});
		far.on('message', (data) => {
			const text = String(data);
			const frame = JSON.parse(text) as { type: string; sequence?: number; messages?: { sequence: number }[] };
			const isLost = lost.includes(frame.sequence ?? 0) && frame.type === 'message';
			if (!(isLost || (frame.messages ?? []).some(({ sequence }) => lost.includes(sequence)))) {
				near.send(text);
			}
		});
		near.on('close', () => far.terminate());
		far.on('close', () => near.terminate());
	});
	const { port } = server.address() as { port: number };
	return {
		url: `ws://127.0.0.1:${port}`,
		close: () => {
			for (const near of server.clients) {
				near.terminate();
			}
			server.close();
		},
	};
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const address = server.address();
	await new Promise((done) => server.close(done));
	return typeof address === 'object' && address !== null ? address.port : 0;
}
