/** Tags as they are typed: `level=error`, `ms=812`, `ok=true`. A value in quotes is text whatever it looks like. */
import { reservedNames, type Tags } from '../protocol/frames.ts';
import { defaultLimits } from '../protocol/limits.ts';

export type ReadTags =
	| { readonly ok: true; readonly tags: Tags }
	/** What was expected and what came. */
	| { readonly ok: false; readonly detail: string };

/** Reads the tags of one message; each of `words` is one. They fit what a broker takes unless it is told otherwise. */
export function readTags(words: readonly string[]): ReadTags {
	const tags = new Map<string, string | number | boolean>();
	for (const word of words) {
		const split = word.indexOf('=');
		const name = word.slice(0, Math.max(0, split));
		const shown = JSON.stringify(word.slice(0, 60));
		const value = typed(word.slice(split + 1));
		if (name === '' || reservedNames.some((reserved) => reserved === name)) {
			return { ok: false, detail: `Expected a tag such as level=error, got ${shown}` };
		}
		if (tags.has(name)) {
			return { ok: false, detail: `Expected each tag once, got ${JSON.stringify(name)} again` };
		}
		if (Buffer.byteLength(name) > defaultLimits.tagKeyBytes) {
			return { ok: false, detail: `Expected a name of at most ${defaultLimits.tagKeyBytes} bytes, got ${shown}` };
		}
		if (typeof value === 'string' && Buffer.byteLength(value) > defaultLimits.tagValueBytes) {
			return { ok: false, detail: `Expected a value of at most ${defaultLimits.tagValueBytes} bytes, got ${shown}` };
		}
		tags.set(name, value);
	}
	return tags.size > defaultLimits.tags
		? { ok: false, detail: `Expected at most ${defaultLimits.tags} tags, got ${tags.size}` }
		: { ok: true, tags: Object.fromEntries(tags) };
}

/** A number that would not come out as it was typed is text: a leading zero, or more digits than a number keeps. */
function typed(text: string): string | number | boolean {
	const [, quoted] = /^"(.*)"$/su.exec(text) ?? /^'(.*)'$/su.exec(text) ?? [];
	if (quoted !== undefined) {
		return quoted;
	}
	if (text === 'true' || text === 'false') {
		return text === 'true';
	}
	const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/iu.test(text) ? Number(text) : Number.NaN;
	const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
	return isExact ? number : text;
}
