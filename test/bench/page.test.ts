import { expect, test } from 'vitest';
import { fillPage, type Picture, readReport } from '../../bench/document/page.ts';

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
							title: 'cost, µs',
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
	const other = '<!-- table: other -->\nold\n<!-- / -->';
	const { page, kept } = fillPage(
		`# P\n<!-- machine -->\n<!-- / -->\n<!-- table: cost, µs -->\nold\n<!-- / -->\n${other}\nend`,
		report,
		{},
	);
	expect(page).toBe(
		[
			'# P',
			'<!-- machine -->',
			'2 cores, 24 GiB of memory, Linux 6.1, Node 24.1.0.',
			'<!-- / -->',
			'<!-- table: cost, µs -->',
			'**cost, µs** (`npm run bench -- readers`, rounds: 5)',
			'',
			'|  | 1 | 1,000 readers | all |',
			'|---|--:|--:|--:|',
			'| natter | 3.00 (2.00-4.50) | 3.00 (2.00-4.50) | - |',
			'| b | - | 3.00 (2.00-4.50) | 3.00 (2.00-4.50) |',
			'<!-- / -->',
			other,
			'end',
		].join('\n'),
	);
	expect(kept).toEqual(['other']);
	expect(fillPage(page, report, {}).page).toBe(page);
});

function draw(picture: Picture): string | undefined {
	return fillPage('<!-- picture: a.svg -->\n<!-- / -->', report, { 'a.svg': picture }).svgs.get('a.svg');
}

test('a picture stands where its file is named, when its table was measured', () => {
	const page = '<!-- picture: a.svg -->\nold\n<!-- / -->\n<!-- picture: b.svg -->\nold\n<!-- / -->';
	const picture = { title: 'cost of it', x: 'readers', y: 'us' };
	const filled = fillPage(page, report, {
		'a.svg': { ...picture, table: 'cost, µs' },
		'b.svg': { ...picture, table: 'other' },
	});
	expect(filled.page).toBe(
		'<!-- picture: a.svg -->\n![cost of it](a.svg)\n<!-- / -->\n<!-- picture: b.svg -->\nold\n<!-- / -->',
	);
	expect([...filled.svgs.keys()]).toEqual(['a.svg']);
	expect(filled.kept).toEqual(['b.svg']);
});

test('a picture has the columns that are numbers', () => {
	const picture = { title: 'cost', x: 'readers', y: 'us', table: 'cost, µs' };
	const circles = (svg: string | undefined, line: number) =>
		[...(svg ?? '').matchAll(new RegExp(`circle class="c${line}"`, 'gu'))].length;
	const svg = draw(picture);
	expect([circles(svg, 0), circles(svg, 2)]).toEqual([2, 1]);
	const chosen = draw({ ...picture, columns: { all: 7 } });
	expect([circles(chosen, 0), circles(chosen, 2)]).toEqual([1, 0]);
});

test('bars are drawn of the columns that are named', () => {
	const svg = draw({ title: 'cost', x: 'us', table: 'cost, µs', bars: ['1', 'all'] });
	expect([...(svg ?? '').matchAll(/<rect class="c\d/gu)]).toHaveLength(2);
	expect(svg).toContain('>natter 3</text>');
	expect(svg).toContain('>b 3</text>');
});
