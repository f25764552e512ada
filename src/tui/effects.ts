/**
 * Does what the screen decided, and tells it what happens: the only place where the screen meets the client.
 */
import type { Client, ClientEvents } from '../client/client.ts';
import { NatterError } from '../client/errors.ts';
import type { Position } from '../protocol/frames.ts';
import { isInbox } from '../protocol/names.ts';
import type { ExportOrder } from './export-file.ts';
import type { Effect, Ignored, Tabs, Unstamped } from './model.ts';
import { namedEmoji } from './text/emoji.ts';

/** What is done outside the client. */
export interface Surroundings {
	readonly client: Client;
	/** Takes in an event that came of an effect or of the client. */
	readonly receive: (event: Unstamped) => void;
	readonly quit: () => void;
	readonly redraw: () => void;
	/** Writes lines over the whole screen. */
	readonly showBare: (lines: readonly string[], hint: string) => void;
	readonly copy: (text: string) => Promise<'terminal' | 'tmux'>;
	readonly open: (address: string) => Promise<'opened' | 'remote' | 'failed'>;
	/** Begins one export, of which there is one at a time. */
	readonly exportHistory: (order: ExportOrder) => void;
	readonly stopExport: () => void;
	/** Resolves to what the person made of a text in their editor; rejects in words for people. */
	readonly edit: (text: string) => Promise<string>;
	readonly suspend: () => void;
	readonly ring: () => void;
	readonly notify: (notification: { readonly title: string; readonly text: string }) => void;
	readonly setTitle: (text: string) => void;
	readonly saveDraft: (room: string, text: string) => void;
	readonly saveRead: (room: string, position: Position) => void;
	readonly saveLine: (line: string) => void;
	readonly saveTabs: (tabs: Tabs) => void;
	readonly saveIgnored: (ignored: readonly Ignored[]) => void;
	/** How many unsent lines would be lost with this process; `undefined` when nothing is kept beyond it. */
	readonly unkept: () => number | undefined;
}

/** Does one thing; its outcome is received later as an event. */
export function perform(
	effect: Effect,
	{
		client,
		receive,
		quit,
		redraw,
		edit,
		suspend,
		showBare,
		copy,
		open,
		exportHistory,
		stopExport,
		ring,
		notify,
		setTitle,
		saveDraft,
		saveRead,
		saveLine,
		saveTabs,
		saveIgnored,
		unkept,
	}: Surroundings,
): void {
	const orFailed = (room: string, outcome: Promise<Unstamped | undefined>) => {
		outcome
			.catch((error: unknown) => failure(effect, room, error))
			.then((event) => event !== undefined && receive(event));
	};
	switch (effect.type) {
		case 'publish': {
			const { room, content, cid, replyTo } = effect;
			// Its success is told by the event `published`; most refusals are told by an event too, some only here.
			client.publish(room, content, { cid, ...(replyTo !== undefined && { replyTo }) }).catch((error: unknown) => {
				if (!isUnsent(client, cid)) {
					const code = error instanceof NatterError ? error.code : 'internal';
					receive({ type: 'refused', refused: { room, cid, code, text: messageOf(error) } });
				}
			});
			break;
		}
		case 'join':
			orFailed(
				effect.room,
				client.join(effect.room, ...(effect.filter === undefined ? [] : [{ filter: effect.filter }])).then(
					// Since it was joined more may have come, which was told already.
					(status) => ({ type: 'room', status: client.room(effect.room) ?? status }),
					(error: unknown) => {
						// A broker that does not want this client back has refused no room: it is joined with the next link.
						if (!client.joined.includes(effect.room)) {
							throw error;
						}
						return undefined;
					},
				),
			);
			break;
		case 'leave':
			orFailed(
				effect.room,
				client.leave(effect.room).then(() => undefined),
			);
			break;
		case 'load-older': {
			const { room, before, limit, asked } = effect;
			orFailed(
				room,
				client
					.history(sourceOf(client, room), { ...(before !== undefined && { before }), limit, order: 'desc' })
					.then((page) => ({ type: 'older', room, page, asked, ...(before !== undefined && { before }) })),
			);
			break;
		}
		case 'load-newer': {
			const { room, after, limit } = effect;
			orFailed(
				room,
				client
					.history(sourceOf(client, room), { after, limit, order: 'asc' })
					.then((page) => ({ type: 'newer', room, page, after })),
			);
			break;
		}
		case 'load-around': {
			const { room, sequence, limit } = effect;
			const source = sourceOf(client, room);
			orFailed(
				room,
				Promise.all([
					client.history(source, { before: sequence, limit, order: 'desc' }),
					client.history(source, { after: sequence - 1, limit: limit + 1, order: 'asc' }),
				]).then(([before, after]) => ({ type: 'around', room, sequence, before, after })),
			);
			break;
		}
		case 'search': {
			const { id, room, text, before, epoch, limit } = effect;
			const query = { ...(before !== undefined && { before }), ...(epoch !== undefined && { epoch }), limit };
			client.search(sourceOf(client, room), text, query).then(
				(page) => receive({ type: 'found', id, room, page }),
				(error: unknown) => receive({ type: 'not-found', id, room, text: messageOf(error) }),
			);
			break;
		}
		case 'list-rooms':
			orFailed(
				effect.room,
				client.rooms().then((rooms) => ({ type: 'rooms-listed', room: effect.room, rooms })),
			);
			break;
		case 'find-rooms':
			// What is open can be gone to all the same.
			client.rooms().then(
				(rooms) => receive({ type: 'rooms-found', rooms }),
				() => undefined,
			);
			break;
		case 'find-emoji':
			// A table of a hundred kilobytes, which few runs of natter need.
			orFailed(
				effect.room,
				import('gemoji').then(({ gemoji }) => ({ type: 'emoji-found', emoji: namedEmoji(gemoji) })),
			);
			break;
		case 'make-token':
			orFailed(
				effect.room,
				client.createToken().then((token) => ({ type: 'token-made', room: effect.room, token })),
			);
			break;
		case 'revoke-tokens':
			orFailed(
				effect.room,
				client.revokeTokens().then((count) => ({ type: 'tokens-revoked', room: effect.room, count })),
			);
			break;
		case 'list-members': {
			const { type: _, ...asked } = effect;
			orFailed(
				effect.room,
				client.members(effect.room).then((members) => ({ type: 'members-listed', ...asked, members })),
			);
			break;
		}
		case 'list-receipts':
			receive({ type: 'receipts', room: effect.room, receipts: client.receipts(sourceOf(client, effect.room)) });
			break;
		case 'list-restrictions': {
			const { room, about } = effect;
			orFailed(
				room,
				client.restrictions(about).then((restrictions) => ({
					type: 'restrictions-listed',
					room,
					restrictions,
					...(about !== undefined && { about }),
				})),
			);
			break;
		}
		case 'administer': {
			const { room, order, command } = effect;
			client.admin(order).then(
				() => receive({ type: 'administered', room, order }),
				(error: unknown) =>
					receive({ type: 'failed', what: 'administer', room, text: `${command}: ${messageOf(error)}` }),
			);
			break;
		}
		case 'change-nick':
			orFailed(
				effect.room,
				client.setNick(effect.nick).then((nick) => ({ type: 'nick-changed', room: effect.room, nick })),
			);
			break;
		case 'count-unkept': {
			const count = unkept();
			if (count !== undefined) {
				receive({ type: 'unkept', count });
			}
			break;
		}
		case 'save-draft':
			saveDraft(effect.room, effect.text);
			break;
		case 'say-presence':
			client.setPresence(effect.state, effect.status);
			break;
		case 'say-typing':
			client.setTyping(effect.room, effect.isTyping);
			break;
		case 'save-read':
			saveRead(effect.room, effect.position);
			break;
		case 'save-line':
			saveLine(effect.line);
			break;
		case 'save-tabs':
			saveTabs(effect.tabs);
			break;
		case 'save-ignored':
			saveIgnored(effect.ignored);
			break;
		case 'reconnect':
			client.reconnect();
			break;
		case 'copy': {
			const { room, what } = effect;
			orFailed(
				room,
				copy(effect.text).then((by) => ({ type: 'copied', room, what, by })),
			);
			break;
		}
		case 'show-bare':
			showBare(effect.lines, effect.hint);
			break;
		case 'open': {
			const { room, address } = effect;
			orFailed(
				room,
				open(address).then((how) => ({ type: 'opened', room, address, how })),
			);
			break;
		}
		case 'export':
			exportHistory(effect);
			break;
		case 'stop-export':
			stopExport();
			break;
		case 'discard': {
			const { room, cid } = effect;
			const text = 'It may be with the broker already, so that it cannot be dropped';
			receive(client.discard(cid) ? { type: 'discarded', room, cid } : { type: 'failed', what: 'discard', room, text });
			break;
		}
		case 'edit': {
			const { room } = effect;
			orFailed(
				room,
				edit(effect.text).then((text) => ({ type: 'edited', room, text })),
			);
			break;
		}
		case 'suspend':
			suspend();
			break;
		case 'bell':
			ring();
			break;
		case 'notify':
			notify({ title: effect.title, text: effect.text });
			break;
		case 'title':
			setTitle(effect.text);
			break;
		case 'redraw':
			redraw();
			break;
		case 'quit':
			quit();
			break;
	}
}

