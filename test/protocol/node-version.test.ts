import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { createBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/client/connect.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { requireNode } from '../../src/protocol/node-version.ts';

const root = new URL('../../', import.meta.url);
const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { engines: { node: string } };

test.each(['20.20.2', '22.15.9', '18.0.0', '9.16.0'])('Node %s is told what is needed', (version) => {
	expect(() => requireNode(version)).toThrow(`natter needs Node 22.16 or newer and this is ${version}`);
});

test.each(['22.16.0', '23.0.0', '24.21.0', '100.1.0-nightly', process.versions.node])('Node %s will do', (version) => {
	expect(() => requireNode(version)).not.toThrow();
});

test('what is needed is what package.json and the command say', () => {
	expect(engines.node).toBe('>=22.16');
	expect(readFileSync(new URL('bin/natter.js', root), 'utf8')).toContain('natter needs Node 22.16 or newer');
});

test('the library says so at once, and begins nothing', async () => {
	const { versions } = process;
	onTestFinished(() => void Object.defineProperty(process, 'versions', { value: versions, configurable: true }));
	Object.defineProperty(process, 'versions', { value: { ...versions, node: '20.20.2' }, configurable: true });
	const said = 'natter needs Node 22.16 or newer and this is 20.20.2';
	expect(() => connect('ws://127.0.0.1:1', { nick: 'sam' })).toThrow(said);
	await expect(createBroker({ engine: memoryEngine() })).rejects.toThrow(said);
	await expect(openSqliteEngine({ directory: '/nowhere' })).rejects.toThrow(said);
});
