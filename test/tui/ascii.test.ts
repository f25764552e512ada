import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Line, Screen, State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { inAscii, marks } from '../../src/tui/text/marks.ts';
import { monoTheme, paint, themeOf } from '../../src/tui/theme.ts';
import { anyState } from './arbitrary-state.ts';
import { bareTheme, otherRooms, release, state } from './states.ts';

/** The same with what people have said and are called in ASCII. */
function spokenInAscii<Value>(value: Value): Value {
	if (typeof value === 'string') {
		return value.replaceAll(/[^ -~\n]/gu, 'x') as Value;
	}
	if (typeof value !== 'object' || value === null) {
		return value;
	}
	if (value instanceof Map) {
		return new Map([...value].map(spokenInAscii)) as Value;
	}
	if (value instanceof Set) {
		return new Set([...value].map(spokenInAscii)) as Value;
	}
	if (Array.isArray(value)) {
		return value.map(spokenInAscii) as Value;
	}
	return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spokenInAscii(one)])) as Value;
}

function linesOf(view: Screen): readonly Line[] {
	const { tabs, topic, upperRule, pane, sidebar = [], lowerRule, status, input, hint } = view;
	const single = [tabs, topic, upperRule, lowerRule, status, hint].filter((line) => line !== undefined);
	return [...single, ...pane, ...sidebar, ...input];
}

const inSigns = (of: State): State => ({ ...of, preferences: { ...of.preferences, ascii: true, theme: 'mono' } });

function drawn(of: State): readonly string[] {
	const asked = inSigns(of);
	return linesOf(screen(asked)).map((line) => paint(line, themeOf(asked)));
}

describe('on an ASCII screen', () => {
	it('natter draws nothing but ASCII, whatever happens', () => {
		fc.assert(
			fc.property(anyState, (any) => {
				const foreign = drawn({ ...spokenInAscii(any), preferences: any.preferences }).filter((text) =>
					/\P{ASCII}/u.test(text),
				);
				expect(foreign).toEqual([]);
			}),
			{ numRuns: 200 },
		);
	}, 60_000);

	it('leaves what people say as it is', () => {
		const said = { ...release(), topic: 'naïve ─ … ✓' };
		const rows = drawn(state({ rooms: [said] })).join('\n');
		expect(rows).toContain('naïve ─ … ✓');
		expect(paint([{ text: '✓ … ─', style: 'plain' }], { ...monoTheme, ascii: true })).toBe('✓ … ─');
	});

	it('has a sign of one cell for each of its own', () => {
		for (const sign of Object.values(marks)) {
			expect(inAscii(sign)).toMatch(/^[ -~]+$/u);
			expect(inAscii(sign)).toHaveLength(sign.length);
		}
	});

	it('has no sign twice in a place where they stand for different things', () => {
		const places = [
			[marks.waiting, marks.numbered, marks.refused],
			[marks.mention, marks.found, marks.told, marks.warned, marks.rule],
			[marks.live, marks.offline, marks.gap],
			[marks.here, marks.away, marks.unknown, marks.bot],
			[marks.code, marks.answers],
		].map((place) => place.map(inAscii));
		expect(places.map((place) => new Set(place).size)).toEqual(places.map(({ length }) => length));
	});

	it('looks like this', () => {
		const view = screen(state({ rooms: [release(), ...otherRooms], size: { columns: 64, rows: 16 } }));
		const lines = [view.tabs, view.upperRule, ...view.pane, view.lowerRule, view.status, ...view.input];
		const plainly = { ...bareTheme, ascii: true };
		expect(`\n${lines.map((line) => paint(line ?? [], plainly).trimEnd()).join('\n')}\n`).toMatchInlineSnapshot(`
			"
			 [1 #general]  2 #deploys 3   3 #random   4 @maya 1!        sam
			----------------------------------------------------------------
			 09:58 maya  dashboards: https://grafana.internal/d/canary
			 10:02 jo    one 502 in eu-west, looking
			 10:03 sam   that is the pod from the old pool, ignore it     +
			 10:04 ci    build 8812 passed  https://ci.internal/8812
			             -- 3 joined, 1 left (ana, li, wes; -tom)
			 10:07 jo    confirmed, 502 was the old pool
			>10:07 maya  @sam can you promote to 25%?
			 10:08 li    +1 from db side, replicas are caught up to 14ms and
			             the vacuum finished an hour ago so there is nothing
			             else queued
			 10:12 sam   promoting now                                    ~
			----------------------------------------------------------------
			 + live 12ms | 6 here | not encrypted             #411 in order
			 #general >
			"
		`);
	});
});
