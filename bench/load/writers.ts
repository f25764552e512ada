/**
 * Some who publish, each the next thing when the last one is acknowledged. Nobody reads.
 */
import { cpuUs } from '../harness/accounting.ts';
import { percentile } from '../harness/statistics.ts';
import type { Dialect } from './dialect.ts';
import { Line } from './line.ts';
import type { Stencil } from './stencil.ts';

export interface Authors {
	readonly port: number;
	/** The broker's process, whose CPU time is read. */
	readonly pid: number;
	readonly rooms: number;
	readonly writers: number;
	/** What their names begin with. */
	readonly prefix: string;
}

export interface Written {
	readonly acknowledged: number;
	readonly seconds: number;
	/** CPU time of the broker, in us. */
	readonly brokerUs: number;
	/** CPU time of the load generator, in us. */
	readonly loadUs: number;
	/** From the publish to its acknowledgement, in ms. */
	readonly p50Ms: number;
	readonly p99Ms: number;
	/** What should not have happened, such as a publish that was not acknowledged. */
	readonly wrong: readonly string[];
}

interface Writer {
	readonly line: Line;
	readonly stencil: Stencil;
	count: number;
	/** When it published what is not acknowledged. */
	publishedAt: number | undefined;
}

export class Writers {
	readonly #pid: number;
	readonly #writers: Writer[] = [];
	readonly #writerOf = new Map<Line, Writer>();
	#latencies: number[] = [];
	#until = 0;
	/** How many wait for an acknowledgement. */
	#waiting = 0;
	#quiet = () => {};

	private constructor(pid: number) {
		this.#pid = pid;
	}

	static async gather(dialect: Dialect, { port, pid, rooms, writers, prefix }: Authors): Promise<Writers> {
		const self = new Writers(pid);
		for (let index = 0; index < writers; index++) {
			const line = new Line({
				port,
				framing: dialect.framing,
				upgrade: dialect.upgrade?.(port),
				answer: (from, body, head) => {
					if (dialect.isPublished?.(body) !== true) {
						return dialect.answer(from, body, head);
					}
					self.#acknowledged(from);
					return true;
				},
				message: () => {},
				came: () => {},
			});
			await dialect.enter(line, `${prefix}writer-${index}`);
			line.settle();
			const stencil = dialect.publication(line, `room-${index % rooms}`);
			const writer: Writer = { line, stencil, count: 0, publishedAt: undefined };
			self.#writers.push(writer);
			self.#writerOf.set(line, writer);
		}
		return self;
	}

	/** Resolves when the time is over and everything is acknowledged, or nothing more is. */
	async run(seconds: number): Promise<Written> {
		this.#latencies = [];
		const own = process.cpuUsage();
		const startUs = cpuUs(this.#pid);
		const start = performance.now();
		this.#until = start + seconds * 1000;
		await new Promise<void>((resolve) => {
			const watchdog = setTimeout(resolve, seconds * 1000 + patienceMs);
			this.#quiet = () => {
				clearTimeout(watchdog);
				resolve();
			};
			for (const writer of this.#writers) {
				this.#publish(writer);
			}
		});
		const { user, system } = process.cpuUsage(own);
		return {
			acknowledged: this.#latencies.length,
			seconds: (performance.now() - start) / 1000,
			brokerUs: cpuUs(this.#pid) - startUs,
			loadUs: user + system,
			p50Ms: percentile(this.#latencies, 0.5),
			p99Ms: percentile(this.#latencies, 0.99),
			wrong: this.#writers.flatMap(({ line, publishedAt }) => {
				const why = line.end ?? line.refusal;
				return publishedAt === undefined && why === undefined
					? []
					: [`${line.user} was not acknowledged: ${why ?? 'nothing came'}`];
			}),
		};
	}

	#publish(writer: Writer): void {
		writer.count += 1;
		writer.publishedAt = performance.now();
		this.#waiting += 1;
		const stamp = Math.round(writer.publishedAt * 1000);
		writer.line.write(writer.stencil.make({ number: writer.count, stamp }));
	}

	#acknowledged(line: Line): void {
		const writer = this.#writerOf.get(line);
		if (writer?.publishedAt === undefined) {
			throw new Error(`${line.user}: expected no acknowledgement`);
		}
		const now = performance.now();
		this.#latencies.push(now - writer.publishedAt);
		writer.publishedAt = undefined;
		this.#waiting -= 1;
		if (now < this.#until) {
			this.#publish(writer);
		} else if (this.#waiting === 0) {
			this.#quiet();
		}
	}
}

/** Nothing more comes when nothing has come for so long. */
const patienceMs = 5000;
