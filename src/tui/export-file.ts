/**
 * Writes a room's history to a file, a page at a time. The file has its name only when all of it is written.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Client } from '../client/client.ts';
import { conversationOf } from '../client/conversation.ts';
import { isInbox } from '../protocol/names.ts';
import type { Exported } from './exporting.ts';
import type { Unstamped } from './model.ts';
import { type Entry, entriesOf, entryText, formatOf } from './text/history-file.ts';

/** Does one export at a time, and tells what comes of it. */
export function createExporter(client: Surroundings['client'], receive: (event: Unstamped) => void) {
	let going: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
	return {
		begin(order: ExportOrder): void {
			const stop = new AbortController();
			const { signal } = stop;
			const progress = (count: number) => receive({ type: 'exporting', count });
			const ended = exportHistory(order, { client, signal, progress }).then(
				(outcome) => receive({ type: 'exported', outcome }),
				(error: Error) => receive({ type: 'export-failed', ...(!signal.aborted && { text: error.message }) }),
			);
			going = { stop, ended };
		},
		/** Resolves when nothing is left of it. */
		async stop(): Promise<void> {
			going?.stop.abort();
			await going?.ended;
		},
	};
}

export interface ExportOrder {
	readonly room: string;
	/** As it was typed: `~/` is the home directory. */
	readonly file: string;
	/** Both ends included. */
	readonly from: number;
	readonly to: number;
	/** What is there already may be written over. */
	readonly force: boolean;
}

interface Surroundings {
	readonly client: Pick<Client, 'history' | 'user'>;
	/** Ends it; then nothing is left of it. */
	readonly signal: AbortSignal;
	/** So many messages are written. */
	readonly progress: (count: number) => void;
}

/** Messages that are asked for at once, the most that a broker gives. */
const pageSize = 500;

/**
 * Resolves when the file is there, also when the link was lost midway: what had come until then is in it. Rejects with
 * words for people when nothing was written.
 */
export async function exportHistory(order: ExportOrder, surroundings: Surroundings): Promise<Exported> {
	const path = pathOf(order.file);
	if (!order.force && (await isThere(path))) {
		throw new Error(thereText(order.file));
	}
	const part = `${path}.${randomUUID().slice(0, 8)}.part`;
	let file: FileHandle | undefined;
	try {
		file = await open(part, 'wx', 0o600);
		const outcome = await writePages(file, order, surroundings);
		await file.sync();
		await file.close();
		file = undefined;
		await (order.force ? rename(part, path) : renameToNew(part, path));
		return outcome;
	} catch (error) {
		throw new Error(failureText(error, order.file), { cause: error });
	} finally {
		await file?.close().catch(() => undefined);
		await rm(part, { force: true }).catch(() => undefined);
	}
}

async function writePages(
	file: FileHandle,
	{ room, file: name, from, to }: ExportOrder,
	{ client, signal, progress }: Surroundings,
): Promise<Exported> {
	const inbox = client.user?.inbox;
	const isPart = isInbox(room);
	const source = isPart ? (inbox ?? room) : room;
	const format = formatOf(name);
	const written = { count: 0, missing: 0, first: 0, last: 0 };
	let after = from - 1;
	let end = to;
	let epoch: string | undefined;
	const stopped = new Promise<never>((_, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
	// Who stops it need not wait for a page that may never come.
	stopped.catch(() => undefined);
	const write = async (entries: readonly Entry[]) => {
		await file.writeFile(entries.map((entry) => entryText(entry, format)).join(''));
	};
	for (;;) {
		signal.throwIfAborted();
		const asked = client.history(source, { after, order: 'asc', limit: pageSize });
		const page = await Promise.race([asked, stopped]).catch((error: unknown) => {
			if (after < from || signal.aborted) {
				throw error;
			}
			return messageOf(error);
		});
		if (typeof page === 'string' || page.epoch !== (epoch ?? page.epoch)) {
			const before = { after, why: typeof page === 'string' ? page : startedOver };
			await write([{ stopped: before }]);
			return { ...written, stopped: before };
		}
		epoch = page.epoch;
		// What is said meanwhile is not waited for.
		end = Math.min(end, page.head ?? end);
		const entries = entriesOf(page, after).flatMap((entry) => within(entry, end));
		const own = isPart
			? entries.filter((entry) => !('message' in entry) || conversationOf(entry.message, inbox) === room)
			: entries;
		await write(own);
		for (const entry of own) {
			if ('message' in entry) {
				written.count++;
				written.first ||= entry.message.sequence;
				written.last = entry.message.sequence;
			} else if ('missing' in entry) {
				written.missing += entry.missing.to - entry.missing.from + 1;
			}
		}
		progress(written.count);
		const reached = Math.max(page.messages.at(-1)?.sequence ?? 0, page.gaps?.at(-1)?.to ?? 0);
		if (page.complete || reached <= after || reached >= end) {
			return written;
		}
		after = reached;
	}
}

const startedOver = 'the room started over';

function within(entry: Entry, end: number): readonly Entry[] {
	if ('message' in entry) {
		return entry.message.sequence <= end ? [entry] : [];
	}
	if ('missing' in entry) {
		const { missing } = entry;
		return missing.from <= end ? [{ missing: { ...missing, to: Math.min(missing.to, end) } }] : [];
	}
	return [entry];
}

function pathOf(file: string): string {
	return resolve(file === '~' || file.startsWith('~/') ? join(homedir(), file.slice(1)) : file);
}

function isThere(path: string): Promise<boolean> {
	return access(path, constants.F_OK).then(
		() => true,
		() => false,
	);
}

/** Fails when there is something of that name, also when it came meanwhile. */
async function renameToNew(part: string, path: string): Promise<void> {
	try {
		await link(part, path);
	} catch (error) {
		if (codeOf(error) === 'EEXIST') {
			throw error;
		}
		// A file system without hard links.
		await copyFile(part, path, constants.COPYFILE_EXCL);
	}
}

function failureText(error: unknown, file: string): string {
	const code = codeOf(error);
	const text = code === undefined ? undefined : failures[code];
	return text === undefined ? messageOf(error) : code === 'EEXIST' ? thereText(file) : `${file}: ${text}`;
}

function thereText(file: string): string {
	return `${file} is there already; --force writes over it`;
}

const failures: Readonly<Record<string, string>> = {
	EEXIST: 'it is there already',
	EACCES: 'you may not write there',
	EPERM: 'you may not write there',
	EROFS: 'nothing can be written there',
	ENOENT: 'there is no such directory',
	ENOTDIR: 'there is no such directory',
	EISDIR: 'that is a directory',
	ENAMETOOLONG: 'the name is too long',
	ENOSPC: 'the disk is full',
	EDQUOT: 'your share of the disk is full',
};

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
