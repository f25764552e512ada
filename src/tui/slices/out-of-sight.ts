/**
 * What a person would miss because it is not on screen: an answer below what is being read, and what is new in a room above
 * what is shown when they come to it. The status row says it until the next key.
 */
import { cleanLine } from '../../protocol/text.ts';
import { shownKeys } from '../key-names.ts';
import { keyOf } from '../keymap.ts';
import { paneOf } from '../lines/pane.ts';
import type { State } from '../model.ts';
import { activeRoom, roomNamed } from '../step.ts';
import { noted } from './view.ts';

/** With a note on it, if there is something of the kind after what has happened. */
export function settledNote(before: State, after: State): State {
	if (before.rooms === after.rooms && before.active === after.active) {
		return after;
	}
	const note = answerBelow(before, after) ?? newAbove(before, after);
	return note === undefined || after.view.note !== undefined ? after : noted(after, note);
}

function answerBelow(before: State, after: State): string | undefined {
	const room = activeRoom(after);
	const last = room.rows.at(-1);
	const isNew = last?.kind === 'told' && last !== roomNamed(before, room.name)?.rows.at(-1);
	if (!isNew || room.scroll === undefined) {
		return undefined;
	}
	const [first = '', ...more] = last.text.split('\n');
	return `${more.length === 0 ? '' : 'Esc shows all: '}${cleanLine(first)}`;
}

function newAbove(before: State, after: State): string | undefined {
	const { divider, scroll } = activeRoom(after);
	if (before.active === after.active || divider === undefined || scroll !== undefined) {
		return undefined;
	}
	const { blocks, height } = paneOf(after, activeRoom(after));
	const at = blocks.find(divider.key);
	let below = 0;
	for (let index = blocks.count - 1; index >= Math.max(0, at) && below <= height; index--) {
		below += blocks.lines(index).length;
	}
	const key = keyOf(after.preferences.bindings, 'divider');
	const way = key === undefined ? '/divider' : shownKeys(key);
	return below <= height ? undefined : `${divider.count} new from #${divider.sequence} on, above: ${way} goes there`;
}
