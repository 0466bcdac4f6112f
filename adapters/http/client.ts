import {Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';
import type {HttpQuery, HttpRequest, HttpResponse, HttpTransport} from '../../src/contract/http-transport.ts';
import {AdapterError} from '../../src/errors.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {JsonBoundError, parseBoundedJson} from '../../src/text/bounded-json.ts';
import {formatBytes} from '../../src/text/format.ts';
import {trimTrailingSlashes} from '../../src/text/url.ts';
import {untilAborted} from '../../src/time/deadline.ts';
import {httpConnectionError} from './errors.ts';
import {htmlToText} from './html-text.ts';
import {HttpRefusal, httpRefusalError, isHtml} from './refusal.ts';
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
	/** Milliseconds until the whole answer is here, connecting included. */
	readonly timeoutMs?: number;
	/** Most bytes of the answer, unpacked. */
	readonly maxBytes?: number;
	/** Id of the audit record of an act. */
	readonly record?: string;
};

export type HttpBytesResponse = {
	readonly status: number;
	readonly contentType: string;
	/** The whole answer, unpacked. */
	readonly bytes: Buffer;
};

/** Every member rejects with AdapterError: on a status from 300 on with `HttpRefusal` as its cause, and at once when `signal` fires. */
export type HttpClient = {
	/** `host:port`, or the service and its cluster. */
	readonly endpoint: string;
	bytes(ask: HttpClientRequest, signal: AbortSignal): Promise<HttpBytesResponse>;
	text(ask: HttpClientRequest, signal: AbortSignal): Promise<string>;
	/** @throws AdapterError `malformed` when it is not JSON; a page for people has its `HttpRefusal` as cause. */
	json(ask: HttpClientRequest, signal: AbortSignal): Promise<unknown>;
	close(): void;
};

const defaultTimeoutMs = 10_000;
const defaultMaxBytes = 64 * 1024 * 1024;
const maxRefusalBytes = 64 * 1024;

/** Shorter ones are no secrets, and masking them would spoil what is said. */
const shortestSecret = 4;

/**
 * One server. `via` stands for our own connections.
 * @throws AdapterError `unsupported` when the settings cannot be used.
 */
export function createHttpClient(
	settings: HttpSettings,
	options: {readonly via?: HttpTransport | undefined},
): HttpClient {
	const transport = options.via ?? createHttpTransport(settings);
	const prefix = trimTrailingSlashes(URL.parse(settings.url)?.pathname ?? '');
	if (options.via !== undefined && settings.auth.kind !== 'none') {
		const hint =
			'The API server keeps that header for itself: give the service no log-in, or reach it directly by `url`.';
		throw new AdapterError('unsupported', `${transport.endpoint}: no log-in can be sent through a cluster`, hint);
	}

	/** All that was revealed, so that it can be masked where a server repeats it. */
	async function secretHeaders(): Promise<{
		readonly headers: Record<string, string>;
		readonly secrets: readonly string[];
	}> {
		const headers: Record<string, string> = {};
		const secrets: string[] = [];
		const {auth} = settings;
		if (auth.kind === 'basic') {
			const password = await auth.password.reveal();
			const words = Buffer.from(`${auth.username}:${password}`).toString('base64');
			headers['Authorization'] = `Basic ${words}`;
			secrets.push(words, password);
		} else if (auth.kind === 'bearer') {
			const token = (await auth.token.reveal()).trim();
			headers['Authorization'] = `Bearer ${token}`;
			secrets.push(token);
		}
		for (const [name, value] of Object.entries(settings.headers)) {
			const text = await value.reveal();
			headers[name] = text;
			secrets.push(text);
		}
		for (const [name, value] of Object.entries(headers)) {
			if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
				const hint = 'It holds a line break or another character that no header may hold: correct what it refers to.';
				throw new AdapterError('denied', `the value of the header ${name} cannot be sent`, hint);
			}
		}
		return {headers, secrets: secrets.filter(secret => secret.length >= shortestSecret)};
	}

	async function exchange(
		ask: HttpClientRequest,
		signal: AbortSignal,
	): Promise<HttpBytesResponse & {readonly mask: Mask}> {
		// A secret may come from a command, which knows no signal.
		const {headers, secrets} = await untilAborted(secretHeaders(), signal);
		const mask: Mask = text => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
		const sent = bodyOf(ask);
		const answer = await transport.send(
			{
				method: ask.method ?? 'GET',
				path: `${prefix}${ask.path}`,
				query: ask.query ?? [],
				headers: {
					...headers,
					Accept: ask.accept ?? 'application/json',
					'Accept-Encoding': 'gzip',
					'User-Agent': ask.record === undefined ? 'midwatch' : `midwatch record/${ask.record}`,
					...sent.headers,
				},
				body: sent.body,
			},
			signal,
		);
		const {status} = answer;
		const contentType = headerOf(answer, 'content-type');
		const fine = status >= 200 && status < 300;
		const most = fine ? (ask.maxBytes ?? defaultMaxBytes) : maxRefusalBytes;
		const bytes = await readBody(answer, {most, whole: fine, asked: ask.operation, where: transport.endpoint});
		if (fine) return {status, contentType, bytes, mask};
		const body = mask(bytes.toString('utf8'));
		const html = isHtml(contentType, body);
		const location = headerOf(answer, 'location').replace(/[?#].*/s, '');
		throw httpRefusalError(
			new HttpRefusal(status, html ? htmlToText(body) : body, html),
			ask.operation,
			transport.endpoint,
			location,
		);
	}

	async function bounded(ask: HttpClientRequest, signal: AbortSignal) {
		const ms = ask.timeoutMs ?? defaultTimeoutMs;
		const late = new AbortController();
		const timer = setTimeout(() => {
			const hint = 'The server is busy or hangs, or the network drops packets: look at its load. It is tried again.';
			late.abort(
				new AdapterError(
					'timeout',
					`${ask.operation}: ${transport.endpoint} did not answer within ${ms / 1000} s`,
					hint,
				),
			);
		}, ms);
		try {
			return await exchange(ask, AbortSignal.any([signal, late.signal]));
		} finally {
			clearTimeout(timer);
		}
	}

	return {
		endpoint: transport.endpoint,
		async bytes(ask, signal) {
			const {status, contentType, bytes} = await bounded(ask, signal);
			return {status, contentType, bytes};
		},
		async text(ask, signal) {
			return (await bounded(ask, signal)).bytes.toString('utf8');
		},
		async json(ask, signal) {
			const answer = await bounded(ask, signal);
			const text = answer.bytes.toString('utf8');
			try {
				return parseBoundedJson(text);
			} catch (error) {
				if (error instanceof JsonBoundError) throw jsonTooLargeError(answer, error, ask.operation, transport.endpoint);
				throw notJsonError(answer, answer.mask(text), ask.operation, transport.endpoint);
			}
		},
		close: () => transport.close(),
	};
}

type Mask = (text: string) => string;

function bodyOf({form, body}: HttpClientRequest): {
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
} {
	if (form !== undefined) {
		return {headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: `${new URLSearchParams(form)}`};
	}
	return body === undefined
		? {headers: {}}
		: {headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)};
}

