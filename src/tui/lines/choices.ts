/**
 * What there is to choose from, in the rows above the input: the best nearest to it, the chosen one marked.
 */
import type { Line, State } from '../model.ts';
import { listed } from '../slices/choices.ts';
import { marks } from '../text/marks.ts';
import { cutLine, ruled, span } from '../text/spans.ts';

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
