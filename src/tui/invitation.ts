/**
 * What others type to come to the room on screen.
 */
import { isOnThisComputer } from '../client/address.ts';
import { joinLine } from '../client/join-line.ts';
import { cleanLine } from '../protocol/text.ts';
import type { State } from './model.ts';
import { type Moment, type Step, step, tell } from './step.ts';

/** `/invite` */
export function invite(state: State, moment: Moment): Step {
	const { host, invitation: [address, ...others] = [], active } = state;
	if (address === undefined) {
		const share = host === undefined ? 'this broker has no address that others could dial' : host.shareLine;
		return step(tell(state, moment, { text: `Nobody on another computer can join: ${cleanLine(share)}` }));
	}
	const line = inviteLine(address, active);
	const where = isOnThisComputer(address) ? 'On this computer, others type' : 'Others type';
	const also = others.length === 0 ? [] : ['or:', ...others.map((other) => inviteLine(other, active))];
	const key = host?.fingerprint === undefined ? [] : [`The broker's key is ${cleanLine(host.fingerprint)}`];
	const text = [`${where}:`, line, ...also, ...key].join('\n');
	return step(tell(state, moment, { text }), { type: 'copy', room: active, text: line, what: 'the line' });
}

/** The line for a shell. An inbox is nobody else's, so it leads to the room where all begin. */
export function inviteLine(address: string, room: string): string {
	return cleanLine(joinLine(address, room.startsWith('@') ? 'general' : room), longest);
}

/** More than any token and name. */
const longest = 2048;
