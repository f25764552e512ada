/**
 * What the messages of a room answer, as far as the room has it.
 */
import { cleanLine } from '../../protocol/text.ts';
import type { Line, Pending, Room, Row } from '../model.ts';
import { everyRow } from '../slices/numbers.ts';
import { doingIn } from '../text/doing.ts';
import { marks } from '../text/marks.ts';
import { cutLine, cutText, sign, span } from '../text/spans.ts';

type Said = Extract<Row, { kind: 'said' }>;

/** The message that another one answers. */
export interface Answered {
	readonly sequence: number;
	/** Absent: the room does not have it, or its author is not to be read. */
	readonly said?: Said;
}

/** What a row, or a line of mine that waits, answers; `undefined` when it answers nothing. */
export function answeredBy(room: Room, one: Row | Pending): Answered | undefined {
	const sequence = numberOf(one);
	if (sequence === undefined) {
		return undefined;
	}
	const { byRow, last } = survey(room);
	const said = 'kind' in one ? byRow.get(one) : last.get(sequence);
	return { sequence, ...(said !== undefined && { said }) };
}

/** One line of at most `width` cells. */
export function answeredLine({ sequence, said }: Answered, width: number): Line {
	if (said === undefined) {
		return [sign(cutText(`${marks.answers} answers #${sequence}`, width), 'quote')];
	}
	const content = cleanLine(said.content);
	const doing = doingIn(content);
	const sender = cleanLine(said.sender);
	const text = ` #${sequence} ${doing === undefined ? `${sender}: ${content}` : `* ${sender} ${doing}`}`;
	return cutLine([sign(marks.answers, 'quote'), span(text, 'quote')], width);
}

function numberOf(one: Row | Pending): number | undefined {
	if (!('kind' in one)) {
		return one.replyTo;
	}
	return one.kind === 'said' ? one.replyTo : one.kind === 'refused' ? one.line.replyTo : undefined;
}

interface Survey {
	readonly byRow: ReadonlyMap<Row, Said>;
	/** The messages that have their numbers now. */
	readonly last: ReadonlyMap<number, Said>;
}

/** A number means what had it last before the answer; none from before all numbers started over. */
function survey(room: Room): Survey {
	const known = surveys.get(room.rows);
	if (known !== undefined && known.above === room.reading?.rows) {
		return known;
	}
	const byRow = new Map<Row, Said>();
	const last = new Map<number, Said>();
	for (const row of everyRow(room)) {
		const said = last.get(numberOf(row) ?? 0);
		if (said !== undefined) {
			byRow.set(row, said);
		}
		if (row.kind === 'epoch' && row.rewound === undefined) {
			last.clear();
		} else if (row.kind === 'said' && row.sequence > 0) {
			last.set(row.sequence, row);
		}
	}
	const found = { byRow, last, above: room.reading?.rows };
	surveys.set(room.rows, found);
	return found;
}

const surveys = new WeakMap<readonly Row[], Survey & { readonly above: readonly Row[] | undefined }>();
