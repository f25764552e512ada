/** How it is bounded what is kept of rooms that are about something: anybody with a key may say it of any room. */
import type { Hub } from './hub.ts';
import { readTopic } from './restrictions.ts';

/** How many rooms have a topic, until only admins may add one. */
export const mostTopics = 10_000;

/** How long a room that is empty keeps its topic, in ms. */
const emptyTopicMs = 24 * 3_600_000;

/** How many rooms are looked at together. */
const atOnce = 100;

/** Removes the topics that are a day old of rooms that hold no message and where nobody is. Rejects with an `EngineError`. */
export async function sweepTopics(hub: Hub): Promise<void> {
	const bound = hub.surroundings.now() - emptyTopicMs;
	const old = [...hub.directory.topics()].filter(([, value]) => (readTopic(value)?.at ?? 0) <= bound);
	for (let from = 0; from < old.length; from += atOnce) {
		await Promise.all(old.slice(from, from + atOnce).map(([room, value]) => sweepTopic(hub, room, value)));
	}
}

async function sweepTopic({ settings: { engine }, rooms }: Hub, room: string, value: string): Promise<void> {
	// Whoever reads a room here may not want to be seen; on other nodes somebody is who is.
	if (rooms.has(room)) {
		return;
	}
	const [{ oldest, head }, members] = await Promise.all([engine.state(room), engine.members(room)]);
	if (oldest > head && members.size === 0 && !rooms.has(room)) {
		await engine.putRecords([{ kind: 'topic', key: room, value: null, expected: value }]);
	}
}
