/** Counts the messages that come to readers, and waits for them. */
export class Arrivals {
	/** Hears that some have come. */
	heard: () => void = ignore;
	#count = 0;

	get count(): number {
		return this.#count;
	}

	add(messages: number): void {
		this.#count += messages;
		this.heard();
	}

	/** Resolves when so many have come in all, or when none has come for a while. */
	async until(count: number): Promise<void> {
		await new Promise<void>((resolve) => {
			let last = -1;
			const end = () => {
				this.heard = ignore;
				clearInterval(watchdog);
				resolve();
			};
			const watchdog = setInterval(() => {
				if (this.#count === last) {
					end();
				}
				last = this.#count;
			}, patienceMs);
			this.heard = () => {
				if (this.#count >= count) {
					end();
				}
			};
			this.heard();
		});
	}
}

const ignore = () => {};

/** Nothing more comes when nothing has come for so long. */
export const patienceMs = 5000;
