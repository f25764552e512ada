/**
 * A client without a broker: it writes down what it is asked, answers as it is told, and tells what a test makes it tell.
 */
import { EventEmitter } from 'node:events';
import type { Client, ClientEvents, LinkStatus, RoomStatus } from '../../src/client/client.ts';
import type { Surroundings } from '../../src/tui/effects.ts';

export interface FakeClient extends Client {
	/** What was asked, in order: the name of the method and its arguments. */
	readonly asked: readonly (readonly unknown[])[];
	/** What was told of typing, in order: room and whether it is so. */
	readonly typed: readonly (readonly unknown[])[];
	/** Tells its listeners something. */
	tell<Name extends keyof ClientEvents>(name: Name, ...values: Parameters<ClientEvents[Name]>): void;
	listeners(): number;
}

type Answers = Partial<
	Pick<
		Client,
		| 'publish'
		| 'history'
		| 'search'
		| 'join'
		| 'leave'
		| 'members'
		| 'rooms'
		| 'setNick'
		| 'receipts'
		| 'admin'
		| 'restrictions'
		| 'createToken'
		| 'revokeTokens'
	>
>;

export function fakeClient({
	answers = {},
	joined = ['general'],
	unsent = [],
	status = { state: 'connecting', attempt: 1 },
}: {
	answers?: Answers;
	joined?: readonly string[];
	unsent?: Client['unsent'];
	status?: LinkStatus;
} = {}): FakeClient {
	const emitter = new EventEmitter();
	const asked: unknown[][] = [];
	const typed: unknown[][] = [];
	const ask =
		<Name extends keyof Answers>(name: Name, usual: NonNullable<Answers[Name]>) =>
		(...values: unknown[]) => {
			asked.push([name, ...values]);
			return (answers[name] ?? (usual as never as (...values: unknown[]) => never))(...(values as [never, never]));
		};
	const never = () => new Promise<never>(() => undefined);
	const client = {
		status,
		nick: 'sam',
		url: 'ws://127.0.0.1:8080',
		unsent,
		joined,
		asked,
		typed,
		room: (): RoomStatus | undefined => undefined,
		publish: ask('publish', never),
		history: ask('history', never),
		search: ask('search', never),
		join: ask('join', never),
		leave: ask('leave', () => Promise.resolve()),
		members: ask('members', never),
		rooms: ask('rooms', never),
		setNick: ask('setNick', never),
		receipts: ask('receipts', () => []),
		admin: ask('admin', never),
		restrictions: ask('restrictions', never),
		createToken: ask('createToken', never),
		revokeTokens: ask('revokeTokens', never),
		discard: () => false,
		setPresence: (...values: unknown[]) => void asked.push(['setPresence', ...values]),
		setTyping: (...values: unknown[]) => void typed.push(values),
		reconnect: () => void asked.push(['reconnect']),
		close: () => {
			asked.push(['close']);
			return Promise.resolve();
		},
		on: (name: string, listener: (...values: unknown[]) => void) => emitter.on(name, listener),
		off: (name: string, listener: (...values: unknown[]) => void) => emitter.off(name, listener),
		once: (name: string, listener: (...values: unknown[]) => void) => emitter.once(name, listener),
		tell: (name: string, ...values: unknown[]) => void emitter.emit(name, ...values),
		listeners: () => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0),
	};
	return client as unknown as FakeClient;
}

/** What effects are done with: a client, and nothing else that does anything but what is given. */
export function surroundings(more: Partial<Surroundings> & Pick<Surroundings, 'client'>): Surroundings {
	const nothing = () => undefined;
	return {
		receive: nothing,
		quit: nothing,
		redraw: nothing,
		showBare: nothing,
		edit: (text) => Promise.resolve(text),
		suspend: nothing,
		open: () => new Promise(nothing),
		exportHistory: nothing,
		stopExport: nothing,
		copy: () => new Promise(nothing),
		ring: nothing,
		notify: nothing,
		setTitle: nothing,
		saveDraft: nothing,
		saveRead: nothing,
		saveLine: nothing,
		saveTabs: nothing,
		saveIgnored: nothing,
		unkept: nothing,
		...more,
	};
}
