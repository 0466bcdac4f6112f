import {Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';
import type {HttpResponse} from '../../src/contract/http-transport.ts';
import {AdapterError} from '../../src/errors.ts';
import {httpConnectionError} from './errors.ts';

export type BodyLimits = {
	/** Bytes after decompression. */
	readonly maxBytes: number;
	/** A larger body is cut instead of refused. */
	readonly truncate: boolean;
	/** Names the request in errors: `query up`. */
	readonly operation: string;
	/** Names the server in errors: `host:port`. */
	readonly endpoint: string;
};

/** The first value of a header; empty without one. */
export function headerOf({headers}: HttpResponse, name: string): string {
	const value = headers[name];
	return typeof value === 'string' ? value : (value?.[0] ?? '');
}

/**
 * Reads the body of a response, decompressed, and closes the response.
 * @throws AdapterError `malformed` when the body is larger than `maxBytes` and not truncated.
 */
export async function readBody(response: HttpResponse, limits: BodyLimits): Promise<Buffer> {
	const {maxBytes, truncate, operation, endpoint} = limits;
	const pieces: Uint8Array[] = [];
	let size = 0;
	const compressed = /\bgzip\b/i.test(headerOf(response, 'content-encoding'));
	try {
		for await (const chunk of compressed ? decompress(response.chunks, endpoint) : response.chunks) {
			size += chunk.length;
			pieces.push(chunk);
			if (size <= maxBytes) continue;
			if (truncate) break;
			const message = `${operation}: ${endpoint} answers with more than ${maxBytes / 1024 / 1024} MB`;
			throw new AdapterError(
				'malformed',
				message,
				'Check `url`, or request less: this server should not answer so much.',
			);
		}
	} finally {
		response.close();
	}
	return Buffer.concat(pieces).subarray(0, maxBytes);
}

async function* decompress(chunks: AsyncIterable<Uint8Array>, endpoint: string): AsyncGenerator<Uint8Array> {
	const gunzip = createGunzip();
	const source = Readable.from(chunks, {objectMode: false});
	// A pipe does not forward errors.
	source.on('error', error => gunzip.destroy(error));
	try {
		yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
	} catch (error) {
		throw httpConnectionError(error, endpoint);
	} finally {
		source.destroy();
		gunzip.destroy();
	}
}
