import type {DocumentLine} from '../contract/document.ts';
import {displayWidth, sliceCells, truncateMiddle, wrapText} from '../text/fit.ts';

/** Size and options of the layout of a text. */
export type TextLayout = {
	readonly cells: number;
	readonly rows: number;
	readonly wrap: boolean;
	readonly stamps: boolean;
	/** Columns by which it is scrolled to the right when it is not wrapped. */
	readonly left: number;
};

/** A line as it is drawn: one part a row. */
export type LaidOutLine = {readonly stamp: string; readonly lead: string; readonly parts: readonly string[]};

/** Lays out the lines of one text. Caches the last ones, so that a long line is not laid out again for each of its rows. */
export type LineLayouts = (line: DocumentLine, layout: TextLayout) => LaidOutLine;

/** Long lines whose layout is cached. */
const maxCachedLines = 400;

export function createLineLayouts(): LineLayouts {
	const cache = new Map<DocumentLine, {readonly by: string; readonly laid: LaidOutLine}>();
	return (line, layout) => {
		const {cells, wrap: wraps, stamps, left} = layout;
		if (wraps && line.text.length + 50 <= cells) return layOut(line, layout);
		const by = `${cells} ${wraps} ${stamps} ${left}`;
		const known = cache.get(line);
		if (known?.by === by) return known.laid;
		const fresh = layOut(line, layout);
		cache.delete(line);
		cache.set(line, {by, laid: fresh});
		if (cache.size > maxCachedLines)
			for (const oldest of [...cache.keys()].slice(0, maxCachedLines / 2)) cache.delete(oldest);
		return fresh;
	};
}

/** Returns `14:05:22.123`: the date is only in saved and copied text. */
const clockOf = (at: string): string =>
	at
		.slice(11, 23)
		.replace(/[Z+-].*/, '')
		.padEnd(12);

/** Wraps a line below its own start, not below its indent or tree lines. */
function hanging(text: string, cells: number): readonly string[] {
	const indent = /^[ │├└─]*/.exec(text)?.[0] ?? '';
	if (indent === '' || indent.length > cells / 2) return wrapText(text, cells);
	const blank = ' '.repeat(indent.length);
	return wrapText(text.slice(indent.length), cells - indent.length).map(
		(part, at) => (at === 0 ? indent : blank) + part,
	);
}

function layOut(line: DocumentLine, {cells, wrap: wraps, stamps, left}: TextLayout): LaidOutLine {
	const stamp = stamps && line.at !== undefined ? clockOf(line.at) : '';
	const lead =
		line.sourceLabel === undefined ? '' : truncateMiddle(line.sourceLabel.text, Math.max(4, Math.floor(cells / 3)));
	const head = (stamp === '' ? 0 : stamp.length + 1) + (lead === '' ? 0 : displayWidth(lead) + 1);
	const width = Math.max(1, cells - head);
	// A loud line is visible at every horizontal scroll position.
	const from = line.loud === true ? 0 : left;
	return {stamp, lead, parts: wraps ? hanging(line.text, width) : [sliceCells(line.text, from, width)]};
}
