/**
 * How the screen is looked at: pages over the pane, the sidebar, numbers, and the question on the status row.
 */
import type { State, View } from '../model.ts';
import type { Preferences } from '../preferences.ts';

/** Narrower screens have no sidebar; who is there is a page over the pane. */
const sidebarColumns = 80;

export function viewFor({ sidebar, numbers }: Preferences): View {
	return { sidebar: sidebar ? 'auto' : 'hidden', numbers };
}

/** Whether somebody may be looking: no other window has the keyboard, and no other program the terminal. */
export function isAttended({ focus, isLent }: State): boolean {
	return focus !== 'away' && isLent !== true;
}

/** The terminal was lent to another program, or is back. */
export function withLoan(state: State, isLent: boolean): State {
	const { isLent: _, ...rest } = state;
	return isLent ? { ...rest, isLent } : rest;
}

type Overlay = NonNullable<View['overlay']>['name'];

/** Opens a page over the pane, or closes it when it is the one that is open. */
export function withOverlayToggled(state: State, name: Overlay): State {
	return state.view.overlay?.name === name
		? withoutOverlay(state)
		: { ...state, view: { ...state.view, overlay: { name, top: 0 } } };
}

/** Opens a page over the pane at its beginning, unless it is open. */
export function withOverlay(state: State, name: Overlay): State {
	return state.view.overlay?.name === name ? state : { ...state, view: { ...state.view, overlay: { name, top: 0 } } };
}

export function withoutOverlay(state: State): State {
	if (state.view.overlay === undefined) {
		return state;
	}
	const { overlay: _, ...view } = state.view;
	return { ...state, view };
}

/** Moves the page over the pane, down when positive, at most to `bottom`. */
export function overlayScrolled(state: State, by: number, bottom: number): State {
	const { overlay } = state.view;
	if (overlay === undefined) {
		return state;
	}
	const top = Math.max(0, Math.min(overlay.top + by, bottom));
	return top === overlay.top ? state : { ...state, view: { ...state.view, overlay: { ...overlay, top } } };
}

/** Shows or hides who is there: beside the pane where it fits, else over it. */
export function withMembersToggled(state: State): State {
	if (state.size.columns < sidebarColumns) {
		return withOverlayToggled(state, 'members');
	}
	const sidebar = state.view.sidebar === 'hidden' ? 'auto' : 'hidden';
	return { ...state, view: { ...state.view, sidebar } };
}

export function withNumbers(state: State, numbers: boolean): State {
	return { ...state, view: { ...state.view, numbers } };
}

/** Says something on the status row until the next key. */
export function noted(state: State, note: string): State {
	return { ...state, view: { ...state.view, note } };
}

export function asking(state: State, question: NonNullable<View['asking']>): State {
	return { ...state, view: { ...state.view, asking: question } };
}

/** Any key but the one that says yes means no. */
export function notAsking(state: State): State {
	if (state.view.asking === undefined) {
		return state;
	}
	const { asking: _, ...view } = state.view;
	return { ...state, view };
}

/** What was said until the next key is said no more. */
export function notNoted(state: State): State {
	if (state.view.note === undefined) {
		return state;
	}
	const { note: _, ...view } = state.view;
	return { ...state, view };
}
