/**
 * What each action of the keymap does.
 */
import { showBare } from './bare.ts';
import { commands, isCommand, runCommand } from './commands.ts';
import { longestPaste } from './keys.ts';
import { walked } from './lines/composer.ts';
import { toNextMention, toPreviousMention } from './mentions.ts';
import { chosenFrom } from './menu.ts';
import type { Action, State } from './model.ts';
import { prompted, promptTyped } from './prompts.ts';
import { isTooLong, refusalText, say } from './saying.ts';
import { linesPerStep, notSeeking, pageOf, scrolledBy, toActivity, toDivider } from './scrolling.ts';
import { pressedInSearch } from './searching.ts';
import { overlayBottom } from './selectors.ts';
import { completed, lookupFor } from './slices/completion.ts';
import { discarded, edits, pasted, submitted, typed, unfolded } from './slices/composer.ts';
import { linesIn, unitsOf } from './slices/draft.ts';
import { jump } from './slices/jump.ts';
import { withoutPrompt, withPrompt } from './slices/prompt.ts';
import { switchedBack, switchedBy, switchedToPlace } from './slices/rooms.ts';
import {
	asking,
	notAsking,
	overlayScrolled,
	withMembersToggled,
	withOverlayToggled,
	withoutOverlay,
} from './slices/view.ts';
import { activeRoom, type Moment, type Step, step, tell, withRoom } from './step.ts';

/** A key that does something was pressed. */
export function act(state: State, action: Action, moment: Moment): Step {
	const answered = action === answerOf(state) ? state : notAsking(state);
	const { prompt, view } = answered;
	// Whoever does not want to send does not want to lose it either.
	if (state.view.asking === 'send' && (action === 'interrupt' || action === 'escape')) {
		return step(answered);
	}
	const inSearch = prompt === undefined ? pressedInSearch(answered, action, moment) : undefined;
	if (inSearch !== undefined) {
		return inSearch;
	}
	const inList =
		prompt === undefined
			? view.overlay === undefined && chosenFrom(answered, action)
			: prompted(answered, prompt, action, moment);
	return inList || actions[action](withoutPrompt(answered), moment);
}

/** The key that says yes to the question on the status row. */
function answerOf({ view }: State): Action | undefined {
	return view.asking && ({ quit: 'interrupt', send: 'send' } as const)[view.asking];
}

/** Text was typed. */
export function type(state: State, text: string): Step {
	const answered = notAsking(state);
	return answered.prompt === undefined
		? step(edited(withoutOverlay(answered), typed(answered.composer, text)))
		: promptTyped(answered, answered.prompt, text);
}

/** Text was pasted: part of one message, however many lines it has. */
export function paste(state: State, text: string, moment: Moment): Step {
	const answered = notAsking(state);
	if (text.length > longestPaste) {
		return step(tell(answered, moment, { level: 'error', text: 'Not pasted: the text is far too long' }));
	}
	if (answered.prompt !== undefined) {
		return promptTyped(answered, answered.prompt, text);
	}
	const plain = withoutOverlay(answered);
	const composer = pasted(plain.composer, text.replace(/\r\n?/g, '\n'));
	if (isTooLong(composer.text)) {
		const why = refusalText(composer.text).replace('Not sent', 'Not pasted');
		return step(tell(plain, moment, { level: 'error', text: why }));
	}
	return step(edited(plain, composer));
}

/** A whole line was entered: a command is run, anything else is said. */
export function enter(state: State, line: string, moment: Moment): Step {
	const { composer } = state;
	if (line.trim() === '') {
		return dialledAgain(state);
	}
	const done = isCommand(line)
		? runCommand(state, line, moment)
		: say(state, line.startsWith('//') ? line.slice(1) : line, moment);
	// There is no input in which something could wait.
	return { ...done, state: { ...done.state, composer } };
}

/** The room at this place was picked. */
export function pickRoom(state: State, place: number): Step {
	return step(switchedToPlace(withoutPrompt(notAsking(state)), place));
}

const edit = (name: keyof typeof edits) => (state: State) =>
	step(edited(withoutOverlay(state), edits[name](state.composer)));

const actions: Readonly<Record<Action, (state: State, moment: Moment) => Step>> = {
	send,
	newline: edit('newline'),
	'next-room': (state) => step(switchedBy(state, 1)),
	'previous-room': (state) => step(switchedBy(state, -1)),
	'last-room': (state) => step(switchedBack(state)),
	'page-up': (state) => scroll(state, -pageOf(state)),
	'page-down': (state) => scroll(state, pageOf(state)),
	'line-up': (state) => scroll(state, -linesPerStep),
	'line-down': (state) => scroll(state, linesPerStep),
	oldest: (state) => scroll(state, Number.NEGATIVE_INFINITY),
	newest: (state) => scroll(state, Number.POSITIVE_INFINITY),
	escape: stepBack,
	'history-back': (state) => (hasOverlay(state) ? scroll(state, -1) : walk(state, -1)),
	'history-forward': (state) => (hasOverlay(state) ? scroll(state, 1) : walk(state, 1)),
	recall: (state) => step(withPrompt(withoutOverlay(state), { kind: 'recall' })),
	activity: (state) => step(toActivity(withoutOverlay(state))),
	'previous-mention': (state, moment) => toPreviousMention(withoutOverlay(state), moment),
	'next-mention': (state, moment) => toNextMention(withoutOverlay(state), moment),
	divider: (state, moment) => toDivider(withoutOverlay(state), moment),
	jump: (state) => jump(state),
	find: (state) => step(withPrompt(withoutOverlay(state), { kind: 'find' })),
	left: edit('left'),
	right: edit('right'),
	'word-left': edit('word-left'),
	'word-right': edit('word-right'),
	start: (state) => (isEmpty(state) ? scroll(state, Number.NEGATIVE_INFINITY) : edit('start')(state)),
	end: (state) => (isEmpty(state) ? scroll(state, Number.POSITIVE_INFINITY) : edit('end')(state)),
	'delete-back': edit('delete-back'),
	'delete-forward': edit('delete-forward'),
	'kill-word-back': edit('kill-word-back'),
	'kill-word-forward': edit('kill-word-forward'),
	'kill-to-start': edit('kill-to-start'),
	'kill-to-end': killToEnd,
	yank: edit('yank'),
	'yank-earlier': edit('yank-earlier'),
	transpose: edit('transpose'),
	edit: (state) => step(withoutOverlay(state), { type: 'edit', room: state.active, text: state.composer.text }),
	suspend: (state) => step(state, { type: 'suspend' }),
	undo: edit('undo'),
	redo: edit('redo'),
	complete: (state) => complete(state, 1),
	'complete-back': (state) => complete(state, -1),
	members: (state) => step(withMembersToggled(state)),
	bare: showBare,
	help: (state) => step(withOverlayToggled(state, 'help')),
	redraw: (state) => step(state, { type: 'redraw' }),
	interrupt,
	'end-of-input': (state) => (isEmpty(state) ? step(state, { type: 'quit' }) : edit('delete-forward')(state)),
};

