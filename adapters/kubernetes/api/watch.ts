import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import {JsonBoundError, parseBoundedJson} from '../../../src/text/bounded-json.ts';
import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';
import {byteLines} from './byte-lines.ts';
import {apiRefusalError, apiRefusalFromStatus, findApiRefusal} from './errors.ts';
import type {ListRequest} from './list.ts';
import {apiPath} from './resources.ts';
import type {ApiTransport} from './transport.ts';

/** etcd takes objects of at most 1.5 MB. */
const longestEvent = 16 * 1024 * 1024;

export type WatchStreamOptions = {
	readonly transport: ApiTransport;
	readonly request: ListRequest;
	/** For errors: `watch pods`. */
	readonly operation: string;
	/** The version after which changes are told. */
	readonly resourceVersion: string;
	readonly timeoutSeconds: number;
	readonly silenceTimeoutMs: number;
	readonly signal: AbortSignal;
	/** The server has begun to answer: from here on every change comes. */
	onOpen(): void;
	/** All up to this version has been told. */
	onVersion(resourceVersion: string): void;
	/** `type` is ADDED, MODIFIED or DELETED. */
	onEvent(event: {readonly type: string; readonly object: unknown}): void;
};

const field = (value: unknown, name: string): unknown =>
	typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

/**
 * Follows one watch until the server ends it.
 * @throws AdapterError when it breaks, falls silent, or the server ends it with an error. An event that was cut off is not told.
 */
export async function followWatch(options: WatchStreamOptions): Promise<void> {
	const {transport, request, operation: asked, signal} = options;
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
			operation: asked,
			silenceTimeoutMs: options.silenceTimeoutMs,
		},
		signal,
	);
	try {
		options.onOpen();
		for await (const lines of byteLines(answer.chunks, {longest: longestEvent, whole: true})) {
			for (const line of lines) {
				dispatchEvent(line, options);
				if (isOverBudget()) await yieldToLoop();
				// Given up while we made way for others: what follows belongs to nobody.
				signal.throwIfAborted();
			}
		}
	} finally {
		answer.close();
	}
}

function dispatchEvent(
	line: string,
	{operation: asked, onVersion: moved, onEvent: happened}: WatchStreamOptions,
): void {
	if (line.trim() === '') return;
	let event: unknown;
	try {
		event = parseBoundedJson(line);
	} catch (cause) {
		const what = cause instanceof JsonBoundError ? `an event ${cause.message}` : 'an event is not JSON';
		const hint = 'It is opened again. Check what stands between here and the API server.';
		throw new AdapterError('malformed', `${asked}: ${what}`, hint, {cause});
	}
	const type = field(event, 'type');
	const object = field(event, 'object');
	if (type === 'ERROR') throw apiRefusalError(apiRefusalFromStatus(object, 0), asked);
	const version = field(field(object, 'metadata'), 'resourceVersion');
	if (typeof type !== 'string' || typeof version !== 'string') {
		const hint = 'It is opened again. Check what stands between here and the API server.';
		throw new AdapterError('malformed', `${asked}: an event that is none`, hint);
	}
	if (type !== 'BOOKMARK') happened({type, object});
	moved(version);
}

/** Whether the watch cannot go on from where it was: forgotten, or the server was set back to before it. */
export function requiresRelist(error: unknown): boolean {
	const refusal = findApiRefusal(error);
	if (refusal === undefined) return isAdapterError(error) && error.kind === 'malformed';
	if (refusal.code === 410) return true;
	return (
		refusal.causes.some(({reason}) => reason === 'ResourceVersionTooLarge') ||
		/too large resource version/i.test(refusal.message)
	);
}
