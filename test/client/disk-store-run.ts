/**
 * One run that uses a state directory, in a process of its own that may be killed. It does what `operationsOf` says for
 * its seed and prints a line after each, so that whoever kills it knows what was done.
 */
import { writeSync } from 'node:fs';
import { openDiskStore } from '../../src/client/disk-store.ts';
import { apply, operationsOf } from './disk-store-operations.ts';

const [, , directory = '', nick = '', prefix = '', seed = '', count = ''] = process.argv;

const notices: string[] = [];
const store = openDiskStore({ directory, broker: 'b:8080', nick, onNotice: (text) => notices.push(text) });
const adopted = store.adopt().map(({ cid }) => cid);
writeSync(1, `${JSON.stringify({ device: store.device, adopted, notices })}\n`);
for (const operation of operationsOf(Number(seed), Number(count), prefix)) {
	apply(store, operation);
	writeSync(1, '.\n');
}
writeSync(1, 'done\n');
// It lives until it is killed.
setInterval(() => undefined, 1000);
