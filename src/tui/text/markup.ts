/**
 * The marks that people put around words to say how they are meant: `**bold**`, `*italic*`, `_italic_`, `~~struck~~`,
 * `` `code` ``, and code between lines of three backticks. It answers with places in the text, so that nothing is copied
 * and no place is lost.
 *
 * It is our own because Markdown is not what people type here: every parser of it takes `2*3*4`, `__init__`, `# done` and
 * a line that begins with four blanks for markup. Here a mark counts only where nobody would type it for itself: on one
 * line, with its like, around words, and with nothing but blanks, brackets or a full stop outside. All others stay.
 */
import { graphemes, isSettled } from '../../protocol/graphemes.ts';
import { type Link, linksIn } from './links.ts';
import type { Stretch } from './wrap.ts';

/** Some lines of a text. `code`: between fences, which are no part of it, and nothing in it is markup. */
export interface Block extends Stretch {
	readonly kind: 'text' | 'code';
}

/** Some text in one look, without the marks that say so. */
export interface Piece extends Stretch {
	readonly style: 'plain' | 'bold' | 'italic' | 'bold-italic' | 'struck' | 'code' | 'link';
	/** What opens when it is clicked on. */
	readonly target?: string;
}

/** The blocks of a text, in their order. A fence that nothing closes is text. */
export function blocksOf(text: string): readonly Block[] {
	if (!text.includes(fence)) {
		return [{ kind: 'text', start: 0, end: text.length }];
	}
	const lines = linesOf(text);
	const blocks: Block[] = [];
	let textFrom = 0;
	// No line from here on ends with so many backticks: looking again each time would take long.
	let missing = Number.POSITIVE_INFINITY;
	const flush = (to: number) => {
		const [first, last] = [lines[textFrom], lines[to - 1]];
		if (textFrom < to && first !== undefined && last !== undefined) {
			blocks.push({ kind: 'text', start: first.start, end: last.end });
		}
	};
	for (let index = 0; index < lines.length; index++) {
		const line = lines[index];
		const ticks = line === undefined ? 0 : ticksFrom(text, line.start);
		if (line === undefined || ticks < fence.length || ticks >= missing) {
			continue;
		}
		const close = closingOf(text, lines, index, ticks);
		if (close === undefined) {
			missing = ticks;
			continue;
		}
		flush(index);
		blocks.push({ kind: 'code', start: close.start, end: close.end });
		index = close.line;
		textFrom = index + 1;
	}
	flush(lines.length);
	return blocks;
}

const fence = '```';

/** What is after the fence's opening is the name of a language, and no code. */
const language = /^ *[\w+#.-]* *$/u;

/** Where the code lies between the fence that this line opens and the one that closes it, and on which line that is. */
function closingOf(
	text: string,
	lines: readonly Stretch[],
	opening: number,
	ticks: number,
): (Stretch & { readonly line: number }) | undefined {
	const first = lines[opening];
	if (first === undefined) {
		return undefined;
	}
	const isNamed = language.test(text.slice(first.start + ticks, first.end));
	const start = isNamed ? Math.min(first.end + 1, text.length) : first.start + ticks;
	for (let index = isNamed ? opening + 1 : opening; index < lines.length; index++) {
		const line = lines[index];
		if (line === undefined) {
			break;
		}
		const from = Math.max(line.start, start);
		const to = from + text.slice(from, line.end).trimEnd().length;
		const end = to - ticksBefore(text, from, to);
		if (to - end >= ticks) {
			const isAlone = index > opening && text.slice(from, end).trim() === '';
			return { start, end: isAlone ? Math.max(start, line.start - 1) : end, line: index };
		}
	}
	return undefined;
}

function linesOf(text: string): readonly Stretch[] {
	const lines: Stretch[] = [];
	let start = 0;
	for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
		lines.push({ start, end });
		start = end + 1;
	}
	lines.push({ start, end: text.length });
	return lines;
}

function ticksFrom(text: string, start: number): number {
	let end = start;
	while (text[end] === '`') {
		end++;
	}
	return end - start;
}

function ticksBefore(text: string, from: number, end: number): number {
	let start = end;
	while (start > from && text[start - 1] === '`') {
		start--;
	}
	return end - start;
}

