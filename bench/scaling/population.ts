/**
 * People in rooms, as many as a model wants: how large the rooms are follows a power law, so that most are small, and some
 * hold a great part of everybody.
 */
import type { Chance } from '../../test/endurance/chance.ts';

/** What people are taken to do. Assumptions, not measurements: the model says which figure hangs on which. */
export interface Habits {
	/** Rooms that somebody who is connected is in, on average. */
	readonly roomsPerUser: number;
	/** Of all rooms, the part of those with at least n members is (leastMembers / n) ** exponent. */
	readonly leastMembers: number;
	readonly exponent: number;
	/** No room is larger than this part of all users. */
	readonly largestShare: number;
	/** A room with n members gets pairMessagesPerHour * (n / 2) ** talk messages an hour: the larger, the less each says. */
	readonly pairMessagesPerHour: number;
	readonly talk: number;
	/** How long somebody stays connected, in hours. */
	readonly sessionHours: number;
	/** How often an hour somebody goes away, or is back. */
	readonly statesPerHour: number;
	/** Bytes of a message as it goes to a reader, with its frame's header. */
	readonly messageBytes: number;
	/** How long messages are kept, in days, and how many of a room at most. */
	readonly keptDays: number;
	readonly keptMessages: number;
}

export const habits: Habits = Object.freeze({
	roomsPerUser: 6,
	leastMembers: 2,
	exponent: 1.1,
	largestShare: 0.01,
	pairMessagesPerHour: 12,
	talk: 0.6,
	sessionHours: 1,
	statesPerHour: 2,
	messageBytes: 300,
	keptDays: 30,
	keptMessages: 10_000,
});

/** How many rooms there are of each size. */
export type Sizes = ReadonlyMap<number, number>;

/** Draws rooms until the users have on average as many as they are in. */
export function drawRooms(users: number, { roomsPerUser, ...law }: Habits, chance: Chance): Sizes {
	const sizes = new Map<number, number>();
	const most = Math.max(law.leastMembers, Math.floor(users * law.largestShare));
	for (let left = users * roomsPerUser; left > 0; ) {
		const drawn = Math.floor(law.leastMembers * (1 - chance.fraction()) ** (-1 / law.exponent));
		const size = Math.min(drawn, most, Math.max(left, law.leastMembers));
		sizes.set(size, (sizes.get(size) ?? 0) + 1);
		left -= size;
	}
	return sizes;
}

/** Messages a second in a room with so many members. */
export function messagesPerSecond(members: number, { pairMessagesPerHour, talk }: Habits): number {
	return (pairMessagesPerHour * (members / 2) ** talk) / 3600;
}
