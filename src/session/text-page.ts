import type {Line} from '../contract/document.ts';
import {between, cutMiddle, width, wrap} from '../text/fit.ts';
import type {LineTest} from './line-filter.ts';
import type {TextBuffer} from './text-buffer.ts';

/*
 * A text as it stands on the screen. A place in it is a line and a part of that line, never a count of drawn rows from the start: nothing
 * but what is shown, and what a key passes over, is ever laid out, however long the text is and however fast it grows.
 */

/** A drawn row: part `part` of line `line`. */
export type Place = {readonly line: number; readonly part: number};

/** How it is laid out. */
export type Layout = {
	readonly cells: number;
	readonly rows: number;
	readonly wrap: boolean;
	readonly stamps: boolean;
	/** Columns that it is moved to the left by when it is not wrapped. */
	readonly left: number;
};

/** One row of the screen. `stamp` and `lead` stand before `text`, each with a blank after it, or as many blanks where a line goes on. */
export type Drawn = {
	readonly place: Place;
	readonly line: Line;
	readonly stamp: string;
	readonly lead: string;
	readonly text: string;
};

export type Page = {
	readonly drawn: readonly Drawn[];
	/** Where it begins. */
	readonly top: Place;
	/** Its end is the end of the text. */
	readonly atEnd: boolean;
	/** All of the text is on it. */
	readonly whole: boolean;
};

const start: Place = {line: 0, part: 0};

/** `14:05:22.123`: the date is in what is saved and copied. */
const clockOf = (at: string): string =>
	at
		.slice(11, 23)
		.replace(/[Z+-].*/, '')
		.padEnd(12);

/** Goes on below its own start, not below the indent or the tree that it hangs on. */
function hanging(text: string, cells: number): readonly string[] {
	const indent = /^[ │├└─]*/.exec(text)?.[0] ?? '';
	if (indent === '' || indent.length > cells / 2) return wrap(text, cells);
	const blank = ' '.repeat(indent.length);
	return wrap(text.slice(indent.length), cells - indent.length).map((part, at) => (at === 0 ? indent : blank) + part);
}

type Laid = {readonly stamp: string; readonly lead: string; readonly parts: readonly string[]};

/** Lines of the last pages, so that one long line is not laid out again for each of its rows. */
const remembered = 400;
const laidOut = new Map<Line, {readonly by: string; readonly laid: Laid}>();

function layOut(line: Line, {cells, wrap: wraps, stamps, left}: Layout): Laid {
	const stamp = stamps && line.at !== undefined ? clockOf(line.at) : '';
	const lead = line.lead === undefined ? '' : cutMiddle(line.lead.text, Math.max(4, Math.floor(cells / 3)));
	const head = (stamp === '' ? 0 : stamp.length + 1) + (lead === '' ? 0 : width(lead) + 1);
	const room = Math.max(1, cells - head);
	// What is told among the lines is seen wherever one looks.
	const from = line.loud === true ? 0 : left;
	return {stamp, lead, parts: wraps ? hanging(line.text, room) : [between(line.text, from, room)]};
}

function laid(line: Line, layout: Layout): Laid {
	const {cells, wrap: wraps, stamps, left} = layout;
	if (wraps && line.text.length + 50 <= cells) return layOut(line, layout);
	const by = `${cells} ${wraps} ${stamps} ${left}`;
	const known = laidOut.get(line);
	if (known?.by === by) return known.laid;
	const made = layOut(line, layout);
	laidOut.delete(line);
	laidOut.set(line, {by, laid: made});
	if (laidOut.size > remembered)
		for (const oldest of [...laidOut.keys()].slice(0, remembered / 2)) laidOut.delete(oldest);
	return made;
}

/** How many rows a line takes. */
function height(text: TextBuffer, number: number, layout: Layout): number {
	const line = text.line(number);
	return line === undefined ? 0 : laid(line, layout).parts.length;
}

