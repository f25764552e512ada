/**
 * The first row of the screen: who and where this person is, and how others join. With the first link it says what the
 * broker made of the name.
 */
import { cleanLine } from '../protocol/text.ts';
import { inviteLine } from './invitation.ts';
import { shownKeys } from './key-names.ts';
import { keyOf } from './keymap.ts';
import type { Row, State } from './model.ts';
import { withRoom } from './step.ts';

/** The name of the decision that greets; it is the first of all. */
export const greetingId = 'first';

/** What is said in this room. `wanted`: the name that was asked for, where it is another one than I have. */
export function greeting(
	{ nick, url, host, user, preferences, isPlain, invitation: [address] = [] }: State,
	room: string,
	wanted: string = nick,
): string {
	const role = user?.role === 'owner' || user?.role === 'admin' ? `, ${roleTexts[user.role]} of this broker` : '';
	const me = cleanLine(nick);
	const change = '(change: /nick NAME)';
	const [help, quit] = (['help', 'interrupt'] as const).map((action) => keyOf(preferences.bindings, action));
	const keyed = `${help === undefined ? '' : `${shownKeys(help)} or `}/help lists keys and commands; ${
		quit === undefined ? '/quit' : `${shownKeys(quit)} twice`
	} quits.`;
	const ways = isPlain === true ? '/help lists the commands; /quit quits.' : keyed;
	const named = wanted === nick ? undefined : `${notHad(wanted)}, so you are ${me}${role} ${change}.`;
	if (host === undefined) {
		const place = cleanLine(url);
		return named === undefined
			? [`You are ${me}${role} at ${place} ${change}.`, ways].join('\n')
			: [named, `You are at ${place}.`, ways].join('\n');
	}
	const others =
		address === undefined
			? [
					'To be somebody else in a second terminal here:',
					cleanLine(host.joinLine),
					`On other computers: ${cleanLine(host.shareLine)}`,
				]
			: ['On any computer that reaches this one, others type (/invite copies it):', inviteLine(address, room)];
	return [
		`You are hosting natter at ${cleanLine(host.url)}`,
		...others,
		`Messages are kept ${host.keptIn.startsWith('in ') ? '' : 'in '}${cleanLine(host.keptIn)}. Quitting ends the broker.`,
		...(host.fingerprint === undefined ? [] : [`The broker's key is ${cleanLine(host.fingerprint)}`]),
		`${named ?? `You are ${me}${role} ${change}.`} ${ways}`,
	].join('\n');
}

/** The greeting as it is after the first link; `undefined` when it is not on screen any more. */
export function greetedAnew(state: State, wanted: string): State | undefined {
	const room = state.rooms.find(({ rows }) => rows.some(isGreeting));
	return (
		room &&
		withRoom(state, room.name, (old) => ({
			...old,
			rows: old.rows.map((row) =>
				isGreeting(row) && row.kind === 'told' ? { ...row, text: greeting(state, room.name, wanted) } : row,
			),
		}))
	);
}

export function isGreeting({ key }: Row): boolean {
	return key.startsWith(`${greetingId}/`);
}

/** A name is somebody else's here. */
export function notHad(wanted: string): string {
	return `${cleanLine(wanted)} is not to be had here`;
}

const roleTexts = { owner: 'owner', admin: 'admin' } as const;
