import type {IncomingHttpHeaders, IncomingMessage, RequestOptions} from 'node:http';
import {request as plainRequest} from 'node:http';
import {request as secureRequest} from 'node:https';
import type {Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';
import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import {endpointOf} from '../../../src/text/url.ts';
import type {Clock} from '../../../src/time/clock.ts';
import {cancellationError} from '../../../src/time/deadline.ts';
import type {Agents, ConnectionPoolName} from '../../http/agent.ts';
import type {RequestCredentials} from './credentials.ts';
import {kubernetesConnectionError} from './errors.ts';

/*
 * One HTTP request to an API server and its response, without retries.
 */

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type ApiRequest = {
	readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
	/** Begins with a slash; appended to the path of the server. */
	readonly path: string;
	readonly query?: Query | undefined;
	/** Sent as JSON. */
	readonly body?: unknown;
	readonly contentType?: string | undefined;
	readonly accept?: string | undefined;
	/**
	 * For a Service behind the proxy of the API server: headers and body that are forwarded unchanged, instead of `body`. Any status of the
	 * Service is a response; a `Status` of the API server itself is an error as usual.
	 */
	readonly passThrough?: {readonly headers: Readonly<Record<string, string>>; readonly body: string | undefined};
	readonly pool: ConnectionPoolName;
	/** Id of the audit record of a write. */
	readonly record?: string | undefined;
	/** Names the request in errors: `list pods`. */
	readonly operation: string;
	/** Milliseconds until the headers of the response, including connecting and logging in. */
	readonly headersTimeoutMs?: number | undefined;
	/** Milliseconds without a byte after which the response fails. */
	readonly silenceTimeoutMs?: number | undefined;
};

export type ApiResponse = {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	/** Decompressed. Throws AdapterError, also when the connection ends in the middle. */
	readonly chunks: AsyncIterable<Buffer>;
	close(): void;
};

const defaultHeadersTimeoutMs = 15_000;
const defaultSilenceTimeoutMs = 15_000;
const keepAliveMs = 10_000;

/** The server that a request is sent to, and the connections to it. */
export type ApiServer = {readonly server: URL; readonly agents: Agents};

/** A response whose headers have arrived. `host` is `host:port`, for errors. */
export type ReceivedResponse = {readonly response: IncomingMessage; readonly host: string};

/** The server may only have closed an idle connection that we reused. */
export class StaleConnectionError extends Error {
	readonly error: AdapterError;

	constructor(error: AdapterError) {
		super(error.message);
		this.error = error;
	}
}

const encodeQuery = (query: Query = {}): string => {
	const parameters = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
	return parameters.size === 0 ? '' : `?${parameters}`;
};

function bodyOf({passThrough, body}: ApiRequest): Buffer | undefined {
	const text = passThrough?.body ?? (body === undefined ? undefined : JSON.stringify(body));
	return text === undefined ? undefined : Buffer.from(text);
}

function requestOptions(
	request: ApiRequest,
	body: Buffer | undefined,
	{server, agents}: ApiServer,
	credentials: RequestCredentials,
): RequestOptions {
	const path = `${server.pathname.replace(/\/$/, '')}${request.path}${encodeQuery(request.query)}`;
	const {forwardProxy} = agents;
	return {
		agent: agents.forPool(request.pool),
		method: request.method,
		...endpointOf(forwardProxy?.proxy ?? server),
		path: forwardProxy === undefined ? path : `${server.origin}${path}`,
		headers: {
			...forwardProxy?.headers,
			Host: server.host,
			Accept: request.accept ?? 'application/json',
			'Accept-Encoding': 'gzip',
			'User-Agent': request.record === undefined ? 'midwatch' : `midwatch record/${request.record}`,
			...(body === undefined ? {} : {'Content-Length': body.length}),
			...(request.passThrough?.headers ??
				(body === undefined ? {} : {'Content-Type': request.contentType ?? 'application/json'})),
			...(credentials.headers as Readonly<Record<string, string | string[]>>),
		},
	};
}

/**
 * Sends a request once, and resolves when the headers of the response have arrived.
 * @throws StaleConnectionError when a reused connection broke; AdapterError for every other failure.
 */
export function sendOnce(
	request: ApiRequest,
	target: ApiServer,
	credentials: RequestCredentials,
	{clock, signal}: {readonly clock: Clock; readonly signal: AbortSignal},
): Promise<ReceivedResponse> {
	const {host} = target.server;
	const body = bodyOf(request);
	const options = requestOptions(request, body, target, credentials);
	const timeoutMs = request.headersTimeoutMs ?? defaultHeadersTimeoutMs;
	/** Unusable certificates throw at once and not by an event. */
	const createRequest = () => {
		try {
			return (target.agents.secure ? secureRequest : plainRequest)(options);
		} catch (error) {
			throw kubernetesConnectionError(error, host);
		}
	};
	return new Promise((resolve, reject) => {
		const outgoing = createRequest();
		const abort = () => outgoing.destroy(cancellationError(signal));
		const cancelTimeout = clock.after(timeoutMs, () => {
			const hint = 'Check the load of the API server and the network.';
			outgoing.destroy(new AdapterError('timeout', `${host}: no answer within ${timeoutMs / 1000} s`, hint));
		});
		const stopListening = () => signal.removeEventListener('abort', abort);
		// A watch or log may be quiet for long: TCP keep-alive detects a dead peer.
		outgoing.on('socket', socket => socket.setKeepAlive(true, keepAliveMs));
		outgoing.on('response', response => {
			cancelTimeout();
			response.once('close', stopListening);
			resolve({response, host});
		});
		outgoing.on('error', thrown => {
			cancelTimeout();
			stopListening();
			const error = kubernetesConnectionError(thrown, host);
			reject(outgoing.reusedSocket && !isAdapterError(thrown) ? new StaleConnectionError(error) : error);
		});
		if (signal.aborted) abort();
		else signal.addEventListener('abort', abort, {once: true});
		outgoing.end(body);
	});
}

/** The response with its body decompressed. The body fails when nothing arrives for `silenceTimeoutMs`. */
export function toApiResponse(
	{response, host}: ReceivedResponse,
	silenceTimeoutMs: number = defaultSilenceTimeoutMs,
	{clock, signal}: {readonly clock: Clock; readonly signal: AbortSignal},
): ApiResponse {
	const isCompressed = response.headers['content-encoding'] === 'gzip';
	const body: Readable = isCompressed ? response.pipe(createGunzip()) : response;
	// A pipe does not forward errors.
	if (isCompressed) response.on('error', error => body.destroy(error));
	body.on('error', () => {});
	const failSilent = () => {
		const hint = 'midwatch opens it again. Check the network and any proxy between midwatch and the API server.';
		response.destroy(new AdapterError('timeout', `${host}: no data for ${silenceTimeoutMs / 1000} s`, hint));
	};
	async function* chunks(): AsyncGenerator<Buffer> {
		let cancelTimeout = clock.after(silenceTimeoutMs, failSilent);
		try {
			for await (const chunk of body as AsyncIterable<Buffer>) {
				cancelTimeout();
				yield chunk;
				cancelTimeout = clock.after(silenceTimeoutMs, failSilent);
			}
			if (!response.complete) throw new Error('aborted');
		} catch (error) {
			throw signal.aborted ? cancellationError(signal) : kubernetesConnectionError(error, host);
		} finally {
			cancelTimeout();
			response.destroy();
		}
	}
	return {
		status: response.statusCode ?? 0,
		headers: response.headers,
		chunks: chunks(),
		close: () => response.destroy(),
	};
}

/** Reads a body completely. @throws AdapterError `malformed` beyond `maxBytes`. */
export async function readBodyText(response: ApiResponse, maxBytes: number): Promise<string> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of response.chunks) {
		size += chunk.length;
		if (size > maxBytes) {
			const hint = 'Check the server of this context: an API server does not send such an answer.';
			throw new AdapterError('malformed', `an answer of more than ${maxBytes / 1024 / 1024} MB`, hint);
		}
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}
