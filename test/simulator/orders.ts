/**
 * What the owner of the simulated broker orders, at its console: people are banned, muted and kicked for a while, and
 * histories are cleared. An order goes the way of all, but for the line on which it would have come.
 */
import { type Actor, obey } from '../../src/broker/administration.ts';
import type { Hub } from '../../src/broker/hub.ts';
import type { AdminOrder } from '../../src/protocol/admin.ts';
import type { Agenda } from './agenda.ts';
import type { BrokerProcess } from './broker-process.ts';
import type { Watch } from './watch.ts';

export interface Restraint {
	readonly kind: 'ban' | 'mute';
	readonly user: string;
	/** Absent: all rooms. */
	readonly room?: string;
}

export interface OrdersOptions {
	readonly agenda: Agenda;
	readonly watch: Watch;
	/** Nicks of those with a key: a ban of theirs is by that. */
	readonly keys: readonly string[];
	/** The present run of the broker, when it runs. */
	readonly broker: () => BrokerProcess | undefined;
}

const owner: Actor = { name: 'console', role: 'owner', subjects: ['~console'], reads: () => true, reader: undefined };
const retryMs = 1000;
/** An order whose outcome was unknown may take effect a little later: it is lifted so often after all is well. */
const lastLifts = 8;

/** Carries out an order. Told whether it was done; not at all when that cannot be said. */
export async function orderAt(hub: Hub, order: AdminOrder, answered: (isDone: boolean) => void): Promise<void> {
	await hub.directory.ready;
	try {
		answered((await obey(hub, owner, order)).ok);
	} catch {
		// The disk is in trouble, or it was the end of this run.
	}
}

export class Orders {
	readonly #options: OrdersOptions;
	/** All that were ever ordered, by their names: those that are over as well. */
	readonly #ordered = new Map<string, Restraint>();
	readonly #open = new Set<string>();
	/** Whose end is ordered: that they hold, when that is heard later, says nothing any more. */
	readonly #freed = new Set<string>();

	constructor(options: OrdersOptions) {
		this.#options = options;
	}

	/** Bans or mutes somebody for so many ms, unless they are already. */
	restrain(restraint: Restraint, ms: number): void {
		const { agenda, watch } = this.#options;
		const name = JSON.stringify(restraint);
		if (this.#open.has(name)) {
			return;
		}
		this.#open.add(name);
		this.#freed.delete(name);
		this.#ordered.set(name, restraint);
		watch.observe({ type: 'may be refused', code: restraint.kind === 'ban' ? 'banned' : 'muted' });
		if (restraint.kind === 'ban') {
			const { user, room } = restraint;
			watch.observe({ type: 'may be put out', user, ...(room !== undefined && { room }) });
		}
		this.#order(this.#orderOf(restraint.kind, restraint), (isDone) => {
			if (isDone) {
				watch.count(`${restraint.kind}s that hold`);
				if (!this.#freed.has(name)) {
					watch.observe({ type: 'restrained', ...restraint });
				}
			}
		});
		agenda.after(ms, () => this.#lift(restraint));
	}

	kick(user: string, room: string): void {
		this.#order(
			{ op: 'kick', userId: this.#named(user), room },
			(isDone) => isDone && this.#options.watch.count('kicks'),
		);
	}

	clear(room: string): void {
		this.#order({ op: 'clear_history', room }, () => {});
	}

	/** Nobody is kept from anything any more. */
	heal(times = lastLifts): void {
		for (const [name, restraint] of this.#ordered) {
			this.#freed.add(name);
			this.#options.watch.observe({ type: 'freed', ...restraint });
			this.#order(this.#orderOf(`un${restraint.kind}`, restraint), () => {});
		}
		if (times > 0 && this.#ordered.size > 0) {
			this.#options.agenda.after(2 * retryMs, () => this.heal(times - 1));
		}
	}

	/** Until the broker has said that there is nothing left of it. */
	#lift(restraint: Restraint): void {
		const { agenda, watch } = this.#options;
		const name = JSON.stringify(restraint);
		this.#freed.add(name);
		watch.observe({ type: 'freed', ...restraint });
		this.#order(this.#orderOf(`un${restraint.kind}`, restraint), () => this.#open.delete(name));
		agenda.after(retryMs, () => {
			if (this.#open.has(name)) {
				this.#lift(restraint);
			}
		});
	}

	#orderOf(op: 'ban' | 'mute' | 'unban' | 'unmute', { user, room }: Restraint): AdminOrder {
		return { op, userId: this.#named(user), ...(room !== undefined && { room }) };
	}

	#named(user: string): string {
		return this.#options.keys.includes(user) ? user : `~${user}`;
	}

	#order(order: AdminOrder, answered: (isDone: boolean) => void): void {
		this.#options.watch.log(() => `the owner orders ${JSON.stringify(order)}`);
		this.#options.broker()?.order(order, (isDone) => {
			this.#options.watch.log(() => `${isDone ? 'done' : 'not done'}: ${JSON.stringify(order)}`);
			answered(isDone);
		});
	}
}
