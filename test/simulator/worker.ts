/** One of several threads that run seeds. */
import { parentPort, workerData } from 'node:worker_threads';
import { type RunsOptions, runSeeds } from './runs.ts';

parentPort?.postMessage(await runSeeds(workerData as RunsOptions));
