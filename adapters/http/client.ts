import type {HttpQuery, HttpRequest, HttpTransport} from '../../src/contract/http-transport.ts';
import {AdapterError} from '../../src/errors.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {JsonBoundError, parseBoundedJson} from '../../src/text/bounded-json.ts';
import {trimTrailingSlashes} from '../../src/text/url.ts';
import {systemClock} from '../../src/time/clock.ts';
import {untilAborted, withDeadline} from '../../src/time/deadline.ts';
import {htmlToText} from './html-text.ts';
import {jsonTooLargeError, notJsonError} from './json-errors.ts';
import {HttpRefusal, httpRefusalError, isHtml} from './refusal.ts';
import {headerOf, readBody} from './response-body.ts';
import {readSecretHeaders, type SecretHeaders} from './secret-headers.ts';
import {createHttpTransport} from './transport.ts';

export type HttpClientRequest = {
	readonly method?: HttpRequest['method'];
	/** Begins with a slash, after the prefix of the server. */
	readonly path: string;
	readonly query?: HttpQuery;
	/** Sent as `application/x-www-form-urlencoded`. */
	readonly form?: HttpQuery;
	/** Sent as JSON. */
	readonly body?: unknown;
	readonly accept?: string;
	/** For errors: `query up`. */
	readonly operation: string;
	/** Milliseconds until the last byte of the response, connecting included. */
	readonly timeoutMs?: number;
	/** Maximum size of the response in bytes, decompressed. */
	readonly maxBytes?: number;
	/** Id of the audit record of a write. */
	readonly record?: string;
};

export type HttpBytesResponse = {
	readonly status: number;
	readonly contentType: string;
	/** The complete body, decompressed. */
	readonly bytes: Buffer;
};

/** Every member rejects with AdapterError: for a status from 300 on with `HttpRefusal` as its cause, and at once when `signal` aborts. */
export type HttpClient = {
	/** `host:port`, or the service and its cluster. */
	readonly endpoint: string;
	bytes(request: HttpClientRequest, signal: AbortSignal): Promise<HttpBytesResponse>;
	text(request: HttpClientRequest, signal: AbortSignal): Promise<string>;
	/** @throws AdapterError `malformed` when the body is not JSON; an HTML page has its `HttpRefusal` as cause. */
	json(request: HttpClientRequest, signal: AbortSignal): Promise<unknown>;
	close(): void;
};

const defaultTimeoutMs = 10_000;
const defaultMaxBytes = 64 * 1024 * 1024;
const maxRefusalBytes = 64 * 1024;

/**
 * A client of one server. `via` replaces our own connections.
 * @throws AdapterError `unsupported` when the settings cannot be used.
 */
export function createHttpClient(
	settings: HttpSettings,
	options: {readonly via?: HttpTransport | undefined},
): HttpClient {
	const transport = options.via ?? createHttpTransport(settings);
	const {endpoint} = transport;
	if (options.via !== undefined && settings.auth.kind !== 'none') {
		const hint =
			'The API server uses that header itself: remove the login of the service, or reach it directly by `url`.';
		throw new AdapterError('unsupported', `${endpoint}: no login can be sent through a cluster`, hint);
	}
	const prefix = trimTrailingSlashes(URL.parse(settings.url)?.pathname ?? '');

	async function send(request: HttpClientRequest, signal: AbortSignal): Promise<ResponseWithMask> {
		const secret = await untilAborted(readSecretHeaders(settings), signal);
		const response = await transport.send(transportRequest(request, prefix, secret), signal);
		const {status} = response;
		const ok = status >= 200 && status < 300;
		const maxBytes = ok ? (request.maxBytes ?? defaultMaxBytes) : maxRefusalBytes;
		const {operation} = request;
		const bytes = await readBody(response, {maxBytes, truncate: !ok, operation, endpoint});
		const contentType = headerOf(response, 'content-type');
		if (ok) return {status, contentType, bytes, mask: secret.mask};
		const body = secret.mask(bytes.toString('utf8'));
		const html = isHtml(contentType, body);
		const location = headerOf(response, 'location').replace(/[?#].*/s, '');
		throw httpRefusalError(
			new HttpRefusal(status, html ? htmlToText(body) : body, html),
			operation,
			endpoint,
			location,
		);
	}

	const sendInTime = (request: HttpClientRequest, signal: AbortSignal) => {
		const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
		const createTimeoutError = () => httpTimeoutError(`${request.operation}: ${endpoint}`, timeoutMs, request.method);
		return withDeadline({clock: systemClock, timeoutMs, createTimeoutError, signal}, bounded => send(request, bounded));
	};

	return {
		endpoint,
		async bytes(request, signal) {
			const {status, contentType, bytes} = await sendInTime(request, signal);
			return {status, contentType, bytes};
		},
		async text(request, signal) {
			return (await sendInTime(request, signal)).bytes.toString('utf8');
		},
		async json(request, signal) {
			const response = await sendInTime(request, signal);
			const text = response.bytes.toString('utf8');
			try {
				return parseBoundedJson(text);
			} catch (error) {
				if (error instanceof JsonBoundError) throw jsonTooLargeError(response, error, request.operation, endpoint);
				throw notJsonError(response, response.mask(text), request.operation, endpoint);
			}
		},
		close: () => transport.close(),
	};
}

type ResponseWithMask = HttpBytesResponse & Pick<SecretHeaders, 'mask'>;

/** `what`: the operation and its server. */
function httpTimeoutError(what: string, timeoutMs: number, method = 'GET'): AdapterError {
	const next =
		method === 'GET' ? 'It is retried.' : 'It may have been done, and is not sent again: look whether it was.';
	const hint = `The server is busy or hangs, or the network drops packets: look at its load. ${next}`;
	return new AdapterError('timeout', `${what} did not answer within ${timeoutMs / 1000} s`, hint);
}

function transportRequest(request: HttpClientRequest, prefix: string, secret: SecretHeaders): HttpRequest {
	const {method = 'GET', path, query = [], accept = 'application/json', record} = request;
	const {body, contentType} = encodedBody(request);
	return {
		method,
		path: `${prefix}${path}`,
		query,
		headers: {
			...secret.headers,
			Accept: accept,
			'Accept-Encoding': 'gzip',
			'User-Agent': record === undefined ? 'midwatch' : `midwatch record/${record}`,
			...(contentType === undefined ? {} : {'Content-Type': contentType}),
		},
		body,
	};
}

function encodedBody({form, body}: HttpClientRequest): {readonly body?: string; readonly contentType?: string} {
	if (form !== undefined)
		return {contentType: 'application/x-www-form-urlencoded', body: `${new URLSearchParams(form)}`};
	return body === undefined ? {} : {contentType: 'application/json', body: JSON.stringify(body)};
}
