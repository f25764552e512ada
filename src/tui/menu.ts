/**
 * What the keys do while Tab lists what it can put in: they choose among it, keep the choice, or go back to what was typed.
 */
import type { Action, State } from './model.ts';
import { choosing } from './prompts.ts';
import { withChoiceMoved } from './slices/completion.ts';
import { withoutLast } from './slices/composer.ts';
import { type Step, step } from './step.ts';

/** What a key does to the list; `undefined` when nothing is listed, or it keeps the choice and goes on with it. */
export function chosenFrom(state: State, action: Action): Step | undefined {
	const { composer } = state;
	if (composer.last?.kind !== 'completed') {
		return undefined;
	}
	const by = choosing[action];
	if (by !== undefined) {
		return step({ ...state, composer: withChoiceMoved(composer.last, by) });
	}
	switch (action) {
		case 'send':
			return step({ ...state, composer: withoutLast(composer) });
		case 'escape':
		case 'interrupt':
			return step({ ...state, composer: composer.last.before });
		default:
			return undefined;
	}
}
