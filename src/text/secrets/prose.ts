import {isSpace, type Scan} from './scan.ts';
import {maskQuoted, maskWord} from './value.ts';

/*
 * Secrets in sentences, and behind names that are encoded for a URL.
 */

const verb = /\s{1,4}(?:(?:is |was )?(?:set|changed|reset) to|is|was|ist|lautet)(:?)\s{1,4}/iy;
const longestValue = 64;

/** `the password is …`: what looks like a word of a sentence is none. */
export function maskProse(scan: Scan, end: number, head: string): boolean {
	if (!/(?:passw(?:or)?[dt]|passphrase|passcode)$/i.test(head)) return false;
	verb.lastIndex = end;
	const found = verb.exec(scan.text);
	if (found === null) return false;
	const value = end + found[0].length;
	if (maskQuoted(scan, value)) return true;
	return (found[1] === ':' || isOdd(scan.text.slice(value, value + longestValue))) && maskWord(scan, value);
}

/** Whether a text begins with letters that digits, signs or capitals are among, as in no word of a language. */
function isOdd(text: string): boolean {
	const word = /^\S{6,}/.exec(text)?.[0].replace(/[.,;:!?)]{1,3}$/, '') ?? '';
	return word.length >= 6 && /[a-z]/i.test(word) && (/[\d!#$%&*+=@^_~]/.test(word) || /[a-z][A-Z]/.test(word));
}

const encodedOperator = /(?:%(?:25)?22)?%(?:25)?3[ad](?:%(?:25)?20|\+)?(%(?:25)?22)?/iy;
const encodedEnd = /%(?:25)?(?:26|0a|3b)/iy;
const encodedQuote = /%(?:25)?22/iy;

/** `password%3D…%26`, `%22password%22%3A%22…%22` */
export function maskEncoded(scan: Scan, end: number): boolean {
	const {text} = scan;
	if (text[end] !== '%') return false;
	encodedOperator.lastIndex = end;
	const found = encodedOperator.exec(text);
	if (found === null) return false;
	const last = found[1] === undefined ? encodedEnd : encodedQuote;
	const start = end + found[0].length;
	let at = start;
	for (; at < text.length && !isSpace(scan.at(at)) && !`&"'<>`.includes(text[at] ?? ''); at += 1) {
		last.lastIndex = at;
		if (text[at] === '%' && last.test(text)) break;
	}
	scan.mask(start, at);
	return at > start;
}
