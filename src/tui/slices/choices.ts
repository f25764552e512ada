/**
 * What is listed above the input for what is typed in it, the best first.
 */
import { cleanLine } from '../../protocol/text.ts';
import type { Choice, PromptKind, State } from '../model.ts';
import { span } from '../text/spans.ts';

/** What is listed above the input, and which of it is chosen, 0 for the best. */
interface Listed {
	readonly choices: readonly Choice[];
	readonly choice: number;
}

/** Of a prompt, else of what Tab can put in; `undefined` while nothing is listed. */
export function listed(state: State): Listed | undefined {
	const { prompt, composer } = state;
	if (prompt !== undefined) {
		return { choices: choicesOf(state), choice: prompt.choice };
	}
	return composer.last?.kind === 'completed' ? composer.last : undefined;
}

/** Empty while nothing is asked for. */
export function choicesOf(state: State): readonly Choice[] {
	const { prompt } = state;
	return prompt === undefined ? [] : listings[prompt.kind](state, prompt.input.text);
}

const listings: Readonly<Record<PromptKind, (state: State, typed: string) => readonly Choice[]>> = {
	recall: sentBefore,
};

/** Lines of the input history that contain what is typed, the newest first, each once. */
function sentBefore({ composer: { history } }: State, typed: string): readonly Choice[] {
	const wanted = typed.toLowerCase();
	const lines = new Set(history.toReversed().filter((line) => line.toLowerCase().includes(wanted)));
	return Array.from(lines, (value) => ({ value, line: [span(cleanLine(value))] }));
}
