import {graphemesOf} from '../../src/text/graphemes.ts';
import type {Glyph, GlyphTable} from './glyph.ts';
import {plainStyle, type StyleTable} from './style.ts';

/** One row of the screen. `glyphs[x]` is '' on the right half of a wide glyph. Never changed once made, so rows compare by identity. */
export type ScreenLine = {readonly glyphs: readonly string[]; readonly styles: readonly number[]};

/** What a screen shows: `rows` lines of `columns` cells. */
export type Grid = {readonly columns: number; readonly lines: readonly ScreenLine[]};

const ascii = /^[\u0020-\u007e]*$/;
const sequence = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/;

const space: Glyph = {text: ' ', cells: 1, blanks: 0, hasUncertainWidth: false};

export const blankScreenLine = (columns: number): ScreenLine => ({
	glyphs: new Array<string>(columns).fill(' '),
	styles: new Array<number>(columns).fill(plainStyle),
});

/**
 * A row of text with SGR sequences as exactly `columns` cells: cut or filled up with blanks. Other sequences and controls are left out.
 * A wide glyph that does not fit completely becomes a blank of its style.
 */
export function parseScreenLine(text: string, columns: number, styles: StyleTable, table: GlyphTable): ScreenLine {
	const glyphs = new Array<string>(columns).fill(' ');
	const cellStyles = new Array<number>(columns).fill(plainStyle);
	let column = 0;
	let style = plainStyle;

	function put(glyph: Glyph): void {
		const fits = column + glyph.cells <= columns;
		for (let part = 0; part < glyph.cells && column < columns; part += 1, column += 1) {
			glyphs[column] = fits ? (part === 0 ? glyph.text : '') : ' ';
			cellStyles[column] = glyph.text === ' ' || !fits ? styles.onBlank(style) : style;
		}
	}

	for (let at = 0; at < text.length && column < columns; ) {
		const escapeAt = text.indexOf('\u001b', at);
		const run = text.slice(at, escapeAt === -1 ? text.length : escapeAt);
		if (ascii.test(run)) {
			const blank = styles.onBlank(style);
			for (let index = 0; index < run.length && column < columns; index += 1, column += 1) {
				const character = run[index] ?? ' ';
				glyphs[column] = character;
				cellStyles[column] = character === ' ' ? blank : style;
			}
		} else
			for (const {segment} of graphemesOf(run)) {
				const glyph = segment === ' ' ? space : table.get(segment);
				if (glyph === undefined) continue;
				put(glyph);
				for (let blanks = glyph.blanks; blanks > 0; blanks -= 1) put(space);
			}
		if (escapeAt === -1) break;
		const found = sequence.exec(text.slice(escapeAt))?.[0] ?? '\u001b';
		if (found.startsWith('\u001b[') && found.endsWith('m')) style = styles.after(style, found.slice(2, -1));
		at = escapeAt + found.length;
	}
	return {glyphs, styles: cellStyles};
}

/** Draws the cells of `from` between two columns of it into a row, `at` being where the first goes. Wide glyphs cut in half become blanks. */
export function drawCells(
	row: {glyphs: string[]; styles: number[]},
	at: number,
	from: ScreenLine,
	start: number,
	end: number,
	styles: StyleTable,
): void {
	const last = at + end - start;
	if (row.glyphs[at] === '' && at > 0) blank(row, at - 1, styles);
	if (row.glyphs[last] === '') blank(row, last, styles);
	for (let offset = 0; offset < end - start; offset += 1) {
		row.glyphs[at + offset] = from.glyphs[start + offset] ?? ' ';
		row.styles[at + offset] = from.styles[start + offset] ?? plainStyle;
	}
	if (row.glyphs[at] === '') blank(row, at, styles);
	if (from.glyphs[end] === '' && end > start) blank(row, last - 1, styles);
}

function blank(row: {glyphs: string[]; styles: number[]}, column: number, styles: StyleTable): void {
	row.glyphs[column] = ' ';
	row.styles[column] = styles.onBlank(row.styles[column] ?? plainStyle);
}
