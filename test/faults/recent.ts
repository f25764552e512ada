import type { Fault, TestCatcher } from './table.ts';

const removed: TestCatcher = {
	test: 'test/engines/sqlite-recent.test.ts',
	title: 'whoever follows a room of which much was removed',
};
const anyPage: TestCatcher = { test: 'test/engines/recent-logs.test.ts', title: 'a page from memory is the page' };

/** The newest messages in memory, of which none may outlive what the disk has of it. */
export const recent: readonly Fault[] = [
	{
		name: 'memory-not-cut-at-a-clear',
		breaks: 'Messages are served from memory that were cleared.',
		file: 'src/engines/sqlite.ts',
		find: 'this.#recent.raise(room, state.oldest, state.edge);',
		replace: '',
		caughtBy: removed,
	},
	{
		name: 'memory-not-cut-by-a-sweep',
		breaks: 'Messages are served from memory that are too old.',
		file: 'src/engines/sqlite.ts',
		find: 'this.#recent.raise(room, oldest, edge);',
		replace: '',
		caughtBy: removed,
	},
	{
		name: 'memory-not-trimmed',
		breaks: 'More messages of a room are served from memory than are kept.',
		file: 'src/engines/recent-logs.ts',
		find: "log.raise(log.state.head - this.#historySize + 1, 'trimmed');",
		replace: '',
		caughtBy: removed,
	},
	{
		name: 'expired-in-memory',
		breaks: 'A message is served from memory that is past its own time.',
		file: 'src/engines/recent-log.ts',
		find: 'expiresAt !== undefined && expiresAt <= at',
		replace: 'expiresAt !== undefined && expiresAt < at',
		caughtBy: removed,
	},
	{
		name: 'expired-come-back',
		breaks: 'A message that a sweep removed is served from memory when the clock is set back.',
		file: 'src/engines/sqlite.ts',
		find: 'this.#recent.expire(expiredAt);',
		replace: '',
		caughtBy: removed,
	},
	{
		name: 'expired-learnt',
		breaks: 'A message is taken into memory without the time at which it goes.',
		file: 'src/engines/recent-log.ts',
		find: `&& !text.includes('"expiresAt":')`,
		replace: '',
		caughtBy: anyPage,
	},
	{
		name: 'page-of-what-is-in-memory-alone',
		breaks: 'What lies below the messages in memory is taken for lost.',
		file: 'src/engines/recent-log.ts',
		find: 'return isWhole || !page.complete ?',
		replace: 'return isWhole || page.complete ?',
		caughtBy: anyPage,
	},
	{
		name: 'memory-that-outlives-an-uncertain-commit',
		breaks: 'Messages are served from memory that a commit has cleared of which nobody was told.',
		file: 'src/engines/sqlite.ts',
		find: '// Commits that were not told of may have removed messages too.\n\t\tthis.#recent.clear();',
		replace: '',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'followers are told of what a failed commit stored' },
	},
	{
		name: 'hole-in-memory',
		breaks: 'A message that was not told of is taken for one that is not there.',
		file: 'src/engines/recent-log.ts',
		find: 'if (sequence !== this.#state.head + 1) {',
		replace: 'if (sequence <= this.#state.head) {',
		caughtBy: { test: 'test/engines/recent-logs.test.ts', title: 'a message of which nothing was told' },
	},
	{
		name: 'memory-of-another-epoch',
		breaks: 'Numbers of one epoch are served with the messages of another.',
		file: 'src/engines/recent-logs.ts',
		find: 'if (log !== undefined && log.state.epoch === epoch) {',
		replace: 'if (log !== undefined) {',
		caughtBy: { test: 'test/engines/recent-logs.test.ts', title: 'nothing of another epoch' },
	},
	{
		name: 'place-of-another-epoch',
		breaks: 'Of numbers of an earlier epoch nobody is told any more which of them were lost.',
		file: 'src/engines/sqlite.ts',
		find: 'state !== undefined && position.epoch === state.epoch && position',
		replace: 'state !== undefined && position',
		caughtBy: { test: 'test/engines/sqlite-lineage.test.ts', title: 'positions are mapped exactly' },
	},
	{
		name: 'memory-of-the-unfollowed',
		breaks: 'Rooms that nobody follows any more keep their newest messages in memory.',
		file: 'src/engines/followers.ts',
		find: 'this.#unfollowed(room);',
		replace: '',
		caughtBy: {
			test: 'test/engines/sqlite-recent.test.ts',
			title: 'the newest messages of a room that somebody follows are read from no disk',
		},
	},
	{
		name: 'memory-without-end',
		breaks: 'Idle rooms keep their newest messages in memory however many there are.',
		file: 'src/engines/recent-logs.ts',
		find: 'if (this.#bytes <= this.#bounds.bytes) {',
		replace: 'if (this.#bytes >= 0) {',
		caughtBy: { test: 'test/engines/recent-logs.test.ts', title: 'gives up what it has' },
	},
];
