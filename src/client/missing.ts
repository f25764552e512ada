import type { BrokerFrames } from '../protocol/frames.ts';
import { defaultLimits } from '../protocol/limits.ts';
import { safeMessages } from './incoming.ts';
import type { Ordering } from './ordering.ts';
import type { Desk } from './step.ts';

/** The part of a room's log that is missing here and was asked for. */
export class Missing {
	readonly #desk: Desk;
	readonly #ordering: Ordering;
	readonly #room: string;
	#asked: { readonly ref: string; readonly after: number; readonly before: number } | undefined;

	constructor(desk: Desk, ordering: Ordering, room: string) {
		this.#desk = desk;
		this.#ordering = ordering;
		this.#room = room;
	}

	ask(after: number, before: number): void {
		const { epoch } = this.#ordering;
		const room = this.#room;
		const ref = this.#desk.nextRef();
		this.#asked = { ref, after, before };
		this.#desk.send(
			this.#desk.protocol === 'base'
				? { type: 'get_history', room }
				: {
						...{ type: 'get_history', room, ref, after, before },
						...(epoch !== undefined && { epoch }),
						...{ limit: defaultLimits.historyMessages, order: 'asc' },
					},
		);
	}

	/** What a page is: no answer, one that was taken, or one of another epoch. */
	answered(frame: BrokerFrames['history'], at: number): 'nothing' | 'taken' | 'other epoch' {
		const asked = this.#asked;
		if (asked === undefined || (frame.ref !== asked.ref && this.#desk.protocol !== 'base')) {
			return 'nothing';
		}
		this.#asked = undefined;
		if (this.#ordering.epoch !== frame.epoch) {
			return 'other epoch';
		}
		const { head, oldest, complete, gap, gaps } = frame;
		const { after, before } = asked;
		const messages = safeMessages(frame.messages, this.#room);
		this.#ordering.page({ messages, after, before, head, oldest, complete, reason: gap?.reason, gone: gaps }, at);
		return 'taken';
	}

	/** Whether an error answers the question, which is over by that. */
	failed(ref: string): boolean {
		const isAnswer = ref === this.#asked?.ref;
		if (isAnswer) {
			this.#asked = undefined;
		}
		return isAnswer;
	}

	cancel(): void {
		this.#asked = undefined;
	}
}
