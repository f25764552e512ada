import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DiskStore, openDiskStore } from '../../src/client/disk-store.ts';
import { loadSqlite } from '../../src/sqlite/node-sqlite.ts';
import { parcel } from './disk-store-operations.ts';

let directory = '';
let notices: string[] = [];
const opened = new Set<DiskStore>();
const isRoot = process.getuid?.() === 0;

beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), 'natter-state-'));
	notices = [];
});

afterEach(() => {
	vi.useRealTimers();
	for (const store of opened) {
		store.close();
	}
	opened.clear();
	rmSync(directory, { recursive: true, force: true });
});

function open(where = directory): DiskStore {
	const store = openDiskStore({
		directory: where,
		broker: 'b:8080',
		nick: 'sam',
		onNotice: (text) => notices.push(text),
		now: () => Date.UTC(2026, 10, 23, 12),
	});
	opened.add(store);
	return store;
}

const lines = Array.from({ length: 60 }, (_, index) => parcel(`l${index}`, { content: `line ${index} `.repeat(20) }));

/** A state file with lines, positions and drafts, all of it in the file and none in a log beside it. */
function written(): Buffer {
	const store = open();
	for (const line of lines) {
		store.keep(line);
	}
	for (let room = 0; room < 40; room++) {
		store.savePosition(`room-${room}`, { epoch: 'e', sequence: room });
		store.saveDraft(`room-${room}`, `draft ${room}`);
	}
	store.close();
	expect(readdirSync(directory).sort()).toEqual(['opening.lock', 'state.db']);
	return readFileSync(join(directory, 'state.db'));
}

/** Opens what is there: never a crash, nothing that was not written, and usable afterwards. */
function expectSound(): DiskStore {
	const store = open();
	const adopted = store.adopt();
	expect(lines).toEqual(expect.arrayContaining([...adopted]));
	expect(adopted.map(({ cid }) => Number(cid.slice(1)))).toEqual(
		adopted.map(({ cid }) => Number(cid.slice(1))).toSorted((one, other) => one - other),
	);
	for (let room = 0; room < 40; room++) {
		expect([undefined, { epoch: 'e', sequence: room }]).toContainEqual(store.position(`room-${room}`));
		expect([undefined, `draft ${room}`]).toContain(store.drafts.get(`room-${room}`));
	}
	if (adopted.length < lines.length) {
		expect(notices.length).toBeGreaterThan(0);
	}
	for (const { cid } of adopted) {
		store.forget(cid);
	}
	store.keep(parcel('new'));
	store.close();
	const next = open();
	expect(next.adopt()).toEqual([parcel('new')]);
	next.forget('new');
	next.close();
	return next;
}

