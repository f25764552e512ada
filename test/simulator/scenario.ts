/** What happens in a run: a setup and a list of actions, both drawn from the seed. */
import { Chance } from './chance.ts';
import type { Memory } from './client-run.ts';
import type { Step } from './disk-engine.ts';
import { filters } from './filters.ts';
import { nonsense } from './nonsense.ts';
import { ways } from './prying.ts';

/** Kinds of trouble. A shrunk scenario has those left out that it does not need. */
const faultClasses = [
	'cuts',
	'partitions',
	'broken middle',
	'slow network',
	'slow readers',
	'outrun readers',
	'late welcomes',
	'blocked clients',
	'broker crashes',
	'drains',
	'disk faults',
	'older copies',
	'other epochs',
	'broker clock',
	'client clocks',
	'retention',
	'client crashes',
	'bad input',
	'comings and goings',
	'orders',
] as const;

type FaultClass = (typeof faultClasses)[number];

export interface Setup {
	/** Nicks of the clients; those with one nick are devices of one user. */
	readonly nicks: readonly string[];
	readonly memories: readonly Memory[];
	/** Which of the clients keep the order across rooms. */
	readonly causal: readonly boolean[];
	/** Which filter each follows its rooms with; -1 is none. */
	readonly filters: readonly number[];
	readonly baseClients: number;
	readonly rooms: readonly string[];
	readonly latencyMs: number;
	readonly jitterMs: number;
	readonly kernelBytes: number;
	/** Off loopback, publishes are limited in their rate. */
	readonly loopback: boolean;
	readonly windowMessages: number;
	readonly windowBytes: number;
	/** Bytes that may wait in all lines together. */
	readonly unsentBytes: number;
	readonly historySize: number;
	readonly historyTtlMs: number;
	/** How long ids of messages are remembered. */
	readonly rememberMs: number;
	readonly writeMs: number;
	readonly syncMs: number;
	readonly readMs: number;
	readonly tellMs: number;
	/** How long clients wait for a message that stays away. */
	readonly giveUpMs: number;
	/** Those nicks whose users have a key, and so an inbox. The others are guests. */
	readonly keys: readonly string[];
	/** How long what is said in a large room may wait for more. */
	readonly flushWindowMs: number;
}

/** The inbox of whoever has a key. */
export function inboxOf({ keys }: Pick<Setup, 'keys'>, nick: string): string | undefined {
	return keys.includes(nick) ? `@${nick}` : undefined;
}

/** All rooms that messages may be in. */
export function allRooms({ rooms, keys }: Pick<Setup, 'rooms' | 'keys'>): readonly string[] {
	return [...rooms, ...keys.map((nick) => `@${nick}`)];
}