/** The pieces of a text, in their order: all of it but the marks. Code keeps its backticks, which say so without colour. */
export function piecesOf(text: string): readonly Piece[] {
	if (!marked.test(text)) {
		return [{ start: 0, end: text.length, style: 'plain' }];
	}
	const isWhole = wholes(text);
	const links = linksIn(text).filter(({ start, end }) => isWhole(start) && isWhole(end));
	const atoms: Atom[] = [];
	const pairs: Pair[] = [];
	let next = 0;
	for (const line of linesOf(text)) {
		const first = next;
		while ((links[next]?.start ?? Number.POSITIVE_INFINITY) < line.end) {
			next++;
		}
		const inLine = atomsOf(text, line, links.slice(first, next), isWhole);
		atoms.push(...inLine);
		pairs.push(...pairsOf(tokensOf(text, line, inLine, isWhole)));
	}
	return cut(text, atoms, pairs);
}

/** What any markup begins with. */
const marked = /[*_~`]|https?:\/\//iu;

/** Whether a place lies between two graphemes: a mark that a sign clings to is no mark. */
function wholes(text: string): (at: number) => boolean {
	if (isSettled(text)) {
		return () => true;
	}
	const places = new Set([0]);
	let at = 0;
	for (const grapheme of graphemes(text)) {
		at += grapheme.length;
		places.add(at);
	}
	return (place) => places.has(place);
}

/** A stretch in which no mark counts. */
interface Atom extends Stretch {
	readonly style: 'code' | 'link';
	readonly target?: string;
}

/** The code and the addresses of a line; of two that overlap the first one counts. */
function atomsOf(
	text: string,
	line: Stretch,
	links: readonly Link[],
	isWhole: (at: number) => boolean,
): readonly Atom[] {
	const code = codeOf(text, line).filter(({ start, end }) => isWhole(start) && isWhole(end));
	const atoms: Atom[] = [];
	let end = line.start;
	const all = [
		...code.map((one): Atom => ({ ...one, style: 'code' })),
		...links.map((link): Atom => ({ ...link, style: 'link' })),
	];
	for (const atom of all.toSorted((one, other) => one.start - other.start)) {
		if (atom.start >= end) {
			atoms.push(atom);
			end = atom.end;
		}
	}
	return atoms;
}

/** What stands between as many backticks on both sides, with them. */
function codeOf(text: string, line: Stretch): Stretch[] {
	const runs: Stretch[] = [];
	for (let at = text.indexOf('`', line.start); at !== -1 && at < line.end; at = text.indexOf('`', at)) {
		const end = at + ticksFrom(text, at);
		runs.push({ start: at, end });
		at = end;
	}
	const lastOf = new Map(runs.map(({ start, end }, index) => [end - start, index]));
	const code: Stretch[] = [];
	for (let index = 0; index < runs.length; index++) {
		const open = runs[index];
		const size = open === undefined ? 0 : open.end - open.start;
		if (open === undefined || (lastOf.get(size) ?? 0) <= index) {
			continue;
		}
		let other = index + 1;
		while (other < runs.length && sizeOf(runs[other]) !== size) {
			other++;
		}
		const close = runs[other];
		if (close !== undefined && text.slice(open.end, close.start).trim() !== '') {
			code.push({ start: open.start, end: close.end });
			index = other;
		}
	}
	return code;
}

function sizeOf(run: Stretch | undefined): number {
	return run === undefined ? 0 : run.end - run.start;
}

/** A mark that may begin or end a look. */
interface Token extends Stretch {
	readonly look: Look;
	/** Only with its like. */
	readonly mark: string;
	readonly canOpen: boolean;
	readonly canClose: boolean;
}

type Look = 'bold' | 'italic' | 'bold-italic' | 'struck';

const looks: ReadonlyMap<string, Look> = new Map([
	['*', 'italic'],
	['**', 'bold'],
	['***', 'bold-italic'],
	['_', 'italic'],
	['~~', 'struck'],
]);

// Scripts that are written without blanks between words.
const unspaced = String.raw`\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}`;
// In expressions other signs are escaped, which the bundle does in strings: V8 keeps a file that has any at twice its size.
const beforeOpening = '\\s([{<"\'“‘«—–「『（【';
const afterOpening =
	/^[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}"'\u201c\u2018\u00ab([{@#$\u20ac\u00a3<\u300c\u300e\uff08\u3010]/u;
const beforeClosing =
	/[\p{L}\p{N}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}"'\u201d\u2019\u00bb)\]}>!?.,:;\u2026%\u300d\u300f\uff09\u3011\u3002\u3001\uff01\uff1f]$/u;
const afterClosing = '\\s)\\]}>"\'”’».,:;!?…—–」』）】。、，！？；：';
const outside = {
	before: new RegExp(`^$|[${beforeOpening}${unspaced}]$`, 'u'),
	after: new RegExp(`^$|^[${afterClosing}${unspaced}]`, 'u'),
};
/** An underscore is part of many words, also of those that are written without blanks. */
const outsideUnderscore = {
	before: new RegExp(`^$|[${beforeOpening}]$`, 'u'),
	after: new RegExp(`^$|^[${afterClosing}]`, 'u'),
};

/** The marks of a line that may count, in their order. */
function tokensOf(
	text: string,
	line: Stretch,
	atoms: readonly Stretch[],
	isWhole: (at: number) => boolean,
): readonly Token[] {
	const tokens: Token[] = [];
	const starts = new Set(atoms.map(({ start }) => start));
	const ends = new Set(atoms.map(({ end }) => end));
	let next = 0;
	markRuns.lastIndex = line.start;
	for (let found = markRuns.exec(text); found !== null && found.index < line.end; found = markRuns.exec(text)) {
		const [mark] = found;
		const { index: start } = found;
		while ((atoms[next]?.end ?? Number.POSITIVE_INFINITY) <= start) {
			next++;
		}
		const atom = atoms[next];
		const end = start + mark.length;
		const look = looks.get(mark);
		if (atom !== undefined && atom.start <= start) {
			markRuns.lastIndex = atom.end;
			continue;
		}
		if (look === undefined || !isWhole(start) || !isWhole(end)) {
			continue;
		}
		const before = text.slice(Math.max(line.start, start - 2), start);
		const after = text.slice(end, Math.min(line.end, end + 2));
		const free = mark === '_' ? outsideUnderscore : outside;
		tokens.push({
			...{ start, end, look, mark },
			canOpen: !ends.has(start) && free.before.test(before) && (starts.has(end) || afterOpening.test(after)),
			canClose: !starts.has(end) && free.after.test(after) && (ends.has(start) || beforeClosing.test(before)),
		});
	}
	return tokens;
}

const markRuns = /\*+|_+|~+/gu;

/** Two marks and the look of what is between them. */
interface Pair {
	readonly open: Token;
	readonly close: Token;
}

/** Each mark with its like, none across another; in what is struck nothing else counts. */
function pairsOf(tokens: readonly Token[]): readonly Pair[] {
	const pairs: Pair[] = [];
	// One of each mark at most: of two that are open the nearer one counts.
	let open: Token[] = [];
	for (const token of tokens) {
		const from = open.findIndex(({ mark }) => mark === token.mark);
		const opening = open[from];
		if (token.canClose && opening !== undefined) {
			if (token.look === 'struck') {
				while ((pairs.at(-1)?.open.start ?? -1) > opening.start) {
					pairs.pop();
				}
			}
			pairs.push({ open: opening, close: token });
			open = open.slice(0, from);
		} else if (token.canOpen) {
			open = [...open.filter(({ mark }) => mark !== token.mark), token];
		}
	}
	return pairs;
}

/** The text without the marks of these pairs. */
function cut(text: string, atoms: readonly Atom[], pairs: readonly Pair[]): readonly Piece[] {
	const pieces: Piece[] = [];
	const marks = pairs
		.flatMap(({ open, close }) => [
			{ ...open, opens: true },
			{ ...close, opens: false },
		])
		.toSorted((one, other) => one.start - other.start);
	const inside: Look[] = [];
	let at = 0;
	const upTo = (place: number) => {
		if (at < place) {
			pieces.push({ start: at, end: place, style: lookOf(inside) });
		}
		at = place;
	};
	let next = 0;
	for (const stop of [...marks, { start: text.length, end: text.length, opens: undefined, look: undefined }]) {
		for (let atom = atoms[next]; atom !== undefined && atom.start < stop.start; atom = atoms[++next]) {
			upTo(atom.start);
			pieces.push(atom);
			at = atom.end;
		}
		upTo(stop.start);
		at = stop.end;
		if (stop.opens === true) {
			inside.push(stop.look);
		} else {
			inside.pop();
		}
	}
	return pieces;
}

function lookOf(inside: readonly Look[]): Piece['style'] {
	const innermost = inside.at(-1);
	const isBoth = inside.includes('bold') && inside.includes('italic') && innermost !== 'struck';
	return isBoth ? 'bold-italic' : (innermost ?? 'plain');
}