/** The last row of the text. */
function lastPlace(text: TextBuffer, layout: Layout): Place | undefined {
	const line = text.previous(text.end());
	return line === undefined ? undefined : {line, part: height(text, line, layout) - 1};
}

/** A place that there is: the one asked for, or the next after it when its line was dropped or filtered out; else the last. */
function settled(text: TextBuffer, place: Place, layout: Layout): Place | undefined {
	const line = text.next(place.line);
	if (line === undefined) return lastPlace(text, layout);
	if (line !== place.line) return {line, part: 0};
	return {line, part: Math.max(0, Math.min(place.part, height(text, line, layout) - 1))};
}

/** The place so many rows further on, or back when negative; as far as there are any. */
function walked(text: TextBuffer, from: Place, rows: number, layout: Layout): Place {
	let {line, part} = from;
	let left = rows;
	while (left > 0) {
		const below = height(text, line, layout) - 1 - part;
		if (left <= below) return {line, part: part + left};
		const next = text.next(line + 1);
		if (next === undefined) return {line, part: part + below};
		left -= below + 1;
		[line, part] = [next, 0];
	}
	while (left < 0) {
		if (-left <= part) return {line, part: part + left};
		const before = text.previous(line - 1);
		if (before === undefined) return {line, part: 0};
		left += part + 1;
		[line, part] = [before, height(text, before, layout) - 1];
	}
	return {line, part};
}

const isBefore = (one: Place, other: Place): boolean =>
	one.line < other.line || (one.line === other.line && one.part < other.part);

/** Where the last page begins: it is full when there is enough text. */
export function lastTop(text: TextBuffer, layout: Layout): Place {
	const last = lastPlace(text, layout);
	return last === undefined ? start : walked(text, last, -(layout.rows - 1), layout);
}

/** Where the page begins that was asked for: no further down than the last page. */
export function topOf(text: TextBuffer, top: Place | 'end', layout: Layout): Place {
	const last = lastTop(text, layout);
	if (top === 'end') return last;
	const place = settled(text, top, layout) ?? start;
	return isBefore(last, place) ? last : place;
}

/** The place so many rows further on or back from where a page begins. */
export const scrolled = (text: TextBuffer, top: Place | 'end', rows: number, layout: Layout): Place =>
	topOf(text, walked(text, topOf(text, top, layout), rows, layout), layout);

/** What stands on the screen. */
export function pageOf(text: TextBuffer, top: Place | 'end', layout: Layout): Page {
	const from = topOf(text, top, layout);
	const last = lastTop(text, layout);
	const drawn: Drawn[] = [];
	let number = text.next(from.line);
	let part = from.part;
	while (number !== undefined && drawn.length < layout.rows) {
		const line = text.line(number);
		if (line === undefined) break;
		const {stamp, lead, parts} = laid(line, layout);
		for (; part < parts.length && drawn.length < layout.rows; part += 1)
			drawn.push({place: {line: number, part}, line, stamp, lead, text: parts[part] ?? ''});
		part = 0;
		number = text.next(number + 1);
	}
	const atEnd = !isBefore(from, last);
	return {drawn, top: from, atEnd, whole: atEnd && text.previous(last.line - 1) === undefined && last.part === 0};
}

/** The next line after `from`, or with `back` the last before it, that a search finds; goes round at the end. Undefined when none is. */
export function found(text: TextBuffer, test: LineTest, from: number, back = false): number | undefined {
	const holds = (number: number) => {
		const line = text.line(number);
		return line !== undefined && test(line.text, line.lead?.text ?? '');
	};
	const step = (number: number) => (back ? text.previous(number - 1) : text.next(number + 1));
	for (let at = step(from); at !== undefined; at = step(at)) if (holds(at)) return at;
	const round = back ? text.previous(text.end()) : text.next(text.first());
	for (let at = round; at !== undefined && (back ? at >= from : at <= from); at = step(at)) if (holds(at)) return at;
	return undefined;
}
