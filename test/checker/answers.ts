/** Each request with a `ref` is answered once, with that `ref`, by the frame that its type has for an answer or by a coded error. */
import type { FromBroker } from '../../src/protocol/frames.ts';
import type { Asked, Seen } from './observation.ts';
import type { Report } from './violation.ts';

/** What answers a request of a type. */
const answerTypes: Readonly<Record<string, FromBroker['type']>> = {
	subscribe: 'subscribed',
	unsubscribe: 'unsubscribed',
	publish: 'published',
	get_history: 'history',
	search: 'found',
	presence: 'ok',
	members: 'members',
	rooms: 'rooms',
};
/** Of these no answer is promised, and if there is a `ref` in them it means nothing. */
const unanswered = new Set<unknown>(['hello', 'ack', 'ping', 'bye']);
const longestRef = 64;

export class Answers {
	readonly #report: Report;
	/** What waits for an answer, by connection and ref. Several with one ref are answered in any order. */
	readonly #waiting = new Map<string, Map<string, Asked[]>>();
	/** Connections of which it is told what is read from them. */
	#isTold = false;

	constructor(report: Report) {
		this.#report = report;
	}

	heard({ connection, frame }: Seen<'heard'>): void {
		this.#isTold = true;
		const { ref, type } = frame;
		if (typeof ref === 'string' && ref.length <= longestRef && !unanswered.has(type)) {
			const waiting = this.#waiting.get(connection) ?? new Map<string, Asked[]>();
			waiting.set(ref, [...(waiting.get(ref) ?? []), frame]);
			this.#waiting.set(connection, waiting);
		}
	}

	/** What a frame answers, if anything. */
	wrote({ connection, frame }: Seen<'wrote'>): Asked | undefined {
		const ref = 'ref' in frame ? frame.ref : undefined;
		if (ref === undefined || !this.#isTold) {
			return undefined;
		}
		const waiting = this.#waiting.get(connection)?.get(ref) ?? [];
		const index = waiting.findIndex(({ type }) => frame.type === 'error' || answerTypes[String(type)] === frame.type);
		const [asked] = index === -1 ? [] : waiting.splice(index, 1);
		if (asked === undefined) {
			const what = waiting.length > 0 ? `a ${waiting.map(({ type }) => type)}` : 'nothing';
			this.#report('I13', `${connection}: ${frame.type} answers ${ref}, where ${what} waits for an answer`);
		} else if (frame.type === 'error' && frame.code === undefined) {
			this.#report('I13', `${connection}: the error for ${ref} has no code`);
		}
		return asked;
	}

	disconnected(connection: string): void {
		this.#waiting.delete(connection);
	}

	/** All is quiet on a connection that is in use: nothing may be left to answer. */
	rests(connection: string): void {
		const left = [...(this.#waiting.get(connection)?.values() ?? [])].flat();
		if (left.length > 0) {
			this.#report(
				'I13',
				`${connection}: was never answered: ${left.map((asked) => JSON.stringify(asked)).join(', ')}`,
			);
		}
	}
}
