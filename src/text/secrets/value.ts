import {quotedEnd} from './quoted.ts';
import {isWord, type Scan} from './scan.ts';

/** No secret where a value is expected: a parameter of SQL, a template, a reference. */
const placeholder =
	/(?:\$\d+|\?|null|true|false|none|nil|undefined|\$\{[^{}\s]{1,80}\}|\{\{[^{}\n]{1,80}\}\}|\$\([\w.-]{1,80}\)|<[\w .-]{1,40}>|%[sqv])(?=[\s,;:&)}\]"'\\]|$)/iy;

/** Characters that end an unquoted value, as white space does. */
const ends = ',;&)}';

export const isPlaceholder = (scan: Scan, place: number): boolean => {
	placeholder.lastIndex = place;
	return placeholder.test(scan.text);
};

/** End of a value without quotes. */
export function bareEnd(scan: Scan, place: number): number {
	const {text} = scan;
	let end = place;
	while (end < text.length && !ends.includes(text[end] ?? '') && scan.spaceEnd(end) === end) end += 1;
	return end;
}

/** End of the quotes and brackets that may close after a name. */
export const closersEnd = (scan: Scan, place: number): number => scan.skipOver(`"'\\)]`, place, 8);

/** Masks the value that begins there, in quotes or without. @returns whether there was one. */
export function maskValue(scan: Scan, place: number): boolean {
	const start = scan.callsEnd(place);
	if (isPlaceholder(scan, start)) return false;
	const end = quotedEnd(scan, start) ?? bareEnd(scan, start);
	if (end === start) return false;
	scan.mask(start, end);
	return true;
}

/** The same for a value that is in quotes. */
export function maskQuoted(scan: Scan, place: number): boolean {
	const start = scan.callsEnd(place);
	const end = quotedEnd(scan, start);
	if (end === undefined) return false;
	scan.mask(start, end);
	return true;
}

/** Masks one word of a command line. */
export function maskWord(scan: Scan, place: number): boolean {
	if (isPlaceholder(scan, place)) return false;
	const end = quotedEnd(scan, place) ?? scan.solidEnd(place);
	if (end === place) return false;
	scan.mask(place, end);
	return true;
}

/**
 * End of what assigns or compares: `=`, `:`, `:=`, `=>`, `==`, `<>`, `!=`, `like`; undefined where nothing does. A cast may come before it.
 */
export function operatorEnd(scan: Scan, place: number): number | undefined {
	let at = place;
	if (scan.text.startsWith('::', at) && isWord(scan.at(at + 2))) at = scan.wordEnd(at + 2, 64);
	at = scan.blankEnd(at);
	const operator = operators.find(one => scan.has(one, at));
	if (operator === undefined) return undefined;
	const end = at + operator.length;
	return isWord(operator.charCodeAt(0)) && isWord(scan.at(end)) ? undefined : end;
}

const operators: readonly string[] = ['===', '!==', '==', '=>', ':=', '<>', '!=', '=', ':', 'like', 'ilike'];