/** `who` counts clients, base clients after the others; `at` is ms after the action before. */
export type Action = { readonly at: number } & (
	| {
			readonly type: 'publish';
			readonly who: number;
			readonly room: number;
			readonly times: number;
			readonly bytes: number;
	  }
	/** Says so many things to one of `keys` alone. */
	| {
			readonly type: 'tell';
			readonly who: number;
			readonly whom: number;
			readonly times: number;
			readonly bytes: number;
	  }
	/** Looks for what was said to one of `keys`, or speaks in their name. */
	| { readonly type: 'pry'; readonly who: number; readonly whom: number; readonly how: number }
	| { readonly type: 'publish for a while'; readonly who: number; readonly room: number; readonly ttlMs: number }
	| { readonly type: 'publish badly'; readonly who: number; readonly room: number; readonly how: 'empty' | 'long' }
	| { readonly type: 'say nonsense'; readonly who: number; readonly room: number; readonly which: number }
	/** More than the broker reads ahead. */
	| { readonly type: 'ask too much'; readonly who: number; readonly room: number; readonly times: number }
	| { readonly type: 'ask history'; readonly who: number; readonly room: number }
	| { readonly type: 'say away'; readonly who: number }
	| { readonly type: 'leave' | 'join'; readonly who: number; readonly room: number }
	/** It follows a room by another filter, or by none. */
	| { readonly type: 'change filter'; readonly who: number; readonly room: number; readonly which: number }
	| { readonly type: 'rename'; readonly who: number }
	| { readonly type: 'redial'; readonly who: number }
	| { readonly type: 'cut'; readonly who: number; readonly clientHears: boolean; readonly brokerHears: boolean }
	| { readonly type: 'storm' }
	| { readonly type: 'partition'; readonly who: number; readonly way: 'up' | 'down' | 'both'; readonly ms: number }
	| {
			readonly type: 'break the middle';
			readonly loss: number;
			readonly double: number;
			readonly overtake: number;
			readonly ms: number;
	  }
	/** It loses a message of many that another client says, and cannot make itself heard. */
	| {
			readonly type: 'lose and mute';
			readonly who: number;
			readonly by: number;
			readonly room: number;
			readonly times: number;
			readonly ms: number;
	  }
	/** Nothing that it acknowledges gets through, while more is said than it may be sent without that. */
	| {
			readonly type: 'lose acks';
			readonly who: number;
			readonly by: number;
			readonly room: number;
			readonly times: number;
			readonly ms: number;
	  }
	| { readonly type: 'slow down'; readonly who: number; readonly latencyMs: number; readonly ms: number }
	| { readonly type: 'stall'; readonly who: number; readonly ms: number }
	/** It takes nothing from its socket while another client says much in a room, which may then be cleared. */
	| {
			readonly type: 'outrun';
			readonly who: number;
			readonly by: number;
			readonly room: number;
			readonly times: number;
			readonly bytes: number;
			readonly clears: boolean;
			readonly ms: number;
	  }
	| { readonly type: 'read slowly'; readonly who: number; readonly bytesPerMs: number; readonly ms: number }
	| { readonly type: 'delay welcome'; readonly who: number; readonly delayMs: number; readonly ms: number }
	| { readonly type: 'block client'; readonly who: number; readonly ms: number }
	/** It comes back to a room in which `times` messages were said, asks for them, and reads the answer later. */
	| {
			readonly type: 'block client when it asks';
			readonly who: number;
			readonly room: number;
			readonly times: number;
			readonly ms: number;
	  }
	| { readonly type: 'crash broker'; readonly step: Step; readonly times: number; readonly downMs: number }
	| { readonly type: 'drain broker'; readonly downMs: number }
	| { readonly type: 'fail fsync'; readonly downMs: number }
	| { readonly type: 'fill disk'; readonly ms: number }
	| { readonly type: 'slow disk'; readonly syncMs: number; readonly ms: number }
	| { readonly type: 'fail reads'; readonly ms: number }
	| { readonly type: 'copy disk' }
	/** The log goes on in another epoch, which knows of those before or does not. */
	| { readonly type: 'lose lineage'; readonly downMs: number }
	| { readonly type: 'begin epoch'; readonly isForgotten: boolean }
	| { readonly type: 'restore copy'; readonly downMs: number }
	| { readonly type: 'set broker clock'; readonly ms: number }
	| { readonly type: 'set client clock'; readonly who: number; readonly ms: number }
	| { readonly type: 'clear'; readonly room: number }
	| {
			readonly type: 'restrain';
			readonly kind: 'ban' | 'mute';
			readonly who: number;
			readonly room: number;
			readonly isEverywhere: boolean;
			readonly ms: number;
	  }
	| { readonly type: 'kick'; readonly who: number; readonly room: number }
	| { readonly type: 'damage'; readonly room: number; readonly share: number }
	| { readonly type: 'crash client'; readonly who: number; readonly downMs: number }
);

export interface Scenario {
	readonly seed: number;
	readonly setup: Setup;
	readonly actions: readonly Action[];
}

type Make = (chance: Chance, setup: Setup) => Omit<Action, 'at'>;

/** Nobody says more at once, in bytes, unless it is to be refused. */
export const largestBytes = 8000;
const dayMs = 24 * 3_600_000;
const steps = ['received', 'numbered', 'written', 'fsynced', 'acked', 'broadcast'] as const;
const clientOf = (chance: Chance, { nicks }: Setup) => chance.whole(0, nicks.length - 1);
const anybody = (chance: Chance, { nicks, baseClients }: Setup) => chance.whole(0, nicks.length + baseClients - 1);
const lastOf = ({ nicks, baseClients }: Setup) => nicks.length + baseClients - 1;
const roomOf = (chance: Chance, { rooms }: Setup) => chance.whole(0, rooms.length - 1);

const talk: Make = (chance, setup) => ({
	...{ type: 'publish', who: anybody(chance, setup), room: roomOf(chance, setup) },
	times: chance.is(0.2) ? chance.whole(2, 40) : 1,
	bytes: chance.is(0.1) ? 2000 : 10,
});

