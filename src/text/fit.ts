import stringWidth from 'string-width';
import {graphemesOf, isSimple} from './graphemes.ts';

/** Returns the number of terminal cells of cleaned text. */
export const displayWidth = (text: string): number => (isSimple(text) ? text.length : stringWidth(text));

/** Cuts cleaned text to at most `cells`, with `…` in the last one when something was cut off. */
export function truncateText(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (displayWidth(text) <= cells) return text;
	if (isSimple(text)) return `${text.slice(0, cells - 1)}…`;
	let used = 0;
	let fitting = '';
	for (const {segment} of graphemesOf(text)) {
		const next = displayWidth(segment);
		if (used + next > cells - 1) break;
		used += next;
		fitting += segment;
	}
	return `${fitting}…`;
}

/** The same with `…` in the middle, for names that begin alike and differ at their ends. */
export function truncateMiddle(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (displayWidth(text) <= cells) return text;
	const rest = cells - 1;
	const ending = lastCells(text, Math.floor(rest / 2));
	return `${firstCells(text, rest - displayWidth(ending))}…${ending}`;
}

function firstCells(text: string, cells: number): string {
	if (isSimple(text)) return text.slice(0, cells);
	return text.slice(0, fittingLength(text, cells));
}

/** Returns the longest end of cleaned text that fits into `cells`. */
export function lastCells(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (isSimple(text)) return text.slice(-cells);
	let fitting = '';
	let used = 0;
	for (const {segment} of [...graphemesOf(text.slice(-cells * 32))].toReversed()) {
		used += displayWidth(segment);
		if (used > cells) break;
		fitting = segment + fitting;
	}
	return fitting;
}

/** Cuts after a word where one ends near the limit: half a word is hard to read, and half a number is wrong. */
export function truncateAtWord(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (displayWidth(text) <= cells) return text;
	const fitting = firstCells(text, cells);
	const end = fitting.lastIndexOf(' ', cells - 1);
	const minShare = /\d/.test(fitting.slice(end)) ? 0.5 : 0.8;
	return end > fitting.length * minShare
		? `${text.slice(0, end).replace(/(?<![\s,;:(·-])[\s,;:(·-]+$/, '')}…`
		: truncateText(text, cells);
}

/** Cuts or pads text to exactly `cells`. Pads on the right, or on the left with `align` `right`. */
export function fitCells(text: string, cells: number, align: 'left' | 'right' = 'left', where?: 'middle'): string {
	const fitting = where === 'middle' ? truncateMiddle(text, cells) : truncateText(text, cells);
	const padding = ' '.repeat(Math.max(0, cells - displayWidth(fitting)));
	return align === 'right' ? padding + fitting : fitting + padding;
}

/** Returns the length of the longest start of `text` that fits into `cells`. Reads no further, because a text can be very long. */
function fittingLength(text: string, cells: number): number {
	let used = 0;
	let end = 0;
	// A grapheme has a few UTF-16 units at most: this slice is enough, and far shorter than the rest.
	const near = text.slice(0, cells * 32);
	for (const {segment, index} of graphemesOf(near)) {
		used += displayWidth(segment);
		if (used > cells) break;
		end = index + segment.length;
	}
	return end;
}

/** Breaks cleaned text into lines of at most `cells`, at spaces where there is one in the last third. Keeps `\n`. */
export function wrapText(text: string, cells: number): readonly string[] {
	const lines: string[] = [];
	for (const paragraph of text.split('\n')) {
		let rest = paragraph;
		const plain = isSimple(paragraph);
		for (;;) {
			const end = plain ? Math.min(rest.length, cells) : fittingLength(rest, cells);
			if (end === 0 || end >= rest.length) break;
			const space = rest.lastIndexOf(' ', end);
			const at = space > end * 0.6 ? space : end;
			lines.push(rest.slice(0, at).trimEnd());
			rest = rest.slice(at).trimStart();
		}
		lines.push(rest);
	}
	return lines;
}

/** Returns the part of cleaned text in `cells` columns from column `from` on. A wide character that is cut in two becomes a blank. */
export function sliceCells(text: string, from: number, cells: number): string {
	if (isSimple(text)) return text.slice(from, from + cells);
	let used = 0;
	let fitting = '';
	for (const {segment} of graphemesOf(text)) {
		const start = used;
		used += displayWidth(segment);
		if (used <= from) continue;
		if (used > from + cells) return start < from + cells ? fitting + ' '.repeat(from + cells - start) : fitting;
		fitting += start < from ? ' '.repeat(used - from) : segment;
	}
	return fitting;
}
