import type {IncomingHttpHeaders, IncomingMessage, RequestOptions} from 'node:http';
import {request as plainRequest} from 'node:http';
import {request as secureRequest} from 'node:https';
import type {Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';
import type {ProgramApproval} from '../../../src/contract/program-approval.ts';
import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {JsonBoundError, parseBoundedJson} from '../../../src/text/bounded-json.ts';
import {formatBytes} from '../../../src/text/format.ts';
import {endpointOf} from '../../../src/text/url.ts';
import type {Clock} from '../../../src/time/clock.ts';
import {cancellationError, untilAborted} from '../../../src/time/deadline.ts';
import {type Agents, type ConnectionPoolName, createAgents} from '../../http/agent.ts';
import {proxyFor} from '../../http/proxy.ts';
import {createCredentials, type RequestCredentials} from './credentials.ts';
import {
	apiRefusalError,
	findApiRefusal,
	isApiStatus,
	kubernetesConnectionError,
	parseApiRefusal,
	retryAfterMs,
} from './errors.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type ApiRequest = {
	readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
	/** Begins with a slash, after the path of the server. */
	readonly path: string;
	readonly query?: Query | undefined;
	readonly body?: unknown;
	readonly contentType?: string | undefined;
	readonly accept?: string | undefined;
	/**
	 * For a service behind the API server: passed on as it is, instead of `body`. Any status of the service is an answer; what the API server
	 * itself says is an error as ever.
	 */
	readonly passThrough?: {readonly headers: Readonly<Record<string, string>>; readonly body: string | undefined};
	readonly pool: ConnectionPoolName;
	/** Id of the audit record of an act. */
	readonly record?: string | undefined;
	/** For errors: `list pods`. */
	readonly operation: string;
	/** Milliseconds until the answer has begun, connecting and logging in included. */
	readonly headersTimeoutMs?: number | undefined;
	/** Milliseconds without a byte, after which the answer is given up. */
	readonly silenceTimeoutMs?: number | undefined;
};

export type ApiResponse = {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	/** Unpacked. Fails with AdapterError, also when the other end breaks off in the middle. */
	readonly chunks: AsyncIterable<Buffer>;
	close(): void;
};

export type ApiTransport = {
	/**
	 * Sends it, once, except after a 401 (which changed nothing) and a read whose kept connection had died unnoticed.
	 * @throws AdapterError also for every status from 400 on; `refusalOf` tells more of it.
	 */
	send(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse>;
	/** The whole answer as text. @throws AdapterError `malformed` when it has more than 64 MB. */
	text(
		request: ApiRequest,
		signal: AbortSignal,
	): Promise<{readonly text: string; readonly headers: IncomingHttpHeaders}>;
	/** The whole answer, which has to be JSON. */
	json(request: ApiRequest, signal: AbortSignal): Promise<unknown>;
	/** Scheme, host and port of the API server; undefined until something was sent to it. */
	server(): URL | undefined;
	/** See Credentials.login. */
	login(): Promise<void>;
	/** See Credentials.approval. */
	approval(): Promise<ProgramApproval | undefined>;
	close(): void;
};

const headMs = 15_000;
const silentMs = 15_000;
const keepAliveMs = 10_000;
const largestRefusal = 64 * 1024;
const largestText = 64 * 1024 * 1024;

const encodeQuery = (query: Query = {}): string => {
	const words = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) if (value !== undefined) words.set(name, String(value));
	return words.size === 0 ? '' : `?${words}`;
};

/** The same TLS means the same agents: connections are kept across renewals of a token. */
const keyOf = ({access, tls}: RequestCredentials): string => JSON.stringify([access.server, access.proxy, tls]);