const trouble: Readonly<Record<FaultClass, readonly Make[]>> = {
	cuts: [
		(chance, setup) => {
			const who = chance.pick(['both', 'client', 'broker'] as const);
			return { type: 'cut', who: anybody(chance, setup), clientHears: who !== 'broker', brokerHears: who !== 'client' };
		},
		(chance, setup) => ({ type: 'redial', who: clientOf(chance, setup) }),
		() => ({ type: 'storm' }),
	],
	partitions: [
		(chance, setup) => ({
			...{ type: 'partition', who: anybody(chance, setup), way: chance.pick(['up', 'down', 'both'] as const) },
			ms: chance.scale(100, 60_000),
		}),
	],
	'broken middle': [
		(chance) => ({
			...{ type: 'break the middle', loss: chance.pick([0, 0.05, 0.3]), double: chance.pick([0, 0.1, 0.3]) },
			...{ overtake: chance.pick([0, 0.1, 0.3]), ms: chance.scale(200, 30_000) },
		}),
		(chance, setup) => {
			const who = clientOf(chance, setup);
			// A client holds 256: more come early where the window lets them.
			const isMuch = setup.loopback && setup.windowMessages > 256 && setup.windowBytes > 100_000;
			const times = isMuch ? chance.whole(200, 400) : Math.min(chance.whole(2, 20), setup.windowMessages);
			const by = (who + 1) % setup.nicks.length;
			return { type: 'lose and mute', who, by, room: roomOf(chance, setup), times, ms: chance.scale(500, 40_000) };
		},
		(chance, setup) => {
			const who = clientOf(chance, setup);
			const times = Math.min(setup.loopback ? 100 : 15, setup.windowMessages + 10);
			const by = (who + 1) % setup.nicks.length;
			return { type: 'lose acks', who, by, room: roomOf(chance, setup), times, ms: 70_000 };
		},
	],
	'slow network': [
		(chance, setup) => ({
			...{ type: 'slow down', who: anybody(chance, setup), latencyMs: chance.scale(50, 5000) },
			ms: chance.scale(500, 20_000),
		}),
	],
	'slow readers': [
		(chance, setup) => ({ type: 'stall', who: anybody(chance, setup), ms: chance.scale(200, 100_000) }),
		(chance, setup) => ({
			...{ type: 'read slowly', who: anybody(chance, setup), bytesPerMs: chance.pick([0.5, 2, 10]) },
			ms: chance.scale(1000, 30_000),
		}),
	],
	'outrun readers': [
		(chance, setup) => {
			const bytes = chance.pick([100, 2000, largestBytes]);
			// A reader takes about one window in a second, and a guest says two things: more would not be done in the end.
			const inFiveSeconds = Math.ceil(5 * Math.min(setup.windowMessages, setup.windowBytes / bytes));
			return {
				type: 'outrun',
				// A base client acknowledges nothing: of what it does not read more waits than of others.
				who: chance.is(0.5) ? lastOf(setup) : anybody(chance, setup),
				...{ by: clientOf(chance, setup), room: chance.is(0.7) ? 0 : roomOf(chance, setup) },
				...{
					times: Math.min(chance.whole(10, setup.loopback ? 100 : 15), inFiveSeconds),
					bytes,
					clears: chance.is(0.6),
				},
				ms: chance.scale(1000, 20_000),
			};
		},
	],
	'late welcomes': [
		(chance, setup) => ({
			...{ type: 'delay welcome', who: clientOf(chance, setup), delayMs: chance.scale(1000, 20_000) },
			ms: chance.scale(1000, 30_000),
		}),
	],
	'blocked clients': [
		(chance, setup) => ({ type: 'block client', who: clientOf(chance, setup), ms: chance.scale(200, 100_000) }),
		(chance, setup) => ({
			...{ type: 'block client when it asks', who: clientOf(chance, setup), room: roomOf(chance, setup) },
			// A reader takes about one window in a second: more would not be read in the end.
			times: chance.is(0.2) ? chance.whole(1, Math.min(150, 2 * setup.windowMessages)) : 0,
			ms: chance.scale(3000, 40_000),
		}),
	],
	'broker crashes': [
		(chance) => ({
			...{ type: 'crash broker', step: chance.pick(steps), times: chance.is(0.6) ? 0 : chance.whole(1, 30) },
			downMs: chance.scale(10, 20_000),
		}),
	],
	drains: [(chance) => ({ type: 'drain broker', downMs: chance.scale(10, 5000) })],
	'disk faults': [
		(chance) => ({ type: 'fail fsync', downMs: chance.scale(10, 5000) }),
		(chance) => ({ type: 'fill disk', ms: chance.scale(100, 10_000) }),
		(chance) => ({ type: 'slow disk', syncMs: chance.scale(20, 4000), ms: chance.scale(500, 10_000) }),
		(chance) => ({ type: 'fail reads', ms: chance.scale(100, 5000) }),
	],
	'older copies': [
		() => ({ type: 'copy disk' }),
		() => ({ type: 'copy disk' }),
		(chance) => ({ type: 'restore copy', downMs: chance.scale(10, 5000) }),
	],
	'other epochs': [
		(chance) => ({ type: 'lose lineage', downMs: chance.scale(10, 5000) }),
		(chance) => ({ type: 'begin epoch', isForgotten: chance.is(0.7) }),
	],
	'broker clock': [
		(chance) => {
			const ms = chance.is(0.7) ? chance.scale(100, dayMs) : chance.scale(dayMs, 100 * dayMs);
			return { type: 'set broker clock', ms: (chance.is(0.5) ? 1 : -1) * ms };
		},
	],
	'client clocks': [
		(chance, setup) => ({
			...{ type: 'set client clock', who: clientOf(chance, setup) },
			ms: (chance.is(0.5) ? 1 : -1) * chance.scale(100, 100 * dayMs),
		}),
	],
	retention: [
		(chance, setup) => ({ type: 'clear', room: roomOf(chance, setup) }),
		(chance, setup) => ({
			...{ type: 'publish for a while', who: clientOf(chance, setup), room: roomOf(chance, setup) },
			ttlMs: chance.scale(10, 20_000),
		}),
		(chance, setup) => ({ type: 'damage', room: roomOf(chance, setup), share: chance.next() }),
	],
	'client crashes': [
		(chance, setup) => ({ type: 'crash client', who: clientOf(chance, setup), downMs: chance.scale(10, 20_000) }),
	],
	'bad input': [
		(chance, setup) => ({
			...{ type: 'publish badly', who: clientOf(chance, setup), room: roomOf(chance, setup) },
			how: chance.pick(['empty', 'long'] as const),
		}),
		(chance, setup) => ({
			...{ type: 'say nonsense', who: clientOf(chance, setup), room: roomOf(chance, setup) },
			which: chance.whole(0, nonsense.length - 1),
		}),
		(chance, setup) => ({
			...{ type: 'ask too much', who: clientOf(chance, setup), room: roomOf(chance, setup) },
			times: chance.whole(50, 600),
		}),
	],
	'comings and goings': [
		(chance, setup) => ({ type: 'leave', who: clientOf(chance, setup), room: roomOf(chance, setup) }),
		(chance, setup) => ({ type: 'join', who: clientOf(chance, setup), room: roomOf(chance, setup) }),
		(chance, setup) => ({ type: 'join', who: clientOf(chance, setup), room: roomOf(chance, setup) }),
		(chance, setup) => ({
			...{ type: 'change filter', who: clientOf(chance, setup), room: roomOf(chance, setup) },
			which: chance.whole(-1, filters.length - 1),
		}),
		(chance, setup) => ({ type: 'rename', who: clientOf(chance, setup) }),
		(chance, setup) => ({ type: 'say away', who: clientOf(chance, setup) }),
		(chance, setup) => ({ type: 'ask history', who: anybody(chance, setup), room: roomOf(chance, setup) }),
	],
	orders: [
		(chance, setup) => {
			const kind = chance.pick(['ban', 'mute'] as const);
			return {
				...{ type: 'restrain', kind, who: clientOf(chance, setup), room: roomOf(chance, setup) },
				// Who is banned from everywhere is told not to come back, and does not.
				...{ isEverywhere: kind === 'mute' && chance.is(0.3), ms: chance.scale(50, 20_000) },
			};
		},
		(chance, setup) => ({ type: 'kick', who: clientOf(chance, setup), room: roomOf(chance, setup) }),
	],
};

