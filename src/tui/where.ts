/**
 * A filter as a person types it: `tags.level = error and (tags.ms > 500 or not sender in [ann, "bob b"])`.
 *
 * - Fields: `sender`, `verified`, `content`, `tags.NAME`, or `tags["any name"]`.
 * - `=` `!=` `<` `<=` `>` `>=`, `in [..]`, `contains`, `starts`, `ends`, `exists`; `and`, `or`, `not`, parentheses.
 * - A word or text in quotes, a number, `true` or `false`. A field by itself holds when it is true, or there.
 */
import jsep, { type baseTypes, type Expression } from 'jsep';
import { type Comparison, type Filter, type FilterField, readFilter, type Scalar } from '../protocol/filter.ts';

/** The longest text of a filter, in UTF-16 units: more than any has that the broker takes. */
export const longestWhere = 4096;

export type ReadWhere =
	| { readonly ok: true; readonly filter: Filter }
	/** What was expected and what came, for the person who typed it. */
	| { readonly ok: false; readonly detail: string };

/** Reads what stands after `where`. */
export function parseWhere(text: string): ReadWhere {
	if (text.length > longestWhere) {
		return { ok: false, detail: `Expected a filter of at most ${longestWhere} characters, got ${text.length}` };
	}
	try {
		return readFilter(filterOf(jsep(text)));
	} catch (error) {
		const isUnreadable = error instanceof Error && 'index' in error;
		if (!(error instanceof WhereProblem || isUnreadable)) {
			throw error;
		}
		const detail = misplacedText(text) ?? (isUnreadable ? unreadableText(error.message, text) : error.message);
		return { ok: false, detail };
	}
}

/** Why a filter cannot be read in which a word stands where none of its kind may; else `undefined`. */
function misplacedText(text: string): string | undefined {
	const bare = text.replace(/(?<!\[)(?:"[^"]*"|'[^']*')/gu, '""');
	const [, field] = /(sender|verified|content|tags(?:\.[^\s()]+|\[[^\]]*\]))\s+exists(?![^\s)])/u.exec(bare) ?? [];
	if (field !== undefined) {
		return `exists stands before its field: exists ${field}`;
	}
	const [, last] = /(?:^|\s)(and|or|not|exists)\s*$/u.exec(bare) ?? [];
	return last === undefined
		? undefined
		: last === 'exists'
			? 'Expected a field after exists, such as exists tags.level'
			: `Expected a comparison after ${last}`;
}

/** What is no expression at all, in words for people; jsep says at which character, counted from 0. */
function unreadableText(message: string, text: string): string {
	const [, problem = message, index = '0'] = /^(.*) at character (\d+)$/su.exec(message) ?? [];
	const at = `at ${Number(index) + 1}`;
	const [word = ''] = /[^\s()]+$/u.exec(text.slice(0, Number(index)).trimEnd()) ?? [];
	if (problem.startsWith('missing')) {
		return `Expected more after ${word} ${at}`;
	}
	if (problem.startsWith('Variable names') || problem.startsWith('Expected exponent')) {
		return `Text that begins with a digit goes in quotes ${at}`;
	}
	return `${problem.replace('Expected expression', 'Expected a value').replace(/period$|token /u, (said) => (said === 'period' ? '.' : ''))} ${at}`;
}

class WhereProblem extends Error {}

// The parser is this process's alone: the library does not load this file.
jsep.removeAllBinaryOps();
jsep.removeAllUnaryOps();
jsep.addUnaryOp('not');
jsep.addUnaryOp('exists');
jsep.addUnaryOp('-');
jsep.addBinaryOp('or', 1);
jsep.addBinaryOp('and', 2);

const comparisons = new Map<string, Comparison['op']>([
	['=', 'eq'],
	['==', 'eq'],
	['!=', 'ne'],
	['<', 'lt'],
	['<=', 'lte'],
	['>', 'gt'],
	['>=', 'gte'],
	['in', 'in'],
	['contains', 'contains'],
	['starts', 'prefix'],
	['ends', 'suffix'],
]);
for (const sign of comparisons.keys()) {
	jsep.addBinaryOp(sign, 3);
}

