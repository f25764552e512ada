/**
 * Draws the README's pictures from real sessions: a broker, clients and the screen in a pseudo-terminal. Every cell is
 * taken from the terminal as it stands. `npm run pictures` builds natter and runs this.
 */
import { writeFileSync } from 'node:fs';
import type { Client } from '../src/client/client.ts';
import {
	type Cell,
	endProcesses,
	type PtyScreen,
	runNatter,
	startBroker,
	startScreen,
} from '../test/helpers/processes.ts';
import { loseBroker, person, say } from './sessions.ts';

const cellWidth = 8.4;
const cellHeight = 18;
const margin = 12;
const ink = '#d0d0d0';
const paper = '#16181d';

// The first 16 colours of the usual palette; the cube and the greys above are computed.
const palette = [
	'#1c1f24',
	'#e06c75',
	'#98c379',
	'#e5c07b',
	'#61afef',
	'#c678dd',
	'#56b6c2',
	'#d0d0d0',
	'#7f848e',
	'#ff7b86',
	'#b5e890',
	'#ffd58a',
	'#82c4ff',
	'#dd93f3',
	'#74d7e4',
	'#ffffff',
];

try {
	await drawConversation();
	await drawGap();
	await drawResume();
} finally {
	await endProcesses();
}

async function drawConversation(): Promise<void> {
	const broker = await startBroker();
	const sam = startScreen([`${broker.url}#general,deploys`, '--nick', 'sam'], { columns: 100, rows: 26 });
	await sam.shows(/live/u);
	const [maya, jo, li] = ['maya', 'jo', 'li'].map((nick) => person(broker.url, nick, ['general'])) as [
		Client,
		Client,
		Client,
	];
	await sam.shows(/here 4/u);
	const ci = runNatter(['tail', 'general', '--url', broker.url, '--nick', 'ci']);
	await sam.shows(/bots 1/u);
	await maya.publish('general', 'morning! canary is at 5%, error rate **flat**');
	await maya.publish('general', 'dashboards: https://grafana.internal/d/canary');
	const { sequence } = await jo.publish('general', 'one 502 in eu-west, looking');
	await jo.publish('general', '```\nupstream connect error or disconnect/reset before headers\n```');
	sam.type('that is the pod from the old pool, ignore it\r');
	await sam.shows(/ignore it +✓/u);
	await runNatter(['send', 'deploys', 'build 8812 passed', '--url', broker.url, '--nick', 'ci']).ended;
	sam.type('\x0e');
	await sam.shows(/\[2 #deploys\]/u);
	await jo.publish('general', 'confirmed, 502 was the old pool', { replyTo: sequence });
	await maya.publish('general', '@sam can you promote to 25%?');
	await sam.shows(/1 #general 2!/u);
	sam.type('\x10');
	await sam.shows(/\[1 #general\]/u);
	sam.type('promoting now\r');
	await sam.shows(/promoting now +✓/u);
	await runNatter(['send', 'deploys', 'promoted', '--url', broker.url, '--nick', 'ci']).ended;
	await sam.shows(/2 #deploys 1/u);
	li.setPresence('away', 'lunch');
	await sam.shows(/-li/u);
	maya.setTyping('general', true);
	sam.type('rolling out 25% now, watching the p99');
	await sam.shows(/maya is typing[\s\S]*watching the p99/u);
	save('screen', sam);
	ci.kill('SIGINT');
	for (const client of [maya, jo, li]) {
		await client.close();
	}
}

async function drawGap(): Promise<void> {
	const broker = await startBroker(['--chaos', 'drop', '--chaos-seed', '1']);
	const sam = startScreen([broker.url, '--nick', 'sam'], { columns: 100, rows: 14 });
	await sam.shows(/live/u);
	const shown = sam.shows(/waiting for #\d+/u).then(() => save('gap', sam));
	await say(
		broker.url,
		'general',
		'maya',
		Array.from({ length: 12 }, (_, index) => `canary at ${(index + 1) * 5}%`),
	);
	await shown;
}

async function drawResume(): Promise<void> {
	save('resumed', await loseBroker({ columns: 100, rows: 18 }));
}

function save(name: string, screen: PtyScreen): void {
	const rows = screen.cells();
	const columns = rows[0]?.reduce((sum, cell) => sum + cell.width, 0) ?? 0;
	const width = columns * cellWidth + 2 * margin;
	const height = rows.length * cellHeight + 2 * margin;
	const { x, y } = screen.cursor();
	const cursor = `<rect x="${fix(margin + x * cellWidth)}" y="${margin + y * cellHeight}" width="${cellWidth}" height="${cellHeight}" fill="${ink}" opacity="0.7"/>`;
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${fix(width)} ${fix(height)}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="${paper}"/>
${cursor}
${rows.map(drawRow).join('\n')}
</svg>
`;
	const file = new URL(`${name}.svg`, import.meta.url);
	writeFileSync(file, svg);
	console.log(`docs/${name}.svg\n${screen.lines().join('\n')}`);
}

interface Run {
	readonly start: number;
	width: number;
	text: string;
	readonly cell: Cell;
}

function drawRow(cells: readonly Cell[], row: number): string {
	const runs: Run[] = [];
	let column = 0;
	for (const cell of cells) {
		const last = runs.at(-1);
		if (last !== undefined && look(last.cell) === look(cell) && last.start + last.width === column) {
			last.text += cell.text || ' ';
			last.width += cell.width;
		} else {
			runs.push({ start: column, width: cell.width, text: cell.text || ' ', cell });
		}
		column += cell.width;
	}
	return runs.map((run) => drawRun(run, row)).join('');
}

function drawRun({ start, width, text, cell }: Run, row: number): string {
	if (text.trim() === '' && !cell.inverse && !cell.underline) {
		return '';
	}
	const x = fix(margin + start * cellWidth);
	const top = margin + row * cellHeight;
	const colour = colourOf(cell);
	const box = cell.inverse
		? `<rect x="${x}" y="${top}" width="${fix(width * cellWidth)}" height="${cellHeight}" fill="${colour}"/>`
		: '';
	const style = [
		`fill="${cell.inverse ? paper : colour}"`,
		cell.bold ? 'font-weight="bold"' : '',
		cell.italic ? 'font-style="italic"' : '',
		cell.underline ? 'text-decoration="underline"' : '',
		cell.dim ? 'opacity="0.6"' : '',
	].filter((part) => part !== '');
	return `${box}<text x="${x}" y="${top + 13}" textLength="${fix(width * cellWidth)}" xml:space="preserve" ${style.join(' ')}>${escapeXml(text)}</text>`;
}

function look({ bold, dim, italic, underline, inverse, ...cell }: Cell): string {
	return [bold, dim, italic, underline, inverse, colourOf(cell)].join();
}

function colourOf({ colour }: Pick<Cell, 'colour'>): string {
	if (colour === undefined) {
		return ink;
	}
	if ('rgb' in colour) {
		return hex(colour.rgb);
	}
	const index = colour.palette;
	if (index < 16) {
		return palette[index] ?? ink;
	}
	if (index >= 232) {
		return hex((8 + 10 * (index - 232)) * 0x010101);
	}
	const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
	const cube = index - 16;
	return hex((level(Math.floor(cube / 36)) << 16) | (level(Math.floor(cube / 6) % 6) << 8) | level(cube % 6));
}

function hex(rgb: number): string {
	return `#${rgb.toString(16).padStart(6, '0')}`;
}

function escapeXml(text: string): string {
	return text.replace(/&/gu, '&amp;').replace(/</gu, '&lt;').replace(/>/gu, '&gt;');
}

function fix(number: number): string {
	return String(Number(number.toFixed(2)));
}
