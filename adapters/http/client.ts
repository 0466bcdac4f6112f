import {Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';
import type {HttpAnswer, HttpQuery, HttpRequest, HttpTransport} from '../../src/contract/http-transport.ts';
import {AdapterError} from '../../src/errors.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {JsonBoundError, parseJson} from '../../src/text/bounded-json.ts';
import {bytes} from '../../src/text/format.ts';
import {withoutEndSlashes} from '../../src/text/url.ts';
import {calledOff, connectionError} from './errors.ts';
import {pageText} from './html-text.ts';
import {HttpRefusal, isHtml, refusalError} from './refusal.ts';
import {createTransport} from './transport.ts';

export type HttpAsk = {
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
	readonly asked: string;
	/** Milliseconds until the whole answer is here, connecting included. */
	readonly timeoutMs?: number;
	/** Most bytes of the answer, unpacked. */
	readonly largest?: number;
	/** Id of the audit record of an act. */
	readonly record?: string;
};

export type HttpBytes = {
	readonly status: number;
	readonly contentType: string;
	/** The whole answer, unpacked. */
	readonly bytes: Buffer;
};

/** Every member rejects with AdapterError: on a status from 300 on with `HttpRefusal` as its cause, and at once when `signal` fires. */
export type HttpClient = {
	/** `host:port`, or the service and its cluster. */
	readonly where: string;
	bytes(ask: HttpAsk, signal: AbortSignal): Promise<HttpBytes>;
	text(ask: HttpAsk, signal: AbortSignal): Promise<string>;
	/** @throws AdapterError `malformed` when it is not JSON; a page for people has its `HttpRefusal` as cause. */
	json(ask: HttpAsk, signal: AbortSignal): Promise<unknown>;
	close(): void;
};

const usualTimeoutMs = 10_000;
const usualLargest = 64 * 1024 * 1024;
const largestRefusal = 64 * 1024;

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
	const transport = options.via ?? createTransport(settings);
	const prefix = withoutEndSlashes(URL.parse(settings.url)?.pathname ?? '');
	if (options.via !== undefined && settings.auth.kind !== 'none') {
		const hint =
			'The API server keeps that header for itself: give the service no log-in, or reach it directly by `url`.';
		throw new AdapterError('unsupported', `${transport.where}: no log-in can be sent through a cluster`, hint);
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

	async function exchange(ask: HttpAsk, signal: AbortSignal): Promise<HttpBytes & {readonly mask: Mask}> {
		const {headers, secrets} = await untilCalledOff(secretHeaders(), signal);
		const mask: Mask = text => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
		const sent = bodyOf(ask);
		const answer = await transport.open(
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
		const most = fine ? (ask.largest ?? usualLargest) : largestRefusal;
		const bytes = await wholeOf(answer, {most, whole: fine, asked: ask.asked, where: transport.where});
		if (fine) return {status, contentType, bytes, mask};
		const body = mask(bytes.toString('utf8'));
		const html = isHtml(contentType, body);
		const location = headerOf(answer, 'location').replace(/[?#].*/s, '');
		throw refusalError(
			new HttpRefusal(status, html ? pageText(body) : body, html),
			ask.asked,
			transport.where,
			location,
		);
	}

	async function bounded(ask: HttpAsk, signal: AbortSignal) {
		const ms = ask.timeoutMs ?? usualTimeoutMs;
		const late = new AbortController();
		const timer = setTimeout(() => {
			const hint = 'The server is busy or hangs, or the network drops packets: look at its load. It is tried again.';
			late.abort(
				new AdapterError('timeout', `${ask.asked}: ${transport.where} did not answer within ${ms / 1000} s`, hint),
			);
		}, ms);
		try {
			return await exchange(ask, AbortSignal.any([signal, late.signal]));
		} finally {
			clearTimeout(timer);
		}
	}

	return {
		where: transport.where,
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
				return parseJson(text);
			} catch (error) {
				if (error instanceof JsonBoundError) throw tooMuch(answer, error, ask.asked, transport.where);
				throw notJson(answer, answer.mask(text), ask.asked, transport.where);
			}
		},
		close: () => transport.close(),
	};
}

/** Asking for a secret may run a command, which knows no signal. */
function untilCalledOff<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise<T>((resolve, reject) => {
		const abort = () => reject(calledOff(signal));
		if (signal.aborted) abort();
		signal.addEventListener('abort', abort, {once: true});
		void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
	});
}

type Mask = (text: string) => string;

function bodyOf({form, body}: HttpAsk): {readonly headers: Readonly<Record<string, string>>; readonly body?: string} {
	if (form !== undefined) {
		return {headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: `${new URLSearchParams(form)}`};
	}
	return body === undefined
		? {headers: {}}
		: {headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)};
}

function headerOf({headers}: HttpAnswer, name: string): string {
	const value = headers[name];
	return typeof value === 'string' ? value : (value?.[0] ?? '');
}

/** JSON that is not read, since it would take too much memory or could not be walked through. */
export function tooMuch(answer: HttpBytes, {message}: JsonBoundError, asked: string, where: string): AdapterError {
	const size = bytes(answer.bytes.length);
	const hint = 'No such answer is expected of it: check `url`, and any proxy between here and the server.';
	return new AdapterError('malformed', `${asked}: ${where} answers with ${size} of JSON that ${message}`, hint);
}

/** An answer that came as it should and is not the JSON it should be. */
export function notJson(answer: HttpBytes, text: string, asked: string, where: string): AdapterError {
	const html = isHtml(answer.contentType, text.slice(0, 1000));
	const said = (html ? pageText(text.slice(0, largestRefusal)) : text.trim()).slice(0, 120);
	const message = `${asked}: ${where} answers with ${html ? 'a page for people' : 'something that is not JSON'}: ${said}`;
	const hint = html
		? 'It may be a page to log in, or of a proxy: check `url`, its prefix and the log-in of this target.'
		: 'Check `url`, and what stands between here and the server.';
	return new AdapterError('malformed', message, hint, {
		cause: new HttpRefusal(answer.status, html ? pageText(text.slice(0, largestRefusal)) : text.slice(0, 1000), html),
	});
}

type Bounds = {readonly most: number; readonly whole: boolean; readonly asked: string; readonly where: string};

/** The bytes of an answer, unpacked: all of them, or with `whole: false` as many as are wanted. */
async function wholeOf(answer: HttpAnswer, {most, whole, asked, where}: Bounds): Promise<Buffer> {
	const pieces: Uint8Array[] = [];
	let size = 0;
	const packed = /\bgzip\b/i.test(headerOf(answer, 'content-encoding'));
	try {
		for await (const chunk of packed ? unpacked(answer.chunks, where) : answer.chunks) {
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

async function* unpacked(chunks: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
	const gunzip = createGunzip();
	const source = Readable.from(chunks, {objectMode: false});
	// A pipe does not hand errors on.
	source.on('error', error => gunzip.destroy(error));
	try {
		yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
	} catch (error) {
		throw connectionError(error, where);
	} finally {
		source.destroy();
		gunzip.destroy();
	}
}
