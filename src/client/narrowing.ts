/** Which messages of a room are wanted. The broker makes the choice where it can; here it is checked, or made. */
import type { Filter } from '../protocol/filter.ts';
import { compileFilter, type Matches } from '../protocol/matching.ts';
import type { RoomItem } from './client.ts';
import type { Desk } from './step.ts';

export class Narrowing {
	readonly #desk: Desk;
	readonly #room: string;
	#filter: Filter | undefined;
	#key = '';
	#matches: Matches | undefined;
	/** It was said that the broker sends everything. */
	#isTold = false;

	constructor(desk: Desk, room: string, filter: Filter | undefined) {
		this.#desk = desk;
		this.#room = room;
		this.change(filter);
	}

	get filter(): Filter | undefined {
		return this.#filter;
	}

	/** The same for filters that are the same. */
	get key(): string {
		return this.#key;
	}

	/** True when it is another filter than before. */
	change(filter: Filter | undefined): boolean {
		const before = this.#key;
		this.#filter = filter;
		this.#key = filter === undefined ? '' : JSON.stringify(filter);
		if (this.#key === before) {
			return false;
		}
		this.#matches = filter && compileFilter(filter);
		this.#isTold = false;
		return true;
	}

	/** What of these items is wanted. Also what the broker chose: it may have waited here while the filter was changed. */
	wanted(items: readonly RoomItem[]): readonly RoomItem[] {
		const matches = this.#matches;
		if (matches === undefined) {
			return items;
		}
		return items.filter((item) => item.kind !== 'message' || matches(item.message));
	}

	/** The room was entered. */
	entered(): void {
		if (this.#filter !== undefined && this.#desk.protocol === 'base' && !this.#isTold) {
			this.#isTold = true;
			const text = 'This broker cannot filter: everything comes here, and what does not match is not shown';
			this.#desk.tell({ type: 'notice', notice: { level: 'info', room: this.#room, text } });
		}
	}
}
