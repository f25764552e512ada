/** Somebody at a natter broker who asks for one thing after the other, and reads a room from any place. */

import { jsonFrame } from './dialects/base.ts';
import { natter } from './dialects/natter.ts';
import { Line } from './line.ts';

/** A position in a room. */
export interface Place {
	readonly epoch: string;
	readonly sequence: number;
}

export class Asker implements Disposable {
	readonly #line: Line;
	#refs = 0;
	/** Where it is in the room that it reads. */
	#sequence = 0;
	#arrived: (sequence: number) => void = () => {};
	#lost: (error: Error) => void = () => {};

	private constructor(port: number) {
		this.#line = new Line({
			port,
			framing: natter.framing,
			upgrade: natter.upgrade?.(port),
			answer: natter.answer,
			message: (_, body) => this.#hear(body),
			came: ({ end, refusal }) => {
				const why = end ?? refusal;
				if (why !== undefined) {
					this.#lost(new Error(why));
				}
			},
		});
		this.#line.splitter.hearsMessages = true;
	}

	static async enter(port: number, user: string): Promise<Asker> {
		const asker = new Asker(port);
		await natter.enter(asker.#line, user);
		return asker;
	}

	/** The frame that answers, as text. */
	async ask(frame: Readonly<Record<string, unknown>>): Promise<string> {
		this.#refs += 1;
		const ref = `"ref":"r${this.#refs}"`;
		this.#line.write(jsonFrame({ ...frame, ref: `r${this.#refs}` }));
		const answer = await this.#line.until((text) => (text.includes(ref) ? text : undefined));
		if (answer.startsWith('{"type":"error"')) {
			throw new Error(answer);
		}
		return answer;
	}

	/** Where a room stands. */
	async standing(room: string): Promise<Place> {
		const { epoch, head } = JSON.parse(await this.ask({ type: 'get_history', room, limit: 1 }));
		return { epoch, sequence: head };
	}

	/** Reads a room from after a place up to a number, acknowledging as natter's own client does. Rejects for any hole. */
	async readOn(room: string, since: Place, upTo: number): Promise<void> {
		this.#sequence = since.sequence;
		const all = new Promise<void>((resolve, reject) => {
			this.#lost = reject;
			this.#arrived = (sequence) => {
				if (sequence !== this.#sequence + 1) {
					reject(new Error(`number ${sequence} came where ${this.#sequence + 1} was expected`));
				}
				this.#sequence = sequence;
				if ((sequence - since.sequence) % everyMessages === 0 || sequence === upTo) {
					this.#line.write(jsonFrame({ type: 'ack', room, epoch: since.epoch, sequence }));
				}
				if (sequence === upTo) {
					resolve();
				}
			};
		});
		await Promise.all([all, this.ask({ type: 'subscribe', room, userId: this.#line.user, since, presence: 'off' })]);
	}

	[Symbol.dispose](): void {
		this.#line.socket.destroy();
	}

	#hear(body: Buffer): void {
		const at = body.indexOf(sequenceMark) + sequenceMark.length;
		this.#arrived(Number.parseInt(body.toString('latin1', at, at + 16), 10));
	}
}

const everyMessages = 64;
const sequenceMark = '"sequence":';
