/** The process of the load generator: does one thing after the other, as it is asked over the channel of its parent. */
import { Crowd, type Gathering, type Load, type Outcome } from './crowd.ts';
import { base } from './dialects/base.ts';
import { mqtt } from './dialects/mqtt.ts';
import { nats } from './dialects/nats.ts';
import { natter } from './dialects/natter.ts';
import { socketIo } from './dialects/socket-io.ts';

export const dialects = { base, natter, 'socket.io': socketIo, mqtt, nats } as const;

export type DialectName = keyof typeof dialects;

export type Asked =
	| { readonly deed: 'gather'; readonly dialect: DialectName; readonly gathering: Gathering }
	| { readonly deed: 'run'; readonly load: Load };

export type Answered = { readonly ok: true; readonly outcome?: Outcome } | { readonly ok: false; readonly why: string };

let crowd: Crowd | undefined;

process.on('message', async (asked: Asked) => {
	const answered = await obey(asked).catch(
		(error: unknown): Answered => ({ ok: false, why: error instanceof Error ? error.message : String(error) }),
	);
	process.send?.(answered);
});
process.on('disconnect', () => process.exit());

async function obey(asked: Asked): Promise<Answered> {
	switch (asked.deed) {
		case 'gather':
			crowd = new Crowd(dialects[asked.dialect], asked.gathering);
			await crowd.gather();
			return { ok: true };
		case 'run':
			if (crowd === undefined) {
				throw new Error('Expected somebody to have gathered');
			}
			return { ok: true, outcome: await crowd.run(asked.load) };
	}
}
