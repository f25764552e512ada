/**
 * What there is to choose from, in the rows above the input: the best nearest to it, the chosen one marked.
 */
import { readSought } from '../../protocol/words.ts';
import type { Line, State } from '../model.ts';
import { listed } from '../slices/choices.ts';
import { emptyComposer } from '../slices/composer.ts';
import { marks } from '../text/marks.ts';
import { cutLine, firstThatFits, ruled, span } from '../text/spans.ts';
import { partsOf } from './sizes.ts';

/** At most so many are shown at once; the others come when they are chosen. */
const mostShown = 10;

/** The rows of the list with a rule above them, at most half of `rows`; none while nothing is listed. */
export function choiceLines(state: State, { width, rows }: { width: number; rows: number }): readonly Line[] {
	const list = listed(state);
	const height = Math.min(mostShown, Math.floor(rows / 2) - 1);
	if (list === undefined || height < 1) {
		return [];
	}
	const { choices, choice } = list;
	// The pane itself shows what is found; where there is no rule below it to say how much that is, there is one here.
	if (state.prompt?.kind === 'find') {
		return partsOf(state).shape === 'bare' ? [ruled(foundLabel(state, width - 4), marks.rule, 'rule', width)] : [];
	}
	const from = Math.max(0, Math.min(choice - height + 1, choices.length - height));
	const label = choices.length === 0 ? 'nothing matches' : `${choice + 1} of ${choices.length}`;
	const shown = choices
		.slice(from, from + height)
		.map(({ line }, index): Line => {
			const isChosen = from + index === choice;
			const mark = span(isChosen ? `${marks.chosen} ` : '  ', isChosen ? 'mention' : 'plain');
			return cutLine([mark, ...line], width - 1);
		})
		.toReversed();
	return [ruled(label, marks.rule, 'rule', width), ...shown];
}

/** Which of how many messages is shown, of those that are loaded. */
export function foundLabel(state: State, width: number): string {
	const { input, choice } = state.prompt ?? { input: emptyComposer, choice: 0 };
	const count = listed(state)?.choices.length ?? 0;
	const said = readSought(input.text) === undefined ? 'nothing to find yet' : 'nothing loaded here says this';
	const which = count === 0 ? said : `${choice + 1} of ${count} loaded`;
	return firstThatFits([`${which} - /search looks further back`, which], width);
}
