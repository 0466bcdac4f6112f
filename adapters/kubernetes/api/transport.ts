import type {IncomingHttpHeaders} from 'node:http';
import type {ProgramApproval} from '../../../src/contract/program-approval.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {JsonBoundError, parseBoundedJson} from '../../../src/text/bounded-json.ts';
import {formatBytes} from '../../../src/text/format.ts';
import type {Clock} from '../../../src/time/clock.ts';
import {untilAborted} from '../../../src/time/deadline.ts';
import {createAgents} from '../../http/agent.ts';
import {proxyFor} from '../../http/proxy.ts';
import {createCredentials, type RequestCredentials} from './credentials.ts';
import {apiRefusalError, findApiRefusal, isApiStatus, parseApiRefusal, retryAfterMs} from './errors.ts';
import {
	type ApiRequest,
	type ApiResponse,
	type ApiServer,
	type ReceivedResponse,
	readBodyText,
	StaleConnectionError,
	sendOnce,
	toApiResponse,
} from './http-exchange.ts';

export type ApiTransport = {
	/**
	 * Sends a request once. It is sent again only after a 401, which changed nothing, and, for a GET, after a reused connection broke.
	 * @throws AdapterError also for every status from 400 on; see `findApiRefusal` for its details.
	 */
	send(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse>;
	/** Sends a request and reads the response as text. @throws AdapterError `malformed` when it has more than 64 MB. */
	text(
		request: ApiRequest,
		signal: AbortSignal,
	): Promise<{readonly text: string; readonly headers: IncomingHttpHeaders}>;
	/** Sends a request and parses the response as JSON. @throws AdapterError `malformed` when it is not JSON. */
	json(request: ApiRequest, signal: AbortSignal): Promise<unknown>;
	/** The API server; undefined until the first request. */
	server(): URL | undefined;
	/** See Credentials.login. */
	login(): Promise<void>;
	/** See Credentials.approval. */
	approval(): Promise<ProgramApproval | undefined>;
	close(): void;
};

const maxRefusalBytes = 64 * 1024;
const maxTextBytes = 64 * 1024 * 1024;

export function createApiTransport(settings: KubernetesSettings, clock: Clock): ApiTransport {
	const credentials = createCredentials(settings, clock);
	const servers = createServerAgents(settings);
	let isClosed = false;

	async function send(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
		if (isClosed) throw new AdapterError('unreachable', 'the connection was closed', 'Start midwatch again.');
		const current = await untilAborted(credentials.current(), signal);
		try {
			return await sendWith(current, request, signal);
		} catch (error) {
			// New credentials that are refused at once mean a wrong login, not an expired one.
			if (findApiRefusal(error)?.code !== 401 || !credentials.markRefused(current)) throw error;
			return sendWith(await untilAborted(credentials.current(), signal), request, signal);
		}
	}

	async function sendWith(current: RequestCredentials, request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
		const options = {clock, signal};
		const exchange = () => sendOnce(request, servers.agentsFor(current), current, options);
		const received = await retryStaleConnection(exchange, request.method === 'GET');
		const response = toApiResponse(received, request.silenceTimeoutMs, options);
		if (response.status !== 401) credentials.markAccepted(current);
		return checkStatus(request, received, response, clock.now());
	}

	async function text(request: ApiRequest, signal: AbortSignal) {
		const response = await send(request, signal);
		return {text: await readBodyText(response, maxTextBytes), headers: response.headers};
	}

	return {
		send,
		text,
		json: async (request, signal) => parseJson((await text(request, signal)).text, request.operation),
		server: servers.server,
		login: credentials.login,
		approval: credentials.approval,
		close() {
			isClosed = true;
			servers.close();
		},
	};
}

/** Keeps the connections to the API server while the TLS settings stay the same, also when a token is renewed. */
function createServerAgents(settings: KubernetesSettings) {
	let current: (ApiServer & {readonly key: string}) | undefined;
	return {
		agentsFor({access, tls}: RequestCredentials): ApiServer {
			const key = JSON.stringify([access.server, access.proxy, tls]);
			if (current?.key === key) return current;
			current?.agents.retire();
			const server = new URL(access.server);
			const proxy = proxyFor(server, access.proxy, settings.environment);
			current = {key, server, agents: createAgents(server, tls, proxy)};
			return current;
		},
		server: () => current?.server,
		close: () => current?.agents.destroy(),
	};
}

/** The server may close an idle connection while a request is on its way: only a read is sent again. */
async function retryStaleConnection(
	exchange: () => Promise<ReceivedResponse>,
	isRead: boolean,
): Promise<ReceivedResponse> {
	try {
		return await exchange().catch((error: unknown) => {
			if (error instanceof StaleConnectionError && isRead) return exchange();
			throw error;
		});
	} catch (error) {
		throw error instanceof StaleConnectionError ? error.error : error;
	}
}

/** Returns a successful response. @throws AdapterError for every other one, unless it is that of a Service behind the API server. */
async function checkStatus(
	{operation, passThrough}: ApiRequest,
	{response: {headers}, host}: ReceivedResponse,
	response: ApiResponse,
	now: number,
): Promise<ApiResponse> {
	const {status} = response;
	if ((status >= 200 && status < 300) || (passThrough !== undefined && status < 400)) return response;
	if (status < 400) {
		response.close();
		const hint = 'Correct the server of this context: it must be an API server.';
		throw new AdapterError('malformed', `${operation}: ${host} answers with status ${status}`, hint);
	}
	// Without its body the status is still an error that can be explained.
	const body = await readBodyText(response, maxRefusalBytes).catch(() => '');
	if (passThrough !== undefined && !isApiStatus(body)) {
		return {...response, chunks: singleChunk(Buffer.from(body))};
	}
	throw apiRefusalError(parseApiRefusal(status, body, retryAfterMs(headers['retry-after'], now)), operation);
}

async function* singleChunk(chunk: Buffer): AsyncGenerator<Buffer> {
	yield chunk;
}

function parseJson(body: string, operation: string): unknown {
	try {
		return parseBoundedJson(body);
	} catch (cause) {
		const hint = 'Check the server of this context and any load balancer in front of it.';
		if (cause instanceof JsonBoundError) {
			const size = formatBytes(body.length);
			throw new AdapterError('malformed', `${operation}: the answer, ${size} of JSON, ${cause.message}`, hint);
		}
		throw new AdapterError('malformed', `${operation}: the answer is not JSON`, hint, {cause});
	}
}
