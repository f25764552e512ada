/**
 * How others see me: away when I say so, or when no key was pressed for a while; here again with the next key.
 */
import { cleanLine } from '../../protocol/text.ts';
import type { Effect, Own, State } from '../model.ts';
import { type Moment, type Step, step, tell } from '../step.ts';

/** Without a key for so long a person is away, in ms. */
const idleMs = 300_000;

/** How often a person who presses keys tells the broker so, in ms: it cannot see them. */
const signMs = 30_000;

/** The most UTF-16 units that a word on being away may have. */
const mostStatus = 128;

export function freshOwn(at: number): Own {
	return { keyAt: at, toldAt: at };
}

/** When I am away unless a key is pressed before; `undefined` when I am already. */
export function idleAt({ own }: State): number | undefined {
	return own.away === undefined ? own.keyAt + idleMs : undefined;
}

/** A key was pressed, whatever it does. */
export function withKey(state: State, { at }: Moment): Step {
	const { own } = state;
	const isBack = own.away?.by === 'idle';
	const isToTell = isBack || (own.away === undefined && at - own.toldAt >= signMs);
	const { away: _, ...here } = own;
	const next: Own = { ...(isBack ? here : own), keyAt: Math.max(own.keyAt, at), ...(isToTell && { toldAt: at }) };
	return step({ ...state, own: next }, ...(isToTell ? [online] : []));
}

/** Time has passed. */
export function settledOwn(state: State): Step {
	const at = idleAt(state);
	if (at === undefined || state.now < at) {
		return step(state);
	}
	return step({ ...state, own: { ...state.own, away: { by: 'idle' } } }, { type: 'say-presence', state: 'away' });
}

/** `/away [text]` */
export function goAway(state: State, text: string, moment: Moment): Step {
	const status = cleanLine(text, mostStatus);
	if (status.length > mostStatus) {
		return step(tell(state, moment, { level: 'error', text: `Expected at most ${mostStatus} characters, got more` }));
	}
	const said = status === '' ? {} : { status };
	const told = tell(state, moment, { text: `You are away${status === '' ? '' : `: ${status}`}. /back ends that` });
	return step(
		{ ...told, own: { ...told.own, away: { by: 'me', ...said } } },
		{ type: 'say-presence', state: 'away', ...said },
	);
}

/** `/back` */
export function comeBack(state: State, moment: Moment): Step {
	if (state.own.away === undefined) {
		return step(tell(state, moment, { text: 'You are not away' }));
	}
	const { away: _, ...own } = state.own;
	return step({ ...tell(state, moment, { text: 'You are back' }), own: { ...own, toldAt: moment.at } }, online);
}

const online: Effect = { type: 'say-presence', state: 'online' };
