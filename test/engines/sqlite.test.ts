import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { engineSuite } from '../helpers/engine-suite.ts';

engineSuite('sqlite', async (conditions) => {
	const directory = await mkdtemp(join(tmpdir(), 'natter-engine-'));
	const open = () => openSqliteEngine({ ...conditions, directory });
	let engine = await open();
	return {
		engine,
		async again() {
			await engine.close();
			engine = await open();
			return engine;
		},
		async close() {
			await engine.close();
			await rm(directory, { recursive: true });
		},
	};
});
