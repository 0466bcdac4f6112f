import type {Context} from '../../../src/contract/context.ts';
import type {AdapterError} from '../../../src/errors.ts';
import type {LogsRequest} from '../../../src/port/kubernetes.ts';
import type {Clock} from '../../../src/time/clock.ts';
import {byteLines} from './byte-lines.ts';
import {apiPath, watchedResources} from './resources.ts';
import type {ApiTransport} from './transport.ts';

/** A container may write lines of any length: the rest of a longer one is cut. */
const maxLineBytes = 1024 * 1024;
/** A followed log may be quiet for long: the heartbeat detects a dead connection. */
const followedSilenceTimeoutMs = 24 * 60 * 60_000;

/** Reads container logs of one cluster. */
export type LogStreams = {
	/** See KubernetesPort.readLogs. */
	read(request: LogsRequest, context: Context): AsyncIterable<readonly string[]>;
	/** Ends followed logs without data for `quietMs` with this error: their connection may be dead. */
	endQuiet(reason: AdapterError, quietMs: number): void;
};

type OpenStream = {lastHeardAt: number; readonly ending: AbortController};

export function createLogStreams(transport: ApiTransport, clock: Clock, onFollow: () => void): LogStreams {
	const followed = new Set<OpenStream>();

	async function* read({namespace, pod, ...query}: LogsRequest, {signal}: Context): AsyncGenerator<readonly string[]> {
		const isFollowed = query.follow === true;
		const stream: OpenStream = {lastHeardAt: clock.now(), ending: new AbortController()};
		if (isFollowed) {
			onFollow();
			followed.add(stream);
		}
		const request = {
			method: 'GET',
			path: apiPath(watchedResources.pods.type, namespace, pod, 'log'),
			query,
			accept: '*/*',
			pool: isFollowed ? 'stream' : 'read',
			operation: `read the log of pod ${pod}`,
			silenceTimeoutMs: isFollowed ? followedSilenceTimeoutMs : undefined,
		} as const;
		try {
			const response = await transport.send(request, AbortSignal.any([signal, stream.ending.signal]));
			try {
				// An unterminated line of a followed log is read again when the log is resumed.
				const limits = {maxLineBytes, dropUnterminated: isFollowed, cut: true} as const;
				for await (const lines of byteLines(response.chunks, limits)) {
					stream.lastHeardAt = clock.now();
					yield lines;
				}
			} finally {
				response.close();
			}
		} finally {
			followed.delete(stream);
		}
	}

	return {
		read,
		endQuiet(reason, quietMs) {
			for (const {lastHeardAt, ending} of followed) {
				if (clock.now() - lastHeardAt >= quietMs) ending.abort(reason);
			}
		},
	};
}
