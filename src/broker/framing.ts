/**
 * Texts as WebSocket frames: unfragmented and not masked, as a server writes them (RFC 6455, section 5.2).
 */

/** The texts as frames, joined. `bytes` is the sum of their `frameBytes`. */
export function joinFrames(texts: readonly string[], bytes: number): Buffer {
	const joined = Buffer.allocUnsafe(bytes);
	let offset = 0;
	for (const text of texts) {
		offset = writeHeader(joined, offset, Buffer.byteLength(text));
		offset += joined.write(text, offset);
	}
	return joined;
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
