import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {AdapterError, messageOf} from '../../src/errors.ts';
import {projectTargets, type TargetSlice} from './target-projection.ts';

/** Reading so much JSON at once holds up the screen for longer than a frame. */
export const largeResponseBytes = 2 * 1024 * 1024;
/** How many rows come at a time: taking them over costs about a millisecond. */
const sliceRows = 400;

/**
 * Run by the worker. Its text, not a file, because there is only one file when midwatch is installed. It hands a slice over when it is
 * asked for the next one, so that whatever else waits has its turn in between.
 */
const workerProgram = `'use strict';
const {parentPort, workerData} = require('node:worker_threads');
const read = ${projectTargets};
const rows = read(Buffer.from(workerData.bytes).toString('utf8'));
let at = 0;
parentPort.on('message', () => {
	const from = at;
	at += workerData.sliceRows;
	parentPort.postMessage(rows === undefined ? undefined : {rows: rows.slice(from, at), end: at >= rows.length});
});
`;

/**
 * The targets in a large answer, read outside of the event loop. Bytes are handed over: they cannot be used here any more.
 * @returns undefined when it is no such answer.
 * @throws AdapterError when `signal` fires or the worker fails.
 */
export async function readLargeResponse(bytes: Buffer, signal: AbortSignal): Promise<unknown[] | undefined> {
	const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
	const worker = new Worker(workerProgram, {
		eval: true,
		workerData: {bytes: whole, sliceRows},
		transferList: [whole.buffer as ArrayBuffer],
		// It fails instead of taking more.
		resourceLimits: {maxOldGenerationSizeMb: 512},
	});
	// A console that is quit does not wait for it.
	worker.unref();
	try {
		const all: unknown[] = [];
		for (;;) {
			worker.postMessage('next');
			const [slice] = (await once(worker, 'message', {signal})) as [TargetSlice | undefined];
			if (slice === undefined) return undefined;
			all.push(...slice.rows);
			if (slice.end) return all;
		}
	} catch (error) {
		if (signal.aborted) throw signal.reason instanceof AdapterError ? signal.reason : abortedError();
		const hint = 'Look at the answer by hand; it is tried again.';
		throw new AdapterError('malformed', `a large answer could not be read: ${messageOf(error)}`, hint);
	} finally {
		void worker.terminate();
	}
}

const abortedError = (): AdapterError =>
	new AdapterError('timeout', 'called off while a large answer was read', 'It is tried again.');
