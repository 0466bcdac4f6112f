import {quotedEnd} from './quoted.ts';
import type {Scan} from './scan.ts';

const mostBetween = 100;
const mostArguments = 16;

/** Masks the strings up to the end of a call or of a list in brackets. */
export function maskArguments(scan: Scan, from: number, quotes = `'$`, most = mostArguments): void {
	const {text} = scan;
	let depth = 1;
	let last = from;
	let strings = 0;
	for (let at = from; at < text.length && at - last < mostBetween && strings < most; at += 1) {
		const code = text.charCodeAt(at);
		if (code === 59) return;
		if (code === 40) depth += 1;
		if (code === 41) depth -= 1;
		if (depth === 0) return;
		const end = quotes.includes(text[at] ?? ' ') ? quotedEnd(scan, at) : undefined;
		if (end === undefined) continue;
		scan.mask(at, end);
		strings += 1;
		last = end;
		at = end - 1;
	}
}

const subquery = /\s{0,8}(?:select|with|values|table)\b/iy;

/** `IN ('…', '…')`, `= ANY (ARRAY['…', '…'])`: masks every string of the list that begins at `open`. @returns whether a list is there. */
export function maskList(scan: Scan, open: number): boolean {
	if (scan.text[open] !== '(') return false;
	subquery.lastIndex = open + 1;
	if (!subquery.test(scan.text)) maskArguments(scan, open + 1, `'$`, Number.POSITIVE_INFINITY);
	return true;
}
