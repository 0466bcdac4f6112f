import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {AdapterError, messageOf} from '../../src/errors.ts';
import {cancellationError} from '../../src/time/deadline.ts';
import {projectTargets, type TargetSlice} from './target-projection.ts';

/** Parsing larger JSON would block the event loop for longer than a frame. */
export const largeResponseBytes = 2 * 1024 * 1024;
/** Rows in one message from the worker: receiving them takes about a millisecond. */
const sliceRows = 400;

/**
 * The program of the worker, as text, because an installed midwatch is a single file. A message with an index requests
 * the rows from there on, one slice at a time, so that other work of the event loop runs in between.
 */
const workerProgram = `'use strict';
const {parentPort, workerData} = require('node:worker_threads');
const read = ${projectTargets};
const rows = read(Buffer.from(workerData.bytes).toString('utf8'));
parentPort.on('message', from => {
	const to = from + workerData.sliceRows;
	parentPort.postMessage(rows === undefined ? undefined : {rows: rows.slice(from, to), end: to >= rows.length});
});
`;

/**
 * Parses the targets of a large response in a worker. The bytes move to the worker: they cannot be used here afterwards.
 * @returns undefined when the body is not a list of targets.
 * @throws AdapterError when `signal` aborts or the worker fails.
 */
export async function readLargeResponse(bytes: Buffer, signal: AbortSignal): Promise<unknown[] | undefined> {
	const transferable =
		bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
	const worker = new Worker(workerProgram, {
		eval: true,
		workerData: {bytes: transferable, sliceRows},
		transferList: [transferable.buffer as ArrayBuffer],
		// It fails instead of using more memory.
		resourceLimits: {maxOldGenerationSizeMb: 512},
	});
	// The process can exit while it runs.
	worker.unref();
	try {
		const all: unknown[] = [];
		for (;;) {
			worker.postMessage(all.length);
			const [slice] = (await once(worker, 'message', {signal})) as [TargetSlice | undefined];
			if (slice === undefined) return undefined;
			all.push(...slice.rows);
			if (slice.end) return all;
		}
	} catch (error) {
		if (signal.aborted) throw cancellationError(signal);
		const hint = 'Read it with the CLI equivalent; it is retried.';
		throw new AdapterError('malformed', `a large response could not be read: ${messageOf(error)}`, hint);
	} finally {
		void worker.terminate();
	}
}
