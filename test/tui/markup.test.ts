import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth, clean, drawable, graphemes } from '../../src/protocol/text.ts';
import { linksIn } from '../../src/tui/text/links.ts';
import { blocksOf, piecesOf } from '../../src/tui/text/markup.ts';
import { mentionsOf } from '../../src/tui/text/mentions.ts';
import { countedText } from '../helpers/counted-text.ts';
import { hostileString } from '../helpers/hostile-strings.ts';

/** The text as it is drawn, each piece that is not plain in brackets under its style. */
function drawn(text: string): string {
	return piecesOf(text)
		.map(({ start, end, style }) =>
			style === 'plain' ? text.slice(start, end) : `${style}[${text.slice(start, end)}]`,
		)
		.join('');
}

const marks = fc.constantFrom('*', '**', '***', '_', '__', '~~', '`', '``', '```', '\n', '\n```\n', ' ', '.', '(', ')');
const words = fc.constantFrom(
	'a',
	'word',
	'snake_case',
	'重点',
	'👍🏽',
	'e\u0301',
	'https://a.example/b_c',
	'2*3',
	'1',
);
const anyText = fc
	.oneof(
		fc.array(fc.oneof(marks, words), { maxLength: 30 }).map((parts) => parts.join('')),
		fc.array(fc.oneof(marks, hostileString), { maxLength: 8 }).map((parts) => parts.join('')),
	)
	.map((text) => drawable(clean(text)));

