/**
 * What tests of engines are arranged with.
 */
import type { AppendOutcome, Draft, Engine, Entry, RangeQuery, Retention } from '../../src/engines/engine.ts';

/** What a test asks of the engine that it is given. */
export interface Conditions extends Retention {
	readonly now?: () => number;
	/** A clock that never steps. */
	readonly elapsed?: () => number;
}

export interface OpenedEngine {
	readonly engine: Engine;
	/**
	 * A second handle on the same data, under the same conditions but for those given: a restart, or another node. Missing
	 * when nothing outlives the engine.
	 */
	readonly again?: (changed?: Conditions) => Promise<Engine>;
	/** Closes every handle and removes what was stored. */
	readonly close: () => Promise<void>;
}

/** Declares one test, which is run with an engine of its own. */
export type Keeps = (title: string, conditions: Conditions, run: (opened: OpenedEngine) => Promise<void>) => void;

/** A draft by its id; what it says follows from the id unless given. */
export function draft(id: string, rest: Partial<Draft> = {}): Draft {
	return { id, sender: 'sam', content: `content of ${id}`, ...rest };
}

export async function append(engine: Engine, room: string, ...ids: readonly string[]): Promise<void> {
	const outcomes = await engine.append(
		room,
		ids.map((id) => draft(id)),
	);
	outcomes.map(placed);
}

/** Where an append went, or throws. */
export function placed(outcome: AppendOutcome | undefined): Extract<AppendOutcome, { ok: true }> {
	if (outcome?.ok !== true) {
		throw new Error(`Expected a place, got ${JSON.stringify(outcome)}`);
	}
	return outcome;
}

export async function numbersIn(engine: Engine, room: string, query: RangeQuery = { limit: 1000 }): Promise<number[]> {
	return (await engine.range(room, query)).entries.map(({ sequence }) => sequence);
}

export function sequences(entries: readonly Entry[]): number[] {
	return entries.map(({ message }) => message.sequence);
}

/** Numbers from `from` to `to`, both included. */
export function span(from: number, to: number): number[] {
	return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

/** A clock that stands still until it is set. */
export function clock(at: number): { at: number; readonly now: () => number } {
	const self = { at, now: () => self.at };
	return self;
}
