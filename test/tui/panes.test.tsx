import { cleanup, render } from 'ink-testing-library';
import type { ReactNode } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { ThemeContext } from '../../src/tui/hooks/use-theme.ts';
import { Composer } from '../../src/tui/panes/Composer.tsx';
import { Lines } from '../../src/tui/panes/Lines.tsx';
import { Members } from '../../src/tui/panes/Members.tsx';
import { Panes } from '../../src/tui/panes/Panes.tsx';
import { RoomTabs } from '../../src/tui/panes/RoomTabs.tsx';
import { StatusBar } from '../../src/tui/panes/StatusBar.tsx';
import { Transcript } from '../../src/tui/panes/Transcript.tsx';
import { screen } from '../../src/tui/selectors.ts';
import { span } from '../../src/tui/text/spans.ts';
import { darkTheme, type Theme } from '../../src/tui/theme.ts';
import { bareTheme, otherRooms, picture, release, state } from './states.ts';

afterEach(cleanup);

function drawn(node: ReactNode, theme: Theme = bareTheme): string {
	return render(<ThemeContext value={theme}>{node}</ThemeContext>).lastFrame() ?? '';
}

const view = screen(
	state({ rooms: [release(), ...otherRooms], draft: 'rolling out', size: { columns: 80, rows: 24 } }),
);
const small = screen(state({ rooms: [release()], size: { columns: 30, rows: 7 } }));

describe('the panes', () => {
	it('together draw the screen cell by cell', () => {
		expect(`\n${drawn(<Panes view={view} />)}\n`).toBe(picture(view));
		expect(`\n${drawn(<Panes view={small} />)}\n`).toBe(picture(small));
	});

	it('draw tabs, topic and rule above', () => {
		expect(drawn(<RoomTabs view={view} />)).toBe(
			[
				' [1 #general]  2 #deploys 3   3 #random   4 @maya 1!   sam @ ws://10.0.0.7:8080',
				' Release 2.4 freeze is Thursday. Staging is green.                #411 in order',
				'───────────────────────────────────────────────────────────────────┬────────────',
			].join('\n'),
		);
	});

	it('draw as many rows of messages as there are, blank ones too', () => {
		expect(drawn(<Transcript view={view} />).split('\n')).toHaveLength(view.pane.length);
		expect(drawn(<Transcript view={view} />)).toContain('>10:07 maya  @sam can you promote to 25%?');
	});

	it('draw the sidebar only where there is one', () => {
		expect(
			drawn(<Members view={view} />)
				.split('\n')
				.slice(0, 3),
		).toEqual(['│ here 6', '│ +ana', '│ +jo']);
		expect(drawn(<Members view={small} />)).toBe('');
	});

	it('draw rule, status, input and hints below', () => {
		expect(drawn(<StatusBar view={view} />)).toBe(
			[
				'───────────────────────────────────────────────────────────────────┴────────────',
				' ✓ live 12ms │ not encrypted                   2 rooms unread, 1 mention: Alt+A',
			].join('\n'),
		);
		expect(drawn(<Composer view={view} />)).toBe(
			[
				' #general > rolling out',
				' Enter send  ^J newline  ^N/^P room  PgUp scroll                        F1 help',
			].join('\n'),
		);
		expect(drawn(<StatusBar view={small} />)).toBe('');
	});

	it('cut a line that is too long rather than break it', () => {
		expect(drawn(<Lines lines={[[span('abcdef')], [span('gh')]]} width={4} />)).toBe('abc…\ngh');
	});

	it('draw in the colours of their theme', () => {
		expect(drawn(<Lines lines={[[span('bad', 'error'), span(' plain')]]} width={20} />, darkTheme)).toBe(
			'\x1b[1m\x1b[31mbad\x1b[39m\x1b[22m plain',
		);
	});
});
