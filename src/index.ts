/**
 * natter for programs: a broker to embed, a client to connect to one, and an engine that keeps messages in memory.
 * `natter/sqlite` has the engine that keeps them on disk.
 */
export * from './broker/index.ts';
export * from './client/index.ts';
export { type MemoryEngineOptions, memoryEngine } from './engines/memory.ts';
