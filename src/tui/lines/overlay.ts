/**
 * A page of text over the pane: the help, what was found, or who is in the room where there is no sidebar.
 */

import { cellWidth } from '../../protocol/text.ts';
import { helpLines } from '../help.ts';
import type { Binding } from '../keymap.ts';
import type { Line, Room, State } from '../model.ts';
import { peerIn } from '../slices/conversations.ts';
import { cutText, padText, sign, span } from '../text/spans.ts';
import { type Stretch, wrap } from '../text/wrap.ts';
import { memberLines } from './members.ts';
import { searchLines } from './search.ts';

/** All lines of the page that is open, however many fit; none when no page is open. */
export function overlayLines(state: State, room: Room, width: number): readonly Line[] {
	switch (state.view.overlay?.name) {
		case 'help':
			return helpPage(state.preferences.bindings, width, 'commands');
		case 'keys':
			return helpPage(state.preferences.bindings, width, 'keys');
		case 'members':
			return memberLines(room, state.nick, width - 3, peerIn(state, room)).map((line) => [span('  '), ...line]);
		case 'search':
			return state.search === undefined ? [] : searchLines(state, state.search, width);
		case undefined:
			return [];
	}
}

const pages = new WeakMap<readonly Binding[], Map<string, readonly Line[]>>();

function helpPage(bindings: readonly Binding[], width: number, first: 'commands' | 'keys'): readonly Line[] {
	const key = `${first} ${width}`;
	const ofBindings = pages.get(bindings) ?? new Map<string, readonly Line[]>();
	pages.set(bindings, ofBindings);
	const known = ofBindings.get(key);
	if (known !== undefined) {
		return known;
	}
	const entries = helpLines(bindings, first);
	const widest = entries.reduce((most, { keys }) => Math.max(most, cellWidth(keys)), 0);
	const keysWidth = Math.min(widest, Math.floor(width / 3));
	const page = entries.flatMap(({ keys, text }): readonly Line[] => {
		if (keys === '') {
			return [[span(' '), sign(cutText(text, width - 1), 'tab-active')]];
		}
		const told = wrap(text, width - keysWidth - 6);
		const named = wrap(keys, keysWidth);
		return Array.from({ length: Math.max(told.length, named.length) }, (_, row) => [
			span('  '),
			sign(padText(part(keys, named[row]), keysWidth), 'me'),
			span('  '),
			span(part(text, told[row])),
		]);
	});
	ofBindings.set(key, page);
	return page;
}

function part(text: string, stretch: Stretch | undefined): string {
	return stretch === undefined ? '' : text.slice(stretch.start, stretch.end);
}
