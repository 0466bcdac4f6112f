import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import {JsonBoundError, parseBoundedJson} from '../../../src/text/bounded-json.ts';
import {asObject} from '../../../src/text/json-values.ts';
import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';
import {byteLines} from '../api/byte-lines.ts';
import {apiRefusalError, apiRefusalFromStatus, findApiRefusal} from '../api/errors.ts';
import type {ListRequest} from '../api/list.ts';
import {apiPath} from '../api/resources.ts';
import type {ApiTransport} from '../api/transport.ts';

/** etcd stores objects of at most 1.5 MB. */
const maxEventBytes = 16 * 1024 * 1024;

export type WatchStreamOptions = {
	readonly transport: ApiTransport;
	readonly request: ListRequest;
	/** Names the request in errors: `watch pods`. */
	readonly operation: string;
	/** The watch reports changes after this version. */
	readonly resourceVersion: string;
	readonly timeoutSeconds: number;
	readonly silenceTimeoutMs: number;
	readonly signal: AbortSignal;
	/** Called when the server begins to answer: every later change is reported. */
	onOpen(): void;
	/** Called when all changes up to this version were reported. */
	onVersion(resourceVersion: string): void;
	/** `type` is ADDED, MODIFIED or DELETED. */
	onEvent(event: {readonly type: string; readonly object: unknown}): void;
};

/**
 * Follows one watch until the server ends it. An event that was cut off is dropped.
 * @throws AdapterError when the connection breaks or is silent for too long, or the server ends the watch with an error.
 */
export async function followWatch(options: WatchStreamOptions): Promise<void> {
	const {transport, request, operation, signal} = options;
	const answer = await transport.send(
		{
			method: 'GET',
			path: apiPath(request.type, request.namespace),
			query: {
				watch: true,
				allowWatchBookmarks: true,
				resourceVersion: options.resourceVersion,
				timeoutSeconds: options.timeoutSeconds,
				fieldSelector: request.fieldSelector,
				labelSelector: request.labelSelector,
			},
			pool: 'stream',
			operation,
			silenceTimeoutMs: options.silenceTimeoutMs,
		},
		signal,
	);
	try {
		options.onOpen();
		for await (const lines of byteLines(answer.chunks, {maxLineBytes: maxEventBytes, dropUnterminated: true})) {
			for (const line of lines) {
				dispatchEvent(line, options);
				if (isOverBudget()) await yieldToLoop();
				// Aborted while we yielded: do not report the remaining events.
				signal.throwIfAborted();
			}
		}
	} finally {
		answer.close();
	}
}

function dispatchEvent(line: string, {operation, onVersion, onEvent}: WatchStreamOptions): void {
	if (line.trim() === '') return;
	let event: unknown;
	try {
		event = parseBoundedJson(line);
	} catch (cause) {
		const problem = cause instanceof JsonBoundError ? `an event ${cause.message}` : 'an event is not JSON';
		const hint = 'midwatch opens it again. Check the network and any proxy between midwatch and the API server.';
		throw new AdapterError('malformed', `${operation}: ${problem}`, hint, {cause});
	}
	const type = asObject(event)['type'];
	const object = asObject(event)['object'];
	if (type === 'ERROR') throw apiRefusalError(apiRefusalFromStatus(object, 0), operation);
	const version = asObject(asObject(object)['metadata'])['resourceVersion'];
	if (typeof type !== 'string' || typeof version !== 'string') {
		const hint = 'midwatch opens it again. Check the network and any proxy between midwatch and the API server.';
		throw new AdapterError('malformed', `${operation}: an event without a type or version`, hint);
	}
	if (type !== 'BOOKMARK') onEvent({type, object});
	onVersion(version);
}

/** Whether a watch cannot resume and needs a new list: its version has expired, or the server was restored to an older one. */
export function requiresRelist(error: unknown): boolean {
	const refusal = findApiRefusal(error);
	if (refusal === undefined) return isAdapterError(error) && error.kind === 'malformed';
	if (refusal.code === 410) return true;
	return (
		refusal.causes.some(({reason}) => reason === 'ResourceVersionTooLarge') ||
		/too large resource version/i.test(refusal.message)
	);
}