function headerOf({headers}: HttpResponse, name: string): string {
	const value = headers[name];
	return typeof value === 'string' ? value : (value?.[0] ?? '');
}

/** JSON that is not read, since it would take too much memory or could not be walked through. */
export function jsonTooLargeError(
	answer: HttpBytesResponse,
	{message}: JsonBoundError,
	asked: string,
	where: string,
): AdapterError {
	const size = formatBytes(answer.bytes.length);
	const hint = 'No such answer is expected of it: check `url`, and any proxy between here and the server.';
	return new AdapterError('malformed', `${asked}: ${where} answers with ${size} of JSON that ${message}`, hint);
}

/** An answer that came as it should and is not the JSON it should be. */
export function notJsonError(answer: HttpBytesResponse, text: string, asked: string, where: string): AdapterError {
	const html = isHtml(answer.contentType, text.slice(0, 1000));
	const said = (html ? htmlToText(text.slice(0, maxRefusalBytes)) : text.trim()).slice(0, 120);
	const message = `${asked}: ${where} answers with ${html ? 'a page for people' : 'something that is not JSON'}: ${said}`;
	const hint = html
		? 'It may be a page to log in, or of a proxy: check `url`, its prefix and the log-in of this target.'
		: 'Check `url`, and what stands between here and the server.';
	return new AdapterError('malformed', message, hint, {
		cause: new HttpRefusal(
			answer.status,
			html ? htmlToText(text.slice(0, maxRefusalBytes)) : text.slice(0, 1000),
			html,
		),
	});
}

type ReadLimits = {readonly most: number; readonly whole: boolean; readonly asked: string; readonly where: string};

/** The bytes of an answer, unpacked: all of them, or with `whole: false` as many as are wanted. */
async function readBody(answer: HttpResponse, {most, whole, asked, where}: ReadLimits): Promise<Buffer> {
	const pieces: Uint8Array[] = [];
	let size = 0;
	const packed = /\bgzip\b/i.test(headerOf(answer, 'content-encoding'));
	try {
		for await (const chunk of packed ? decompressed(answer.chunks, where) : answer.chunks) {
			size += chunk.length;
			pieces.push(chunk);
			if (size <= most) continue;
			if (!whole) break;
			const hint = 'No such answer is expected of it: check `url`, or ask for less.';
			throw new AdapterError('malformed', `${asked}: ${where} answers with more than ${most / 1024 / 1024} MB`, hint);
		}
	} finally {
		answer.close();
	}
	return Buffer.concat(pieces).subarray(0, most);
}

async function* decompressed(chunks: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
	const gunzip = createGunzip();
	const source = Readable.from(chunks, {objectMode: false});
	// A pipe does not hand errors on.
	source.on('error', error => gunzip.destroy(error));
	try {
		yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
	} catch (error) {
		throw httpConnectionError(error, where);
	} finally {
		source.destroy();
		gunzip.destroy();
	}
}
