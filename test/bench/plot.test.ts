import { expect, test } from 'vitest';
import { drawBars, drawLines } from '../../bench/document/plot.ts';

const only = (value: number) => ({ median: value, lowest: value, highest: value });

/** Without its first lines, which are the same in every picture. */
function drawn(svg: string): string[] {
	return svg.trimEnd().split('\n').slice(4);
}

test('lines have ranges, names at their ends that do not touch, and axes that are at least a decade long', () => {
	const svg = drawLines({
		title: 'cost & load',
		x: 'readers',
		y: 'us',
		lines: [
			{
				name: 'natter',
				points: [
					{ x: 1, y: { median: 4, lowest: 2, highest: 5 } },
					{ x: 10, y: only(10) },
				],
			},
			{ name: 'a<b', points: [{ x: 10, y: only(10) }] },
		],
	});
	expect(drawn(svg)).toMatchInlineSnapshot(`
		[
		  "<text class="ink" font-size="15" font-weight="bold" x="16" y="26" text-anchor="start">cost &amp; load</text>",
		  "<path class="faint" d="M70 366L556 366"/>",
		  "<path class="faint" d="M70 238.7L556 238.7"/>",
		  "<path class="faint" d="M70 142.3L556 142.3"/>",
		  "<path class="faint" d="M70 46L556 46"/>",
		  "<text class="ink" x="62" y="370" text-anchor="end">2</text>",
		  "<text class="ink" x="62" y="242.7" text-anchor="end">5</text>",
		  "<text class="ink" x="62" y="146.3" text-anchor="end">10</text>",
		  "<text class="ink" x="62" y="50" text-anchor="end">20</text>",
		  "<text class="ink" x="70" y="384" text-anchor="middle">1</text>",
		  "<text class="ink" x="216.3" y="384" text-anchor="middle">2</text>",
		  "<text class="ink" x="409.7" y="384" text-anchor="middle">5</text>",
		  "<text class="ink" x="556" y="384" text-anchor="middle">10</text>",
		  "<path class="axis" fill="none" d="M70 46V366H556"/>",
		  "<text class="ink" x="313" y="408" text-anchor="middle">readers</text>",
		  "<text class="ink" text-anchor="middle" transform="translate(16 206)rotate(-90)">us</text>",
		  "<path class="c0 line" stroke-width="3" d="M70 269.7L556 142.3"/>",
		  "<path class="c0" stroke-width="1" d="M70 366V238.7M556 142.3V142.3"/>",
		  "<circle class="c0" r="3" transform="translate(70 269.7)"/>",
		  "<circle class="c0" r="3" transform="translate(556 142.3)"/>",
		  "<text class="c0" x="566" y="146.3" text-anchor="start">natter</text>",
		  "<path class="c2 line" stroke-width="1.5" d="M556 142.3"/>",
		  "<path class="c2" stroke-width="1" d="M556 142.3V142.3"/>",
		  "<circle class="c2" r="3" transform="translate(556 142.3)"/>",
		  "<text class="c2" x="566" y="161.3" text-anchor="start">a&lt;b</text>",
		  "</svg>",
		]
	`);
	expect(svg).toContain('<title>cost &amp; load</title>');
});

test('what hardly differs does not fill the height', () => {
	const lines = [
		{
			name: 'natter',
			points: [
				{ x: 1, y: only(21) },
				{ x: 10, y: only(23) },
			],
		},
	];
	const heights = [...drawLines({ title: '', x: '', y: '', lines }).matchAll(/translate\(\d+ ([\d.]+)\)"/gu)];
	const [first, last] = heights.map(([, height]) => Number(height));
	expect(heights).toHaveLength(2);
	expect(Math.abs((first ?? 0) - (last ?? 0))).toBeLessThan(20);
});

test('what was nothing stands at the foot of a logarithmic axis', () => {
	const lines = [
		{
			name: 'natter',
			points: [
				{ x: 1, y: only(0) },
				{ x: 10, y: only(5) },
			],
		},
	];
	expect(drawLines({ title: '', x: '', y: '', lines })).toContain('translate(70 366)');
});

test('bars of a group stand below each other, as long as their medians', () => {
	const svg = drawBars({
		title: 'start',
		x: 'ms',
		groups: [
			{
				name: 'usable',
				bars: [
					{ name: 'natter', value: { median: 50, lowest: 40, highest: 100 } },
					{ name: 'irssi', value: only(20) },
				],
			},
		],
	});
	expect(drawn(svg)).toMatchInlineSnapshot(`
		[
		  "<text class="ink" font-size="15" font-weight="bold" x="16" y="26" text-anchor="start">start</text>",
		  "<text class="ink" x="132" y="66" text-anchor="end">usable</text>",
		  "<rect class="c0" stroke-width="0" fill-opacity="0.75" x="140" y="48" width="180" height="12"/>",
		  "<path class="axis" d="M284 54H500"/>",
		  "<text class="ink" x="506" y="58" text-anchor="start">natter 50</text>",
		  "<rect class="c3" stroke-width="0" fill-opacity="0.75" x="140" y="64" width="72" height="12"/>",
		  "<path class="axis" d="M212 70H212"/>",
		  "<text class="ink" x="218" y="74" text-anchor="start">irssi 20</text>",
		  "<path class="axis" fill="none" d="M140 46V78"/>",
		  "<text class="ink" x="140" y="100" text-anchor="start">ms</text>",
		  "</svg>",
		]
	`);
});
