/**
 * Faults that somebody could make in one line, and what has to notice each of them.
 *
 * `find` is in `file` exactly once; a change there that makes it otherwise has to change the table as well.
 */
export interface Fault {
	readonly name: string;
	/** What is wrong with it in place. */
	readonly breaks: string;
	/** From the root of the repository. */
	readonly file: string;
	readonly find: string;
	readonly replace: string;
	readonly caughtBy: Catcher;
}

/** What notices a fault: a test, or the simulator with so many seeds. */
export type Catcher = TestCatcher | { readonly seeds: number };

export interface TestCatcher {
	readonly test: string;
	/** A part of its title. */
	readonly title: string;
	/** The fault shows as a frame that does not come: the test waits for it until its time is over. */
	readonly waits?: true;
}

const storage: readonly Fault[] = [
	{
		name: 'ack-before-commit',
		breaks: 'A message is acknowledged, and shown to readers, before it is committed.',
		file: 'src/engines/sqlite-writer.ts',
		find: 'this.#commit.run();',
		replace: 'setImmediate(() => this.#commit.run());',
		caughtBy: {
			test: 'test/engines/sqlite-writer.test.ts',
			title: 'a commit that failed at the disk leaves its outcome',
		},
	},
	{
		name: 'head-advanced-before-commit',
		breaks: 'A commit that was rolled back leaves its numbers taken.',
		file: 'src/engines/sqlite-rooms.ts',
		find: 'const heads = new Map(this.#heads);\n\t\tthis.#edited.clear();',
		replace: 'const heads = new Map(this.#heads);\n\t\tthis.committed();',
		caughtBy: { test: 'test/engines/sqlite-writer.test.ts', title: 'a full disk refuses the whole commit' },
	},
	{
		name: 'number-not-stored',
		breaks: 'The head of a room is not written, so that its numbers are used again after a restart.',
		file: 'src/engines/sqlite-rooms.ts',
		find: 'for (const room of this.#edited.values()) {',
		replace: 'for (const room of [...this.#edited.values()].slice(1)) {',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'everything is the same for a second handle' },
	},
	{
		name: 'dedupe-off',
		breaks: 'A publish that is sent again is stored again.',
		file: 'src/engines/recent-ids.ts',
		find: 'for (const { table } of this.#slices) {',
		replace: 'for (const { table } of this.#slices.slice(1)) {',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'an id that is known gets the place that it had first' },
	},
	{
		name: 'dedupe-forgotten-at-restart',
		breaks: 'A publish that is sent again after a restart of the broker is stored again.',
		file: 'src/engines/sqlite-worker.ts',
		find: 'writer.recall();',
		replace: '',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'everything is the same for a second handle' },
	},
	{
		name: 'conflict-taken-for-repeat',
		breaks: 'A known id with another content is answered as if that content had been stored.',
		file: 'src/engines/memory-room.ts',
		find: 'if (known.digest !== digest) {',
		replace: 'if (known.digest !== known.digest) {',
		caughtBy: { test: 'test/engines/memory.test.ts', title: 'an id that is known with another content is refused' },
	},
	{
		name: 'pseq-not-checked',
		breaks: 'A publish is stored whatever became of those that its producer sent before it.',
		file: 'src/engines/memory-room.ts',
		find: 'if (origin !== undefined && origin.pseq !== this.#expected(origin)) {',
		replace: 'if (origin !== undefined && origin.pseq < 1) {',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'pseq-not-stored',
		breaks: 'After a restart nothing is known of what a producer has said, so that the next publish is refused.',
		file: 'src/engines/sqlite-log.ts',
		find: 'this.#producers.flush();',
		replace: '',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'producers go on where they were for a second handle' },
	},
	{
		name: 'repeat-holds-producer-up',
		breaks: 'A publish that was stored already does not count as said by the producer that says it again.',
		file: 'src/engines/memory-room.ts',
		find: 'this.#advance(draft.origin, elapsed);',
		replace: '',
		caughtBy: {
			test: 'test/engines/memory.test.ts',
			title: 'a repeat that is the next of its producer takes it along',
		},
	},
	{
		name: 'epoch-kept-after-restore',
		breaks: 'A database that was replaced by an older copy of itself goes on as if nothing had been lost.',
		file: 'src/engines/sqlite-lineage.ts',
		find: '\t\t\tbeginLineage(database);',
		replace: '',
		caughtBy: { test: 'test/engines/sqlite-lineage.test.ts', title: 'after an older copy was moved over the database' },
	},
	{
		name: 'time-goes-back',
		breaks: 'A message has an earlier time than the one before it when the clock steps back.',
		file: 'src/engines/memory-room.ts',
		find: 'this.#timestamp = Math.max(this.#timestamp, now);',
		replace: 'this.#timestamp = now;',
		caughtBy: { test: 'test/engines/memory.test.ts', title: 'time never goes back within a room' },
	},
	{
		name: 'clear-resets-numbers',
		breaks: 'After a room was cleared its numbers begin at 1 again.',
		file: 'src/engines/memory-room.ts',
		find: "this.#trim(this.#head + 1, 'cleared');",
		replace: "this.#trim(this.#head + 1, 'cleared'); this.#head = 0;",
		caughtBy: { seeds: 20 },
	},
	{
		name: 'checksum-not-checked',
		breaks: 'A message whose bits have flipped on the disk is served as if it had been said.',
		file: 'src/engines/sqlite-checksums.ts',
		find: 'textChecksum(body, crc) === Number(text_crc)',
		replace: 'textChecksum(body, crc) !== 0',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'damaged' },
	},
	{
		name: 'retention-stopped-by-one-room',
		breaks: 'One room of which a bit flips while the broker runs keeps old messages from going in all rooms.',
		file: 'src/engines/sqlite-rooms.ts',
		find: 'if (error instanceof DamagedRoom) {\n\t\t\t\treturn undefined;',
		replace: 'if (error === undefined) {\n\t\t\t\treturn undefined;',
		caughtBy: { test: 'test/engines/sqlite-writer.test.ts', title: 'a sweep goes on in all other rooms after' },
	},
	{
		name: 'future-never-expires',
		breaks: 'A message that a sweep took for one from the future, as the clock was wrong, stays until the next start.',
		file: 'src/engines/sqlite-housekeeping.ts',
		find: 'this.#aged = this.#ahead.row - 1;',
		replace: '',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'a clock that was wrong, at a message or at a sweep' },
	},
	{
		name: 'positions-pile-up',
		breaks: 'Sweeps look at the same positions of readers again and again, and never at those behind them.',
		file: 'src/engines/sqlite-cursors.ts',
		find: 'this.#last = last === undefined ? beforeAll : keyOf(last);',
		replace: '',
		caughtBy: { test: 'test/engines/sqlite-writer.test.ts', title: 'a sweep looks at few of the many positions' },
	},
	{
		name: 'lock-off',
		breaks: 'Two brokers may write to one directory.',
		file: 'src/engines/sqlite-database.ts',
		find: "lock.exec('BEGIN EXCLUSIVE');",
		replace: '',
		caughtBy: {
			test: 'test/engines/sqlite.test.ts',
			title: "a directory is one broker's until it closes or is killed",
		},
	},
	{
		name: 'page-silent-about-expired',
		breaks: 'A page of the log does not name the messages in it that are past their time.',
		file: 'src/engines/page.ts',
		find: "since.push({ from: sequence, to: sequence, reason: 'expired' });",
		replace: '',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'a page names what was trimmed and what has expired' },
	},
	{
		name: 'expired-told-as-damaged',
		breaks: 'A message that went at its own time is said to be damaged when the clock is set back.',
		file: 'src/engines/sqlite-reader.ts',
		find: "(expires <= at || row['body'] === null)",
		replace: 'expires <= at',
		caughtBy: { test: 'test/engines/sqlite.test.ts', title: 'is still named as expired when the clock is set back' },
	},
	{
		name: 'other-epoch-taken-for-same',
		breaks: 'A number of another epoch is taken for a number of this one.',
		file: 'src/engines/located.ts',
		find: 'if (epoch !== state.epoch) {',
		replace: 'if (epoch.length > 1000) {',
		caughtBy: { test: 'test/broker/bad-input.test.ts', title: 'of another epoch is placed anew' },
	},
	{
		name: 'future-taken-for-past',
		breaks: 'A client that has seen more than the log holds is not told that the log was set back.',
		file: 'src/engines/located.ts',
		find: 'return sequence > state.head',
		replace: 'return sequence > Number.MAX_SAFE_INTEGER',
		caughtBy: { test: 'test/broker/bad-input.test.ts', title: 'from the future is placed, and told so' },
	},
];

