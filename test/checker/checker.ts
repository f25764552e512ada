/**
 * One checker of the invariants I1 to I15 for every test that watches brokers and clients: the simulator, in one process,
 * and the tests of real processes, which send their observations as lines of JSON.
 *
 * Tell it what happened, in that order; what does not hold is collected. It knows only what it is told: an invariant about
 * something that is never told is not checked.
 */
import { dedupeMs as defaultDedupeMs } from '../../src/engines/engine.ts';
import { Answers } from './answers.ts';
import { Causality } from './causality.ts';
import { Ledger } from './ledger.ts';
import { Lines } from './lines.ts';
import type { Observation } from './observation.ts';
import { Privacy } from './privacy.ts';
import { Publishes } from './publishes.ts';
import { Readers } from './readers.ts';
import { Restraints } from './restraints.ts';
import { Tries } from './tries.ts';
import { InvariantViolation } from './violation.ts';

export type { Entry, LogNow, Observation } from './observation.ts';
export { type Invariant, InvariantViolation } from './violation.ts';

export interface CheckerOptions {
	/** How long a log remembers ids, in ms: a repeat that comes later is another message. @default 24 h */
	readonly dedupeMs?: number;
	/** Violations after which no more are collected: one fault causes many. @default 100 */
	readonly maxViolations?: number;
}

export class Checker {
	readonly #maxViolations: number;
	readonly #violations: InvariantViolation[] = [];
	readonly #ledger: Ledger;
	readonly #lines: Lines;
	readonly #publishes: Publishes;
	readonly #readers: Readers;
	readonly #restraints: Restraints;
	readonly #tries: Tries;
	readonly #answers: Answers;
	readonly #causality: Causality;
	readonly #privacy: Privacy;

	constructor({ dedupeMs = defaultDedupeMs, maxViolations = 100 }: CheckerOptions = {}) {
		const report = (invariant: InvariantViolation['invariant'], detail: string) => {
			if (this.#violations.length < this.#maxViolations) {
				this.#violations.push(new InvariantViolation(invariant, detail));
			}
		};
		this.#maxViolations = maxViolations;
		this.#ledger = new Ledger(report);
		this.#tries = new Tries(this.#ledger, { dedupeMs }, report);
		this.#answers = new Answers(report);
		this.#lines = new Lines({ ledger: this.#ledger, tries: this.#tries, answers: this.#answers }, report);
		this.#publishes = new Publishes(this.#ledger, { dedupeMs }, report);
		this.#readers = new Readers(this.#ledger, report);
		this.#causality = new Causality(this.#ledger, report);
		this.#restraints = new Restraints(report);
		this.#privacy = new Privacy(report);
		this.#report = report;
	}

	readonly #report: (invariant: InvariantViolation['invariant'], detail: string) => void;

	/** What does not hold so far, in the order in which it was found. */
	get violations(): readonly InvariantViolation[] {
		return this.#violations;
	}

	/** Takes what happened. */
	observe(observation: Observation): void {
		switch (observation.type) {
			case 'intended':
				this.#publishes.intended(observation);
				this.#causality.intended(observation);
				this.#privacy.intended(observation);
				break;
			case 'provoked':
				this.#publishes.provoked(observation);
				break;
			case 'may be refused':
				this.#publishes.mayBeRefused(observation);
				break;
			case 'may be put out':
				this.#lines.mayBePutOut(observation);
				break;
			case 'restrained':
				this.#restraints.restrained(observation);
				break;
			case 'freed':
				this.#restraints.freed(observation);
				break;
			case 'acked':
			case 'refused':
				this.#publishes.learned(observation);
				break;
			case 'ended':
				this.#publishes.ended(observation);
				break;
			case 'started':
				this.#tries.started();
				this.#lines.started();
				break;
			case 'heard':
				this.#lines.heard(observation);
				this.#causality.heard(observation);
				break;
			case 'wrote':
				this.#lines.wrote(observation);
				this.#causality.wrote(observation);
				this.#privacy.wrote(observation);
				break;
			case 'quiet':
				this.#lines.quiet();
				break;
			case 'believes':
				this.#lines.believes(observation);
				break;
			case 'idles':
				this.#answers.rests(observation.connection);
				break;
			case 'disconnected':
				this.#lines.disconnected(observation);
				this.#privacy.disconnected(observation.connection);
				break;
			case 'proved':
				this.#lines.proved(observation);
				this.#privacy.proved(observation);
				break;
			case 'joined':
				this.#readers.joined(observation);
				this.#causality.joined(observation);
				break;
			case 'narrowed':
				this.#readers.narrowed(observation);
				this.#causality.narrowed(observation);
				break;
			case 'shown':
				this.#readers.shown(observation);
				this.#causality.shown(observation);
				break;
			case 'waits':
				this.#causality.waits(observation);
				break;
			case 'rests':
				this.#readers.rests(observation);
				break;
			case 'committed':
				this.#tries.committed(observation);
				this.#restraints.committed(observation);
				this.#ledger.committed(observation);
				break;
			case 'stored':
				this.#ledger.look(observation);
				break;
			case 'restored':
				this.#ledger.restored(observation);
				this.#restraints.restored();
				break;
			case 'measured':
				if (observation.value > observation.bound) {
					const { what, value, bound } = observation;
					this.#report('I10', `${what} is ${value}, and its bound is ${bound}`);
				}
				break;
		}
	}

	/**
	 * Looks at the whole: to be called when faults have stopped, all is quiet, and of each room `stored` and then `rests`
	 * of each reader were told. Returns all that does not hold.
	 */
	finish(): readonly InvariantViolation[] {
		this.#readers.finish();
		this.#publishes.finish();
		return this.#violations;
	}
}