describe('marks around words', () => {
	it.each([
		['**bold** and *italic* and _italic_', 'bold[bold] and italic[italic] and italic[italic]'],
		['***both***, ~~gone~~!', 'bold-italic[both], struck[gone]!'],
		['**a *b* c**', 'bold[a ]bold-italic[b]bold[ c]'],
		['*a **b** c*', 'italic[a ]bold-italic[b]italic[ c]'],
		['~~a **b** c~~', 'struck[a **b** c]'],
		['**a ~~b~~ c**', 'bold[a ]struck[b]bold[ c]'],
		['(*waves*) "_x_"', '(italic[waves]) "italic[x]"'],
		['use `npm *run* x`, ok', 'use code[`npm *run* x`], ok'],
		['``a`b`` `c', 'code[``a`b``] `c'],
		['**`ls`**', 'bold[]code[`ls`]'.replace('bold[]', '')],
		['这是**重点**内容', '这是bold[重点]内容'],
		['*日本*、', 'italic[日本]、'],
		['👍 *👍🏽* **❤️**', '👍 italic[👍🏽] bold[❤️]'],
		['**https://a.example/b**', 'link[https://a.example/b]'],
		['see *https://a.example/b_c_d* ok', 'see link[https://a.example/b_c_d] ok'],
		['**one\ntwo** *three*', '**one\ntwo** italic[three]'],
	])('%s is drawn as %s', (text, shown) => {
		expect(drawn(text)).toBe(shown);
	});

	it.each([
		...[
			'snake_case_words',
			'__init__',
			'_a_b',
			'a_b_',
			'2*3*4',
			'2 * 3 * 4',
			'2**3**4',
			'*',
			'**',
			'****',
			'* one\n* two',
		],
		...['*.ts *.js', '**/*.ts and **/*.js', 'src/**/x', '*their', 'f(*args, **kwargs)', '(*a)*(*b)', 'char *p, *q;'],
		...[
			'/* a */ /** b */',
			'/*a*/',
			'*/5 * * * *',
			'.*foo.*',
			'^*a*$',
			'\\*a\\*',
			'¯\\_(ツ)_/¯',
			'^_^ *_* (*_*) (*^_^*)',
			'~/a ~/b',
		],
		...['~~', 'a~~b~~c', '~one~', '` `', '``', '`a', "it's 5 * 4 and 3 *2*1", '重_点_内', '*️⃣ and *️⃣', '* a*', '*a *'],
		...['**a *b**c', '**_x_**', ':thumbs_up: :a_b:', 'C:\\_x_\\y', 'a*b* c'],
	])('%s stays as it was typed', (text) => {
		expect(drawn(text)).toBe(text);
	});

	it('never lose, move or double anything, and part no grapheme', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				const pieces = piecesOf(text);
				let at = 0;
				for (const { start, end } of pieces) {
					expect(text.slice(at, start)).toMatch(/^(?:\*{1,3}|_|~~)*$/u);
					expect(start).toBeLessThanOrEqual(end);
					at = end;
				}
				expect(text.slice(at)).toMatch(/^(?:\*{1,3}|_|~~)*$/u);
				const shown = pieces.map(({ start, end }) => text.slice(start, end));
				expect(shown.flatMap(graphemes).join('\n')).toBe(graphemes(shown.join('')).join('\n'));
				expect(graphemes(text)).toEqual(expect.arrayContaining(shown.flatMap(graphemes)));
				expect(shown.reduce((sum, one) => sum + cellWidth(one), 0)).toBe(cellWidth(shown.join('')));
			}),
			{ numRuns: 1000 },
		);
	});

	it('take away as many marks at the one end of words as at the other', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				const counts = new Map<string, number>();
				let at = 0;
				for (const { start, end } of piecesOf(text)) {
					const hidden = text.slice(at, start);
					counts.set(hidden, (counts.get(hidden) ?? 0) + 1);
					at = end;
				}
				const all = [...counts].map(([hidden, count]) => hidden.repeat(count)).join('') + text.slice(at);
				for (const mark of ['*', '_', '~']) {
					expect(all.split(mark).length % 2).toBe(1);
				}
			}),
		);
	});

	it.each([
		...[
			'*',
			'_',
			'~',
			'`',
			'*a',
			'*a ',
			'**a* ',
			'`a``',
			' *a* **b',
			'~~a ~~b',
			'```\n',
			'```a b\n',
			'(*',
			'http://',
			'_*a',
		],
		...['https://a.b/(', 'https://a.b/*', '*https://a.b/', '`https://a.b ', '字*', '👍*', '```x', '````\n```\n'],
	])('of hostile text made of %j cost as many looks at each character, however long it is', (part) => {
		const looksFor = (letters: number) => {
			const whole = part.repeat(Math.ceil(letters / part.length));
			const blocks = countedText(whole);
			const parts = blocksOf(blocks.text).map(({ start, end }) => countedText(whole.slice(start, end)));
			expect(parts.flatMap(({ text }) => piecesOf(text)).length).toBeGreaterThan(0);
			return [blocks, ...parts].reduce((sum, { looks }) => sum + looks(), 0);
		};
		expect(looksFor(65_536)).toBeLessThan(8.5 * looksFor(8192));
	});
});

