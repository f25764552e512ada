/** Who can reach whom: dials, and the lines that come of them. */
import type { Agenda } from './agenda.ts';
import type { BrokerHost } from './broker-host.ts';
import { Chance } from './chance.ts';
import type { DialOptions } from './client-run.ts';
import { type ClientEnd, Line } from './line.ts';
import type { Weather } from './pipe.ts';
import type { Setup } from './scenario.ts';
import type { Watch } from './watch.ts';

export interface NetworkOptions {
	readonly agenda: Agenda;
	readonly seed: number;
	readonly setup: Setup;
	readonly watch: Watch;
	readonly host: BrokerHost;
}

export class Network {
	readonly #options: NetworkOptions;
	/** By who dialled, so that what one does changes nothing for another. */
	readonly #dials = new Map<string, number>();

	constructor(options: NetworkOptions) {
		this.#options = options;
	}

	/** Somebody dials the broker through this weather. */
	dial(name: string, weather: Weather, end: ClientEnd, options: DialOptions): void {
		const dial = this.#dials.get(name) ?? 0;
		const connection = `${name}#${dial}`;
		this.#dials.set(name, dial + 1);
		this.#options.agenda.after(weather.latencyMs, () => this.#attempt(connection, weather, end, options));
	}

	#attempt(connection: string, weather: Weather, end: ClientEnd, options: DialOptions): void {
		const { agenda, seed, setup, watch, host } = this.#options;
		const { offersV1, opened, wrote } = options;
		const { broker } = host;
		if (weather.upBlocked || weather.downBlocked) {
			// The packets are sent again until they pass; a client that has waited too long ignores what comes of it.
			agenda.after(1000, () => this.#attempt(connection, weather, end, options));
			return;
		}
		if (broker?.isRunning !== true) {
			const cause = { text: 'nobody is listening there', code: 'ECONNREFUSED' };
			agenda.after(weather.latencyMs, () => end.closed({ cause }));
			return;
		}
		const refusal = broker.refusal();
		if (refusal !== undefined) {
			const { status, reason, retryAfterSeconds = 0 } = refusal;
			const cause = { text: reason, code: String(status) };
			watch.count('refused upgrades');
			agenda.after(weather.latencyMs, () =>
				end.closed({ cause, httpStatus: status, retryAfterMs: retryAfterSeconds * 1000 }),
			);
			return;
		}
		const line: Line = new Line({
			...{ name: connection, agenda, chance: new Chance(seed, 'line', connection), weather },
			...{ kernelBytes: setup.kernelBytes, loopback: setup.loopback, isSturdy: offersV1, clientEnd: end },
			count: (what) => watch.count(what),
			writes: (one) => watch.writes(one),
			wrote: (text) => {
				const isWritten = broker.writes(text);
				if (isWritten) {
					watch.wrote(connection, text);
					wrote?.();
				}
				return isWritten;
			},
			heard: (text) => watch.heard(connection, text),
			gone: (code) => watch.gone(connection, isGoodbye(code) ? undefined : agenda.now),
			closing: (code, reason, isHelpless) =>
				watch.closing(connection, code, reason, {
					wellForMs: isHelpless ? 0 : agenda.now - weather.roughUntil,
					heardAt: line.heardAt,
				}),
		});
		watch.opened(line);
		broker.accept(line, offersV1);
		agenda.after(weather.latencyMs, () => opened(line));
	}
}

function isGoodbye(code: number | undefined): boolean {
	return code === 1000 || code === 1001;
}
