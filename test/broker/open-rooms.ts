import { CatchUp } from '../../src/broker/catch-up.ts';
import { Dispatch } from '../../src/broker/dispatch.ts';
import { Room } from '../../src/broker/room.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import type { HandClock } from './fake-line.ts';

/** Rooms without a hub, which go by a clock that is moved by hand; `closeRooms` is for after each test. */
export function roomsBy(clock: HandClock) {
	const open: { readonly engine: Engine; readonly room: Room }[] = [];

	async function openRoom(engine = memoryEngine()) {
		const dispatch = new Dispatch(clock);
		const room = new Room('general', {
			engine,
			surroundings: clock,
			dispatch,
			catchUp: new CatchUp(clock, dispatch),
			flushWindowMs: 5,
			presenceMs: 0,
			presenceFull: 10,
			typingMs: 3000,
			onPresenceError: (_, error) => {
				throw error;
			},
		});
		await room.ready;
		open.push({ engine, room });
		return { engine, room };
	}

	async function closeRooms(): Promise<void> {
		for (const { engine, room } of open.splice(0)) {
			room.close();
			await engine.close();
		}
	}

	return { openRoom, closeRooms };
}
