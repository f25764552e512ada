/**
 * The link to the broker, and the name under which it knows me.
 */
import type { LinkStatus } from '../../client/client.ts';
import type { State } from '../model.ts';
import { type Moment, tell } from '../step.ts';
import { withUnknownMembers } from './members.ts';

/** The link changed, or I am called otherwise. */
export function withLink(state: State, status: LinkStatus, nick: string, moment: Moment): State {
	const linked = { ...state, link: status };
	const known = status.state === 'online' ? linked : withUnknownMembers(linked);
	const said =
		status.state === 'closed' && status.cause !== undefined
			? tell(known, moment, { level: 'error', text: `The broker closed the link: ${status.cause.text}` })
			: known;
	return withNick(said, nick, moment);
}

export function withNick(state: State, nick: string, moment: Moment): State {
	return nick === state.nick ? state : tell({ ...state, nick }, moment, { text: `You are ${nick} now` });
}
