/**
 * A line that is asked for in place of a message, and which of what matches it is chosen. The draft waits meanwhile.
 */
import type { Choice, Composer, Prompt, PromptKind, State } from '../model.ts';
import { choicesOf } from './choices.ts';
import { emptyComposer } from './composer.ts';

/** Asks for a line of this kind. */
export function withPrompt(state: State, kind: PromptKind): State {
	return { ...state, prompt: { kind, input: emptyComposer, choice: 0 } };
}

export function withoutPrompt(state: State): State {
	const { prompt, ...rest } = state;
	return prompt === undefined ? state : rest;
}

/** What is typed changed: the best match is chosen. */
export function promptEdited(state: State, prompt: Prompt, input: Composer): State {
	return input === prompt.input
		? state
		: { ...state, prompt: { ...prompt, input, ...(input.text !== prompt.input.text && { choice: 0 }) } };
}

/** Chooses one that is so much worse, or better with a negative number; stops at the ends. */
export function choiceMoved(state: State, prompt: Prompt, by: number): State {
	const last = choicesOf(state).length - 1;
	const choice = Math.max(0, Math.min(prompt.choice + by, last));
	return choice === prompt.choice ? state : { ...state, prompt: { ...prompt, choice } };
}

/** What Enter would take. */
export function chosen(state: State): Choice | undefined {
	return state.prompt && choicesOf(state)[state.prompt.choice];
}
