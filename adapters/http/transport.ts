import type {IncomingMessage, RequestOptions} from 'node:http';
import {request as plainRequest} from 'node:http';
import {request as secureRequest} from 'node:https';
import type {HttpQuery, HttpRequest, HttpResponse, HttpTransport} from '../../src/contract/http-transport.ts';
import {AdapterError, isAdapterError} from '../../src/errors.ts';
import {readTlsOptions} from '../../src/files/tls-files.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import type {TlsSettings} from '../../src/port/tls.ts';
import {endpointOf} from '../../src/text/url.ts';
import {cancellationError} from '../../src/time/deadline.ts';
import {type Agents, createAgents, type TlsMaterial} from './agent.ts';
import {httpConnectionError} from './errors.ts';
import {proxyFor} from './proxy.ts';

/** Certificates are replaced while we run: their files are read again after so long. */
const tlsFreshMs = 30_000;
/** A poll asks several questions at once, again and again: their connections are kept. */
const sockets = {maxSockets: 4, maxIdle: 4};

const closedError = () => new AdapterError('unreachable', 'the connection was closed', 'Start midwatch again.');

/** Connections that were made with the same certificates. */
type AgentSet = {readonly key: string; readonly agents: Agents; busy: number; retired: boolean};

/** A failure that may only mean that the server had closed a connection we kept. */
class StaleConnection extends Error {
	readonly error: AdapterError;

	constructor(told: AdapterError) {
		super(told.message);
		this.error = told;
	}
}

async function readTlsMaterial(tls: TlsSettings): Promise<TlsMaterial> {
	const {ca, cert, key, servername} = await readTlsOptions(tls);
	return {ca, cert, key, servername, insecure: false};
}

const encodeQuery = (query: HttpQuery): string => (query.length === 0 ? '' : `?${new URLSearchParams(query)}`);

function readUrl(url: string): URL {
	const server = URL.parse(url);
	if (server !== null && (server.protocol === 'http:' || server.protocol === 'https:')) return server;
	const hint = 'Write it as https://host:port/prefix.';
	throw new AdapterError('unsupported', '`url` is not the address of an http or https server', hint);
}

/**
 * Our own connections to one server: reads share a few kept ones, and an act never goes over one that may have died unnoticed.
 * @throws AdapterError `unsupported` when `url` is no address.
 */
export function createHttpTransport(settings: HttpSettings): HttpTransport {
	const server = readUrl(settings.url);
	const where = server.host;
	const failure = (error: unknown) => httpConnectionError(error, where, settings.tls?.cert !== undefined);
	let made: AgentSet | undefined;
	let material: {readonly at: number; readonly tls: Promise<TlsMaterial>} | undefined;
	let closed = false;

	async function fleet(): Promise<AgentSet> {
		if (material === undefined || performance.now() - material.at > tlsFreshMs) {
			const tls = readTlsMaterial(server.protocol === 'https:' ? (settings.tls ?? {}) : {});
			material = {at: performance.now(), tls};
			// What could not be read is tried again by the next request.
			tls.catch(() => {
				material = undefined;
			});
		}
		const tls = await material.tls;
		const key = JSON.stringify(tls);
		if (made?.key === key) return made;
		if (made !== undefined) retire(made);
		const proxy = proxyFor(server, undefined, settings.environment);
		made = {key, agents: createAgents(server, tls, proxy, sockets), busy: 0, retired: false};
		return made;
	}

	/** Its connections take nothing more on; they go when the last request on them has ended. */
	function retire(one: AgentSet): void {
		if (made === one) made = undefined;
		one.retired = true;
		if (one.busy === 0) one.agents.destroy();
	}

	function release(one: AgentSet): void {
		one.busy -= 1;
		if (one.retired && one.busy === 0) one.agents.destroy();
	}

	function send(request: HttpRequest, on: AgentSet, signal: AbortSignal): Promise<IncomingMessage> {
		const over = on.agents;
		const path = `${request.path}${encodeQuery(request.query)}`;
		const body = request.body === undefined ? undefined : Buffer.from(request.body);
		const options: RequestOptions = {
			agent: over.forPool(request.method === 'GET' ? 'read' : 'act'),
			method: request.method,
			...endpointOf(over.forwardProxy?.proxy ?? server),
			path: over.forwardProxy === undefined ? path : `${server.origin}${path}`,
			headers: {
				...over.forwardProxy?.headers,
				...request.headers,
				Host: server.host,
				...(body === undefined ? {} : {'Content-Length': body.length}),
			},
		};
		/** Certificates that cannot be used are found out at once, and not by an event. */
		const begun = () => {
			try {
				return (over.secure ? secureRequest : plainRequest)(options);
			} catch (error) {
				throw failure(error);
			}
		};
		return new Promise((resolve, reject) => {
			const outgoing = begun();
			let answered = false;
			const abort = () => {
				// What was silent so far may be dead, also a connection that is only being made: the next request goes over a new one.
				if (!answered) retire(on);
				outgoing.destroy(cancellationError(signal));
			};
			const end = () => signal.removeEventListener('abort', abort);
			on.busy += 1;
			outgoing.once('close', () => release(on));
			outgoing.on('response', response => {
				answered = true;
				response.once('close', end);
				resolve(response);
			});
			outgoing.on('error', error => {
				end();
				const told = failure(error);
				reject(outgoing.reusedSocket && !isAdapterError(error) ? new StaleConnection(told) : told);
			});
			if (signal.aborted) abort();
			else signal.addEventListener('abort', abort, {once: true});
			outgoing.end(body);
		});
	}

	async function open(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
		if (closed) throw closedError();
		if (signal.aborted) throw cancellationError(signal);
		const on = await fleet().catch((error: unknown) => {
			throw failure(error);
		});
		if (closed) throw closedError();
		let tried = 0;
		for (;;) {
			try {
				return toHttpResponse(await send(request, on, signal), where, signal);
			} catch (error) {
				if (!(error instanceof StaleConnection)) throw error;
				tried += 1;
				if (request.method !== 'GET' || tried > sockets.maxSockets) throw error.error;
			}
		}
	}

	return {
		endpoint: where,
		send: open,
		close() {
			closed = true;
			made?.agents.destroy();
			made = undefined;
		},
	};
}

function toHttpResponse(response: IncomingMessage, where: string, signal: AbortSignal): HttpResponse {
	response.on('error', () => {});
	async function* chunks(): AsyncGenerator<Uint8Array> {
		try {
			yield* response as AsyncIterable<Buffer>;
			if (!response.complete) throw new Error('aborted');
		} catch (error) {
			throw signal.aborted ? cancellationError(signal) : httpConnectionError(error, where);
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
