import type { BrokerFrames, ClientFrames } from '../../protocol/frames.ts';
import { isInbox } from '../../protocol/names.ts';
import type { Connection } from '../connection.ts';
import type { Hub } from '../hub.ts';

type Info = BrokerFrames['rooms']['rooms'][number];

/** Answers with a page of the rooms that hold or held a message or that somebody is in, by name. */
export async function rooms(connection: Connection, frame: ClientFrames['rooms']): Promise<void> {
	const { hub } = connection;
	try {
		const { infos, cursor } = await pageOf(hub, frame);
		if (!connection.ended) {
			connection.tell({
				type: 'rooms',
				...(frame.ref !== undefined && { ref: frame.ref }),
				rooms: infos,
				...(cursor !== undefined && { cursor }),
			});
		}
	} catch (error) {
		connection.refuseUnavailable(frame, error);
	}
}

const pageRooms = 100;

async function pageOf(hub: Hub, { prefix = '', cursor }: ClientFrames['rooms']) {
	const { engine } = hub.settings;
	const page = await engine.rooms({
		prefix,
		limit: pageRooms,
		...(cursor !== undefined && { after: cursor }),
	});
	const byName = new Map<string, Omit<Info, 'online'>>();
	for (const { room, head, lastActivity } of page.rooms) {
		byName.set(room, { room, head, lastActivity });
	}
	const last = page.more ? page.rooms.at(-1)?.room : undefined;
	for (const room of hub.rooms.keys()) {
		const isInPage =
			(cursor === undefined || compare(room, cursor) > 0) && (last === undefined || compare(room, last) <= 0);
		if (room.startsWith(prefix) && isInPage && !byName.has(room)) {
			byName.set(room, { room, head: 0 });
		}
	}
	const sorted = [...byName.values()].sort((one, other) => compare(one.room, other.room));
	const listed = sorted.slice(0, pageRooms);
	const more = page.more || sorted.length > listed.length;
	const infos = await Promise.all(
		listed
			.filter(({ room }) => !isInbox(room))
			.map(async (info) => ({
				...info,
				online: hub.rooms.get(info.room)?.online ?? (await engine.members(info.room)).size,
			})),
	);
	return { infos, cursor: more ? listed.at(-1)?.room : undefined };
}

/** The order of the engine's pages: by code point. */
function compare(one: string, other: string): number {
	return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
