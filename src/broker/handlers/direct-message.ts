/**
 * A direct message is two entries with one id: one in the inbox that it goes to, where everything about it is decided, and
 * then, when that one is known to be there, a copy in the inbox of its sender. What a crash leaves between the two, the
 * sender's next try mends.
 */
import { type AppendOutcome, type Draft, type Engine, EngineError } from '../../engines/engine.ts';

export interface DirectMessage {
	readonly engine: Engine;
	readonly draft: Draft;
	/** The inbox that it goes to. */
	readonly room: string;
	/** The sender's own inbox; none when they have no key. */
	readonly own: string | undefined;
}

/** What became of a direct message, as its sender may know it. `behind`: it has arrived, but the copy of an earlier one is missing. */
export type Delivered = AppendOutcome | { readonly ok: false; readonly code: 'behind'; readonly expected: number };

/** The epoch in which a message has a place that its sender may not know. */
const hiddenEpoch = 'hidden';

/** Appends both. Rejects with an `EngineError` when one of them is not known to be stored. */
export async function deliver({ engine, draft, room, own }: DirectMessage): Promise<Delivered | undefined> {
	const [outcome] = await engine.append(room, [draft]);
	if (outcome === undefined || !outcome.ok) {
		return outcome;
	}
	if (own === undefined) {
		// The numbers of somebody's inbox tell how much they are written.
		return { ...outcome, sequence: 0, epoch: hiddenEpoch };
	}
	const kept = await keep(engine, own, draft);
	if (kept === undefined || kept.ok) {
		return kept;
	}
	if (kept.code === 'out_of_order') {
		return { ...kept, code: 'behind' };
	}
	throw unknown(new Error(`The copy was refused: ${kept.code}`));
}

/** Nobody's ban reaches the copy: whether its sender may speak was decided with the message itself. */
async function keep(engine: Engine, own: string, { author: _, ...copy }: Draft): Promise<AppendOutcome | undefined> {
	try {
		return (await engine.append(own, [copy]))[0];
	} catch (error) {
		// Whatever became of the copy, the message itself is stored.
		throw error instanceof EngineError ? unknown(error) : error;
	}
}

function unknown(cause: Error): EngineError {
	return new EngineError('unavailable', `No copy for the sender: ${cause.message}`, { outcome: 'unknown', cause });
}