export function createApiTransport(settings: KubernetesSettings, clock: Clock): ApiTransport {
	const credentials = createCredentials(settings, clock);
	let agents: {readonly key: string; readonly server: URL; readonly made: Agents} | undefined;
	let closed = false;

	function agentsFor(ticket: RequestCredentials): {readonly server: URL; readonly made: Agents} {
		const key = keyOf(ticket);
		if (agents?.key === key) return agents;
		agents?.made.retire();
		const server = new URL(ticket.access.server);
		const proxy = proxyFor(server, ticket.access.proxy, settings.environment);
		agents = {key, server, made: createAgents(server, ticket.tls, proxy)};
		return agents;
	}

	function send(request: ApiRequest, ticket: RequestCredentials, signal: AbortSignal): Promise<Sent> {
		const {server, made} = agentsFor(ticket);
		const path = `${server.pathname.replace(/\/$/, '')}${request.path}${encodeQuery(request.query)}`;
		const text = request.passThrough?.body ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
		const body = text === undefined ? undefined : Buffer.from(text);
		const options: RequestOptions = {
			agent: made.forPool(request.pool),
			method: request.method,
			...endpointOf(made.forwardProxy?.proxy ?? server),
			path: made.forwardProxy === undefined ? path : `${server.origin}${path}`,
			headers: {
				...made.forwardProxy?.headers,
				Host: server.host,
				Accept: request.accept ?? 'application/json',
				'Accept-Encoding': 'gzip',
				'User-Agent': request.record === undefined ? 'midwatch' : `midwatch record/${request.record}`,
				...(body === undefined ? {} : {'Content-Length': body.length}),
				...(request.passThrough?.headers ??
					(body === undefined ? {} : {'Content-Type': request.contentType ?? 'application/json'})),
				...(ticket.headers as Readonly<Record<string, string | string[]>>),
			},
		};
		/** Certificates that cannot be used are found out at once, and not by an event. */
		const begun = () => {
			try {
				return (made.secure ? secureRequest : plainRequest)(options);
			} catch (error) {
				throw kubernetesConnectionError(error, server.host);
			}
		};
		return new Promise((resolve, reject) => {
			const outgoing = begun();
			const abort = () => outgoing.destroy(cancellationError(signal));
			const late = () => {
				const hint = 'midwatch tries again. Check the load of the API server and the network.';
				const within = (request.headersTimeoutMs ?? headMs) / 1000;
				outgoing.destroy(new AdapterError('timeout', `${server.host}: no answer within ${within} s`, hint));
			};
			const callOff = clock.after(request.headersTimeoutMs ?? headMs, late);
			const end = () => signal.removeEventListener('abort', abort);
			// A watch or log may be quiet for long: the system tells when the other end has gone.
			outgoing.on('socket', socket => socket.setKeepAlive(true, keepAliveMs));
			outgoing.on('response', response => {
				callOff();
				response.once('close', end);
				resolve({response, where: server.host});
			});
			outgoing.on('error', error => {
				callOff();
				end();
				const told = kubernetesConnectionError(error, server.host);
				reject(outgoing.reusedSocket && !isAdapterError(error) ? new StaleConnection(told) : told);
			});
			if (signal.aborted) abort();
			else signal.addEventListener('abort', abort, {once: true});
			outgoing.end(body);
		});
	}

	async function attempt(request: ApiRequest, ticket: RequestCredentials, signal: AbortSignal): Promise<ApiResponse> {
		const {response, where} = await send(request, ticket, signal).catch((error: unknown) => {
			if (!(error instanceof StaleConnection)) throw error;
			// The server closed a kept connection while the request was on its way. Only reads go over those.
			if (request.method !== 'GET') throw error.error;
			return send(request, ticket, signal).catch((again: unknown) => {
				throw again instanceof StaleConnection ? again.error : again;
			});
		});
		const answer = toApiResponse(response, where, request.silenceTimeoutMs ?? silentMs, clock, signal);
		const code = response.statusCode ?? 0;
		if (code !== 401) credentials.markAccepted(ticket);
		if (code < 400) {
			if ((code >= 200 && code < 300) || request.passThrough !== undefined) return answer;
			answer.close();
			const hint = 'Correct the server of this context: it must be an API server.';
			throw new AdapterError('malformed', `${request.operation}: ${where} answers with status ${code}`, hint);
		}
		let body = '';
		try {
			body = await readWholeText(answer, largestRefusal);
		} catch {
			// The status alone tells enough.
		}
		if (request.passThrough !== undefined && !isApiStatus(body))
			return {...answer, chunks: singleChunk(Buffer.from(body))};
		const retry = retryAfterMs(response.headers['retry-after'], clock.now());
		throw apiRefusalError(parseApiRefusal(code, body, retry), request.operation);
	}

	async function open(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
		if (closed) throw new AdapterError('unreachable', 'the connection was closed', 'Start midwatch again.');
		const ticket = await untilAborted(credentials.current(), signal);
		try {
			return await attempt(request, ticket, signal);
		} catch (error) {
			if (findApiRefusal(error)?.code !== 401) throw error;
			// One that was made just now is not made again at once: then the login is wrong, not old.
			if (!credentials.markRefused(ticket)) throw error;
			return await attempt(request, await untilAborted(credentials.current(), signal), signal);
		}
	}

	async function text(request: ApiRequest, signal: AbortSignal) {
		const answer = await open(request, signal);
		return {text: await readWholeText(answer, largestText), headers: answer.headers};
	}

	return {
		send: open,
		text,
		server: () => agents?.server,
		async json(request, signal) {
			const {text: body} = await text(request, signal);
			try {
				return parseBoundedJson(body);
			} catch (cause) {
				const hint = 'Check the server of this context and any load balancer in front of it.';
				if (cause instanceof JsonBoundError)
					throw new AdapterError(
						'malformed',
						`${request.operation}: the answer, ${formatBytes(body.length)} of JSON, ${cause.message}`,
						hint,
					);
				throw new AdapterError('malformed', `${request.operation}: the answer is not JSON`, hint, {cause});
			}
		},
		login: credentials.login,
		approval: credentials.approval,
		close() {
			closed = true;
			agents?.made.destroy();
		},
	};
}

