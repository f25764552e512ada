/**
 * What later runs find of the lines that were sent or run.
 */
import { isInbox } from '../../protocol/names.ts';
import type { Effect, State } from '../model.ts';

/** In UTF-8. */
const mostBytes = 2048;

/** Commands that say something to one person alone, or have to do with tokens. */
const privateCommand = /^\s*\/(?:msg|query|q|token)\b/iu;

/** A token, as it stands in addresses and behind a flag, or a name with a password. */
const secret = /token=|--token\s+\S|:\/\/[^\s/@]*:[^\s/@]*@/iu;

/** The line that was sent or run by this decision, to survive this process unless it is long or not for every eye. */
export function lineToSave(before: State, after: State): readonly Effect[] {
	const { history } = after.composer;
	const line = history.at(-1);
	const isNew = history !== before.composer.history && line !== undefined;
	return isNew && !isInbox(before.active) && mayBeKept(line) ? [{ type: 'save-line', line }] : [];
}

function mayBeKept(line: string): boolean {
	return !privateCommand.test(line) && !secret.test(line) && Buffer.byteLength(line) <= mostBytes;
}
