/** Whether what a program passes to a `Client` can be meant. Each throws a `NatterError` with `invalid_argument`. */
import { type AdminOrder, orderOf } from '../protocol/admin.ts';
import { type Decoded, decodeFromClient, encode } from '../protocol/codec.ts';
import { readFilter } from '../protocol/filter.ts';
import type { FromClient, Tags } from '../protocol/frames.ts';
import type { HistoryQuery, JoinOptions, PublishOptions, SearchQuery } from './client.ts';
import { NatterError } from './errors.ts';
import { refusal } from './options.ts';

/** More could not be sent in one frame to any broker. */
const maxContentUnits = 1024 * 1024;

/** The longest text that a broker searches for. */
const maxSoughtUnits = 256;

/** The options with only what belongs to them. */
export function checkJoin(options: JoinOptions): JoinOptions {
	checkObject(options);
	const { history, after, filter } = options;
	checkWhole('history', history, 0, 500);
	checkWhole('after', after, 0, Number.MAX_SAFE_INTEGER);
	const read = filter === undefined ? undefined : readFilter(filter);
	if (read?.ok === false) {
		throw new NatterError('invalid_argument', `\`filter\`: ${read.detail}`, { outcome: 'not_applied' });
	}
	return {
		...(history !== undefined && { history }),
		...(after !== undefined && { after }),
		...(read !== undefined && { filter: read.filter }),
	};
}

export function checkPublish(content: string, options: PublishOptions): void {
	if (typeof content !== 'string' || content.length > maxContentUnits) {
		throw refusal('content', `a string of at most ${maxContentUnits} characters`, content);
	}
	checkObject(options);
	const { cid, tags, replyTo, ttlMs } = options;
	if (cid !== undefined && (typeof cid !== 'string' || cid === '' || cid.length > 128)) {
		throw refusal('cid', 'a string of 1..128 characters', cid);
	}
	checkWhole('replyTo', replyTo, 0, Number.MAX_SAFE_INTEGER);
	checkWhole('ttlMs', ttlMs, 1, Number.MAX_SAFE_INTEGER);
	if (tags !== undefined) {
		if (!areTags(tags)) {
			throw refusal('tags', 'an object of strings, finite numbers and booleans', tags);
		}
	}
}

/** Enough malformed ones would cost the connection, so the broker's own check is made first. */
function areTags(tags: Tags): boolean {
	try {
		return decodeFromClient(encode({ type: 'publish', room: '', sender: '', content: '', tags })).ok;
	} catch {
		// JSON has no form for it.
		return false;
	}
}

/** The order with only what belongs to one. */
export function checkOrder(order: AdminOrder): AdminOrder {
	checkObject(order);
	const { op } = order;
	const decoded = decoding(order);
	const read = decoded?.ok === true && decoded.frame.type === 'admin' ? orderOf(decoded.frame) : undefined;
	if (read === undefined || !read.ok || op === 'list') {
		throw refusal('order', 'an order of an admin with all that belongs to it', read?.ok === false ? read.detail : op);
	}
	return 'room' in read.order && read.order.room !== undefined
		? { ...read.order, room: read.order.room.normalize('NFC') }
		: read.order;
}

/** The broker's own check; `undefined` when JSON has no form for it. */
function decoding(order: AdminOrder): Decoded<FromClient> | undefined {
	try {
		return decodeFromClient(JSON.stringify({ ...order, type: 'admin' }));
	} catch {
		return undefined;
	}
}

/** The query with only what belongs to one. */
export function checkHistory(query: HistoryQuery): HistoryQuery {
	checkObject(query);
	const { after, before, limit, order } = query;
	checkWhole('after', after, 0, Number.MAX_SAFE_INTEGER);
	checkWhole('before', before, 0, Number.MAX_SAFE_INTEGER);
	checkWhole('limit', limit, 1, 500);
	if (order !== undefined && order !== 'asc' && order !== 'desc') {
		throw refusal('order', "'asc' or 'desc'", order);
	}
	return {
		...(after !== undefined && { after }),
		...(before !== undefined && { before }),
		...(limit !== undefined && { limit }),
		...(order !== undefined && { order }),
	};
}

/** What is sought and the query, with only what belongs to one. */
export function checkSearch(text: string, query: SearchQuery): { readonly text: string; readonly query: SearchQuery } {
	if (typeof text !== 'string' || text.length > maxSoughtUnits) {
		throw refusal('text', `a string of at most ${maxSoughtUnits} characters`, text);
	}
	checkObject(query);
	const { before, epoch, limit } = query;
	checkWhole('before', before, 0, Number.MAX_SAFE_INTEGER);
	checkWhole('limit', limit, 1, 500);
	if (epoch !== undefined && (typeof epoch !== 'string' || epoch === '' || epoch.length > 128)) {
		throw refusal('epoch', 'a string of 1..128 characters', epoch);
	}
	return {
		text,
		query: {
			...(before !== undefined && { before }),
			...(epoch !== undefined && { epoch }),
			...(limit !== undefined && { limit }),
		},
	};
}

function checkObject(options: object): void {
	if (typeof options !== 'object' || options === null) {
		throw refusal('options', 'an object', options);
	}
}

function checkWhole(name: string, value: number | undefined, least: number, most: number): void {
	if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
		throw refusal(name, `a whole number of ${least}..${most}`, value);
	}
}