/** Tells what the client tells, until the answer is called. */
export function listen(client: Client, receive: (event: Unstamped) => void): () => void {
	const listeners: ClientEvents = {
		status: (status) => receive({ type: 'link', status, nick: client.nick, user: client.user }),
		items: (room, items) => receive({ type: 'items', room, items }),
		room: (status) => receive({ type: 'room', status }),
		presence: (change) => receive({ type: 'presence', changes: [change] }),
		typing: (typing) => receive({ type: 'typing', typing }),
		members: (room, members) => receive({ type: 'members', room, members }),
		published: (published) => receive({ type: 'published', published }),
		refused: (refused) => receive({ type: 'refused', refused }),
		notice: (notice) => receive({ type: 'notice', notice }),
	};
	const names = Object.keys(listeners) as (keyof ClientEvents)[];
	for (const name of names) {
		client.on(name, listeners[name]);
	}
	return () => {
		for (const name of names) {
			client.off(name, listeners[name]);
		}
	};
}

/** The room whose log has what is shown here: conversations are parts of the inbox. */
function sourceOf({ user }: Client, room: string): string {
	return isInbox(room) ? (user?.inbox ?? room) : room;
}

/** The client has the line still, and sends it with the next link: nobody has refused it. */
function isUnsent({ unsent }: Client, cid: string): boolean {
	return unsent.some((line) => line.cid === cid);
}

function failure(effect: Effect, room: string, error: unknown): Unstamped {
	return { type: 'failed', what: effect.type, room, ...pageOf(effect), text: messageOf(error) };
}

/** Which page of a log is asked for, if one is. */
function pageOf(effect: Effect): Pick<Extract<Unstamped, { type: 'failed' }>, 'before' | 'after' | 'sequence'> {
	switch (effect.type) {
		case 'load-older':
			return effect.before === undefined ? {} : { before: effect.before };
		case 'load-newer':
			return { after: effect.after };
		case 'load-around':
			return { sequence: effect.sequence };
		default:
			return {};
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
