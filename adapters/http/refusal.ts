import {AdapterError, type ErrorKind, isAdapterError} from '../../src/errors.ts';

/** A response with an error status, or a page instead of data. It is the `cause` of the AdapterError. */
export class HttpRefusal {
	readonly status: number;
	/** The first 64 KB, without tags when it is HTML. Secrets are masked. */
	readonly body: string;
	/** An HTML page: of a proxy, a login, or the server's own web interface. */
	readonly html: boolean;

	constructor(status: number, body: string, html: boolean) {
		this.status = status;
		this.body = body;
		this.html = html;
	}
}

/** The refusal that caused an error; undefined when no response came. */
export const findHttpRefusal = (error: unknown): HttpRefusal | undefined =>
	isAdapterError(error) && error.cause instanceof HttpRefusal ? error.cause : undefined;

/**
 * Whether this server does not have the requested path or method, or its web interface answers for any path. A page of an overloaded proxy
 * does not mean that.
 */
export function isMissingApi(error: unknown): boolean {
	const refusal = findHttpRefusal(error);
	if (refusal === undefined) return false;
	// VictoriaMetrics uses another status for it.
	if (refusal.status === 400 && /unsupported path requested/.test(refusal.body)) return true;
	return [404, 405, 501].includes(refusal.status) || (refusal.html && refusal.status >= 200 && refusal.status < 300);
}

/** Whether a body is an HTML page, by its type or its first characters. */
export const isHtml = (contentType: string, body: string): boolean =>
	/^\s*(?:text\/html|application\/xhtml)/i.test(contentType) || /^\s*<(?:!doctype html|html)\b/i.test(body);

/** The message in an error body: of Prometheus `{error}`, of Alertmanager `"…"` or `{message}`, else the text itself. */
export function refusalSentence(body: string): string {
	let message: unknown = body;
	try {
		const json: unknown = JSON.parse(body);
		if (typeof json === 'string') message = json;
		else if (typeof json === 'object' && json !== null) {
			if ('error' in json) message = json.error;
			else if ('message' in json) message = json.message;
		}
	} catch {
		// Plain text.
	}
	return (typeof message === 'string' ? message : body).replaceAll(/\s+/g, ' ').trim();
}

const maxMessageLength = 600;

/** The error for a status from 300 on. `operation`: `query up`. `location`: the header of a redirect, or empty. */
export function httpRefusalError(
	refusal: HttpRefusal,
	operation: string,
	endpoint: string,
	location: string,
): AdapterError {
	const [kind, hint] = meaningOf(refusal, location);
	const text = (refusal.html ? refusal.body : refusalSentence(refusal.body)).slice(0, maxMessageLength);
	const page = refusal.html ? ` (a page: ${text.slice(0, 120) || 'empty'})` : text === '' ? '' : `: ${text}`;
	const message = `${operation}: ${endpoint} answers with status ${refusal.status}${page}`;
	return new AdapterError(kind, message, hint, {cause: refusal});
}

function meaningOf({status, html}: HttpRefusal, location: string): readonly [ErrorKind, string] {
	if (status < 400) {
		const to = location === '' ? 'another address' : location;
		return ['malformed', `It redirects to ${to}: check whether that is the right \`url\`, or a login page.`];
	}
	switch (status) {
		case 400:
		case 413:
		case 422:
			return ['denied', 'The server rejects the request: read its message.'];
		case 401:
			return ['denied', 'The server does not accept the login: correct the login of this target in the configuration.'];
		case 403:
			return ['denied', 'The server does not allow it: ask its administrator, or check the proxy in front of it.'];
		case 404:
		case 405:
		case 501:
			return [
				'unsupported',
				'This server does not offer it: check `url` and its prefix, and what kind of server it is.',
			];
		case 407:
			return ['denied', 'The proxy requires a login: check HTTPS_PROXY and NO_PROXY of this shell.'];
		case 408:
		case 504:
			return ['timeout', 'It did not finish in time: look at the load of the server, and at the proxy in front of it.'];
		case 429:
			return ['denied', 'Nothing was done: the server, or a proxy in front of it, limits the rate of requests.'];
	}
	if (html) return ['unreachable', 'A proxy in front of the server answers for it: check whether the server runs.'];
	if (status === 503) return ['unreachable', 'The server is not ready, or too busy: look at its log and its load.'];
	if (status >= 500) return ['unreachable', 'The server failed: look at its log.'];
	return ['malformed', 'Unexpected status: check `url`, and any proxy between here and the server.'];
}
