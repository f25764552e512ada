/**
 * `/open`: an address from a message is opened outside.
 */
import { cleanLine } from '../protocol/text.ts';
import { readSpan, saidIn, spanText } from './copying.ts';
import type { Event, State } from './model.ts';
import { withPrompt } from './slices/prompt.ts';
import { activeRoom, complaint, type Moment, type Step, step, tell } from './step.ts';
import { linksIn } from './text/links.ts';

/** `/open [N]`: the newest address, or that of a message; of several one is chosen. */
export function open(state: State, argument: string, moment: Moment): Step | undefined {
	const span = argument === '' ? undefined : readSpan(argument);
	if (argument !== '' && (span === undefined || span.from !== span.to)) {
		return undefined;
	}
	const messages = span === undefined ? newestFirst(state) : saidIn(state, span).map(({ content }) => content);
	const content = messages.find((text) => linksIn(text).length > 0);
	const where = span === undefined ? 'what is loaded here' : spanText(span);
	if (span !== undefined && messages.length === 0) {
		return complaint(state, moment, `${where} is not loaded here; /goto ${span.from} goes there`);
	}
	if (content === undefined) {
		return complaint(state, moment, `There is no address in ${where}`);
	}
	const links = linksIn(content);
	const targets = [...new Set(links.flatMap(({ target }) => target ?? []))];
	const [target, ...others] = targets;
	if (target === undefined) {
		const doubtful = links.map(({ start, end }) => content.slice(start, end)).join(' ');
		return complaint(state, moment, `Not opened, for it may not lead where it seems to: ${cleanLine(doubtful)}`);
	}
	return others.length === 0
		? openAddress(state, target)
		: step(withPrompt(state, { kind: 'open', addresses: targets }));
}

/** Has an address opened that was chosen. */
export function openAddress(state: State, address: string): Step {
	return step(state, { type: 'open', room: state.active, address });
}

/** What became of it. Where nothing can be opened, the address is copied. */
export function opened(state: State, event: Extract<Event, { type: 'opened' }>, moment: Moment): Step {
	const { room, address, how } = event;
	switch (how) {
		case 'opened':
			return step(tell(state, moment, { room, text: `Opened ${address}` }));
		case 'remote':
		case 'failed': {
			const why =
				how === 'remote'
					? 'A browser would open on the computer that natter runs on, so here it is:'
					: 'Nothing on this computer opens addresses, so here it is:';
			const told = tell(state, moment, { room, level: 'warning', text: `${why}\n${address}` });
			return step(told, { type: 'copy', room, text: address, what: 'the address' });
		}
	}
}

function newestFirst(state: State): readonly string[] {
	return activeRoom(state)
		.rows.flatMap((row) => (row.kind === 'said' ? [row.content] : []))
		.toReversed();
}
