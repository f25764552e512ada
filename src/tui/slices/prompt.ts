/**
 * A line that is asked for in place of a message. The draft waits meanwhile.
 */
import type { Composer, Prompt, State } from '../model.ts';
import { emptyComposer, withDraft } from './composer.ts';

/** Asks for a line, with some of it typed already. */
export function withPrompt(state: State, asked: Pick<Prompt, 'kind' | 'addresses'>, typed = ''): State {
	return { ...state, prompt: { ...asked, input: withDraft(emptyComposer, typed), choice: 0 } };
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
