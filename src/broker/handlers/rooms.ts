import type { Engine } from '../../engines/engine.ts';
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
	const page = await publicRooms(engine, { prefix, ...(cursor !== undefined && { after: cursor }) });
	const byName = new Map<string, Omit<Info, 'online'>>();
	for (const { room, head, lastActivity } of page.rooms) {
		byName.set(room, { room, head, lastActivity });
	}
	const last = page.more ? page.rooms.at(-1)?.room : undefined;
	for (const room of hub.rooms.keys()) {
		const isInPage = () =>
			(cursor === undefined || compare(room, cursor) > 0) && (last === undefined || compare(room, last) <= 0);
		if (!isInbox(room) && room.startsWith(prefix) && !byName.has(room) && isInPage()) {
			byName.set(room, { room, head: 0 });
		}
	}
	const sorted = [...byName.values()].sort((one, other) => compare(one.room, other.room));
	const listed = sorted.slice(0, pageRooms);
	const more = page.more || sorted.length > listed.length;
	const infos = await Promise.all(
		listed.map(async (info) => ({
			...info,
			...topicOf(hub, info.room),
			online: hub.rooms.get(info.room)?.online ?? (await engine.members(info.room)).size,
		})),
	);
	return { infos, cursor: more ? listed.at(-1)?.room : undefined };
}

function topicOf({ directory }: Hub, room: string): Pick<Info, 'topic'> {
	const topic = directory.topic(room)?.topic;
	return topic === undefined ? {} : { topic };
}

/** A page of the rooms that are no inboxes, as if there were none. */
async function publicRooms(engine: Engine, query: { readonly prefix: string; readonly after?: string }) {
	const page = await engine.rooms({ ...query, limit: pageRooms });
	const rooms = page.rooms.filter(({ room }) => !isInbox(room));
	const last = page.rooms.at(-1)?.room;
	if (!page.more || rooms.length === page.rooms.length || last === undefined || !isInbox(last)) {
		return { ...page, rooms };
	}
	const rest = await engine.rooms({ ...query, after: lastInbox, limit: pageRooms - rooms.length });
	return { rooms: [...rooms, ...rest.rooms], more: rest.more };
}

/** No nick has this sign, so that every inbox is below and every other room that follows them above. */
const lastInbox = '@\u{10ffff}';

/** The order of the engine's pages: by code point. It is asked of every open room, so it makes nothing. */
function compare(one: string, other: string): number {
	const length = Math.min(one.length, other.length);
	for (let index = 0; index < length; index += 1) {
		const unit = one.charCodeAt(index);
		const otherUnit = other.charCodeAt(index);
		if (unit !== otherUnit) {
			return rank(unit) - rank(otherUnit);
		}
	}
	return one.length - other.length;
}

/** Halves of code points above 0xffff come after all whole ones. */
function rank(unit: number): number {
	return unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_0000 : unit;
}