describe('a state file', { timeout: 60_000 }, () => {
	it('with any bytes of it changed gives what was written or less, and says so', () => {
		const whole = written();
		let setAside = 0;
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 }),
				(changes) => {
					rmSync(directory, { recursive: true, force: true });
					mkdirSync(directory);
					notices = [];
					const bytes = Buffer.from(whole);
					for (const [at, flip] of changes) {
						bytes[at] = (bytes[at] ?? 0) ^ flip;
					}
					writeFileSync(join(directory, 'state.db'), bytes);
					expectSound();
					setAside += notices.some((text) => text.includes('set aside')) ? 1 : 0;
				},
			),
			{ numRuns: 150 },
		);
		expect(setAside).toBeGreaterThan(0);
	});

	it('with any byte of its first 120 changed is no crash either', () => {
		const whole = written();
		for (let at = 0; at < 120; at++) {
			for (const flip of [1, 0xff]) {
				rmSync(directory, { recursive: true, force: true });
				mkdirSync(directory);
				notices = [];
				const bytes = Buffer.from(whole);
				bytes[at] = (bytes[at] ?? 0) ^ flip;
				writeFileSync(join(directory, 'state.db'), bytes);
				expectSound();
			}
		}
	});

	it('cut at each page, or within it, is set aside', () => {
		const whole = written();
		const page = 4096;
		for (let length = page / 2; length < whole.length; length += page / 2) {
			rmSync(directory, { recursive: true, force: true });
			mkdirSync(directory);
			notices = [];
			writeFileSync(join(directory, 'state.db'), whole);
			truncateSync(join(directory, 'state.db'), length);
			expectSound();
			expect(notices.length, `cut at ${length}`).toBe(1);
		}
	});

	it('whose log was left behind by a kill and is damaged gives what was written or less', () => {
		const store = open();
		for (const line of lines) {
			store.keep(line);
		}
		const copies = new Map(['state.db', 'state.db-wal'].map((name) => [name, readFileSync(join(directory, name))]));
		store.close();
		const log = copies.get('state.db-wal') ?? Buffer.alloc(0);
		fc.assert(
			fc.property(fc.nat(log.length - 1), fc.boolean(), (at, isCut) => {
				rmSync(directory, { recursive: true, force: true });
				mkdirSync(directory);
				writeFileSync(join(directory, 'state.db'), copies.get('state.db') ?? '');
				const bytes = Buffer.from(log);
				bytes[at] = (bytes[at] ?? 0) ^ 0x55;
				writeFileSync(join(directory, 'state.db-wal'), isCut ? bytes.subarray(0, at) : bytes);
				const next = open();
				// A log that is cut is one that was not written further: what is there is a beginning.
				expect(next.adopt()).toEqual(lines.slice(0, next.adopt().length));
				next.close();
			}),
			{ numRuns: 60 },
		);
	});

	it('that is empty, as a kill may leave it at the very first start, is begun', () => {
		writeFileSync(join(directory, 'state.db'), '');
		open().keep(parcel('a'));
		expect(notices).toEqual([]);
	});

	it('that is no database is set aside whole, with one notice that names both', () => {
		writeFileSync(join(directory, 'state.db'), 'not a database, but something that a person may want back'.repeat(99));
		open().keep(parcel('a'));
		const aside = `${join(directory, 'state.db')}.damaged-2026-11-23T12-00-00-000Z`;
		expect(notices).toEqual([
			`${join(directory, 'state.db')} is damaged. Lines not sent and drafts may be in it; it was set aside as ${aside}`,
		]);
		expect(readFileSync(aside, 'utf8')).toMatch(/^not a database/u);
	});

	it('of another version, or another program, is set aside; a second one does not replace the first', () => {
		const { DatabaseSync } = loadSqlite();
		for (const version of [7, 0]) {
			const database = new DatabaseSync(join(directory, 'state.db'));
			database.exec(`CREATE TABLE other (x); PRAGMA user_version = ${version}`);
			database.close();
			open().close();
		}
		expect(notices).toHaveLength(2);
		expect(notices[0]).toContain('was written by another version of natter');
		expect(readdirSync(directory).filter((name) => name.includes('.damaged-'))).toHaveLength(2);
	});

	it('is left where it is when another run has it open, and that run goes on', () => {
		const first = open();
		first.keep(parcel('a'));
		const { DatabaseSync } = loadSqlite();
		const database = new DatabaseSync(join(directory, 'state.db'));
		database.exec('PRAGMA user_version = 9');
		database.close();
		const second = open();
		expect(notices).toEqual([
			`${join(directory, 'state.db')} is damaged, and another natter still has it open. ` +
				'Unsent lines and drafts are kept in memory only; ' +
				'those of earlier runs stay on disk and are not sent in this run',
		]);
		second.keep(parcel('b'));
		second.close();
		first.keep(parcel('c'));
		expect(first.kept).toHaveLength(2);
	});

	it('that another process writes to for long holds up nobody, and has in the end what should be there', () => {
		vi.useFakeTimers();
		const store = open();
		store.keep(parcel('over'));
		const { DatabaseSync } = loadSqlite();
		const other = new DatabaseSync(join(directory, 'state.db'));
		other.exec('BEGIN IMMEDIATE');
		// Each of these would take seconds if it waited for the other process as long as opening does.
		for (const line of lines) {
			store.keep(line);
		}
		store.forget('over');
		store.saveDraft('general', 'half a sen');
		vi.advanceTimersByTime(10_000);
		expect(notices).toEqual([expect.stringMatching(/kept in memory only until it can be written again$/u)]);
		expect([store.kept, store.unkept]).toEqual([[], lines]);
		other.close();
		store.keep(parcel('new'));
		expect(store.unkept).toEqual([...lines, parcel('new')]);
		vi.advanceTimersByTime(1000);
		expect(store.kept).toEqual([...lines, parcel('new')]);
		expect(notices.slice(1)).toEqual([
			expect.stringMatching(/can be written again: unsent lines and drafts are on disk$/u),
		]);
		store.keep(parcel('newer'));
		expect(store.unkept).toEqual([]);
		store.close();
		const next = open();
		expect(next.adopt()).toEqual([...lines, parcel('new'), parcel('newer')]);
		expect(next.drafts).toEqual(new Map([['general', 'half a sen']]));
	});

	it('that could not be written is written when the store is closed', () => {
		const store = open();
		const { DatabaseSync } = loadSqlite();
		const other = new DatabaseSync(join(directory, 'state.db'));
		other.exec('BEGIN IMMEDIATE');
		store.keep(parcel('a'));
		other.close();
		store.close();
		expect(store.kept).toEqual([parcel('a')]);
		expect(open().adopt()).toEqual([parcel('a')]);
	});

	it('whose lock files are rubbish is opened', () => {
		writeFileSync(join(directory, 'opening.lock'), 'x'.repeat(5000));
		writeFileSync(join(directory, 'run-0123456789abcdef.lock'), 'y'.repeat(5000));
		open().keep(parcel('a'));
		expect(notices).toEqual([]);
		expect(readdirSync(directory)).not.toContain('run-0123456789abcdef.lock');
	});
});

