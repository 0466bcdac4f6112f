import stringWidth from 'string-width';
import {graphemesOf, isSimple} from './graphemes.ts';

/** Terminal cells that cleaned text takes. */
export const displayWidth = (text: string): number => (isSimple(text) ? text.length : stringWidth(text));

/** Cuts cleaned text to at most `cells`, with `…` in the last one when something was cut off. */
export function truncateText(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (displayWidth(text) <= cells) return text;
	if (isSimple(text)) return `${text.slice(0, cells - 1)}…`;
	let used = 0;
	let kept = '';
	for (const {segment} of graphemesOf(text)) {
		const next = displayWidth(segment);
		if (used + next > cells - 1) break;
		used += next;
		kept += segment;
	}
	return `${kept}…`;
}

/** The same with `…` in the middle: of names that begin alike, their ends are what tells them apart. */
export function truncateMiddle(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (displayWidth(text) <= cells) return text;
	const room = cells - 1;
	const ending = lastCells(text, Math.floor(room / 2));
	return `${firstCells(text, room - displayWidth(ending))}…${ending}`;
}

function firstCells(text: string, cells: number): string {
	if (isSimple(text)) return text.slice(0, cells);
	return text.slice(0, fittingLength(text, cells));
}

/** As much of the end of cleaned text as fits into `cells`. */
export function lastCells(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (isSimple(text)) return text.slice(-cells);
	let kept = '';
	let used = 0;
	for (const {segment} of [...graphemesOf(text.slice(-cells * 32))].toReversed()) {
		used += displayWidth(segment);
		if (used > cells) break;
		kept = segment + kept;
	}
	return kept;
}

/** The same after a word where one ends near there: half a word says little, and half a figure something else. */
export function truncateAtWord(text: string, cells: number): string {
	if (cells <= 0) return '';
	if (displayWidth(text) <= cells) return text;
	const kept = firstCells(text, cells);
	const end = kept.lastIndexOf(' ', cells - 1);
	const least = /\d/.test(kept.slice(end)) ? 0.5 : 0.8;
	return end > kept.length * least
		? `${text.slice(0, end).replace(/(?<![\s,;:(·-])[\s,;:(·-]+$/, '')}…`
		: truncateText(text, cells);
}

/** Exactly `cells` wide: cut, then padded on the right (or on the left with `right`). */
export function fitCells(text: string, cells: number, align: 'left' | 'right' = 'left', where?: 'middle'): string {
	const kept = where === 'middle' ? truncateMiddle(text, cells) : truncateText(text, cells);
	const padding = ' '.repeat(Math.max(0, cells - displayWidth(kept)));
	return align === 'right' ? padding + kept : kept + padding;
}

/** Length of the start of `text` that fits into `cells`; looks no further than that, since a text can be very long. */
function fittingLength(text: string, cells: number): number {
	let used = 0;
	let end = 0;
	// A grapheme is seldom longer than a few units: a slice is enough to look at, and far shorter than what is left.
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

/** The part of cleaned text that stands in `cells` columns from column `from` on. A wide character that is cut in two is a blank. */
export function sliceCells(text: string, from: number, cells: number): string {
	if (isSimple(text)) return text.slice(from, from + cells);
	let used = 0;
	let kept = '';
	for (const {segment} of graphemesOf(text)) {
		const start = used;
		used += displayWidth(segment);
		if (used <= from) continue;
		if (used > from + cells) return start < from + cells ? kept + ' '.repeat(from + cells - start) : kept;
		kept += start < from ? ' '.repeat(used - from) : segment;
	}
	return kept;
}
