import { expect, test } from 'vitest';
import { draw, fillPage, readReport } from '../../bench/document/page.ts';

const cost = { median: 3, lowest: 2, highest: 4.5 };
const nothing = { median: Number.NaN, lowest: Number.NaN, highest: Number.NaN };
const report = readReport(
	JSON.stringify({
		machine: { cores: 2, memoryGiB: 24, system: 'Linux 6.1', node: '24.1.0' },
		rounds: 5,
		scenarios: [
			{
				name: 'readers',
				findings: {
					tables: [
						{
							title: 'cost, us',
							head: ['', '1', '1,000 readers', 'all'],
							rows: [
								['natter', cost, cost, '-'],
								['b', nothing, cost, cost],
							],
						},
					],
					missed: [],
					wrong: [],
				},
			},
		],
	}),
);

test('a table stands between the markers of its title, and what was not measured stays', () => {
	const other = '<!-- table: other -->\nold\n<!-- /table -->';
	const { page, kept } = fillPage(
		`# P\n<!-- machine -->\n<!-- /machine -->\n<!-- table: cost, us -->\nold\n<!-- /table -->\n${other}\nend`,
		report,
	);
	expect(page).toBe(
		[
			'# P',
			'<!-- machine -->',
			'2 cores, 24 GiB of memory, Linux 6.1, Node 24.1.0.',
			'<!-- /machine -->',
			'<!-- table: cost, us -->',
			'**cost, us** (`npm run bench -- readers`, rounds: 5)',
			'',
			'|  | 1 | 1,000 readers | all |',
			'|---|--:|--:|--:|',
			'| natter | 3.00 (2.00-4.50) | 3.00 (2.00-4.50) | - |',
			'| b | - | 3.00 (2.00-4.50) | 3.00 (2.00-4.50) |',
			'<!-- /table -->',
			other,
			'end',
		].join('\n'),
	);
	expect(kept).toEqual(['other']);
	expect(fillPage(page, report).page).toBe(page);
});

test('a picture has the columns that are numbers, and is not drawn without its table', () => {
	const picture = { title: 'cost', x: 'readers', y: 'us', table: 'cost, us' };
	const circles = (svg: string | undefined, line: number) =>
		[...(svg ?? '').matchAll(new RegExp(`circle class="c${line}"`, 'gu'))].length;
	const svg = draw(picture, report);
	expect([circles(svg, 0), circles(svg, 1)]).toEqual([2, 1]);
	const chosen = draw({ ...picture, columns: { all: 7 } }, report);
	expect([circles(chosen, 0), circles(chosen, 1)]).toEqual([1, 0]);
	expect(draw({ ...picture, table: 'other' }, report)).toBeUndefined();
});

test('bars are drawn of the columns that are named', () => {
	const svg = draw({ title: 'cost', x: 'us', table: 'cost, us', bars: ['1', 'all'] }, report);
	expect([...(svg ?? '').matchAll(/<rect class="c\d/gu)]).toHaveLength(2);
	expect(svg).toContain('>natter 3</text>');
	expect(svg).toContain('>b 3</text>');
});
