import type { ChaosStream } from './chaos.ts';
import { Batch } from './fan-out.ts';
import type { Surroundings } from './surroundings.ts';
import type { Wire } from './wire.ts';

export interface ChaosWriterOptions {
	readonly chaos: ChaosStream<Batch>;
	readonly wire: Pick<Wire, 'write'>;
	readonly surroundings: Surroundings;
}

/** Writes one reader's live messages with the faults of a `ChaosStream`. */
export class ChaosWriter {
	readonly #options: ChaosWriterOptions;
	#cancelWake: (() => void) | undefined;

	constructor(options: ChaosWriterOptions) {
		this.#options = options;
	}

	write(batch: Batch): void {
		const { chaos, surroundings } = this.#options;
		const at = surroundings.elapsed();
		for (const [index, text] of batch.texts.entries()) {
			const single = new Batch(batch.numberAt(index), [text]);
			this.#writeAll(chaos.pass(single.first, single, at));
		}
		this.#wake();
	}

	/** What is held back is forgotten. */
	end(): void {
		this.#options.chaos.forget();
		this.#cancelWake?.();
	}

	/** Writes what is held back when its time has come. */
	#wake(): void {
		const { chaos, surroundings } = this.#options;
		const { wakeAt } = chaos;
		this.#cancelWake?.();
		this.#cancelWake =
			wakeAt === undefined
				? undefined
				: surroundings.after(Math.max(0, wakeAt - surroundings.elapsed()), () => {
						this.#writeAll(chaos.due(surroundings.elapsed()));
						this.#wake();
					});
	}

	#writeAll(batches: readonly Batch[]): void {
		for (const batch of batches) {
			this.#options.wire.write(batch);
		}
	}
}
