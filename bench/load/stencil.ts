/** A frame that is sent many times with other numbers in it: encoded and masked once, the digits filled in. */

/** A number of always the same width; one of JSON is padded with blanks, for it may not begin with 0. */
export interface Slot {
	readonly name: 'number' | 'stamp' | 'sequence';
	readonly width: number;
	readonly pad: '0' | ' ';
}

export type Numbers = Readonly<Partial<Record<Slot['name'], number>>>;

interface Place extends Slot {
	/** In the frame. */
	readonly at: number;
	/** In the body, which is what a mask counts from. */
	readonly inBody: number;
}

export class Stencil {
	readonly size: number;
	readonly #frame: Buffer;
	readonly #places: readonly Place[];
	readonly #mask: Buffer | undefined;

	/** `head` makes what stands before the body, by its length. */
	constructor(
		parts: readonly (string | Slot)[],
		{ head, mask }: { readonly head: (size: number) => Buffer; readonly mask?: Buffer | undefined },
	) {
		const body = Buffer.concat(
			parts.map((part) => Buffer.from(typeof part === 'string' ? part : part.pad.repeat(part.width))),
		);
		const before = head(body.length);
		let inBody = 0;
		const places: Place[] = [];
		for (const part of parts) {
			if (typeof part === 'string') {
				inBody += Buffer.byteLength(part);
			} else {
				places.push({ ...part, inBody, at: before.length + inBody });
				inBody += part.width;
			}
		}
		if (mask !== undefined) {
			for (let index = 0; index < body.length; index++) {
				body[index] = (body[index] ?? 0) ^ (mask[index & 3] ?? 0);
			}
		}
		this.#frame = Buffer.concat([before, body]);
		this.#places = places;
		this.#mask = mask;
		this.size = this.#frame.length;
	}

	/** Writes the frame at `offset` of `target` and returns where it ends. */
	fill(target: Buffer, offset: number, numbers: Numbers): number {
		this.#frame.copy(target, offset);
		for (const { name, width, pad, at, inBody } of this.#places) {
			let rest = numbers[name] ?? 0;
			for (let digit = width - 1; digit >= 0; digit--) {
				const isPadding = rest === 0 && digit < width - 1 && pad === ' ';
				const byte = isPadding ? blank : zero + (rest % 10);
				rest = Math.floor(rest / 10);
				target[offset + at + digit] = byte ^ (this.#mask?.[(inBody + digit) & 3] ?? 0);
			}
		}
		return offset + this.size;
	}

	/** So many frames behind each other, with the numbers after `number`. */
	makeMany(count: number, { number, stamp }: { readonly number: number; readonly stamp: number }): Buffer {
		const bytes = Buffer.allocUnsafe(count * this.size);
		for (let index = 1, at = 0; index <= count; index++) {
			at = this.fill(bytes, at, { number: number + index, stamp });
		}
		return bytes;
	}

	/** The frame by itself. */
	make(numbers: Numbers): Buffer {
		const bytes = Buffer.allocUnsafe(this.size);
		this.fill(bytes, 0, numbers);
		return bytes;
	}
}

const blank = 0x20;
const zero = 0x30;