type Sent = {readonly response: IncomingMessage; readonly where: string};

/** A failure that may only mean that the server had closed a connection we kept. */
class StaleConnection extends Error {
	readonly error: AdapterError;

	constructor(told: AdapterError) {
		super(told.message);
		this.error = told;
	}
}

function toApiResponse(
	response: IncomingMessage,
	where: string,
	silence: number,
	clock: Clock,
	signal: AbortSignal,
): ApiResponse {
	const packed = response.headers['content-encoding'] === 'gzip';
	const body: Readable = packed ? response.pipe(createGunzip()) : response;
	// A pipe does not hand errors on.
	if (packed) response.on('error', error => body.destroy(error));
	body.on('error', () => {});
	const silent = () => {
		const hint = 'It is opened again. Check the network and any proxy between midwatch and the API server.';
		response.destroy(new AdapterError('timeout', `${where}: nothing was heard for ${silence / 1000} s`, hint));
	};
	async function* chunks(): AsyncGenerator<Buffer> {
		let callOff = clock.after(silence, silent);
		try {
			for await (const chunk of body as AsyncIterable<Buffer>) {
				callOff();
				yield chunk;
				callOff = clock.after(silence, silent);
			}
			if (!response.complete) throw new Error('aborted');
		} catch (error) {
			throw signal.aborted ? cancellationError(signal) : kubernetesConnectionError(error, where);
		} finally {
			callOff();
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

async function* singleChunk(chunk: Buffer): AsyncGenerator<Buffer> {
	yield chunk;
}

async function readWholeText(answer: ApiResponse, most: number): Promise<string> {
	const pieces: Buffer[] = [];
	let size = 0;
	for await (const chunk of answer.chunks) {
		size += chunk.length;
		if (size > most) {
			const hint = 'Check the server of this context: no such answer is expected of it.';
			throw new AdapterError('malformed', `an answer of more than ${most / 1024 / 1024} MB`, hint);
		}
		pieces.push(chunk);
	}
	return Buffer.concat(pieces).toString('utf8');
}
