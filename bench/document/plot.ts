/** Draws what was measured as SVG: the same figures, the same bytes. It can be read on a light page and on a dark one. */
import type { Spread } from '../harness/scenario.ts';

/** Lines over a number that grows, such as the readers of a room. Both axes are logarithmic. */
export interface LinePlot {
	readonly title: string;
	readonly x: string;
	readonly y: string;
	readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

interface Point {
	readonly x: number;
	readonly y: Spread;
}

/** Bars from 0, those of a group below each other. */
export interface BarPlot {
	readonly title: string;
	readonly x: string;
	readonly groups: readonly {
		readonly name: string;
		readonly bars: readonly { readonly name: string; readonly value: Spread }[];
	}[];
}

const width = 720;
const left = 70;
const right = 164;
const top = 46;
const bottom = 56;
const plotHeight = 320;
const barHeight = 16;
const groupGap = 14;
/** What stands behind a bar. */
const barLabel = 220;
/** Who is measured has the same colour in every picture; those with the same one do not meet in any. */
const hues: Readonly<Record<string, number>> = {
	natter: 0,
	'natter, memory': 1,
	'natter, hosting': 1,
	'natter, hosting in memory': 1,
	naive: 2,
	weechat: 2,
	'Socket.IO': 3,
	irssi: 3,
	mosquitto: 4,
	NATS: 5,
	least: 6,
	'bare SQLite': 6,
	'node -e 0': 6,
	cat: 6,
};
/** Of others, in their order. */
const otherHues = [0, 2, 3, 4, 5];
const labelGap = 15;
/** From 1 to 10 by 2 and 5. */
const decadeTicks = 3;

const light = ['#0b5fd0', '#0b5fd0', '#8a5a00', '#b3246b', '#1f7a33', '#6e3fc7', '#656d76'];
const dark = ['#6cb0ff', '#6cb0ff', '#e0a84f', '#f07ab8', '#63c77a', '#b79bff', '#8b949e'];
const colours = (shades: readonly string[]) =>
	shades.map((hue, index) => `.c${index}{stroke:${hue};fill:${hue}}`).join('');

const style = [
	`.page{fill:#fff}.ink{fill:#1f2328}.faint{stroke:#d5d9de}.axis{stroke:#656d76}${colours(light)}`,
	`@media(prefers-color-scheme:dark){.page{fill:#15181d}.ink{fill:#e0e4ea}.faint{stroke:#333941}.axis{stroke:#8b949e}${colours(dark)}}`,
	'text[class]{stroke:none}path.line{fill:none}path.c1.line,path.c6.line{stroke-dasharray:6 4}',
].join('');

export function drawLines({ title, x, y, lines }: LinePlot): string {
	const height = top + plotHeight + bottom;
	const points = lines.flatMap((line) => line.points);
	const across = logarithmic(
		points.map((point) => point.x),
		left,
		width - right,
	);
	const up = logarithmic(
		points.flatMap((point) => [point.y.lowest, point.y.highest]),
		top + plotHeight,
		top,
	);
	const ends = apart(
		lines.flatMap(({ points: own }) => own.slice(-1).map((point) => up.place(point.y.median))),
		top + plotHeight,
	);
	return svg(height, title, [
		...up.ticks.map((tick) => gridLine(left, up.place(tick), width - right, up.place(tick))),
		...up.ticks.map((tick) => text(left - 8, up.place(tick) + 4, short(tick), 'end')),
		...across.ticks.map((tick) => text(across.place(tick), top + plotHeight + 18, short(tick), 'middle')),
		`<path class="axis" fill="none" d="M${left} ${top}V${top + plotHeight}H${width - right}"/>`,
		text((left + width - right) / 2, height - 14, x, 'middle'),
		`<text class="ink" text-anchor="middle" transform="translate(16 ${top + plotHeight / 2})rotate(-90)">${escaped(y)}</text>`,
		...lines.flatMap(({ name, points: own }, index) => {
			const hue = hueOf(name, index);
			const at = own.map((point) => `${round(across.place(point.x))} ${round(up.place(point.y.median))}`);
			const ranges = own.map(
				(point) =>
					`M${round(across.place(point.x))} ${round(up.place(point.y.lowest))}V${round(up.place(point.y.highest))}`,
			);
			const labelled = text(width - right + 10, (ends[index] ?? 0) + 4, name, 'start', `c${hue}`);
			return [
				`<path class="c${hue} line" stroke-width="${hue === 0 ? 3 : 1.5}" d="M${at.join('L')}"/>`,
				`<path class="c${hue}" stroke-width="1" d="${ranges.join('')}"/>`,
				...at.map((place) => `<circle class="c${hue}" r="3" transform="translate(${place})"/>`),
				labelled,
			];
		}),
	]);
}

export function drawBars({ title, x, groups }: BarPlot): string {
	const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
	const highest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value.highest)));
	const start = 2 * left;
	const place = (value: number) => start + (Math.max(0, value) / highest) * (width - start - barLabel);
	const parts: string[] = [];
	let at = top;
	for (const { name: group, bars } of groups) {
		parts.push(text(start - 8, at + (bars.length * barHeight) / 2 + 4, group, 'end'));
		for (const { name, value } of bars) {
			const middle = at + barHeight / 2;
			const [from, to] = [round(place(value.lowest)), round(place(value.highest))];
			parts.push(
				`<rect class="c${hueOf(name, names.indexOf(name))}" stroke-width="0" fill-opacity="0.75" x="${start}" y="${at + 2}" width="${round(place(value.median) - start)}" height="${barHeight - 4}"/>`,
				`<path class="axis" d="M${from} ${middle}H${to}"/>`,
				text(place(value.highest) + 6, middle + 4, `${name} ${short(value.median)}`, 'start'),
			);
			at += barHeight;
		}
		at += groupGap;
	}
	parts.push(`<path class="axis" fill="none" d="M${start} ${top}V${at - groupGap}"/>`, text(start, at + 8, x, 'start'));
	return svg(at + 22, title, parts);
}

