import {copyFromEarlier} from './snappy.ts';

/*
 * LZ4 frames, decompression only: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md. Kafka's own producers
 * write independent blocks; blocks that refer to those before them are read as well. Checksums are not checked: the broker has
 * checked the batch's own.
 */

const magic = 0x184d2204;

/** Decompresses an LZ4 frame. @throws Error when the bytes are not an LZ4 frame, or their output is larger than `max`. */
export function decompressLz4(bytes: Buffer, max: number): Buffer {
	if (bytes.readUInt32LE(0) !== magic) throw new Error('it is no LZ4 frame');
	const flags = bytes.readUInt8(4);
	const blockChecksums = (flags & 0x10) !== 0;
	const largestBlock = 1 << (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7));
	// The content's size and a dictionary's id, each where the flags say so; then the header's checksum.
	let at = 6 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4) + 1;
	let output = Buffer.alloc(Math.min(max, Math.max(64 * 1024, bytes.length * 4)));
	let filled = 0;
	for (;;) {
		const head = bytes.readUInt32LE(at);
		at += 4;
		if (head === 0) return output.subarray(0, filled);
		const length = head & 0x7fffffff;
		const block = bytes.subarray(at, at + length);
		if (block.length < length) throw new Error('a block is cut off');
		const needed = filled + largestBlock;
		if (needed > output.length) {
			if (filled > max) throw new Error('it becomes too large');
			const larger = Buffer.alloc(Math.max(needed, output.length * 2));
			output.copy(larger, 0, 0, filled);
			output = larger;
		}
		const stored = (head & 0x80000000) !== 0;
		if (stored && length > largestBlock) throw new Error('a block is larger than it may be');
		filled = stored ? filled + block.copy(output, filled) : decodeBlock(block, output, filled);
		if (filled > max) throw new Error('it becomes too large');
		at += length + (blockChecksums ? 4 : 0);
	}
}

/** Returns the position after the output. */
function decodeBlock(block: Buffer, output: Buffer, start: number): number {
	let at = 0;
	let filled = start;
	const more = (length: number): number => {
		let total = length;
		for (let byte = 255; length === 15 && byte === 255; total += byte) byte = block.readUInt8(at++);
		return total;
	};
	while (at < block.length) {
		const token = block.readUInt8(at++);
		const literals = more(token >> 4);
		if (at + literals > block.length || filled + literals > output.length) throw new Error('a literal is cut off');
		block.copy(output, filled, at, at + literals);
		at += literals;
		filled += literals;
		// The last sequence has no copy.
		if (at >= block.length) break;
		const back = block.readUInt16LE(at);
		at += 2;
		const length = more(token & 15) + 4;
		copyFromEarlier(output, filled, back, length);
		filled += length;
	}
	return filled;
}