/** The scenario of a seed. */
export function scenarioOf(seed: number): Scenario {
	const setup = setupOf(new Chance(seed, 'setup'), new Chance(seed, 'causal'));
	const chance = new Chance(seed, 'actions');
	// Few kinds of trouble at a time: each seed looks into one corner.
	const weights = Object.fromEntries(
		faultClasses.map((name) => {
			// With a chance of its own, a kind that is added changes nothing in the scenarios without it.
			const own = name === 'orders' ? new Chance(seed, name) : chance;
			return [name, own.is(0.3) ? own.scale(1, 10) : 0];
		}),
	) as Record<FaultClass, number>;
	const talkativeness = chance.scale(4, 40);
	const pauseMs = chance.scale(5, 800);
	const actions = Array.from({ length: chance.whole(15, 110) }, (_, index): Action => {
		const mine = new Chance(seed, 'action', index);
		const kind = mine.weighted({ talk: talkativeness, ...weights });
		const make = kind === 'talk' ? talk : mine.pick(trouble[kind] as [Make, ...Make[]]);
		return { at: Math.round(-pauseMs * Math.log(1 - mine.next())), ...make(mine, setup) } as Action;
	});
	const all = actions.map((action, index) => privately(seed, setup, action, index));
	return { seed, setup, actions: all.map((action, index) => afterEffect(action, all[index - 1])) };
}

