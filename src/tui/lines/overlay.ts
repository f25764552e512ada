/**
 * A page of text over the pane: the help, or who is in the room where there is no sidebar.
 */

import { cellWidth } from '../../protocol/text.ts';
import { helpLines } from '../help.ts';
import type { Line, Room, State } from '../model.ts';
import { blanks, padText, sliceLine, span } from '../text/spans.ts';
import { wrap } from '../text/wrap.ts';
import { memberLines } from './members.ts';

/** All lines of the page that is open, however many fit; none when no page is open. */
export function overlayLines(state: State, room: Room, width: number): readonly Line[] {
	switch (state.view.overlay?.name) {
		case 'help':
			return helpPage(width);
		case 'members':
			return memberLines(room, state.nick, width - 3).map((line) => [span('  '), ...line]);
		case undefined:
			return [];
	}
}

const pages = new Map<number, readonly Line[]>();

function helpPage(width: number): readonly Line[] {
	const known = pages.get(width);
	if (known !== undefined) {
		return known;
	}
	const entries = helpLines();
	const widest = entries.reduce((most, { keys }) => Math.max(most, cellWidth(keys)), 0);
	const keysWidth = Math.min(widest, Math.floor(width / 2) - 4);
	const page = entries.flatMap(({ keys, text }): Line[] =>
		wrap(text, width - keysWidth - 6).map((stretch, index) => [
			span('  '),
			index === 0 ? span(padText(keys, keysWidth), 'link') : span(blanks(keysWidth)),
			span('  '),
			...sliceLine([span(text)], stretch),
		]),
	);
	pages.set(width, page);
	return page;
}
