/**
 * Messages that say what their author does, as `/me waves`.
 */
const mark = '/me ';

/** What the author of a message does; `undefined` when it says something else. */
export function doingIn(content: string): string | undefined {
	return content.startsWith(mark) ? content.slice(mark.length) : undefined;
}