const broker: readonly Fault[] = [
	{
		name: 'hand-over-early',
		breaks: 'A reader goes live one message before it has caught up, and does not get that one.',
		file: 'src/broker/subscription.ts',
		find: 'if (this.#epoch === this.room.epoch && this.#position >= this.room.passed) {',
		replace: 'if (this.#epoch === this.room.epoch && this.#position >= this.room.passed - 1) {',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'hand-over-doubled',
		breaks: 'A reader that goes live within a batch gets a message of it that it had from the log.',
		file: 'src/broker/subscription.ts',
		find: 'const next = batch.after(this.#position);',
		replace: 'const next = batch.after(this.#position - 1);',
		caughtBy: { test: 'test/broker/subscription.test.ts', title: 'gets every number after its place once' },
	},
	{
		name: 'retention-edge-skipped-silently',
		breaks: 'What was trimmed before a reader got it is passed over without a word.',
		file: 'src/broker/subscription.ts',
		find: 'skipUpTo(batch.first - 1);',
		replace: '',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'base-client-gets-gap',
		breaks: 'A base client is sent a `gap`, which it does not know, instead of being re-aligned.',
		file: 'src/broker/subscription.ts',
		find: "? { type: 'subscribed', room: name, sequence: to }",
		replace: "? { type: 'gap', room: name, epoch: this.#epoch, from, to, reason }",
		caughtBy: { test: 'test/broker/subscription.test.ts', title: 'what was trimmed while it was behind' },
	},
	{
		name: 'window-not-counted',
		breaks: 'A reader that acknowledges nothing is sent messages without end.',
		file: 'src/broker/window.ts',
		find: 'this.#messages += messages;',
		replace: '',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'window-bytes-not-counted',
		breaks: 'A reader that acknowledges nothing is sent few messages, but however large they are.',
		file: 'src/broker/window.ts',
		find: 'this.#bytes += bytes;',
		replace: '',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'window-never-reopened',
		breaks: 'An acknowledgement makes no room in the window.',
		file: 'src/broker/window.ts',
		find: 'this.#window.free(sizes.length, sum(sizes));',
		replace: '',
		caughtBy: { test: 'test/broker/subscription.test.ts', title: 'is sent what nobody waits for again' },
	},
	{
		name: 'ack-beyond-sent',
		breaks: 'A reader may acknowledge what it was not sent.',
		file: 'src/broker/subscription.ts',
		find: 'sequence > this.#acked && sequence <= this.#position;',
		replace: 'sequence > this.#acked;',
		caughtBy: { test: 'test/broker/ack.test.ts', title: 'is told of an acknowledgement' },
	},
	{
		name: 'cursor-goes-back',
		breaks: 'An acknowledgement may take back an earlier one.',
		file: 'src/broker/subscription.ts',
		find: 'sequence > this.#acked && sequence <= this.#position;',
		replace: 'sequence !== this.#acked && sequence <= this.#position;',
		caughtBy: { test: 'test/broker/ack.test.ts', title: 'is told of an acknowledgement' },
	},
	{
		name: 'slow-reader-kept',
		breaks: 'A reader that acknowledges nothing for a minute is never closed.',
		file: 'src/broker/window.ts',
		find: 'return at - this.#wellAt >= noAckMs;',
		replace: 'return false;',
		caughtBy: { test: 'test/broker/ack.test.ts', title: 'of a full window for 60 s is closed with 4409' },
	},
	{
		name: 'pseq-dropped',
		breaks: 'A publish that was under way behind a refused one is stored before it.',
		file: 'src/broker/handlers/publish.ts',
		find: '...(producer !== undefined && pseq !== undefined && { origin: { producer, pseq } }),',
		replace: '',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'sender-not-checked',
		breaks: 'A client may speak in the name of another.',
		file: 'src/broker/handlers/publish.ts',
		find: 'sender.text !== connection.user.id',
		replace: "sender.text === ''",
		caughtBy: { test: 'test/broker/publish.test.ts', title: 'as somebody else is refused by name', waits: true },
	},
	{
		name: 'cid-of-anybody',
		breaks: 'Two users who choose the same cid have one message between them.',
		file: 'src/broker/handlers/publish.ts',
		find: 'JSON.stringify([user, room, cid])',
		replace: 'JSON.stringify([room, cid])',
		caughtBy: { test: 'test/broker/publish.test.ts', title: 'gives the same cid of another user or room another id' },
	},
	{
		name: 'leave-told-too-early',
		breaks: 'A user is said to have left while another connection of theirs is open.',
		file: 'src/broker/presence.ts',
		find: 'visits?.delete(key);',
		replace: 'visits?.clear();',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'drain-drops-what-was-read',
		breaks: 'A broker that stops closes its connections before what it has read is stored and acknowledged.',
		file: 'src/broker/hub.ts',
		find: 'await Promise.all(this.#work);',
		replace: 'this.#work.clear();',
		caughtBy: { test: 'test/broker/drain.test.ts', title: 'handles every frame that it had read' },
	},
	{
		name: 'origin-not-checked',
		breaks: 'Any web page may connect to a broker on the same computer.',
		file: 'src/broker/upgrade.ts',
		find: 'if (origin !== undefined && !allowOrigins.has(origin)) {',
		replace: "if (origin === 'null') {",
		caughtBy: { test: 'test/broker/network.test.ts', title: 'a page of a foreign origin is refused' },
	},
	{
		name: 'rate-not-limited',
		breaks: 'Nobody is told to slow down.',
		file: 'src/broker/rate.ts',
		find: 'if (waitMs > 0) {',
		replace: 'if (waitMs > 60_000) {',
		caughtBy: { test: 'test/broker/rate.test.ts', title: 'in any stretch of time no more is let through' },
	},
];

