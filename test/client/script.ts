/** A session that is led by hand: inputs go in one by one, and what came out is looked at as short values. */
import type { LinkStatus, RoomItem } from '../../src/client/client.ts';
import { type ClientOptions, resolveOptions } from '../../src/client/options.ts';
import type { ProofOptions } from '../../src/client/proof.ts';
import { createSession, type Session } from '../../src/client/session.ts';
import type { Happening, LinkEnd, Output, Request, Result } from '../../src/client/step.ts';
import type { StoredParcel } from '../../src/client/store.ts';
import type { FromBroker, FromClient, Position } from '../../src/protocol/frames.ts';
import { welcome } from './model-broker.ts';

export class Script {
	readonly session: Session;
	at = 1000;
	chance = 0;
	/** The number of the last dial. */
	link = 0;
	/** Since the last look. */
	#outputs: Output[] = [];
	#ids = 0;

	/** `adopted`: what earlier runs left behind in a store. `proof`: how it proves who it is. */
	constructor(options: Partial<ClientOptions> = {}, adopted?: readonly StoredParcel[], proof?: ProofOptions) {
		const settings = resolveOptions({ nick: 'sam', history: 0, ...options }, { name: 'test', version: '0' });
		const ids = { session: 's', producer: 'run' };
		this.session = createSession({
			...settings,
			...ids,
			...(adopted !== undefined && { adopted }),
			...(proof !== undefined && { proof }),
		});
		this.input({ type: 'start' });
	}

	input(happening: Happening): this {
		for (const output of this.session.step({ ...happening, at: this.at, chance: this.chance })) {
			if (output.type === 'dial') {
				this.link = output.link;
			}
			this.#outputs.push(output);
		}
		return this;
	}

	opened(): this {
		return this.input({ type: 'opened', link: this.link, nonce: `nonce-of-link-${this.link}` });
	}

	welcomed(id = 'sam'): this {
		return this.opened().says(welcome(id));
	}

	/** Online on a broker that knows nothing of natter.v1. */
	based(): this {
		return this.opened().passes(3000);
	}

	says(...frames: readonly FromBroker[]): this {
		for (const frame of frames) {
			this.input({ type: 'frame', link: this.link, frame });
		}
		return this;
	}

	closes(end: Partial<LinkEnd> = {}): this {
		return this.input({ type: 'closed', link: this.link, cause: { text: 'cut', code: '1006' }, ...end });
	}

	/** Lets time pass, with a tick whenever one is wanted. */
	passes(ms: number): this {
		const end = this.at + ms;
		for (let wakeAt = this.session.wakeAt; wakeAt !== undefined && wakeAt <= end; wakeAt = this.session.wakeAt) {
			this.at = Math.max(this.at, wakeAt);
			this.input({ type: 'tick' });
		}
		this.at = end;
		return this;
	}

	join(room = 'r', options = {}, from?: Position): number {
		return this.#ask((id) => ({ type: 'join', id, room, options, from }));
	}

	leave(room = 'r'): number {
		return this.#ask((id) => ({ type: 'leave', id, room }));
	}

	publish(content: string, room = 'r', options = {}): number {
		return this.#ask((id) => ({ type: 'publish', id, room, content, cid: `c${id}`, options }));
	}

	request(request: Request): number {
		return this.#ask((id) => ({ type: 'request', id, request }));
	}

	rename(nick: string): number {
		return this.#ask((id) => ({ type: 'rename', id, nick }));
	}

	/** Everything since the last look. */
	look(): readonly Output[] {
		return this.#outputs.splice(0);
	}

	sent(): readonly FromClient[] {
		return this.look().flatMap((output) => (output.type === 'send' ? [output.frame] : []));
	}

	statuses(): readonly LinkStatus[] {
		return this.look().flatMap((output) => (output.type === 'status' ? [output.status] : []));
	}

	items(): readonly RoomItem[] {
		return this.look().flatMap((output) => (output.type === 'deliver' ? output.items : []));
	}

	/** The notices since the last look, as `code: text`. */
	notices(): readonly string[] {
		return this.look().flatMap((output) =>
			output.type === 'notice' ? [`${output.notice.code}: ${output.notice.text}`] : [],
		);
	}

	/** The answers since the last look, as `id: value` or `id: code outcome`. */
	answers(): readonly string[] {
		return this.look().flatMap((output) => (output.type === 'settle' ? [`${output.id}: ${shown(output.result)}`] : []));
	}

	/** The `ref` of the last frame of this type since the last look. */
	refOf(type: FromClient['type']): string {
		const frame = this.sent().findLast((one) => one.type === type);
		if (frame === undefined || !('ref' in frame) || frame.ref === undefined) {
			throw new Error(`Expected a ${type} with a ref to have been sent`);
		}
		return frame.ref;
	}

	/** In the room on a v1 broker, at this head. */
	static in(room: string, head = 0, options: Partial<ClientOptions> = {}): Script {
		const script = new Script(options).welcomed();
		script.look();
		script.join(room);
		const ref = script.refOf('subscribe');
		script.says({ type: 'subscribed', room, sequence: head, ref, epoch: 'e', head, oldest: 1 });
		script.look();
		return script;
	}

	#ask(question: (id: number) => Happening): number {
		this.#ids += 1;
		this.input(question(this.#ids));
		return this.#ids;
	}
}

function shown(result: Result): string {
	if (result.ok) {
		return JSON.stringify(result.value) ?? 'done';
	}
	const { code, outcome } = result.failure;
	return outcome === undefined ? code : `${code} ${outcome}`;
}

export function message(sequence: number, more = {}): Extract<FromBroker, { type: 'message' }> {
	return {
		...{ type: 'message', id: `m${sequence}`, room: 'r', sender: 'jo', content: `text ${sequence}`, sequence },
		...{ timestamp: 5, ...more },
	};
}

export function published(cid: string, sequence: number, more = {}): Extract<FromBroker, { type: 'published' }> {
	return {
		...{ type: 'published', cid, room: 'r', id: `m${sequence}`, sequence, epoch: 'e', timestamp: 5 },
		...{ duplicate: false, durability: 'memory', ...more },
	};
}
