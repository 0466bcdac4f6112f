/*
 * Snappy, decompression only. The raw format: https://github.com/google/snappy/blob/main/format_description.txt. Java producers write
 * xerial's chunks around it: a magic, two versions, then chunks of raw snappy with their lengths.
 */

const xerial = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

/** Decompresses snappy. @throws Error when the bytes are not snappy, or their output is larger than `max`. */
export function decompressSnappy(bytes: Buffer, max: number): Buffer {
	if (!bytes.subarray(0, xerial.length).equals(xerial)) return decompressRawSnappy(bytes, max);
	const chunks: Buffer[] = [];
	let total = 0;
	for (let at = 16; at < bytes.length; ) {
		const length = bytes.readInt32BE(at);
		at += 4;
		if (length < 0 || at + length > bytes.length) throw new Error('a chunk is cut off');
		const chunk = decompressRawSnappy(bytes.subarray(at, at + length), max - total);
		chunks.push(chunk);
		total += chunk.length;
		at += length;
	}
	return Buffer.concat(chunks, total);
}

function decompressRawSnappy(bytes: Buffer, max: number): Buffer {
	let at = 0;
	let size = 0;
	for (let factor = 1; ; factor *= 128) {
		const byte = bytes[at++];
		if (byte === undefined || factor > 2 ** 28) throw new Error('it has no length');
		size += (byte & 0x7f) * factor;
		if (byte < 0x80) break;
	}
	if (size > max) throw new Error('it becomes too large');
	const output = Buffer.alloc(size);
	let filled = 0;
	const byteAt = (index: number): number => bytes.readUInt8(index);
	while (at < bytes.length) {
		const tag = byteAt(at++);
		const kind = tag & 3;
		if (kind === 0) {
			let length = (tag >> 2) + 1;
			if (length > 60) {
				const extra = length - 60;
				length = bytes.readUIntLE(at, extra) + 1;
				at += extra;
			}
			if (at + length > bytes.length || filled + length > size) throw new Error('a literal is cut off');
			bytes.copy(output, filled, at, at + length);
			at += length;
			filled += length;
			continue;
		}
		let length: number;
		let back: number;
		if (kind === 1) {
			length = ((tag >> 2) & 7) + 4;
			back = ((tag >> 5) << 8) | byteAt(at++);
		} else {
			const wide = kind === 2 ? 2 : 4;
			length = (tag >> 2) + 1;
			back = bytes.readUIntLE(at, wide);
			at += wide;
		}
		copyFromEarlier(output, filled, back, length);
		filled += length;
	}
	if (filled !== size) throw new Error('it is shorter than it says');
	return output;
}

/** Copies what is `back` bytes before, byte by byte, since it may overlap what it writes. @throws Error when it leaves the output. */
export function copyFromEarlier(output: Buffer, filled: number, back: number, length: number): void {
	if (back === 0 || back > filled || filled + length > output.length) throw new Error('a copy points outside');
	if (back >= length) {
		output.copyWithin(filled, filled - back, filled - back + length);
		return;
	}
	for (let n = 0; n < length; n++) output[filled + n] = output[filled + n - back] ?? 0;
}
