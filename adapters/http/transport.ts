import type {ClientRequest, IncomingMessage, RequestOptions} from 'node:http';
import {request as plainRequest} from 'node:http';
import {request as secureRequest} from 'node:https';
import type {HttpQuery, HttpRequest, HttpResponse, HttpTransport} from '../../src/contract/http-transport.ts';
import {AdapterError, isAdapterError} from '../../src/errors.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {endpointOf} from '../../src/text/url.ts';
import {cancellationError} from '../../src/time/deadline.ts';
import type {Agents} from './agent.ts';
import {type ConnectionSet, type ConnectionSets, createConnectionSets, maxStaleConnections} from './connection-set.ts';
import {httpConnectionError} from './errors.ts';

const closedError = () => new AdapterError('unreachable', 'the connection was closed', 'Start midwatch again.');

/** A failure on a reused connection, which the server may have closed in the meantime. `error` is what the caller gets. */
class StaleConnectionError extends Error {
	readonly error: AdapterError;

	constructor(error: AdapterError) {
		super(error.message);
		this.error = error;
	}
}

/** The server of `url`. @throws AdapterError `unsupported` when `url` is not an http or https URL. */
function parseServerUrl(url: string): URL {
	const server = URL.parse(url);
	if (server !== null && (server.protocol === 'http:' || server.protocol === 'https:')) return server;
	const hint = 'Write it as https://host:port/prefix.';
	throw new AdapterError('unsupported', '`url` is not the address of an http or https server', hint);
}

/**
 * Our own connections to one server. Reads share a few keep-alive connections; a write opens a new one, because a reused one may be stale.
 * @throws AdapterError `unsupported` when `url` is not an address.
 */
export function createHttpTransport(settings: HttpSettings): HttpTransport {
	const server = parseServerUrl(settings.url);
	const endpoint = server.host;
	const connectionError = (error: unknown) => httpConnectionError(error, endpoint, settings.tls?.cert !== undefined);
	const sets = createConnectionSets(server, settings);
	let closed = false;

	async function currentSet(): Promise<ConnectionSet> {
		if (closed) throw closedError();
		const set = await sets.current().catch((error: unknown) => {
			throw connectionError(error);
		});
		if (closed) throw closedError();
		return set;
	}

	return {
		endpoint,
		async send(request, signal) {
			if (!closed && signal.aborted) throw cancellationError(signal);
			const set = await currentSet();
			for (let attempt = 0; ; attempt++) {
				try {
					const response = await sendOnce({request, server, sets, set, signal, connectionError});
					return toHttpResponse(response, endpoint, signal);
				} catch (error) {
					if (!(error instanceof StaleConnectionError)) throw error;
					if (request.method !== 'GET' || attempt >= maxStaleConnections) throw error.error;
				}
			}
		},
		close() {
			closed = true;
			sets.close();
		},
	};
}

type Attempt = {
	readonly request: HttpRequest;
	readonly server: URL;
	readonly sets: ConnectionSets;
	readonly set: ConnectionSet;
	readonly signal: AbortSignal;
	readonly connectionError: (error: unknown) => AdapterError;
};

/** Sends a request over one connection. @throws StaleConnectionError when a reused connection failed, else AdapterError. */
function sendOnce({request, server, sets, set, signal, connectionError}: Attempt): Promise<IncomingMessage> {
	const body = request.body === undefined ? undefined : Buffer.from(request.body);
	return new Promise((resolve, reject) => {
		const outgoing = begin(set.agents, requestOptions(request, server, set.agents, body), connectionError);
		let answered = false;
		const abort = () => {
			// A connection that has not answered may be dead, even while it is being opened: the next request opens a new one.
			if (!answered) sets.retire(set);
			outgoing.destroy(cancellationError(signal));
		};
		const end = () => signal.removeEventListener('abort', abort);
		outgoing.once('close', sets.hold(set));
		outgoing.on('response', response => {
			answered = true;
			response.once('close', end);
			resolve(response);
		});
		outgoing.on('error', error => {
			end();
			const failure = connectionError(error);
			reject(outgoing.reusedSocket && !isAdapterError(error) ? new StaleConnectionError(failure) : failure);
		});
		if (signal.aborted) abort();
		else signal.addEventListener('abort', abort, {once: true});
		outgoing.end(body);
	});
}

/** Node throws at once, without an error event, when certificates cannot be used. */
function begin(
	{secure}: Agents,
	options: RequestOptions,
	connectionError: (error: unknown) => AdapterError,
): ClientRequest {
	try {
		return (secure ? secureRequest : plainRequest)(options);
	} catch (error) {
		throw connectionError(error);
	}
}

const encodeQuery = (query: HttpQuery): string => (query.length === 0 ? '' : `?${new URLSearchParams(query)}`);

function requestOptions(
	{method, path, query, headers}: HttpRequest,
	server: URL,
	{forPool, forwardProxy}: Agents,
	body: Buffer | undefined,
): RequestOptions {
	const target = `${path}${encodeQuery(query)}`;
	return {
		agent: forPool(method === 'GET' ? 'read' : 'write'),
		method,
		...endpointOf(forwardProxy?.proxy ?? server),
		path: forwardProxy === undefined ? target : `${server.origin}${target}`,
		headers: {
			...forwardProxy?.headers,
			...headers,
			Host: server.host,
			...(body === undefined ? {} : {'Content-Length': body.length}),
		},
	};
}

function toHttpResponse(response: IncomingMessage, endpoint: string, signal: AbortSignal): HttpResponse {
	response.on('error', () => {});
	async function* chunks(): AsyncGenerator<Uint8Array> {
		try {
			yield* response as AsyncIterable<Buffer>;
			if (!response.complete) throw new Error('aborted');
		} catch (error) {
			throw signal.aborted ? cancellationError(signal) : httpConnectionError(error, endpoint);
		} finally {
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
