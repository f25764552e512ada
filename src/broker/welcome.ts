import type { BrokerFrames } from '../protocol/frames.ts';
import { protocolVersion } from '../protocol/limits.ts';
import type { Settings } from './options.ts';
import { version } from './version.ts';

type Frame = BrokerFrames['welcome'];

/** What a welcome says to one client alone. */
type Own = Pick<Frame, 'connection' | 'session' | 'user' | 'time' | 'resumed'>;

/** The first word to those who are let in. What it says to all of them is encoded once. */
export class Welcome {
	/** But for the brace at the end. */
	readonly #common: string;

	constructor({ engine, limits, node, pingMs, pongMs, sessionTtlMs }: Settings) {
		const common: Omit<Frame, keyof Own> = {
			type: 'welcome',
			v: protocolVersion,
			server: { name: 'natter', version },
			node,
			sessionTtlMs,
			durability: engine.durability,
			limits: { ...limits },
			heartbeat: { intervalMs: pingMs, timeoutMs: pongMs },
		};
		this.#common = JSON.stringify(common).slice(0, -1);
	}

	/** The text of the frame. */
	to(own: Own): string {
		return `${this.#common},${JSON.stringify(own).slice(1)}`;
	}
}
