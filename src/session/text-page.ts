import type {DocumentLine} from '../contract/document.ts';
import type {LineTest} from './line-filter.ts';
import type {TextLayout} from './line-layout.ts';
import type {TextBuffer} from './text-buffer.ts';

/*
 * Layout of a text on the screen. A position is a line and a part of that line, never a count of drawn rows from the start: only what is
 * shown or scrolled over is laid out, however long the text is and however fast it grows.
 */

/** A drawn row: part `part` of line `line`. */
export type TextPosition = {readonly line: number; readonly part: number};

/** One row of the screen. `stamp` and `lead` are drawn before `text`, each followed by a blank; a continuation row has blanks instead. */
export type DrawnRow = {
	readonly position: TextPosition;
	readonly line: DocumentLine;
	readonly stamp: string;
	readonly lead: string;
	readonly text: string;
};

export type TextPage = {
	readonly drawn: readonly DrawnRow[];
	/** First position of the page. */
	readonly top: TextPosition;
	/** The page ends at the end of the text. */
	readonly isAtEnd: boolean;
	/** The page shows all of the text. */
	readonly isComplete: boolean;
};

const start: TextPosition = {line: 0, part: 0};

/** Returns the number of rows of a line. */
function height(text: TextBuffer, number: number, layout: TextLayout): number {
	const line = text.line(number);
	return line === undefined ? 0 : text.layOutLine(line, layout).parts.length;
}

/** Returns the position of the last row of the text. */
function lastPlace(text: TextBuffer, layout: TextLayout): TextPosition | undefined {
	const line = text.previous(text.end());
	return line === undefined ? undefined : {line, part: height(text, line, layout) - 1};
}

/** Returns an existing position: `place`, or the next one when its line was dropped or filtered out, or the last. */
function nearestPosition(text: TextBuffer, place: TextPosition, layout: TextLayout): TextPosition | undefined {
	const line = text.next(place.line);
	if (line === undefined) return lastPlace(text, layout);
	if (line !== place.line) return {line, part: 0};
	return {line, part: Math.max(0, Math.min(place.part, height(text, line, layout) - 1))};
}

/** Returns the position `rows` rows further down, or up when negative, limited to the text. */
function moveByRows(text: TextBuffer, from: TextPosition, rows: number, layout: TextLayout): TextPosition {
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

const isBefore = (one: TextPosition, other: TextPosition): boolean =>
	one.line < other.line || (one.line === other.line && one.part < other.part);

/** Returns the first position of the last page, which is full when there is enough text. */
export function lastPageTop(text: TextBuffer, layout: TextLayout): TextPosition {
	const last = lastPlace(text, layout);
	return last === undefined ? start : moveByRows(text, last, -(layout.rows - 1), layout);
}

/** Returns the first position of the page at `top`, no further down than the last page. */
export function pageTop(text: TextBuffer, top: TextPosition | 'end', layout: TextLayout): TextPosition {
	const last = lastPageTop(text, layout);
	if (top === 'end') return last;
	const place = nearestPosition(text, top, layout) ?? start;
	return isBefore(last, place) ? last : place;
}

/** Returns the first position of the page after scrolling by `rows`. */
export const scrollByRows = (
	text: TextBuffer,
	top: TextPosition | 'end',
	rows: number,
	layout: TextLayout,
): TextPosition => pageTop(text, moveByRows(text, pageTop(text, top, layout), rows, layout), layout);

/** Lays out the page at `top`. */
export function layOutPage(text: TextBuffer, top: TextPosition | 'end', layout: TextLayout): TextPage {
	const from = pageTop(text, top, layout);
	const last = lastPageTop(text, layout);
	const drawn: DrawnRow[] = [];
	let number = text.next(from.line);
	let part = from.part;
	while (number !== undefined && drawn.length < layout.rows) {
		const line = text.line(number);
		if (line === undefined) break;
		const {stamp, lead, parts} = text.layOutLine(line, layout);
		for (; part < parts.length && drawn.length < layout.rows; part += 1)
			drawn.push({position: {line: number, part}, line, stamp, lead, text: parts[part] ?? ''});
		part = 0;
		number = text.next(number + 1);
	}
	const atEnd = !isBefore(from, last);
	return {
		drawn,
		top: from,
		isAtEnd: atEnd,
		isComplete: atEnd && text.previous(last.line - 1) === undefined && last.part === 0,
	};
}

/** Returns the next matching line after `from`, with `back` the last one before it; wraps around at the end. Undefined when no line matches. */
export function findLine(text: TextBuffer, test: LineTest, from: number, back = false): number | undefined {
	const holds = (number: number) => {
		const line = text.line(number);
		return line !== undefined && test(line.text, line.sourceLabel?.text ?? '');
	};
	const step = (number: number) => (back ? text.previous(number - 1) : text.next(number + 1));
	for (let at = step(from); at !== undefined; at = step(at)) if (holds(at)) return at;
	const round = back ? text.previous(text.end()) : text.next(text.first());
	for (let at = round; at !== undefined && (back ? at >= from : at <= from); at = step(at)) if (holds(at)) return at;
	return undefined;
}
