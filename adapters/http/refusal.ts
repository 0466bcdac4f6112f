import {AdapterError, type ErrorKind, isAdapterError} from '../../src/errors.ts';

/** What a server said instead of doing what was asked. It is the `cause` of the error that tells of it. */
export class HttpRefusal {
	readonly status: number;
	/** The first 64 KB, without tags when it is a page. Secrets masked. */
	readonly body: string;
	/** It is a page for people: of a proxy, a log-in, or the server's own front end. */
	readonly html: boolean;

	constructor(status: number, body: string, html: boolean) {
		this.status = status;
		this.body = body;
		this.html = html;
	}
}

/** The refusal behind an error, when there was an answer at all. */
export const findHttpRefusal = (error: unknown): HttpRefusal | undefined =>
	isAdapterError(error) && error.cause instanceof HttpRefusal ? error.cause : undefined;

/**
 * True when this server does not have what was asked for: no such path, or no such method, or its front end answers for any path. A page
 * of an overloaded proxy says nothing of the kind.
 */
export function isMissingApi(error: unknown): boolean {
	const refusal = findHttpRefusal(error);
	if (refusal === undefined) return false;
	// VictoriaMetrics says it with another status.
	if (refusal.status === 400 && /unsupported path requested/.test(refusal.body)) return true;
	return [404, 405, 501].includes(refusal.status) || (refusal.html && refusal.status >= 200 && refusal.status < 300);
}

/** A page for people where data was expected. */
export const isHtml = (contentType: string, body: string): boolean =>
	/^\s*(?:text\/html|application\/xhtml)/i.test(contentType) || /^\s*<(?:!doctype html|html)\b/i.test(body);

/** The sentence in an answer of Prometheus `{error}`, of Alertmanager `"…"` or `{message}`, or of anything else. */
export function refusalSentence(body: string): string {
	let told: unknown = body;
	try {
		const json: unknown = JSON.parse(body);
		if (typeof json === 'string') told = json;
		else if (typeof json === 'object' && json !== null) {
			if ('error' in json) told = json.error;
			else if ('message' in json) told = json.message;
		}
	} catch {
		// Plain text.
	}
	return (typeof told === 'string' ? told : body).replaceAll(/\s+/g, ' ').trim();
}

const longestSentence = 600;

/** What a status from 300 on means. `asked` says what was asked: `query up`. */
export function httpRefusalError(refusal: HttpRefusal, asked: string, where: string, location: string): AdapterError {
	const [kind, hint] = meaningOf(refusal, location);
	const said = (refusal.html ? refusal.body : refusalSentence(refusal.body)).slice(0, longestSentence);
	const page = refusal.html ? ` (a page: ${said.slice(0, 120) || 'empty'})` : said === '' ? '' : `: ${said}`;
	const message = `${asked}: ${where} answers with status ${refusal.status}${page}`;
	return new AdapterError(kind, message, hint, {cause: refusal});
}

function meaningOf({status, html}: HttpRefusal, location: string): readonly [ErrorKind, string] {
	if (status < 400) {
		const to = location === '' ? 'another address' : location;
		return ['malformed', `It wants to send us to ${to}: check whether that is the right \`url\`, or a page to log in.`];
	}
	switch (status) {
		case 400:
		case 413:
		case 422:
			return ['denied', 'The server does not accept it as it stands: see what it says.'];
		case 401:
			return ['denied', 'The server does not know us: correct the log-in of this target in the configuration.'];
		case 403:
			return ['denied', 'The server does not allow it: ask who runs it, or look at what stands before it.'];
		case 404:
		case 405:
		case 501:
			return [
				'unsupported',
				'This server does not offer it: check `url` and its prefix, and what kind of server it is.',
			];
		case 407:
			return ['denied', 'The proxy wants a log-in: check HTTPS_PROXY and NO_PROXY of this shell.'];
		case 408:
		case 504:
			return ['timeout', 'It did not finish in time: look at the load of the server, and what stands before it.'];
		case 429:
			return ['denied', 'Nothing was done: the server asks to wait. It is tried again.'];
	}
	if (html)
		return ['unreachable', 'Something that stands before the server answers for it: look whether the server runs.'];
	if (status === 503) return ['unreachable', 'The server is not ready, or too busy: look at its log and its load.'];
	if (status >= 500) return ['unreachable', 'The server failed: look at its log.'];
	return ['malformed', 'Nobody expected this answer: check `url`, and what stands between.'];
}
