/**
 * What the keys do while a line is asked for in place of a message: they edit it, choose among what it lists, take the
 * choice, or give up.
 */
import { withChosenShown } from './finding.ts';
import { takeMention } from './mentions.ts';
import type { Action, Choice, Prompt, PromptKind, State } from './model.ts';
import { openAddress } from './opening.ts';
import { jumped } from './palette.ts';
import { choiceMoved, chosen } from './slices/choices.ts';
import { edits, inserted, redrafted } from './slices/composer.ts';
import { promptEdited, withoutPrompt } from './slices/prompt.ts';
import { type Moment, type Step, step } from './step.ts';

/** What becomes of what is chosen. */
interface Answer {
	/** The keys that choose the next one while the line is asked for, such as the one that asked for it. */
	readonly again: readonly Action[];
	/** Enter on one of what is listed, unless it chooses the next one; the prompt is gone already. */
	readonly take: (state: State, choice: Choice, moment: Moment) => Step;
	/** What comes of it that another one is chosen. */
	readonly choose?: (state: State) => State;
}

const answers: Readonly<Record<PromptKind, Answer>> = {
	recall: {
		again: ['recall'],
		take: (state, { value }) => step({ ...state, composer: redrafted(state.composer, value) }),
	},
	jump: { again: ['jump', 'kill-to-end'], take: jumped },
	find: { again: ['find', 'send'], take: (state) => step(state), choose: withChosenShown },
	open: { again: [], take: (state, { value }) => openAddress(state, value) },
	mentions: { again: ['previous-mention'], take: takeMention },
};

const asIs = (state: State): State => state;

/** What a key does to the prompt; `undefined` when it does not concern it, and is for what is below. */
export function prompted(state: State, prompt: Prompt, action: Action, moment: Moment): Step | undefined {
	const { again, take, choose = asIs } = answers[prompt.kind];
	const isAgain = again.includes(action);
	const edited = promptEdits[action]?.(prompt.input);
	if (edited !== undefined && !(isAgain && edited === prompt.input)) {
		return step(choose(promptEdited(state, prompt, edited)));
	}
	const by = isAgain ? 1 : choosing[action];
	if (by !== undefined) {
		return step(choose(choiceMoved(state, prompt, by)));
	}
	switch (action) {
		case 'send': {
			const choice = chosen(state);
			return choice === undefined ? step(state) : take(withoutPrompt(state), choice, moment);
		}
		case 'escape':
		case 'interrupt':
			return step(withoutPrompt(state));
		case 'newline':
		case 'end-of-input':
			return step(state);
		default:
			return undefined;
	}
}

/** Text was typed or pasted into the prompt, which has one row. */
export function promptTyped(state: State, prompt: Prompt, text: string): Step {
	const { choose = asIs } = answers[prompt.kind];
	return step(choose(promptEdited(state, prompt, inserted(prompt.input, text.replaceAll(/\r\n?|\n/gu, ' ')))));
}

/** The choices stand above the input, the best nearest to it. */
export const choosing: Partial<Record<Action, number>> = {
	'history-back': 1,
	'history-forward': -1,
	'next-room': -1,
	'previous-room': 1,
	complete: 1,
	'complete-back': -1,
};

const { newline: _, 'history-back': _back, 'history-forward': _forward, ...lineEdits } = edits;
const promptEdits: Partial<Record<Action, (input: Prompt['input']) => Prompt['input']>> = lineEdits;