function hueOf(name: string, index: number): number {
	return hues[name] ?? otherHues[index % otherHues.length] ?? 0;
}

function svg(height: number, title: string, parts: readonly string[]): string {
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12" role="img">`,
		`<title>${escaped(title)}</title>`,
		`<style>${style}</style>`,
		`<rect class="page" width="${width}" height="${height}" rx="8"/>`,
		`<text class="ink" font-size="15" font-weight="bold" x="16" y="26" text-anchor="start">${escaped(title)}</text>`,
		...parts,
		'</svg>',
		'',
	].join('\n');
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
	return `<path class="faint" d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}"/>`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end', kind = 'ink'): string {
	return `<text class="${kind}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/**
 * From the last of 1, 2, 5, 10, 20... that is below all values to the first above them, and at least a decade: what does
 * not matter shall not look as if it did.
 */
function logarithmic(values: readonly number[], from: number, to: number) {
	const above = values.filter((value) => value > 0);
	const [lowest, highest] = [Math.min(...above), Math.max(...above)];
	const ticks: number[] = [];
	for (let decade = Math.floor(Math.log10(lowest)) - 1; decade <= Math.ceil(Math.log10(highest)) + 1; decade++) {
		ticks.push(...[1, 2, 5].map((times) => times * 10 ** decade));
	}
	let first = ticks.findLastIndex((tick) => tick <= lowest);
	let last = ticks.findIndex((tick) => tick >= highest);
	while (last - first < decadeTicks) {
		last += 1;
		first -= last - first < decadeTicks ? 1 : 0;
	}
	const shown = ticks.slice(first, last + 1);
	const [low, high] = [shown[0] ?? 1, shown.at(-1) ?? 10];
	const place = (value: number) => from + (Math.log(Math.max(value, low) / low) / Math.log(high / low)) * (to - from);
	return { ticks: shown, place };
}

/** Places of labels in the order of `wanted`, moved so that none stands on another and none below `lowest`. */
function apart(wanted: readonly number[], lowest: number): number[] {
	const order = wanted.map((_, index) => index).sort((one, other) => (wanted[one] ?? 0) - (wanted[other] ?? 0));
	const places = [...wanted];
	let free = Number.NEGATIVE_INFINITY;
	for (const index of order) {
		places[index] = Math.max(places[index] ?? 0, free);
		free = (places[index] ?? 0) + labelGap;
	}
	free = lowest;
	for (const index of order.reverse()) {
		places[index] = Math.min(places[index] ?? 0, free);
		free = (places[index] ?? 0) - labelGap;
	}
	return places;
}

function short(value: number): string {
	return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}

function escaped(words: string): string {
	return words.replace(/&/gu, '&amp;').replace(/</gu, '&lt;').replace(/"/gu, '&quot;');
}
