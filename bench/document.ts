/**
 * Writes the figures of docs/performance.md, and its pictures, from what a run of the bench found. What the run did not
 * measure stays as it is, and is named.
 *
 * npm run bench -- --json FILE; npm run bench:document -- FILE
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fillPage, type Picture, readReport } from './document/page.ts';

const perDelivery = 'CPU of the broker per delivery, µs';

/** By the name of the file in docs/. */
const pictures: Readonly<Record<string, Picture>> = {
	'performance-readers.svg': {
		title: 'What a delivery costs in a room with more readers, 20,000 deliveries a second',
		table: `readers in a room: ${perDelivery}`,
		x: 'readers of the room',
		y: perDelivery,
	},
	'performance-bursts.svg': {
		title: 'What a delivery costs when more messages come at once, 100 readers',
		table: `100 readers: ${perDelivery}`,
		without: ['least, memory'],
		columns: { '100k/s': 1, 'bursts of 4': 4, 'bursts of 16': 16, 'bursts of 64': 64 },
		x: 'messages that come at once, 100,000 deliveries a second',
		y: perDelivery,
	},
	'performance-rooms.svg': {
		title: 'What a delivery costs natter with more rooms, 20,000 deliveries a second',
		table: 'more rooms for as many readers: CPU of natter per delivery, µs',
		x: 'rooms, 5 readers in each',
		y: 'CPU of natter per delivery, µs',
	},
	'performance-latency.svg': {
		title: 'How late 99 of 100 deliveries are at most, 10 readers',
		table: 'publish to delivery, 99 of 100 within, ms',
		x: 'publishes a second',
		y: 'publish to delivery, ms',
	},
	'performance-publish.svg': {
		title: 'How many publishes a second are stored and acknowledged',
		table: 'publish: acknowledged per second',
		x: 'writers, each of whom waits for the acknowledgement',
		y: 'publishes a second',
	},
	'performance-start.svg': {
		title: 'From the start of a program',
		table: 'start: from the start of a program, ms',
		bars: ['its end', 'first sign', 'usable'],
		x: 'ms',
	},
	'performance-keys.svg': {
		title: 'From a key to the screen',
		table: 'keys: from a key to the screen, ms',
		bars: ['key p50', 'key p99'],
		x: 'ms',
	},
	'performance-flood.svg': {
		title: 'From a key to the screen while 5,000 messages a second come',
		table: '5,000/s: from a key to the screen; from the last message to the screen, ms',
		bars: ['5,000/s p50', '5,000/s p99'],
		x: 'ms',
	},
};

const [file] = process.argv.slice(2);
if (file === undefined) {
	console.error('Expected the file that npm run bench -- --json FILE has written');
	process.exit(2);
}
const report = readReport(readFileSync(file, 'utf8'));
const docs = new URL('../docs/', import.meta.url);
const path = new URL('performance.md', docs);
const { page, svgs, kept } = fillPage(readFileSync(path, 'utf8'), report, pictures);
writeFileSync(path, page);
for (const [name, svg] of svgs) {
	writeFileSync(new URL(name, docs), svg);
}
console.log(kept.length === 0 ? 'all of it is written' : `not measured, and left as it was:\n${kept.join('\n')}`);
