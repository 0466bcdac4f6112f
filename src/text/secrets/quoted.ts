import {isSpace, isWord, type Scan, toLowerCaseCode} from './scan.ts';

const apostrophe = 39;
const quote = 34;
const backslash = 92;
const dollar = 36;

/**
 * End of the string of SQL, JSON or a shell that begins there; undefined where none does. One that is not closed goes to the end of the
 * text, since a server may have cut it. https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS
 */
export function quotedEnd(scan: Scan, place: number): number | undefined {
	const {text} = scan;
	switch (scan.at(place)) {
		case apostrophe:
			// Inside of a word of the shell that is quoted itself.
			if (text.startsWith(`'\\''`, place)) return behind(text, `'\\''`, place + 4);
			// Inside of another string of SQL.
			if (scan.at(place + 1) === apostrophe && isInner(scan.at(place + 2)))
				return continued(scan, behind(text, `''`, place + 3), `''`);
			return continued(scan, singleEnd(text, place + 1), `'`);
		case quote:
			return escapedEnd(text, place + 1, quote);
		case dollar:
			return dollarEnd(scan, place);
		case backslash:
			return escapedQuoteEnd(scan, place);
		default:
			return prefixedEnd(scan, place);
	}
}

/** Whether a string inside of another one begins with this: what can follow an empty string does not. */
const isInner = (code: number): boolean =>
	!Number.isNaN(code) && !isSpace(code) && !"'`,;)}]".includes(String.fromCharCode(code));

function behind(text: string, end: string, from: number): number {
	const found = text.indexOf(end, from);
	return found < 0 ? text.length : found + end.length;
}

/** Where a text in single quotes ends. In SQL an apostrophe is doubled, elsewhere it has a backslash before it: the later end counts. */
function singleEnd(text: string, from: number): number {
	let end = text.indexOf("'", from);
	while (end >= 0 && text.charCodeAt(end + 1) === apostrophe) end = text.indexOf("'", end + 2);
	const doubled = end < 0 ? text.length : end + 1;
	return Math.max(doubled, escapedEnd(text, from, apostrophe));
}

function escapedEnd(text: string, from: number, end: number): number {
	for (let at = from; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === end) return at + 1;
		if (code === backslash) at += 1;
	}
	return text.length;
}

/** `E'…'`, `U&'…'`, `N'…'` */
function prefixedEnd(scan: Scan, place: number): number | undefined {
	if (isWord(scan.at(place - 1))) return undefined;
	const letter = toLowerCaseCode(scan.at(place));
	if (letter === 110 && scan.at(place + 1) === apostrophe) return continued(scan, singleEnd(scan.text, place + 2), `'`);
	if (letter === 117 && scan.at(place + 1) === 38 && scan.at(place + 2) === apostrophe)
		return continued(scan, singleEnd(scan.text, place + 3), `'`);
	if (letter !== 101 || scan.at(place + 1) !== apostrophe) return undefined;
	return continued(scan, escapeStringEnd(scan.text, place + 2), `'`);
}

function escapeStringEnd(text: string, from: number): number {
	for (let at = from; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === backslash || (code === apostrophe && text.charCodeAt(at + 1) === apostrophe)) at += 1;
		else if (code === apostrophe) return at + 1;
	}
	return text.length;
}

/** A key of YAML or JSON5, which is no string that goes on. */
const quotedKey = /'[\w.-]{1,64}'[ \t]{0,4}:(?!:)/y;

/** PostgreSQL takes strings with a line end between them for one string: the end of the last of them. */
function continued(scan: Scan, end: number, mark: string): number {
	let last = end;
	for (;;) {
		const next = scan.blankEnd(last);
		if (next >= scan.text.length && mark === `'`) scan.awaitsString = true;
		if (
			!scan.text.slice(last, next).includes('\n') ||
			!scan.text.startsWith(mark, next) ||
			isQuotedKey(scan.text, next)
		)
			return last;
		last = mark === `'` ? singleEnd(scan.text, next + 1) : behind(scan.text, mark, next + mark.length);
	}
}

function isQuotedKey(text: string, place: number): boolean {
	quotedKey.lastIndex = place;
	return quotedKey.test(text);
}

/** The string at the start of a line that goes on with the one at the end of the line before. */
export function findStringRest(scan: Scan): void {
	const start = scan.blankEnd(0);
	if (start >= scan.text.length) scan.awaitsString = true;
	else if (scan.at(start) === apostrophe && !isQuotedKey(scan.text, start))
		scan.mask(start, continued(scan, singleEnd(scan.text, start + 1), `'`));
}

/** `$$…$$`, `$tag$…$tag$` */
function dollarEnd(scan: Scan, place: number): number | undefined {
	const first = scan.at(place + 1);
	const tagEnd = first >= 48 && first <= 57 ? place : scan.wordEnd(place + 1, 64);
	if (scan.at(tagEnd) !== dollar || tagEnd === place) return undefined;
	return behind(scan.text, scan.text.slice(place, tagEnd + 1), tagEnd + 1);
}

/** `\"…\"`: a string inside of another one of JSON; its end has as many backslashes. */
function escapedQuoteEnd(scan: Scan, place: number): number | undefined {
	const end = scan.skipOver('\\', place, 16);
	const code = scan.at(end);
	if (code !== quote && code !== apostrophe) return undefined;
	return behind(scan.text, scan.text.slice(place, end + 1), end + 1);
}
