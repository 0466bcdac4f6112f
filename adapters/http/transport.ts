import type {IncomingMessage, RequestOptions} from 'node:http';
import {request as plainRequest} from 'node:http';
import {request as secureRequest} from 'node:https';
import type {HttpAnswer, HttpQuery, HttpRequest, HttpTransport} from '../../src/contract/http-transport.ts';
import {AdapterError, isAdapterError} from '../../src/errors.ts';
import {readTlsFiles} from '../../src/files/tls-files.ts';
import type {HttpSettings, HttpTls} from '../../src/port/http.ts';
import {endpointOf} from '../../src/text/url.ts';
import {type Agents, createAgents, type TlsMaterial} from './agent.ts';
import {calledOff, connectionError} from './errors.ts';
import {proxyFor} from './proxy.ts';

/** Certificates are replaced while we run: their files are read again after so long. */
const tlsFreshMs = 30_000;
/** A poll asks several questions at once, again and again: their connections are kept. */
const sockets = {maxSockets: 4, maxIdle: 4};

const gone = () => new AdapterError('unreachable', 'the connection was closed', 'Start midwatch again.');

/** Connections that were made with the same certificates. */
type Fleet = {readonly key: string; readonly agents: Agents; busy: number; retired: boolean};

/** A failure that may only mean that the server had closed a connection we kept. */
class StaleConnection extends Error {
	readonly told: AdapterError;

	constructor(told: AdapterError) {
		super(told.message);
		this.told = told;
	}
}

async function materialOf(tls: HttpTls): Promise<TlsMaterial> {
	const {ca, cert, key} = await readTlsFiles(tls);
	return {ca, cert, key, servername: tls.servername, insecure: false};
}

const encoded = (query: HttpQuery): string => (query.length === 0 ? '' : `?${new URLSearchParams(query)}`);

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
export function createTransport(settings: HttpSettings): HttpTransport {
	const server = readUrl(settings.url);
	const where = server.host;
	const failure = (error: unknown) => connectionError(error, where, settings.tls?.cert !== undefined);
	let made: Fleet | undefined;
	let material: {readonly at: number; readonly tls: Promise<TlsMaterial>} | undefined;
	let closed = false;

	async function fleet(): Promise<Fleet> {
		if (material === undefined || performance.now() - material.at > tlsFreshMs) {
			const tls = materialOf(server.protocol === 'https:' ? (settings.tls ?? {}) : {});
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
	function retire(one: Fleet): void {
		if (made === one) made = undefined;
		one.retired = true;
		if (one.busy === 0) one.agents.destroy();
	}

	function release(one: Fleet): void {
		one.busy -= 1;
		if (one.retired && one.busy === 0) one.agents.destroy();
	}

	function send(request: HttpRequest, on: Fleet, signal: AbortSignal): Promise<IncomingMessage> {
		const over = on.agents;
		const path = `${request.path}${encoded(request.query)}`;
		const body = request.body === undefined ? undefined : Buffer.from(request.body);
		const options: RequestOptions = {
			agent: over.of(request.method === 'GET' ? 'read' : 'act'),
			method: request.method,
			...endpointOf(over.via?.proxy ?? server),
			path: over.via === undefined ? path : `${server.origin}${path}`,
			headers: {
				...over.via?.headers,
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
				outgoing.destroy(calledOff(signal));
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

	async function open(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
		if (closed) throw gone();
		if (signal.aborted) throw calledOff(signal);
		const on = await fleet().catch((error: unknown) => {
			throw failure(error);
		});
		if (closed) throw gone();
		let tried = 0;
		for (;;) {
			try {
				return answerOf(await send(request, on, signal), where, signal);
			} catch (error) {
				if (!(error instanceof StaleConnection)) throw error;
				tried += 1;
				if (request.method !== 'GET' || tried > sockets.maxSockets) throw error.told;
			}
		}
	}

	return {
		where,
		open,
		close() {
			closed = true;
			made?.agents.destroy();
			made = undefined;
		},
	};
}

function answerOf(response: IncomingMessage, where: string, signal: AbortSignal): HttpAnswer {
	response.on('error', () => {});
	async function* chunks(): AsyncGenerator<Uint8Array> {
		try {
			yield* response as AsyncIterable<Buffer>;
			if (!response.complete) throw new Error('aborted');
		} catch (error) {
			throw signal.aborted ? calledOff(signal) : connectionError(error, where);
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
