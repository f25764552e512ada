import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BrokerFrames, FromBroker } from '../../src/protocol/frames.ts';
import { message, Script } from './script.ts';

const rooms = ['r', 'ops'] as const;
const number = fc.integer({ min: 1, max: 14 });
const room = fc.constantFrom(...rooms);

const saying: fc.Arbitrary<FromBroker> = fc.oneof(
	{ weight: 8, arbitrary: fc.tuple(number, room).map(([sequence, name]) => ({ ...message(sequence), room: name })) },
	fc.tuple(number, fc.nat(3), room).map(
		([from, more, name]): FromBroker => ({
			...{ type: 'gap', room: name, epoch: 'e', from, to: from + more, reason: 'trimmed' },
		}),
	),
	fc.record({ type: fc.constant('rewind' as const), room, epoch: fc.constant('e'), to: number, lost: number }),
);
const happenings = fc.array(
	fc.oneof(
		{ weight: 4, arbitrary: fc.record({ says: fc.array(saying, { minLength: 1, maxLength: 8 }) }) },
		fc.record({ passes: fc.integer({ min: 0, max: 800 }) }),
		fc.record({ leaves: room }),
	),
	{ maxLength: 20 },
);

/** In both rooms from their first message on, with no room for more than three early messages. */
function entered(causal: boolean): Script {
	const script = new Script({ maxHeld: 3, causal }).welcomed();
	for (const name of rooms) {
		script.look();
		script.join(name);
		const ref = script.refOf('subscribe');
		script.says({ type: 'subscribed', room: name, sequence: 0, ref, epoch: 'e', head: 0 });
	}
	script.look();
	return script;
}

/** Says messages that follow each other as those that came at one time. */
function saysAtOnce(script: Script, frames: readonly FromBroker[]): void {
	let together: BrokerFrames['message'][] = [];
	const tell = () => {
		if (together.length > 0) {
			script.input({ type: 'messages', link: script.link, frames: together });
			together = [];
		}
	};
	for (const frame of frames) {
		if (frame.type === 'message') {
			together.push(frame);
		} else {
			tell();
			script.says(frame);
		}
	}
	tell();
}

/** What was given of each room, and where it stands. */
function outcome(script: Script, given: Map<string, unknown[]>) {
	for (const output of script.look()) {
		if (output.type === 'deliver') {
			given.set(output.room, [...(given.get(output.room) ?? []), ...output.items]);
		}
	}
	return { given, standing: rooms.map((name) => script.session.room(name)) };
}

test.each([false, true])('messages that come at one time are given as if each came alone (causal: %s)', (causal) => {
	fc.assert(
		fc.property(happenings, (all) => {
			const single = entered(causal);
			const joined = entered(causal);
			const given = [new Map<string, unknown[]>(), new Map<string, unknown[]>()] as const;
			for (const happening of all) {
				if ('says' in happening) {
					single.says(...happening.says);
					saysAtOnce(joined, happening.says);
				} else if ('passes' in happening) {
					single.passes(happening.passes);
					joined.passes(happening.passes);
				} else {
					single.leave(happening.leaves);
					joined.leave(happening.leaves);
				}
				expect(outcome(joined, given[1])).toEqual(outcome(single, given[0]));
			}
		}),
	);
});
