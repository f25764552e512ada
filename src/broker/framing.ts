/**
 * Texts as WebSocket frames: unfragmented and not masked, as a server writes them (RFC 6455, section 5.2).
 */

/** The texts as frames, joined. `sizes` are their `frameBytes`. */
export function joinFrames(texts: readonly string[], sizes: readonly number[]): Buffer {
	const joined = Buffer.allocUnsafe(sizes.reduce((bytes, size) => bytes + size, 0));
	let offset = 0;
	for (const [index, text] of texts.entries()) {
		offset = writeFrame(joined, offset, text, sizes[index] ?? 0);
	}
	return joined;
}

/** A text as one frame. `size` is its `frameBytes`. */
export function frameOf(text: string, size: number): Buffer {
	const frame = Buffer.allocUnsafe(size);
	writeFrame(frame, 0, text, size);
	return frame;
}

/** Bytes of a text as one frame. */
export function frameBytes(text: string): number {
	const length = Buffer.byteLength(text);
	return headerLength(length) + length;
}

function headerLength(length: number): number {
	if (length < 126) {
		return 2;
	}
	return length < 65_536 ? 4 : 10;
}

/** Returns where the next frame begins. */
function writeFrame(bytes: Buffer, offset: number, text: string, size: number): number {
	// A header takes what is beyond the limits of the next shorter one, so that no size is of two.
	const header = size <= 125 + 2 ? 2 : size <= 65_535 + 4 ? 4 : 10;
	bytes.write(text, writeHeader(bytes, offset, size - header));
	return offset + size;
}

/** Returns where the payload begins. */
function writeHeader(bytes: Buffer, offset: number, length: number): number {
	bytes[offset] = 0x81;
	switch (headerLength(length)) {
		case 2:
			return bytes.writeUInt8(length, offset + 1);
		case 4:
			bytes[offset + 1] = 126;
			return bytes.writeUInt16BE(length, offset + 2);
		default:
			bytes[offset + 1] = 127;
			return bytes.writeBigUInt64BE(BigInt(length), offset + 2);
	}
}
