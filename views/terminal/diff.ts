import type {Grid, ScreenLine} from './cells.ts';
import type {GlyphTable} from './glyph.ts';
import {plainStyle, type StyleTable} from './style.ts';

/** From this many changed cells on, blanks at the end of a row are erased with one sequence. */
const minErasedCells = 4;
/** Up to this many unchanged cells are written again instead of moving the cursor. */
const maxBridge = 3;

/**
 * The bytes that change a terminal from `shown` to `wanted`, '' when they are equal. `shown` is undefined when the content of the terminal is
 * unknown: every row is written and erased to its end (never the screen at once: tmux 3.7a loses what is written after that in a synchronized
 * update). The pen is plain before and after. Expects a terminal that does not wrap (DECAWM off).
 */
export function diffScreens(shown: Grid | undefined, wanted: Grid, styles: StyleTable, table: GlyphTable): string {
	const pen = new Pen(styles, table, wanted.columns);
	wanted.lines.forEach((line, row) => {
		const old = shown?.lines[row];
		if (old !== line) pen.row(row, old, line);
	});
	return pen.finish();
}

class Pen {
	#output = '';
	#style = plainStyle;
	#row: number | undefined;
	#column: number | undefined;
	readonly #styles: StyleTable;
	readonly #glyphs: GlyphTable;
	readonly #columns: number;

	constructor(styles: StyleTable, table: GlyphTable, columns: number) {
		this.#styles = styles;
		this.#glyphs = table;
		this.#columns = columns;
	}

	row(row: number, old: ScreenLine | undefined, line: ScreenLine): void {
		const end = endOfContent(line);
		const differs = (column: number) =>
			old === undefined || old.glyphs[column] !== line.glyphs[column] || old.styles[column] !== line.styles[column];
		let toErase = 0;
		for (let column = end; column < this.#columns; column += 1) if (differs(column)) toErase += 1;
		const erases = toErase >= minErasedCells || (old === undefined && toErase > 0);
		const stop = erases ? end : this.#columns;
		for (let column = 0; column < stop; ) {
			if (!differs(column)) {
				column += 1;
				continue;
			}
			let start = column;
			while (start > 0 && line.glyphs[start] === '') start -= 1;
			this.#reach(row, start, line);
			column = start;
			do {
				this.#draw(row, column, line);
				column += 1;
			} while (column < stop && (line.glyphs[column] === '' || differs(column)));
		}
		if (erases) {
			this.#move(row, end);
			this.#setStyle(plainStyle);
			this.#output += '\u001b[K';
		}
	}

	finish(): string {
		this.#setStyle(plainStyle);
		return this.#output;
	}

	/** Gets to a cell by writing the few unchanged ones before it again, or by moving. */
	#reach(row: number, column: number, line: ScreenLine): void {
		const from = this.#column;
		if (this.#row === row && from !== undefined && column > from && column - from <= maxBridge) {
			let text = '';
			for (let at = from; at < column; at += 1) {
				const glyph = line.glyphs[at] ?? '';
				if (line.styles[at] !== this.#style || glyph.length !== 1 || glyph > '~') break;
				text += glyph;
			}
			if (text.length === column - from) {
				this.#output += text;
				this.#column = column;
				return;
			}
		}
		this.#move(row, column);
	}

	#move(row: number, column: number): void {
		if (row === this.#row && column === this.#column) return;
		this.#output += shortestMove(this.#row, this.#column, row, column);
		this.#row = row;
		this.#column = column;
	}

	#draw(row: number, column: number, line: ScreenLine): void {
		const text = line.glyphs[column] ?? ' ';
		if (text === '') return;
		this.#move(row, column);
		this.#setStyle(line.styles[column] ?? plainStyle);
		const glyph = text.length === 1 && text <= '~' ? undefined : this.#glyphs.get(text);
		if (glyph?.hasUncertainWidth && glyph.cells === 2) this.#output += '  \u001b[2D';
		this.#output += text;
		const next = column + (glyph?.cells ?? 1);
		this.#column = glyph?.hasUncertainWidth || next >= this.#columns ? undefined : next;
	}

	#setStyle(style: number): void {
		this.#output += this.#styles.change(this.#style, style);
		this.#style = style;
	}
}

function endOfContent(line: ScreenLine): number {
	let end = line.glyphs.length;
	while (end > 0 && line.glyphs[end - 1] === ' ' && line.styles[end - 1] === plainStyle) end -= 1;
	return end;
}

/** The shortest of the moves a terminal has. An unknown column leaves only the absolute ones. */
function shortestMove(
	fromRow: number | undefined,
	fromColumn: number | undefined,
	row: number,
	column: number,
): string {
	const anywhere = column === 0 ? (row === 0 ? '\u001b[H' : `\u001b[${row + 1}H`) : `\u001b[${row + 1};${column + 1}H`;
	const moves = [anywhere];
	if (fromRow !== undefined && row >= fromRow) {
		const down = row === fromRow ? '' : `\u001b[${times(row - fromRow)}B`;
		moves.push(column === 0 ? `${down}\r` : `${down}\u001b[${column + 1}G`);
		if (row === fromRow + 1 && column === 0) moves.push('\r\n');
		if (fromColumn !== undefined && column > fromColumn) moves.push(`${down}\u001b[${times(column - fromColumn)}C`);
		if (fromColumn !== undefined && column < fromColumn) moves.push(`${down}\u001b[${times(fromColumn - column)}D`);
		if (fromColumn === column) moves.push(down);
	}
	return moves.reduce((shortest, move) => (move.length < shortest.length ? move : shortest));
}

const times = (count: number): string => (count === 1 ? '' : String(count));