describe('code between fences', () => {
	const blocks = (text: string) => blocksOf(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]);

	it.each([
		[
			'a\n```\ncode\n  more\n```\nb',
			[
				['text', 'a'],
				['code', 'code\n  more'],
				['text', 'b'],
			],
		],
		['```ts\nlet a;\n```', [['code', 'let a;']]],
		['```git push```', [['code', 'git push']]],
		['```a b\nc```', [['code', 'a b\nc']]],
		['```\n```', [['code', '']]],
		['```\n\n  x\n\n```', [['code', '\n  x\n']]],
		['````\n```\nx\n```\n````', [['code', '```\nx\n```']]],
		[
			'```\na\n```\n```\nb\n```',
			[
				['code', 'a'],
				['code', 'b'],
			],
		],
		[
			'```\na\n  ```  \nb',
			[
				['code', 'a'],
				['text', 'b'],
			],
		],
		['```ts\nlet a;', [['text', '```ts\nlet a;']]],
		['```', [['text', '```']]],
		['a ```\nb\n```', [['text', 'a ```\nb\n```']]],
		['no fence', [['text', 'no fence']]],
	])('%j', (text, expected) => {
		expect(blocks(text)).toEqual(expected);
	});

	it('comes in order, and what is in no block is a fence', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				let at = 0;
				for (const { start, end } of blocksOf(text)) {
					expect(text.slice(at, start)).toMatch(/^(?:[\s`]|`{3,} *[\w+#.-]* *\n)*$/u);
					expect(start).toBeLessThanOrEqual(end);
					at = end;
				}
				expect(text.slice(at)).toMatch(/^[\s`]*$/u);
			}),
			{ numRuns: 500 },
		);
	});
});

describe('addresses', () => {
	const links = (text: string) => linksIn(text).map(({ start, end, target }) => [text.slice(start, end), target]);

	it.each([
		['see https://a.example/b, ok', 'https://a.example/b'],
		['(https://a.example/b_(c))', 'https://a.example/b_(c)'],
		['"https://a.example/?q=1&x[]=2".', 'https://a.example/?q=1&x[]=2'],
		['https://a.example/b...', 'https://a.example/b'],
		['**https://a.example/b**', 'https://a.example/b'],
		['https://a.example/b_', 'https://a.example/b_'],
		['<http://localhost:8080/x#y>', 'http://localhost:8080/x#y'],
		['https://[::1]:80/x', 'https://[::1]:80/x'],
		['HTTPS://A.EXAMPLE/B', 'HTTPS://A.EXAMPLE/B'],
		['build https://ci.internal/8812', 'https://ci.internal/8812'],
	])('in %s are found without what is around them', (text, address) => {
		expect(links(text)).toEqual([[address, address]]);
	});

	it('open as printable ASCII', () => {
		expect(links('https://a.example/字 https://a.example/a"b')).toEqual([
			['https://a.example/字', 'https://a.example/%E5%AD%97'],
			['https://a.example/a', 'https://a.example/a'],
		]);
		fc.assert(
			fc.property(fc.oneof(hostileString, fc.webUrl()), fc.webUrl(), (text, url) => {
				for (const { target } of linksIn(drawable(clean(`${url}${text} ${url}/${text} http://${text}`)))) {
					expect(target ?? 'http://').toMatch(/^https?:\/\/[\x21-\x7e]*$/iu);
				}
			}),
			{ numRuns: 1000 },
		);
	});

	it('whose host may not be what it looks like do not open', () => {
		const doubtful = ['http://аpple.example/', 'https://bank.example@evil.example/', 'http://u:p@evil.example/x'];
		expect(doubtful.map(links)).toEqual(doubtful.map((text) => [[text, undefined]]));
		expect(links(`https://a.example/${'a'.repeat(3000)}`)[0]?.[1]).toBeUndefined();
	});

	it.each([
		'ftp://a.example',
		'mailto:a@b.example',
		'//a.example/b',
		'a.example',
		'xhttp://',
		'http://',
		'javascript:alert(1)',
	])('%s is none', (text) => {
		expect(links(text)).toEqual([]);
	});
});

describe('mentions', () => {
	const named = (text: string, nick = 'sam', words: readonly string[] = []) =>
		mentionsOf(nick, words)(text).map(({ start, end }) => text.slice(start, end));

	it('are whole words, whatever their case, with the @ before them', () => {
		expect(named('Sam, @sam: SAM! (sam) sam-x')).toEqual(['Sam', '@sam', 'SAM', 'sam', 'sam']);
		expect(named('same sam1 flotsam sam_ ésam sam\u0301 samы')).toEqual([]);
		expect(named('Жанна и ЖАННА', 'жанна')).toEqual(['Жанна', 'ЖАННА']);
		expect(named('@jo(x)? jo.x', 'jo.x')).toEqual(['jo.x']);
	});

	it('are words of my choice too, the longest that stands there', () => {
		expect(named('Deploy C++ and deployment', 'sam', ['deploy', 'c++', 'c', ' '])).toEqual(['Deploy', 'C++']);
		expect(named('anything', '', [])).toEqual([]);
	});
});