/** Works as a store does, but in memory. */
function expectInMemory(store: DiskStore): void {
	expect(store.adopt()).toEqual([]);
	store.keep(parcel('a'));
	store.savePosition('general', { epoch: 'e', sequence: 4 });
	store.saveDraft('general', 'x');
	expect(store.position('general')).toEqual({ epoch: 'e', sequence: 4 });
	expect(store.kept).toHaveLength(0);
	store.forget('a');
	store.close();
	expect(notices).toHaveLength(1);
	expect(notices[0]).toMatch(
		/kept in memory only(; those of earlier runs stay on disk and are not sent in this run)?$/u,
	);
}

describe('a directory', () => {
	it('that cannot be made is one notice, and the store works in memory', () => {
		writeFileSync(join(directory, 'file'), '');
		expectInMemory(open(join(directory, 'file', 'natter')));
	});

	it('in which a directory has the name of the file is one notice, and the store works in memory', () => {
		mkdirSync(join(directory, 'state.db'));
		expectInMemory(open());
	});

	it.skipIf(isRoot)('that may not be written is one notice, and the store works in memory', () => {
		chmodSync(directory, 0o500);
		expectInMemory(open());
		chmodSync(directory, 0o700);
	});

	it('that is removed meanwhile is one notice with the next line, and no line counts as kept', () => {
		const store = open();
		store.keep(parcel('a'));
		rmSync(directory, { recursive: true });
		expect(notices).toEqual([]);
		store.keep(parcel('b'));
		expect(notices).toEqual([
			`${join(directory, 'state.db')} was removed. Unsent lines and drafts are kept in memory only`,
		]);
		store.close();
		expect([store.kept, store.unkept]).toEqual([[], [parcel('a'), parcel('b')]]);
	});

	it('that is removed before the end is told at the end', () => {
		const store = open();
		store.keep(parcel('a'));
		rmSync(directory, { recursive: true });
		store.close();
		expect([notices.length, store.unkept]).toEqual([1, [parcel('a')]]);
	});

	const mounted = isRoot && canMount();

	it.skipIf(!mounted)('on a read-only disk is one notice, and what is there stays', () => {
		const place = join(directory, 'disk');
		mkdirSync(place);
		expect(mount('-t', 'tmpfs', '-o', 'size=1m', 'natter-test', place)).toBe(true);
		try {
			const before = open(place);
			before.keep(parcel('kept'));
			before.close();
			expect(mount('-o', 'remount,ro', place)).toBe(true);
			expectInMemory(open(place));
			const nested = join(place, 'not', 'there');
			open(nested).close();
			expect(notices.at(-1)).toContain(`Cannot use ${nested}: read-only file system. `);
			expect(mount('-o', 'remount,rw', place)).toBe(true);
			const after = open(place);
			expect(after.adopt()).toEqual([parcel('kept')]);
			after.close();
		} finally {
			spawnSync('umount', [place]);
		}
	});

	it.skipIf(!mounted)('on a disk that is full, and empty again, has in the end what should be there', () => {
		vi.useFakeTimers();
		const place = join(directory, 'disk');
		mkdirSync(place);
		expect(mount('-t', 'tmpfs', '-o', 'size=1m', 'natter-test', place)).toBe(true);
		try {
			const store = open(place);
			store.keep(parcel('before'));
			store.keep(parcel('over'));
			fill(place);
			const late = Array.from({ length: 40 }, (_, index) => parcel(`late${index}`, { content: 'x'.repeat(2000) }));
			for (const line of late) {
				store.keep(line);
			}
			store.forget('over');
			store.forget('late7');
			const [over] = late.splice(7, 1);
			expect(over?.cid).toBe('late7');
			expect(notices).toHaveLength(1);
			expect(notices[0]).toMatch(/in memory only until it can be written again$/u);
			rmSync(join(place, 'filler'));
			vi.advanceTimersByTime(1000);
			expect(store.kept).toHaveLength(40);
			fill(place);
			store.keep(parcel('again', { content: 'x'.repeat(200_000) }));
			rmSync(join(place, 'filler'));
			vi.advanceTimersByTime(1000);
			store.forget('again');
			store.close();
			const next = open(place);
			expect(next.adopt()).toEqual([parcel('before'), ...late]);
			next.close();
			const full = expect.stringMatching(/^Cannot write .*kept in memory only until it can be written again$/u);
			const well = `${join(place, 'state.db')} can be written again: unsent lines and drafts are on disk`;
			expect(notices).toEqual([full, well, full, well]);
		} finally {
			for (const store of opened) {
				store.close();
			}
			spawnSync('umount', [place]);
		}
	});

	it.skipIf(!mounted)('on a disk that is full from the beginning is one notice', () => {
		const place = join(directory, 'disk');
		mkdirSync(place);
		expect(mount('-t', 'tmpfs', '-o', 'size=64k', 'natter-test', place)).toBe(true);
		try {
			fill(place);
			expectInMemory(open(place));
		} finally {
			spawnSync('umount', [place]);
		}
	});
});

/** A container's root may not. */
function canMount(): boolean {
	const place = mkdtempSync(join(tmpdir(), 'natter-mount-'));
	const can = mount('-t', 'tmpfs', '-o', 'size=64k', 'natter-test', place);
	spawnSync('umount', [place]);
	rmSync(place, { recursive: true });
	return can;
}

function mount(...words: readonly string[]): boolean {
	return spawnSync('mount', words).status === 0;
}

function fill(place: string): void {
	const filler = join(place, 'filler');
	for (let size = 1 << 20; size >= 1; size = Math.floor(size / 2)) {
		for (;;) {
			const before = statSync(filler, { throwIfNoEntry: false })?.size ?? 0;
			const { status } = spawnSync('sh', ['-c', `head -c ${size} /dev/zero >> ${filler}`], { stdio: 'ignore' });
			if (status !== 0 || statSync(filler).size < before + size) {
				break;
			}
		}
	}
}