/** Where there are keys, some of what is said or done is said or done to one person. */
function privately(seed: number, setup: Setup, action: Action, index: number): Action {
	const chance = new Chance(seed, 'private', index);
	if (setup.keys.length === 0 || !chance.is(0.4)) {
		return action;
	}
	const whom = chance.whole(0, setup.keys.length - 1);
	switch (action.type) {
		case 'publish': {
			const { at, times, bytes } = action;
			return { at, type: 'tell', who: Math.min(action.who, setup.nicks.length - 1), whom, times, bytes };
		}
		case 'say away':
		case 'redial':
		case 'rename':
		case 'say nonsense':
			return { at: action.at, type: 'pry', who: anybody(chance, setup), whom, how: chance.whole(0, ways.length - 1) };
		default:
			return action;
	}
}

/** What is only done to see what comes of it is not followed by something else before that. */
function afterEffect(action: Action, before: Action | undefined): Action {
	switch (before?.type) {
		case 'outrun':
		case 'lose and mute':
		case 'lose acks':
			return { ...action, at: action.at + before.ms };
		default:
			return action;
	}
}

function setupOf(chance: Chance, causal: Chance): Setup {
	const nicks = ['ann', 'bob', 'ann', 'cat', 'dan'].slice(0, chance.whole(2, 5));
	const keepOrder = nicks.map(() => causal.is(0.7));
	return {
		nicks,
		memories: nicks.map(() => chance.pick(['disk', 'disk', 'device', 'new device', 'none'] as const)),
		causal: keepOrder,
		// What does not match is never seen to come before what came of it.
		filters: keepOrder.map((isCausal) => (chance.is(0.7) && !isCausal ? chance.whole(0, filters.length - 1) : -1)),
		baseClients: chance.pick([0, 0, 1, 2]),
		rooms: chance.is(0.6) ? ['den'] : ['den', 'attic'],
		latencyMs: chance.scale(1, 200),
		jitterMs: chance.scale(1, 100),
		kernelBytes: chance.pick([2000, 2000, 20_000, 1_000_000]),
		loopback: chance.is(0.7),
		windowMessages: chance.pick([4, 16, 64, 512]),
		windowBytes: chance.pick([1000, 20_000, 262_144]),
		unsentBytes: chance.pick([2000, 20_000, 20_000, 100_000, 2 ** 26]),
		historySize: chance.pick([5, 30, 10_000, 10_000]),
		historyTtlMs: chance.pick([10_000, 30 * dayMs, 30 * dayMs]),
		rememberMs: chance.is(0.25) ? chance.pick([2000, 8000]) : dayMs,
		writeMs: chance.scale(1, 10),
		syncMs: chance.scale(1, 50),
		readMs: chance.scale(1, 50),
		tellMs: chance.scale(1, 50),
		giveUpMs: chance.is(0.3) ? chance.pick([3000, 15_000]) : 2 ** 30,
		// The last to be drawn, so that all else is what it was.
		keys: chance.is(0.4) ? [...new Set(nicks)].filter(() => chance.is(0.8)) : [],
		flushWindowMs: chance.pick([0, 5, 1000, 1000]),
	};
}
