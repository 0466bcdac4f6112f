// A namespace import: importing a name that this Node lacks would fail before anything runs.
import * as zlib from 'node:zlib';
import {AdapterError} from '../../../src/errors.ts';
import {decompressLz4} from './lz4.ts';
import {decompressSnappy} from './snappy.ts';

/** The largest size of a decompressed batch: a decompression bomb must not take our memory. */
export const maxBatchBytes = 64 * 1024 * 1024;

/**
 * Decompresses the records of a batch. The codec is in the lowest three bits of the batch's attributes.
 * @throws AdapterError `malformed` when the bytes are not of that codec; `unsupported` for zstd on a Node that lacks it
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
	const names = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
	try {
		switch (codec) {
			case 0:
				return bytes;
			case 1:
				return zlib.gunzipSync(bytes, {maxOutputLength: maxBatchBytes});
			case 2:
				return decompressSnappy(bytes, maxBatchBytes);
			case 3:
				return decompressLz4(bytes, maxBatchBytes);
			case 4:
				if (typeof zlib.zstdDecompressSync !== 'function') throw withoutZstd();
				return zlib.zstdDecompressSync(bytes, {maxOutputLength: maxBatchBytes});
		}
	} catch (error) {
		if (error instanceof AdapterError) throw error;
		throw new AdapterError(
			'malformed',
			`a batch compressed with ${names[codec]} cannot be read: ${error instanceof Error ? error.message : error}`,
			'Look at it with kafka-console-consumer, starting at this offset.',
		);
	}
	throw new AdapterError(
		'unsupported',
		`a batch is compressed with method ${codec}, which is not known here`,
		'Look at it with kafka-console-consumer, starting at this offset.',
	);
}

const withoutZstd = (): AdapterError =>
	new AdapterError(
		'unsupported',
		`these messages are compressed with zstd, which Node ${process.version} cannot read`,
		'Start midwatch with Node 22.15 or newer to read them.',
	);
