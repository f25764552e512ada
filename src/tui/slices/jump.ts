/**
 * Asks where to go, and the broker which rooms it has.
 */
import type { State } from '../model.ts';
import { type Step, step } from '../step.ts';
import { withPrompt } from './prompt.ts';
import { withoutOverlay } from './view.ts';

/** Opens the palette, with some of what is looked for typed already. */
export function jump(state: State, typed = ''): Step {
	return step(
		withPrompt(withoutOverlay(state), { kind: 'jump' }, typed),
		...(namesRooms(state) ? [{ type: 'find-rooms' } as const] : []),
	);
}

/** The broker can be asked now, and answers. */
export function namesRooms({ link }: State): boolean {
	return link.state === 'online' && link.protocol === 'v1';
}
