/** Decides by a filter whether a message is for a reader. A filter is compiled once, and asked for each message. */
import type { Comparison, Filter, FilterField, Scalar } from './filter.ts';
import type { Message } from './frames.ts';

type Filtered = Pick<Message, 'sender' | 'verified' | 'content' | 'tags'>;

/** Whether a filter holds for a message. */
export type Matches = (message: Filtered) => boolean;

export function compileFilter(filter: Filter): Matches {
	if ('all' in filter) {
		const parts = filter.all.map(compileFilter);
		return (message) => parts.every((matches) => matches(message));
	}
	if ('any' in filter) {
		const parts = filter.any.map(compileFilter);
		return (message) => parts.some((matches) => matches(message));
	}
	if ('not' in filter) {
		const matches = compileFilter(filter.not);
		return (message) => !matches(message);
	}
	const value = readerOf(filter.field);
	const holds = testOf(filter);
	return (message) => holds(value(message));
}

function readerOf(field: FilterField): (message: Filtered) => Scalar | undefined {
	switch (field) {
		case 'sender':
			return ({ sender }) => sender;
		case 'content':
			return ({ content }) => content;
		case 'verified':
			return ({ verified = false }) => verified;
		default: {
			const name = field.slice('tags.'.length);
			return ({ tags }) => (tags !== undefined && Object.hasOwn(tags, name) ? tags[name] : undefined);
		}
	}
}

function testOf(comparison: Comparison): (value: Scalar | undefined) => boolean {
	const { op } = comparison;
	switch (op) {
		case 'eq':
			return (value) => value === comparison.value;
		case 'ne':
			return (value) => value !== comparison.value;
		case 'in': {
			const wanted = new Set(comparison.value);
			return (value) => value !== undefined && wanted.has(value);
		}
		case 'nin': {
			const unwanted = new Set(comparison.value);
			return (value) => value === undefined || !unwanted.has(value);
		}
		case 'exists':
			return (value) => (value !== undefined) === comparison.value;
		case 'prefix':
			return (value) => typeof value === 'string' && value.startsWith(comparison.value);
		case 'suffix':
			return (value) => typeof value === 'string' && value.endsWith(comparison.value);
		case 'contains':
			return (value) => typeof value === 'string' && value.includes(comparison.value);
		case 'gt':
			return (value) => typeof value === 'number' && value > comparison.value;
		case 'gte':
			return (value) => typeof value === 'number' && value >= comparison.value;
		case 'lt':
			return (value) => typeof value === 'number' && value < comparison.value;
		case 'lte':
			return (value) => typeof value === 'number' && value <= comparison.value;
	}
}