const client: readonly Fault[] = [
	{
		name: 'duplicate-shown',
		breaks: 'A message that comes twice in a row is shown twice.',
		file: 'src/client/ordering.ts',
		find: '} else if (sequence <= this.#position) {',
		replace: '} else if (sequence < this.#position) {',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'shown-out-of-order',
		breaks: 'A message that comes early is shown at once.',
		file: 'src/client/ordering.ts',
		find: 'const isNext = sequence === this.#position + 1 ||',
		replace: 'const isNext = sequence >= this.#position + 1 ||',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'held-message-dropped',
		breaks: 'When more comes early than can be held, the messages that are needed first are dropped.',
		file: 'src/client/hold.ts',
		find: 'this.take(this.highest);',
		replace: 'this.take(this.lowest);',
		caughtBy: {
			test: 'test/client/ordering.test.ts',
			title: 'messages of a hostile broker are held only up to a bound',
		},
	},
	{
		name: 'gap-row-skipped',
		breaks: 'What will never come is passed over without a row that names it.',
		file: 'src/client/ordering.ts',
		find: "this.#items.push({ kind: 'lost', from, to, reason });",
		replace: '',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'epoch-row-skipped',
		breaks: 'Numbers start over without a row that says so.',
		file: 'src/client/ordering.ts',
		find: "this.#items.push({ kind: 'epoch', epoch: epoch ?? '', sequence, ...(lost !== undefined && { lost }) });",
		replace: '',
		caughtBy: { seeds: 30 },
	},
	{
		name: 'position-goes-back',
		breaks: 'A client that is told of the newest place of the room goes there and forgets what it has shown.',
		file: 'src/client/ordering.ts',
		find: 'if (isRewound && to < this.#position) {',
		replace: 'if (to < this.#position || this.#position < to) {',
		caughtBy: { test: 'test/client/ordering.test.ts', title: 'after a return is bracketed, and what was trimmed' },
	},
	{
		name: 'resumes-from-the-wrong-place',
		breaks: 'After a lost link the client says that it has one message more than it has.',
		file: 'src/client/entry.ts',
		find: 'this.#ask({ since, history: renewedHistory }',
		replace: 'this.#ask({ since: since && { ...since, sequence: since.sequence + 1 }, history: renewedHistory }',
		caughtBy: { test: 'test/client/link.test.ts', title: 'can be undone by reconnect, and the rooms are joined again' },
	},
	{
		name: 'late-answer-ignored',
		breaks:
			'A client that asked for a room twice, as the broker was slow, acknowledges nothing that comes after the second answer.',
		file: 'src/client/entry.ts',
		find: "return this.#isLate(frame.ref) ? 'again' : 'nothing';",
		replace: "return 'nothing';",
		caughtBy: {
			test: 'test/client/acks.test.ts',
			title: 'when a late answer to a repeated question says that the broker sends it all again',
		},
	},
	{
		name: 'old-number-read-anew',
		breaks: 'A message that was sent before the numbers began anew is shown under one of the new numbers.',
		file: 'src/client/subscription.ts',
		find: 'if (this.isWanted && isPlaced) {',
		replace: 'if (this.isWanted) {',
		caughtBy: {
			test: 'test/client/session.test.ts',
			title: 'messages that come before the answer to a new subscribe',
		},
	},
	{
		name: 'refused-leave-taken-for-done',
		breaks: 'A room that the broker could not end just now counts as left, and its messages fill the window of all.',
		file: 'src/client/leaving.ts',
		find: 'if (until === undefined) {',
		replace: 'if (until !== 0) {',
		caughtBy: { test: 'test/client/session.test.ts', title: 'that the broker cannot do now is asked for again' },
	},
	{
		name: 'late-welcome-taken-for-none',
		breaks: 'A broker whose welcome is late is taken for one that has none to say, and publishes are refused.',
		file: 'src/client/publishing.ts',
		find: 'if (this.#desk.isGuess) {',
		replace: 'if (false) {',
		caughtBy: {
			test: 'test/client/base.test.ts',
			title: 'lines are held for rooms that are not joined, and leave when the welcome comes late',
		},
	},
	{
		name: 'outbox-forgets-at-send',
		breaks: 'A publish is forgotten when it is sent, not when it is numbered.',
		file: 'src/client/outbox.ts',
		find: 'if (first !== undefined) {',
		replace: 'if (first === undefined) {',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'outbox-reordered-after-refusal',
		breaks: 'What was under way behind a publish that has to wait does not wait with it.',
		file: 'src/client/outbox.ts',
		find: 'const landing = queue.entries.slice(from, queue.flying);',
		replace: 'const landing = queue.entries.slice(from, from + 1);',
		caughtBy: {
			test: 'test/client/outbox.test.ts',
			title: 'stay with one that is to be tried again and with all after it',
		},
	},
	{
		name: 'pseq-correction-ignored',
		breaks: 'After the broker said which number it waits for, a publish leaves with another one.',
		file: 'src/client/outbox.ts',
		find: 'one.pseq = expected + index;',
		replace: '',
		caughtBy: { test: 'test/client/outbox.test.ts', title: 'are counted anew from the one that the broker expects' },
	},
	{
		name: 'refused-for-nothing',
		breaks: 'The client refuses a publish for good that nothing is wrong with.',
		file: 'src/client/publishing.ts',
		find: 'if (exceeds(frame, frameBytes)) {',
		replace: 'if (frame.content.length % 2 === 0 || exceeds(frame, frameBytes)) {',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'repeat-with-a-new-cid',
		breaks: 'A publish that is sent again has another cid, so that the broker cannot know it for the same.',
		file: 'src/client/publishing.ts',
		find: '...{ ...base, ref, cid, producer:',
		replace: '...{ ...base, ref, cid: cid + ref, producer:',
		caughtBy: { seeds: 20 },
	},
	{
		name: 'store-forgets-at-send',
		breaks: 'A publish is off the disk before the broker has it, and lost with a client that is killed.',
		file: 'src/client/publishing.ts',
		find: 'this.#keeping?.leaves(parcel, this.#desk.askedNick, bareAfter);',
		replace: 'this.#keeping?.over(parcel.cid);',
		caughtBy: { seeds: 60 },
	},
	{
		name: 'colour-codes-let-through',
		breaks: 'Control characters in what others say reach the terminal.',
		file: 'src/protocol/cleaning.ts',
		find: 'return code < 0x20 ? String.fromCharCode(0x2400 + code) : replacement;',
		replace: 'return String.fromCharCode(code);',
		caughtBy: { test: 'test/protocol/text.test.ts', title: 'of any kind comes out well-formed, without controls' },
	},
];

export const faults: readonly Fault[] = [...storage, ...broker, ...client];
