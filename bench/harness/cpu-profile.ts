/** What a thread did, from the samples that `node --cpu-prof` took of it. */

/** The parts of a .cpuprofile that are read. Times are in us, of the clock that `process.hrtime` reads. */
export interface CpuProfile {
	readonly startTime: number;
	readonly nodes: readonly {
		readonly id: number;
		readonly callFrame: { readonly functionName: string; readonly url: string };
	}[];
	/** Ids of nodes. */
	readonly samples: readonly number[];
	/** Before each sample. */
	readonly timeDeltas: readonly number[];
}

export interface Span {
	readonly from: number;
	readonly to: number;
}

/** Time in us by what the thread did in the span, 0 for what it did not; nothing of the time in which it was idle. */
export function timeByWork(
	{ startTime, nodes, samples, timeDeltas }: CpuProfile,
	{ from, to }: Span,
): Map<string, number> {
	const workOf = new Map(nodes.map(({ id, callFrame }) => [id, workIn(callFrame.functionName, callFrame.url)]));
	const times = new Map(works.flatMap(([work]) => (work === undefined ? [] : [[work, 0]])));
	let at = startTime;
	for (const [index, id] of samples.entries()) {
		const took = timeDeltas[index] ?? 0;
		at += took;
		const work = workOf.get(id);
		if (work !== undefined && at > from && at <= to) {
			times.set(work, (times.get(work) ?? 0) + took);
		}
	}
	return times;
}

/** By which a function is told, the first that fits. */
const works: readonly (readonly [work: string | undefined, fits: (name: string, url: string) => boolean])[] = [
	[undefined, (name) => name === '(idle)'],
	['garbage collection', (name) => name === '(garbage collector)'],
	['writing to sockets', (name, url) => url === '' && /^write/u.test(name)],
	['messages between threads', (name, url) => url === '' && name === 'postMessage'],
	['ws', (_, url) => url.includes('/node_modules/ws/')],
	['natter: protocol', (_, url) => url.includes('/dist/protocol/')],
	['natter: broker', (_, url) => url.includes('/dist/broker/')],
	['natter: engine', (_, url) => url.includes('/dist/engines/') || url.includes('/dist/sqlite/')],
	["Node's sockets and events", (_, url) => url.startsWith('node:')],
	['other modules', (_, url) => url !== ''],
	['V8 and kernel, without a name', () => true],
];

function workIn(name: string, url: string): string | undefined {
	return works.find(([, fits]) => fits(name, url))?.[0];
}
