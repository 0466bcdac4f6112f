import {maskEncoded} from './prose.ts';
import {quotedEnd} from './quoted.ts';
import {isSpace, isWord, type Scan} from './scan.ts';
import {bareEnd, closersEnd} from './value.ts';

const port = /\d{1,6}(?:[/?#\s'"]|$)/y;

/**
 * `scheme://user:password@host`. A password may hold slashes and `@`; a port and a path are none, however many `@` come after them. A long
 * user without a password is a token.
 */
export function findUserInfo(scan: Scan, place: number): void {
	if (!isWord(scan.at(place - 1))) return;
	const {text} = scan;
	const start = place + 3;
	let end = start;
	let colon = -1;
	let at = -1;
	for (; end < text.length && scan.spaceEnd(end) === end; end += 1) {
		const character = text[end];
		if (character === "'" || character === '"' || text.startsWith('://', end)) break;
		if (colon < 0 && (character === '/' || character === '@')) {
			if (character === '@' && /^[\w-]{20,}$/.test(text.slice(start, end))) scan.mask(start, end);
			return;
		}
		if (character === ':' && colon < 0) colon = end;
		else if (character === '@') at = end;
	}
	if (at <= colon + 1 || colon < 0 || text[start] === '[') return;
	port.lastIndex = colon + 1;
	if (!port.test(text)) scan.mask(colon + 1, at);
}

const longestUser = 256;
const signed = /(?:[?&]|&amp;|\\u0026|%(?:25)?(?:26|3f)|x-(?:amz|goog)-)$/i;

/** `?sig=…`, `&X-Amz-Signature=…`, also encoded in another address. */
export function findSignature(scan: Scan, place: number): void {
	const {text} = scan;
	const end = scan.wordEnd(place);
	if (!signed.test(text.slice(Math.max(0, place - 8), place)) || maskEncoded(scan, end) || text[end] !== '=') return;
	let valueEnd = end + 1;
	while (isWord(scan.at(valueEnd)) || '%+/=.~-'.includes(text[valueEnd] ?? ' ')) valueEnd += 1;
	scan.mask(end + 1, valueEnd);
}

/** `user:password@tcp(host:3306)/db`, as programs in Go have it. */
export function findGoAddress(scan: Scan, place: number): void {
	const first = Math.max(scan.done, place - longestUser);
	let start = place;
	while (start > first && !isSpace(scan.at(start - 1))) start -= 1;
	const word = scan.text.slice(start, place);
	const quote = Math.max(word.lastIndexOf('"'), word.lastIndexOf("'"));
	const colon = word.indexOf(':', quote + 1);
	// The quote may be part of the password.
	const separator = colon < 0 ? word.indexOf(':') : colon;
	if (separator >= 0) scan.mask(start + separator + 1, place);
}

const schemes: readonly string[] = ['bearer', 'basic', 'token', 'negotiate', 'ntlm', 'apikey', 'splunk'];
/** Schemes with several parts. */
const longSchemes: readonly string[] = ['digest', 'aws4-hmac-sha256', 'oauth', 'hawk', 'signature', 'scram-sha-256'];

/** End of the value of a header: of the string around it, else of the line. */
function headerEnd(scan: Scan, name: number, value: number): number {
	const {text} = scan;
	const [before = ''] = text.slice(Math.max(0, name - 1), name);
	const lineEnd = scan.lineEnd(value);
	if (before !== '"' && before !== "'") return lineEnd;
	const end = text.slice(value, lineEnd).search(before === '"' ? /\\?"/ : /'/);
	return end < 0 ? lineEnd : value + end;
}

/** Start of the value of a header, with the quotes of JSON left out; undefined where none is given. */
function headerValue(scan: Scan, nameEnd: number): {readonly start: number; readonly quoted: boolean} | undefined {
	const closed = closersEnd(scan, nameEnd);
	const operator = scan.skipOver(' \t', closed, 8);
	if (scan.at(operator) !== 58 && scan.at(operator) !== 61) return undefined;
	const open = scan.skipOver(` \t[`, operator + 1, 8);
	const start = scan.skipOver(`"'\\`, open, 4);
	return {start, quoted: start > open};
}

/** `Authorization: Basic …`, `"authorization": ["Bearer …"]` */
export function findAuthorization(scan: Scan, place: number): void {
	const value = headerValue(scan, place + 'authorization'.length);
	if (value === undefined) return;
	const {start, quoted} = value;
	const scheme = [...schemes, ...longSchemes].find(one => scan.hasWord(one, start));
	const first = scheme === undefined ? start : scan.spaceEnd(start + scheme.length, true);
	if (scheme !== undefined && longSchemes.includes(scheme)) {
		const end = quoted ? headerEnd(scan, start, first) : headerEnd(scan, place, first);
		scan.mask(first, end);
		return;
	}
	let end = first;
	while (end < scan.text.length && !`"'\\,;)}]`.includes(scan.text[end] ?? '') && scan.spaceEnd(end) === end) end += 1;
	scan.mask(first, end);
}

/** `Cookie: a=1; b=2`, `Set-Cookie: …` */
export function findCookie(scan: Scan, place: number): void {
	if (isWord(scan.at(place - 1))) return;
	const end = scan.wordEnd(place, 16);
	if (end - place > 'cookies'.length) return;
	const value = headerValue(scan, end);
	if (value === undefined) return;
	const {start, quoted} = value;
	const nameStart = scan.has('set-', place - 4) ? place - 4 : place;
	if (quoted) {
		const quote = quotedEnd(scan, start - 1);
		scan.mask(start, quote === undefined ? scan.lineEnd(start) : Math.max(start, quote - 1));
	} else if (scan.text[end] === '=') scan.mask(start, bareEnd(scan, start));
	else scan.mask(start, headerEnd(scan, nameStart, start));
}

/** `Bearer …` anywhere. A word in lower case is not a token. */
export function findBearer(scan: Scan, place: number): void {
	if (isWord(scan.at(place - 1))) return;
	const start = scan.spaceEnd(place + 'bearer'.length, true);
	if (start === place + 'bearer'.length) return;
	let end = start;
	let isPlainWord = true;
	for (; end < scan.text.length; end += 1) {
		const code = scan.at(end);
		const isLower = code >= 97 && code <= 122;
		if (!isLower && !isWord(code) && !'.~+/=-'.includes(scan.text[end] ?? '')) break;
		if (isWord(code) && !isLower && end > start) isPlainWord = false;
		if ('./+~-'.includes(scan.text[end] ?? ' ') && end > start) isPlainWord = false;
	}
	if (isPlainWord && end - start < 20) return;
	scan.mask(start, end);
}

/** `Basic dXNlcjpwYXNz`: what is in base64 is a user and a password. */
export function findBasic(scan: Scan, place: number): void {
	if (isWord(scan.at(place - 1))) return;
	const start = scan.spaceEnd(place + 'basic'.length, true);
	const base64 = /^[A-Za-z0-9+/]{6,}={0,2}/.exec(scan.text.slice(start, start + 2048))?.[0];
	if (base64 === undefined || start === place + 'basic'.length) return;
	const pair = Buffer.from(base64, 'base64').toString('latin1');
	if (/^[\x20-\x39\x3b-\x7e]*:[\x20-\x7e]*$/.test(pair)) scan.mask(start, start + base64.length);
}

/** `hooks.slack.com/services/T…/B…/…`, `/api/webhooks/1/…` */
export function findWebhook(scan: Scan, place: number): void {
	const found = /^(?:services|webhooks)\/(?=[\w-])/i.exec(scan.text.slice(place, place + 16));
	if (found === null || scan.text[place - 1] !== '/') return;
	const isSlack = scan.has('hooks.slack.com/', place - 16);
	const isDiscord = scan.has('/api/', place - 5);
	if (!isSlack && !isDiscord) return;
	const start = place + found[0].length;
	const path = /^[\w/-]+/.exec(scan.text.slice(start, start + 400))?.[0] ?? '';
	scan.mask(start, start + path.length);
}

/** `"auth": "…"` of a Docker configuration, `_auth=…` of an npmrc. */
export function findRegistryAuth(scan: Scan, place: number): void {
	if (/[a-z0-9]/i.test(scan.text[place - 1] ?? '') || isWord(scan.at(place + 4))) return;
	const start = headerValue(scan, place + 4)?.start;
	if (start === undefined) return;
	const base64 = /^[A-Za-z0-9+/]{8,}={0,2}/.exec(scan.text.slice(start, start + 2048))?.[0];
	if (base64 !== undefined && Buffer.from(base64, 'base64').includes(':')) scan.mask(start, start + base64.length);
}
