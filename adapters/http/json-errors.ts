import {AdapterError} from '../../src/errors.ts';
import type {JsonBoundError} from '../../src/text/bounded-json.ts';
import {formatBytes} from '../../src/text/format.ts';
import {htmlToText} from './html-text.ts';
import {HttpRefusal, isHtml} from './refusal.ts';

/** The most characters of an HTML page and of other text that an error holds. */
const maxPageLength = 64 * 1024;
const maxTextLength = 1000;

type Body = {readonly status: number; readonly contentType: string; readonly bytes: Buffer};

/** The error for JSON that is not parsed, because it would take too much memory or is nested too deeply. */
export function jsonTooLargeError(
	{bytes}: Body,
	{message}: JsonBoundError,
	operation: string,
	endpoint: string,
): AdapterError {
	const hint = 'This server should not answer so much: check `url`, and any proxy between here and the server.';
	return new AdapterError(
		'malformed',
		`${operation}: ${endpoint} answers with ${formatBytes(bytes.length)} of JSON that ${message}`,
		hint,
	);
}

/** The error for a successful response whose body is not JSON. Its cause is the `HttpRefusal` with the text. */
export function notJsonError(
	{status, contentType}: Body,
	text: string,
	operation: string,
	endpoint: string,
): AdapterError {
	const html = isHtml(contentType, text.slice(0, maxTextLength));
	const readable = html ? htmlToText(text.slice(0, maxPageLength)) : text;
	const kind = html ? 'an HTML page' : 'something that is not JSON';
	const hint = html
		? 'It may be a login page, or of a proxy: check `url`, its prefix and the login of this target.'
		: 'Check `url`, and any proxy between here and the server.';
	return new AdapterError(
		'malformed',
		`${operation}: ${endpoint} answers with ${kind}: ${readable.trim().slice(0, 120)}`,
		hint,
		{
			cause: new HttpRefusal(status, html ? readable : text.slice(0, maxTextLength), html),
		},
	);
}
