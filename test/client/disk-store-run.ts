/**
 * One run that uses a state directory, in a process of its own that may be killed. It does what `operationsOf` says for
 * its seed and prints a line after each that is on disk, so that whoever kills it knows what was done.
 */
import { writeSync } from 'node:fs';
import { openDiskStore } from '../../src/client/disk-store.ts';
import { apply, operationsOf } from './disk-store-operations.ts';

const [, , directory = '', nick = '', prefix = '', seed = '', count = ''] = process.argv;

// It lives until it is killed.
setInterval(() => undefined, 1000);

const notices: string[] = [];
/** Pending while another run writes for so long that this one has to write later. */
let written = Promise.withResolvers<void>();
written.resolve();
const store = openDiskStore({
	...{ directory, broker: 'b:8080', nick },
	onNotice: (text, level) => {
		notices.push(text);
		if (level === 'info') {
			written.resolve();
		} else {
			written = Promise.withResolvers();
		}
	},
});
const adopted = store.adopt().map(({ cid }) => cid);
writeSync(1, `${JSON.stringify({ device: store.device, adopted, notices })}\n`);
for (const operation of operationsOf(Number(seed), Number(count), prefix)) {
	apply(store, operation);
	await written.promise;
	writeSync(1, '.\n');
}
writeSync(1, 'done\n');