/** By the rows on screen, and at their end by what was sent before. */
function walk(state: State, by: 1 | -1): Step {
	const composer = walked(state, by) ?? edits[by === 1 ? 'history-forward' : 'history-back'](state.composer);
	return step(edited(state, composer));
}

/** At the end of the line there is nothing to cut. */
function killToEnd(state: State): Step {
	const { cursor, text } = state.composer;
	return cursor === text.length ? jump(state) : edit('kill-to-end')(state);
}

/** What is folded before the cursor is shown first. What is not known yet is waited for once. */
function complete(state: State, direction: 1 | -1): Step {
	const { composer, awaited } = state;
	const plain = withoutOverlay(state);
	const shown = unfolded(composer);
	if (shown !== composer) {
		return step(edited(plain, shown));
	}
	const lookup = awaited?.composer === composer ? undefined : lookupFor(state, commands);
	return lookup === undefined
		? step(edited(plain, completed(state, commands, direction)))
		: step({ ...plain, awaited: { composer, direction } }, lookup);
}

/** More is known of what may be completed: Tab goes on where it waits for that. */
export function completeAwaited(state: State): State {
	const { awaited, ...rest } = state;
	if (awaited === undefined || (isAwaited(state) && lookupFor(state, commands) !== undefined)) {
		return state;
	}
	return isAwaited(state) ? edited(rest, completed(rest, commands, awaited.direction)) : rest;
}

/** Nothing else was done since. */
function isAwaited(state: State): boolean {
	return state.awaited?.composer === state.composer && state.prompt === undefined && !hasOverlay(state);
}

/** Longer messages are asked about before they are sent. */
const mostUnasked = 20;

function send(state: State, moment: Moment): Step {
	if (hasOverlay(state) && isEmpty(state)) {
		return step(withoutOverlay(state));
	}
	const { composer } = state;
	const { text } = composer;
	const last = unitsOf(composer).at(-1);
	if (last?.text === '\\' && !last.isFold) {
		return step(edited(state, edits.newline(edits['delete-back']({ ...composer, cursor: text.length }))));
	}
	if (text.trim() === '') {
		return dialledAgain(state);
	}
	if (linesIn(text) > mostUnasked && state.view.asking !== 'send') {
		return step(asking(withoutOverlay(state), 'send'));
	}
	const emptied = edited(withoutOverlay(notAsking(state)), submitted(composer, text));
	if (isCommand(text)) {
		return runCommand(emptied, text, moment);
	}
	const said = say(emptied, text.startsWith('//') ? text.slice(1) : text, moment);
	// What could not be sent stays in the input.
	return said.said ? said : step({ ...said.state, composer });
}

/** A line with nothing in it dials the broker where that is waited for. */
function dialledAgain(state: State): Step {
	const { state: link } = state.link;
	return link === 'waiting' || link === 'closed' ? step(state, { type: 'reconnect' }) : step(state);
}

/** Closes what is open, then goes back to the newest; it never deletes. */
function stepBack(state: State): Step {
	if (hasOverlay(state)) {
		return step(withoutOverlay(state));
	}
	const { name, scroll: anchor, sought } = activeRoom(state);
	if (anchor !== undefined && sought !== undefined && sought.state !== 'found') {
		return step(withRoom(state, name, notSeeking));
	}
	return isEmpty(state) ? scroll(state, Number.POSITIVE_INFINITY) : step(state);
}

function interrupt(state: State): Step {
	if (state.view.asking === 'quit') {
		return step(state, { type: 'quit' });
	}
	if (hasOverlay(state)) {
		return step(withoutOverlay(state));
	}
	return isEmpty(state)
		? step(asking(state, 'quit'), { type: 'count-unkept' })
		: step(edited(state, discarded(state.composer)));
}

function scroll(state: State, by: number): Step {
	return hasOverlay(state) ? step(overlayScrolled(state, by, overlayBottom(state))) : scrolledBy(state, by);
}

function edited(state: State, composer: State['composer']): State {
	return composer === state.composer ? state : { ...state, composer };
}

function hasOverlay(state: State): boolean {
	return state.view.overlay !== undefined;
}

function isEmpty(state: State): boolean {
	return state.composer.text === '';
}
