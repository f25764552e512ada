/**
 * How a nick or a room is typed in a command, the same in all of them: as it is, or in quotes when it has spaces. Pure.
 */

export interface TypedName {
	/** Without quotes and without the `@` that may stand before it. */
	readonly name: string;
	/** What follows it, without the space between. */
	readonly rest: string;
	readonly isQuoted: boolean;
}

/** The nick at the beginning of a text; `undefined` when there is none, or when its quotes are not closed. */
export function takeName(text: string): TypedName | undefined {
	const [, quoted, bare, rest = ''] = /^@?(?:"((?:[^"\\]|\\.)+)"|([^\s"]\S*))(?:\s+([\s\S]*))?$/u.exec(text) ?? [];
	const name = (quoted?.replace(/\\(["\\])/gu, '$1') ?? bare)?.replace(/^@/u, '');
	return name === undefined || name === '' ? undefined : { name, rest, isQuoted: quoted !== undefined };
}

/** The nick that is the whole text: where nothing else may follow, its spaces need no quotes. */
export function wholeName(text: string): string | undefined {
	const typed = takeName(text);
	if (typed === undefined || (typed.isQuoted && typed.rest !== '')) {
		return undefined;
	}
	return typed.isQuoted ? typed.name : text.replace(/^@/u, '');
}

/** The room in quotes at the beginning of a text; `undefined` when there is none. */
export function takeQuotedRoom(text: string): Omit<TypedName, 'isQuoted'> | undefined {
	const [, quoted, rest = ''] = /^#?"((?:[^"\\]|\\.)+)"(?:\s+([\s\S]*))?$/u.exec(text) ?? [];
	return quoted === undefined ? undefined : { name: quoted.replace(/\\(["\\])/gu, '$1'), rest };
}

/** A name as `takeName` and `takeQuotedRoom` read it: in quotes when it needs them. */
export function typedName(name: string): string {
	return /[\s"]/u.test(name) ? `"${name.replace(/["\\]/gu, '\\$&')}"` : name;
}
