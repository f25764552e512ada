import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, startBroker, startScreen } from '../helpers/processes.ts';

const disks: string[] = [];

function removeDisks(): void {
	for (const disk of disks.splice(0)) {
		spawnSync('umount', [disk]);
		rmSync(disk, { recursive: true });
	}
}

afterEach(async () => {
	await endProcesses();
	removeDisks();
});

/** A disk of 16 MiB, or nothing where this user may not have one. */
function smallDisk(): string | undefined {
	const disk = mkdtempSync(join(tmpdir(), 'natter-disk-'));
	disks.push(disk);
	return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'natter-test', disk]).status === 0 ? disk : undefined;
}

function fill(disk: string): void {
	const filler = join(disk, 'filler');
	spawnSync('sh', ['-c', `head -c 33554432 /dev/zero > ${filler}`], { stdio: 'ignore' });
	expect(statSync(filler).size).toBeGreaterThan(0);
}

const canMount = smallDisk() !== undefined;
removeDisks();

describe.skipIf(!canMount)('a broker whose disk is full', { timeout: 120_000 }, () => {
	it('says so in one line, refuses what is sent, says when it is well again, and ends with 0', async () => {
		const disk = smallDisk() ?? '';
		const broker = await startBroker(['--data', join(disk, 'data')]);
		const sam = startScreen([broker.url, '--nick', 'sam']);
		await sam.shows(/live/u);
		sam.type('before\r');
		await sam.shows(/before +✓/u);
		fill(disk);
		// More than fits into the pages that are there already.
		sam.type(`${'x'.repeat(500)}\r`.repeat(2));
		await broker.complained(/"event":"store","text":"Messages cannot be stored: [^"\n]+"\}\n/u);
		rmSync(join(disk, 'filler'));
		await broker.complained(/"event":"store","text":"Messages can be stored again"\}\n/u);
		await sam.shows(/#3 in order/u);
		broker.kill('SIGTERM');
		expect(await broker.ended).toBe(0);
		const events = broker.output.stderr.split('\n').filter((line) => line.includes('"event":"store"'));
		expect(events).toHaveLength(2);
		// However often it was tried meanwhile.
		expect(broker.output.stderr.split('\n').filter((line) => line.includes('"event":"engine"')).length).toBeLessThan(4);
	});

	it('says so on the screen of the one who hosts it', async () => {
		const disk = smallDisk() ?? '';
		const port = await startBroker().then(async (other) => {
			other.kill('SIGKILL');
			await other.ended;
			return String(other.port);
		});
		const sam = startScreen(['--nick', 'sam', '--port', port, '--data', join(disk, 'data')]);
		await sam.shows(/live/u);
		fill(disk);
		sam.type(`${'x'.repeat(500)}\r`.repeat(2));
		await sam.shows(/! Messages cannot be stored: /u);
		rmSync(join(disk, 'filler'));
		await sam.shows(/! Messages can be stored again/u);
		await sam.shows(/#2 in order/u);
	});
});
