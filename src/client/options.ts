import { KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { NatterError } from './errors.ts';
import type { ClientStore } from './store.ts';

/** What `connect` may be told. Every member has a default, save the nick. */
export interface ClientOptions {
	/** The name that others see. The broker may change it; `client.nick` says what it is. */
	readonly nick: string;
	/** Rooms to join as soon as the broker answers. @default [] */
	readonly rooms?: readonly string[];
	/** How many messages from before the join are asked for, 0..500. @default 100 */
	readonly history?: number;
	/** How long an early message waits for the one before it until the broker is asked, in ms. @default 250 */
	readonly graceMs?: number;
	/** How long a gap may stay open until its messages are given up and named as lost, in ms. @default 15000 */
	readonly giveUpMs?: number;
	/** Early messages that are held per room, and with `causal` also items that wait for other rooms. @default 256 */
	readonly maxHeld?: number;
	/**
	 * Keep the order of what caused what over all joined rooms: what is published says where its author stood in other rooms,
	 * and what comes is given after the messages of joined rooms that its author had seen. @default false
	 */
	readonly causal?: boolean;
	/** How long a message waits for one of another room until it is given as late, in ms. @default 2000 */
	readonly causalMs?: number;
	/** Publishes that may be under way at once; more wait in the outbox. @default 64 */
	readonly maxInFlight?: number;
	/** Publishes that the outbox keeps; one more is refused with `limit_exceeded`. @default 10000 */
	readonly maxQueued?: number;
	/** How long to wait for `welcome` until the broker is taken for a base broker, in ms. @default 3000 */
	readonly welcomeMs?: number;
	/** How long to wait for an answer to a request, in ms. @default 10000 */
	readonly requestMs?: number;
	/** How often the round trip is measured and a dead link noticed, in ms. @default 15000 */
	readonly pingMs?: number;
	/** What the broker is told about the program. @default {name: 'natter', version: this package's} */
	readonly program?: { readonly name: string; readonly version: string };
	/**
	 * No person sits at this client: others see it as a bot, and what it says as said by one. It is not taken to be away
	 * because it does nothing. @default false
	 */
	readonly bot?: boolean;
	/**
	 * The name of the device that the broker keeps cursors under, 1..128 characters: a client without any memory of its own
	 * goes on in each room where this device was. @default the store's, or none
	 */
	readonly device?: string;
	/**
	 * The Ed25519 private key that others know this person by: whoever has it owns the nicks that were first used with it.
	 * @default none: a guest
	 */
	readonly key?: KeyObject;
	/**
	 * Follow this person's inbox, which a broker gives to those who have a `key`: direct messages come in it as in any room.
	 * @default true
	 */
	readonly inbox?: boolean;
	/** Where the keys of brokers are remembered, so that another one in the same place is noticed. Asked only with a `key`. @default nowhere */
	readonly knownBrokers?: KnownBrokers;
	/** What is kept beyond this run. The client owns it from now on, and closes it. @default nothing is kept */
	readonly store?: ClientStore;
}

/** Keys of brokers by where they are dialled. */
export interface KnownBrokers {
	/** The public key of the broker at an authority, `host:port`; `undefined` when nobody was there yet. */
	find(authority: string): string | undefined;
	/** Remembers a broker that was met for the first time. */
	add(authority: string, key: string): void;
}

/** The options with every default filled in, save the store, which only the shell knows. */
export type Settings = Required<Omit<ClientOptions, Uncertain | 'store'>> & Pick<ClientOptions, Uncertain>;

type Uncertain = 'device' | 'key' | 'knownBrokers';

interface Range {
	readonly fallback: number;
	readonly least: number;
	readonly most: number;
	readonly isWhole?: boolean;
}

const longestMs = 2 ** 31 - 1;
const ranges = {
	history: { fallback: 100, least: 0, most: 500, isWhole: true },
	graceMs: { fallback: 250, least: 0, most: longestMs },
	giveUpMs: { fallback: 15_000, least: 0, most: longestMs },
	maxHeld: { fallback: 256, least: 1, most: 65_536, isWhole: true },
	causalMs: { fallback: 2000, least: 0, most: longestMs },
	maxInFlight: { fallback: 64, least: 1, most: 65_536, isWhole: true },
	maxQueued: { fallback: 10_000, least: 1, most: 1_000_000, isWhole: true },
	welcomeMs: { fallback: 3000, least: 1, most: longestMs },
	requestMs: { fallback: 10_000, least: 1, most: longestMs },
	pingMs: { fallback: 15_000, least: 1, most: longestMs },
} satisfies Partial<Record<keyof ClientOptions, Range>>;

const names: readonly string[] = Object.keys({
	nick: true,
	rooms: true,
	history: true,
	graceMs: true,
	giveUpMs: true,
	maxHeld: true,
	causal: true,
	causalMs: true,
	maxInFlight: true,
	maxQueued: true,
	welcomeMs: true,
	requestMs: true,
	pingMs: true,
	program: true,
	bot: true,
	device: true,
	key: true,
	inbox: true,
	knownBrokers: true,
	store: true,
} satisfies Readonly<Record<keyof ClientOptions, true>>);

/** Fills in the defaults. Throws a `NatterError` with the code `invalid_argument` for an option that cannot be meant. */
export function resolveOptions(options: ClientOptions, program: Settings['program']): Settings {
	if (typeof options !== 'object' || options === null) {
		throw refusal('options', 'an object', options);
	}
	const unknown = Object.keys(options).find((name) => !names.includes(name));
	if (unknown !== undefined) {
		const text = `Expected \`options\` to have only known members, got \`${unknown}\``;
		throw new NatterError('invalid_argument', text, { outcome: 'not_applied' });
	}
	const number = (name: keyof typeof ranges): number => {
		const range: Range = ranges[name];
		const { [name]: value = range.fallback } = options;
		const isNumber = typeof value === 'number' && value >= range.least && value <= range.most;
		if (!isNumber || (range.isWhole === true && !Number.isInteger(value))) {
			const kind = range.isWhole === true ? 'a whole number' : 'a number';
			throw refusal(name, `${kind} of ${range.least}..${range.most}`, value);
		}
		return value;
	};
	const { nick, rooms = [] } = options;
	if (typeof nick !== 'string' || nick.trim() === '' || nick.length > 256) {
		throw refusal('nick', 'a name of 1..256 characters', nick);
	}
	if (!Array.isArray(rooms) || !rooms.every(isRoomName)) {
		throw refusal('rooms', 'an array of room names', rooms);
	}
	const { name, version } = options.program ?? program;
	if (typeof name !== 'string' || typeof version !== 'string') {
		throw refusal('program', 'an object with a name and a version', options.program);
	}
	const { device, causal = false, inbox = true, bot = false } = options;
	if (typeof bot !== 'boolean') {
		throw refusal('bot', 'a boolean', bot);
	}
	if (typeof causal !== 'boolean') {
		throw refusal('causal', 'a boolean', causal);
	}
	if (typeof inbox !== 'boolean') {
		throw refusal('inbox', 'true or false', inbox);
	}
	if (device !== undefined && (typeof device !== 'string' || device === '' || device.length > 128)) {
		throw refusal('device', 'a string of 1..128 characters', device);
	}
	const { key, knownBrokers } = options;
	if (
		key !== undefined &&
		!(key instanceof KeyObject && key.type === 'private' && key.asymmetricKeyType === 'ed25519')
	) {
		// What it is instead is not said: it may be a secret.
		throw new NatterError('invalid_argument', 'Expected `key` to be an Ed25519 private key as a KeyObject');
	}
	return {
		nick: nick.normalize('NFC'),
		rooms: rooms.map((room: string) => room.normalize('NFC')),
		history: number('history'),
		graceMs: number('graceMs'),
		giveUpMs: number('giveUpMs'),
		maxHeld: number('maxHeld'),
		causal,
		causalMs: number('causalMs'),
		maxInFlight: number('maxInFlight'),
		maxQueued: number('maxQueued'),
		welcomeMs: number('welcomeMs'),
		requestMs: number('requestMs'),
		pingMs: number('pingMs'),
		program: { name, version },
		inbox,
		bot,
		...(device !== undefined && { device }),
		...(key !== undefined && { key }),
		...(knownBrokers !== undefined && { knownBrokers }),
	};
}

/** Whether it may be a room's name; whether it is one, the broker knows. */
export function isRoomName(room: unknown): room is string {
	return typeof room === 'string' && room !== '' && room.length <= 256;
}

/** The error for an argument that cannot be meant: what was expected, and what came. */
export function refusal(name: string, expected: string, got: unknown): NatterError {
	const kind = got === null ? 'null' : typeof got;
	const shown = inspect(got, { depth: 1, breakLength: Infinity }).slice(0, 200);
	return new NatterError('invalid_argument', `Expected \`${name}\` to be ${expected}, got \`${shown}\` (${kind})`, {
		outcome: 'not_applied',
	});
}
