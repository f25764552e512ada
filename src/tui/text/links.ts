/**
 * Addresses in text that people wrote. linkify-it finds them: where an address ends among brackets, quotes and full stops
 * is a long list of cases, and it answers with places in the text.
 */
import { LinkifyIt } from 'linkify-it';
import type { Stretch } from './wrap.ts';

/** An address, at its place in the text. */
export interface Link extends Stretch {
	/** What opens when it is clicked on, printable ASCII that says the same; absent for what is better not clicked on. */
	readonly target?: string;
}

/** The addresses of a text, in their order. Marks that stand around one are no part of it. */
export function linksIn(text: string): readonly Link[] {
	// Most text has none, and to know that costs little.
	if (!mayHave.test(text)) {
		return [];
	}
	finder ??= newFinder();
	return (finder.match(text) ?? []).map(({ index, lastIndex, raw }): Link => {
		const around = marksBefore.exec(text.slice(Math.max(0, index - 3), index))?.[0];
		const address = around !== undefined && raw.endsWith(around) ? raw.slice(0, -around.length) : raw;
		const target = targetOf(address);
		const end = lastIndex - (raw.length - address.length);
		return { start: index, end, ...(target !== undefined && { target }) };
	});
}

const mayHave = /https?:\/\//iu;
const marksBefore = /(?:\*{1,3}|~~)$/u;

// Made when first needed: most programs start without.
let finder: LinkifyIt | undefined;

function newFinder(): LinkifyIt {
	const made = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, urlAuth: true });
	return made.add('ftp:', null).add('mailto:', null).add('//', null);
}

// A host of other letters may look like one that it is not; what stands before an @ looks like a host and is none.
const plainHost = /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?(?=[/?#]|$)/iu;

/** Terminals take no longer ones. */
const mostTarget = 2000;

function targetOf(address: string): string | undefined {
	if (!plainHost.test(address)) {
		return undefined;
	}
	const target = address.toWellFormed().replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
	return target.length <= mostTarget ? target : undefined;
}
