import type { Connection, User } from './connection.ts';
import { lookalikeKeys } from './lookalikes.ts';

/**
 * Whom a ban or a mute is about: the key of somebody who has proven one, whatever they call themselves; else the name, and
 * all that look like it, for there is nothing else by which to know a guest or a base client again. A name may have two
 * subjects. Two names look alike when they share one, so that a restriction is put on all and looked for under each.
 *
 * `name` is what a base client says of itself in the frame at hand; a v1 client has said it in `hello`.
 */
export function subjectsOf({ user, protocol }: Pick<Connection, 'user' | 'protocol'>, name: string): readonly string[] {
	return user.key === undefined ? nameSubjects(protocol === 'base' ? name : user.id) : [user.key];
}

/** The same of somebody who is no base client. */
export function userSubjects(user: User): readonly string[] {
	return subjectsOf({ user, protocol: 'v1' }, user.id);
}

/** The subjects of whoever goes by a name without a key. No key begins with `~`. */
export function nameSubjects(name: string): readonly string[] {
	return lookalikeKeys(name.replace(/^~/, '')).map((key) => `~${key}`);
}

/** Whether a subject is somebody without a key. */
export function isName(subject: string): boolean {
	return subject.startsWith('~');
}

/** Whether two have a subject in common. */
export function areAlike(some: readonly string[], others: readonly string[]): boolean {
	return some.some((subject) => others.includes(subject));
}
