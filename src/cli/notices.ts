/**
 * What a person should know and what may come up before there is a screen to say it on: it waits until somebody listens.
 */
export class Notices {
	#waiting: string[] = [];
	#listener: ((text: string) => void) | undefined;

	/** @param text One line. */
	tell(text: string): void {
		if (this.#listener === undefined) {
			this.#waiting.push(text);
		} else {
			this.#listener(text);
		}
	}

	/** Gives the listener what waits, then whatever comes; the answer ends that. There is one listener at a time. */
	listen(listener: (text: string) => void): () => void {
		this.#listener = listener;
		for (const text of this.#waiting.splice(0)) {
			listener(text);
		}
		return () => {
			this.#listener = undefined;
		};
	}

	/** What nobody has listened to. */
	rest(): readonly string[] {
		return this.#waiting.splice(0);
	}
}
