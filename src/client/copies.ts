/** How many ids are remembered: as many messages as a broker keeps of a room by default, and sends again when it starts over. */
const keptIds = 10_000;

/** The ids of the last messages given: after numbers went back, each that comes again under another one is a copy. */
export class Copies {
	/** A ring of different ids: once full, `#next` is the oldest and the next to be replaced. */
	readonly #ids: string[] = [];
	#next = 0;
	#expected = new Set<string>();

	/** Numbers went back: what was given may come again. */
	expect(): void {
		this.#expected = new Set(this.#ids);
	}

	/** Notes that a message is given. True when it was given before; each is dropped once. */
	isCopy(id: string): boolean {
		if (this.#expected.delete(id)) {
			return true;
		}
		this.#ids[this.#next] = id;
		this.#next = (this.#next + 1) % keptIds;
		return false;
	}
}
