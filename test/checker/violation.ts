/** The invariants that the checker knows, each with the sentence that it holds. */
const invariants = {
	I1: 'per room and epoch the committed numbers are 1..H without holes, and one number has one content for ever',
	I2: 'after a reader was told its place, it gets the next numbers in order until a frame names another place',
	I3: 'what one producer says in one room is stored in the order in which it was said',
	I4: 'no message is missed in silence: it was shown, or something shown names it',
	I5: 'one publish is one entry of the log',
	I6: 'nothing is visible before it is durable, and an acknowledgement fixes the place',
	I7: 'what is said to one person is read by that person alone',
	I8: 'a user is told to be offline when the last connection is gone, and only then',
	I9: 'a publish is refused only for what is wrong with it, and then neither stored nor acknowledged',
	I10: 'memory per connection, room and window is bounded',
	I11: 'verified is said only of users who proved who they are',
	I14: 'a causal client shows nothing before what its author had seen in other rooms, unless it waited for that and says so',
	I13: 'each request with a ref is answered once',
	I15: 'from the answer to a ban or a mute on, nothing of whom it is about is stored until it is lifted',
	I12: 'after the faults stop everyone has the whole log from where they joined, and every publish is settled',
} as const;

export type Invariant = keyof typeof invariants;

/** An invariant that does not hold, with the numbers that show it. */
export class InvariantViolation extends Error {
	override readonly name = 'InvariantViolation';
	readonly invariant: Invariant;
	/** What was seen. */
	readonly detail: string;

	constructor(invariant: Invariant, detail: string) {
		super(`${invariant}: ${detail} (${invariants[invariant]})`);
		this.invariant = invariant;
		this.detail = detail;
	}
}

/** Where the parts of the checker report what they find. */
export type Report = (invariant: Invariant, detail: string) => void;
