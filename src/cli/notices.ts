/**
 * What a person should know and what may come up before there is a screen to say it on: it waits until somebody listens.
 */
export class Notices {
	#waiting: (readonly [text: string, level: Level])[] = [];
	#listener: Listener | undefined;

	/** @param text One line. */
	tell(text: string, level: Level = 'warning'): void {
		if (this.#listener === undefined) {
			this.#waiting.push([text, level]);
		} else {
			this.#listener(text, level);
		}
	}

	/** Gives the listener what waits, then whatever comes; the answer ends that. There is one listener at a time. */
	listen(listener: Listener): () => void {
		this.#listener = listener;
		for (const [text, level] of this.#waiting.splice(0)) {
			listener(text, level);
		}
		return () => {
			this.#listener = undefined;
		};
	}

	/** What nobody has listened to. */
	rest(): readonly string[] {
		return this.#waiting.splice(0).map(([text]) => text);
	}
}

type Level = 'info' | 'warning';

type Listener = (text: string, level: Level) => void;
