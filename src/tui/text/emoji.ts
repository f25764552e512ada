/**
 * Emoji by the names that GitHub gives them, as in `:smile:`.
 */

export interface Emoji {
	readonly emoji: string;
	/** Without the colons. */
	readonly name: string;
}

/** One for each name. */
export function namedEmoji(
	all: readonly { readonly emoji: string; readonly names: readonly string[] }[],
): readonly Emoji[] {
	return all.flatMap(({ emoji, names }) => names.map((name) => ({ emoji, name })));
}

/** The beginning of a shortcode, with its colon before it; the closing one is typed or not. */
const shortcode = /^:([a-z0-9_+-]+):?$/iu;

/** What is typed of a name; `undefined` when that is no shortcode. */
export function shortcodeIn(word: string): string | undefined {
	return shortcode.exec(word)?.[1]?.toLowerCase();
}

/** Those whose name begins so, the shortest name first, then those of which a later word does. */
export function emojiFor(all: readonly Emoji[], typed: string): readonly Emoji[] {
	const named = all.filter(({ name }) => name.startsWith(typed));
	const worded = all.filter(({ name }) => !name.startsWith(typed) && name.includes(`_${typed}`));
	return [named, worded].flatMap((some) => some.toSorted((one, other) => one.name.length - other.name.length));
}
