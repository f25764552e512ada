/**
 * Keeps the screen's state outside React, and decides when it is painted: at once for a key press, at most fifteen times a
 * second for what comes from the network.
 *
 * A key press does not wait for what came in rooms and has not been painted: it is decided about what stands on the screen,
 * as whoever pressed it saw it, and what came is taken in behind it when its time has come, as if it had come then. That
 * leaves each room's messages in their order, and whatever else is told still finds all taken in that came before it.
 */
import { createBatch } from './batch.ts';
import type { Effect, State, Unstamped } from './model.ts';
import { update } from './update.ts';

export interface Store {
	/** What is painted. It changes only when listeners are told. */
	readonly snapshot: () => State;
	readonly subscribe: (listener: () => void) => () => void;
	/** Takes in what a person did, and paints at once: what came in rooms meanwhile may wait for its own time. */
	readonly send: (...events: readonly Unstamped[]) => void;
	/** Takes in what came from elsewhere, and paints soon: what came in rooms not before it is painted. */
	readonly receive: (...events: readonly Unstamped[]) => void;
	/** Takes in what has come, and stops every timer; what happens afterwards changes nothing. */
	readonly close: () => void;
}

/** Time, as the store sees it. */
export interface Clock {
	/** ms since 1970. It never goes back. */
	readonly now: () => number;
	/** How far this computer's clock, which may be set back, shows less than `now` gave last. */
	readonly setBackMs: () => number;
	/** Calls back after `ms`, unless the answer is called before. */
	readonly after: (ms: number, callback: () => void) => () => void;
}

export interface StoreOptions {
	readonly state: State;
	readonly clock: Clock;
	/** A text that no other run of any client has. */
	readonly run: string;
	/** Does what was decided. It may send events at once. */
	readonly perform: (effect: Effect) => void;
	/** When the state looks different without an event. */
	readonly wakeAt: (state: State) => number | undefined;
	/**
	 * Whether something came up that a person should have the time to see, though it may be over in a moment. It is painted
	 * at once, and stays for `restMs`; after that, nothing stays for it for `restlessMs`.
	 */
	readonly isNotable?: (shown: State, current: State) => boolean;
	/** Whether nothing is painted for now; what came meanwhile is painted when that ends. */
	readonly isHeld?: (state: State) => boolean;
	/** Sees what each event makes of the state, before anything comes of it. */
	readonly watch?: (before: State, after: State) => void;
}

/** How far apart paints of what comes from elsewhere are: fifteen a second, which is more than anybody reads. */
const paintMs = 67;
const restMs = 400;
const restlessMs = 3000;

export function createStore({
	state,
	clock,
	run,
	perform,
	wakeAt,
	isNotable = () => false,
	isHeld = () => false,
	watch = () => undefined,
}: StoreOptions): Store {
	let current = state;
	let shown = state;
	let made = 0;
	let nextPaintAt = Number.NEGATIVE_INFINITY;
	let restedAt = Number.NEGATIVE_INFINITY;
	let closed = false;
	let busy = false;
	const queue: Unstamped[] = [];
	const batch = createBatch();
	const listeners = new Set<() => void>();
	let cancelPaint: (() => void) | undefined;
	let wake: { readonly at: number; readonly cancel: () => void } | undefined;

	/** What an effect answers is taken in behind all that was there before it. */
	function takeIn(events: readonly Unstamped[]): void {
		queue.push(...events);
		if (busy) {
			return;
		}
		busy = true;
		try {
			for (let event = queue.shift(); event !== undefined && !closed; event = queue.shift()) {
				made++;
				const next = update(current, { ...event, ...stamp(clock) }, `${run}-${made}`);
				watch(current, next.state);
				current = next.state;
				for (const effect of next.effects) {
					perform(effect);
				}
			}
		} finally {
			busy = false;
		}
		schedule();
	}

	function schedule(): void {
		const at = closed ? undefined : wakeAt(current);
		if (at === wake?.at) {
			return;
		}
		wake?.cancel();
		wake = undefined;
		if (at !== undefined) {
			const cancel = clock.after(Math.max(0, at - clock.now()), () => {
				wake = undefined;
				receive({ type: 'ticked' });
			});
			wake = { at, cancel };
		}
	}

	function paint(): void {
		if (closed || shown === current || isHeld(current)) {
			return;
		}
		shown = current;
		for (const listener of listeners) {
			listener();
		}
	}

	/** In two turns where there is something to take in, so that a key that is pressed meanwhile waits for one of them at most. */
	function paintNews(): void {
		// The timer that led here is none any more, also when an effect fails.
		cancelPaint = undefined;
		const news = batch.take();
		takeIn(news);
		if (news.length > 0 && !closed) {
			paintAfter(0, paintTaken);
		} else {
			paintTaken();
		}
	}

	/** At that time and no other, whatever was set before. */
	function paintAfter(ms: number, callback: () => void): void {
		cancelPaint?.();
		cancelPaint = clock.after(ms, callback);
	}

	/** What came since it was taken in waits like what comes from now on. */
	function paintTaken(): void {
		cancelPaint?.();
		nextPaintAt = clock.now() + paintMs;
		cancelPaint = batch.isEmpty() ? undefined : clock.after(paintMs, paintNews);
		paint();
	}

	function receive(...events: readonly Unstamped[]): void {
		if (closed) {
			return;
		}
		for (const event of events) {
			if (!batch.add(event)) {
				takeIn([...batch.take(), event]);
			}
		}
		const now = clock.now();
		if (now - restedAt >= restMs + restlessMs && isNotable(shown, current)) {
			paintTaken();
			restedAt = now;
			nextPaintAt = now + restMs;
			return;
		}
		// Even the first of a burst waits for the end of this turn, so that all that came together is one paint.
		cancelPaint ??= clock.after(Math.min(Math.max(0, nextPaintAt - now), restMs), paintNews);
	}

	return {
		snapshot: () => shown,
		subscribe: (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		send: (...events) => {
			if (!closed) {
				takeIn(events);
				paint();
			}
		},
		receive,
		close: () => {
			takeIn(batch.take());
			closed = true;
			cancelPaint?.();
			wake?.cancel();
		},
	};
}

function stamp(clock: Clock): { readonly at: number; readonly setBackMs: number } {
	// Read in this order.
	const at = clock.now();
	return { at, setBackMs: clock.setBackMs() };
}
