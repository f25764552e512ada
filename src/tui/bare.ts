/**
 * The bare view: the pane as text that the terminal's own selection copies cleanly. Nothing is drawn while it is there,
 * for what is drawn ends a selection.
 */
import { bareLines } from './lines/bare.ts';
import type { State } from './model.ts';
import { withoutOverlay } from './slices/view.ts';
import { type Step, step } from './step.ts';
import { firstThatFits } from './text/spans.ts';

/** `/bare` */
export function showBare(state: State): Step {
	const hint = firstThatFits(['Mark text and copy it; any key goes back', 'any key goes back'], state.size.columns - 1);
	const { view, ...rest } = withoutOverlay(state);
	const lines = bareLines(state, Math.max(1, state.size.rows - 1));
	return step({ ...rest, view: { ...view, bare: true } }, { type: 'show-bare', lines, hint });
}

/** Back to the whole screen. */
export function withoutBare(state: State): State {
	const { bare, ...view } = state.view;
	return bare === undefined ? state : { ...state, view };
}

/** What stands there is not what is in the state. */
export function isBare({ view }: State): boolean {
	return view.bare === true;
}