function filterOf(node: Expression): Filter {
	switch (node.type) {
		case 'BinaryExpression':
			return binary(node as jsep.BinaryExpression);
		case 'UnaryExpression': {
			const { operator, argument } = node as jsep.UnaryExpression;
			if (operator === 'not') {
				return { not: filterOf(argument) };
			}
			if (operator === 'exists') {
				return { field: fieldOf(argument), op: 'exists', value: true };
			}
			throw new WhereProblem('Expected a comparison such as tags.level = error, got a number');
		}
		case 'Identifier':
		case 'MemberExpression': {
			const field = fieldOf(node);
			return field === 'verified' ? { field, op: 'eq', value: true } : { field, op: 'exists', value: true };
		}
		case 'Compound':
			throw new WhereProblem(
				(node as jsep.Compound).body.length === 0
					? 'Expected a comparison such as tags.level = error, got nothing'
					: 'Expected "and" or "or" between two comparisons. Text with spaces or signs goes in quotes',
			);
		default:
			throw new WhereProblem('Expected a comparison such as tags.level = error');
	}
}

function binary({ operator, left, right }: jsep.BinaryExpression): Filter {
	if (operator === 'and' || operator === 'or') {
		const both = [...sides(operator, left), ...sides(operator, right)];
		return operator === 'and' ? { all: both } : { any: both };
	}
	// The parser binds `not` more closely than a comparison; people mean it the other way round.
	if (left.type === 'UnaryExpression' && (left as jsep.UnaryExpression).operator === 'not') {
		return { not: binary({ ...comparisonNode, operator, left: (left as jsep.UnaryExpression).argument, right }) };
	}
	const field = fieldOf(left);
	const op = comparisons.get(operator) ?? 'eq';
	const value = op === 'in' ? listOf(right) : scalarOf(right);
	const read = readFilter({ field, op, value });
	if (!read.ok) {
		throw new WhereProblem(read.detail.startsWith(`${op}: `) ? read.detail.replace(op, operator) : read.detail);
	}
	return read.filter;
}

const comparisonNode = { type: 'BinaryExpression' } as const;

/** `a and b and c` is one list of three: nodes of a filter are few. */
function sides(operator: string, node: Expression): readonly Filter[] {
	const isSame = node.type === 'BinaryExpression' && (node as jsep.BinaryExpression).operator === operator;
	if (!isSame) {
		return [filterOf(node)];
	}
	const { left, right } = node as jsep.BinaryExpression;
	return [...sides(operator, left), ...sides(operator, right)];
}

function fieldOf(node: Expression): FilterField {
	const path = pathOf(node);
	if (path === 'sender' || path === 'verified' || path === 'content') {
		return path;
	}
	if (path?.startsWith('tags.') === true) {
		return path as FilterField;
	}
	throw new WhereProblem(`Expected sender, verified, content or tags.NAME${path === undefined ? '' : `, got ${path}`}`);
}

function pathOf(node: Expression): string | undefined {
	if (node.type === 'Identifier') {
		return (node as jsep.Identifier).name;
	}
	if (node.type !== 'MemberExpression') {
		return undefined;
	}
	const { object, property, computed } = node as jsep.MemberExpression;
	const [of, name] = [pathOf(object), computed ? textOf(property) : pathOf(property)];
	return of === undefined || name === undefined ? undefined : `${of}.${name}`;
}

function textOf(node: Expression): string | undefined {
	const value: baseTypes = node.type === 'Literal' ? (node as jsep.Literal).value : undefined;
	return typeof value === 'string' ? value : undefined;
}

function listOf(node: Expression): readonly Scalar[] {
	if (node.type !== 'ArrayExpression') {
		throw new WhereProblem('in: Expected a list such as [info, error]');
	}
	return (node as jsep.ArrayExpression).elements.map((element) => {
		if (element === null) {
			throw new WhereProblem('in: Expected a value between two commas');
		}
		return scalarOf(element);
	});
}

function scalarOf(node: Expression): Scalar {
	if (node.type === 'Identifier') {
		return (node as jsep.Identifier).name;
	}
	if (node.type === 'Literal') {
		const { value } = node as jsep.Literal;
		if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
			return value;
		}
	}
	if (node.type === 'UnaryExpression') {
		const { operator, argument } = node as jsep.UnaryExpression;
		const value = operator === '-' ? scalarOf(argument) : undefined;
		if (typeof value === 'number') {
			return -value;
		}
	}
	throw new WhereProblem('Expected a word, a number, true or false. Other text goes in quotes');
}
