import type { Connection } from './connection.ts';
import { lookalikeKeys } from './lookalikes.ts';

/**
 * Whom a ban or a mute is about: the key of somebody who has proven one, whatever they call themselves; else the name, and
 * all that look like it, for there is nothing else by which to know a guest or a base client again.
 *
 * `name` is what a base client says of itself in the frame at hand; a v1 client has said it in `hello`.
 */
export function subjectOf({ user, protocol }: Pick<Connection, 'user' | 'protocol'>, name: string): string {
	return user.key ?? nameSubject(protocol === 'base' ? name : user.id);
}

/** The subject of whoever goes by a name without a key. No key begins with `~`. */
export function nameSubject(name: string): string {
	return `~${lookalikeKeys(name.replace(/^~/, '')).at(-1) ?? ''}`;
}

/** Whether a subject is somebody without a key. */
export function isName(subject: string): boolean {
	return subject.startsWith('~');
}
