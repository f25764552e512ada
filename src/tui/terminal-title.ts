/**
 * The title of the terminal: put by before it says something of ours, and put back at the end and while the terminal is
 * lent.
 */
import type { Loan } from './loan.ts';
import { keepTitle, restoreTitle, takesTitle, titleSequence } from './terminal-sequences.ts';

interface Surroundings {
	readonly loan: Loan;
	/** To the terminal. */
	readonly write: (sequence: string) => void;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export function createTitle({ loan, write, env }: Surroundings) {
	let title: string | undefined;
	const take = () => title !== undefined && write(keepTitle + titleSequence(title));
	const give = () => title !== undefined && write(restoreTitle);
	const stopLending = loan.around(give, take);
	return {
		set: (text: string): void => {
			if (!takesTitle(env)) {
				return;
			}
			const isFirst = title === undefined;
			title = text;
			if (isFirst) {
				take();
			} else if (!loan.isLent()) {
				write(titleSequence(text));
			}
		},
		/** It says nothing of ours any more. */
		restore: (): void => {
			stopLending();
			give();
		},
	};
}
