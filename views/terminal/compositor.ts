import {blankScreenLine, drawCells, type Grid, parseScreenLine, type ScreenLine} from './cells.ts';
import {diffScreens} from './diff.ts';
import {GlyphTable} from './glyph.ts';
import type {Screen, Size} from './screen.ts';
import {compareOrder, crossesRow, type ScreenPosition} from './screen-position.ts';
import {StyleTable} from './style.ts';

/** Painted rows with SGR sequences, each exactly as wide as its surface. */
export type RowSource = {get(): readonly string[]; subscribe(listener: () => void): () => void};

/** A rectangle above Ink's frame: a surface with rows of its own, or a cover that hides the surfaces below it. */
export type ScreenPiece = {
	/** Its position; undefined while it is not on the screen. */
	locate(): ScreenPosition | undefined;
	/** Undefined for a cover. */
	readonly rows: RowSource | undefined;
};

type PlacedPiece = ScreenPiece & {readonly place: ScreenPosition | undefined};
type CellSpan = {readonly from: number; readonly to: number; readonly line: ScreenLine; readonly start: number};

const maxCachedLines = 3000;

/**
 * Combines Ink's frame with the surfaces and sends the cells that changed. Paints at most once per turn of the event loop, and never while a
 * frame is being written.
 */
export class Compositor {
	readonly #screen: Screen;
	readonly #styles: StyleTable;
	readonly #glyphs = new GlyphTable();
	readonly #pieces = new Set<ScreenPiece>();
	#placed: readonly PlacedPiece[] = [];
	#base: readonly string[] = [];
	#parsed = new Map<string, ScreenLine>();
	#composed = new Map<number, {readonly parts: readonly unknown[]; readonly line: ScreenLine}>();
	#size: Size = {columns: 0, rows: 0};
	#shown: Grid | undefined;
	#scheduled = false;
	#closed = false;
	#sending = false;
	#waiting = false;
	#untilShown: (() => void)[] = [];
	readonly #unsubscribe: readonly (() => void)[];

	constructor(screen: Screen) {
		this.#screen = screen;
		this.#styles = new StyleTable(screen.colours);
		this.#unsubscribe = [
			screen.onDrain(() => {
				this.#sending = false;
				if (this.#waiting) this.paint();
				this.#resolveShown();
			}),
			screen.onLost(() => this.redraw()),
		];
	}

	/** Takes Ink's newest frame, with lines ended by `\n`. */
	frame(text: string): void {
		this.#base = text.split('\n');
		this.schedule();
	}

	/** Called after each layout of Ink: pieces may have moved. */
	laidOut(): void {
		this.#placed = inOrder([...this.#pieces].map(locatePiece));
		this.schedule();
	}

	/** Returns the function that removes the piece; the screen follows with Ink's next frame. */
	add(piece: ScreenPiece): () => void {
		this.#pieces.add(piece);
		// A new function each time: one source may feed several pieces, and identifies listeners by reference.
		const unsubscribe = piece.rows?.subscribe(() => this.schedule()) ?? (() => {});
		// Ink draws in the middle of React's commit, before a new piece is added.
		if (this.#scheduled) this.#placed = inOrder([...this.#placed, locatePiece(piece)]);
		return () => {
			unsubscribe();
			this.#pieces.delete(piece);
		};
	}

	readonly schedule = (): void => {
		if (this.#scheduled) return;
		this.#scheduled = true;
		queueMicrotask(() => {
			if (this.#scheduled) this.paint();
		});
	};

	/** Sends the changes now. */
	paint(): void {
		this.#scheduled = false;
		if (this.#sending) {
			this.#waiting = true;
			return;
		}
		this.#waiting = false;
		const size = this.#screen.size();
		if (size.columns !== this.#size.columns || size.rows !== this.#size.rows) {
			this.#size = size;
			this.#shown = undefined;
			this.#parsed.clear();
			this.#composed.clear();
		}
		const wanted = this.#compose();
		const bytes = diffScreens(this.#shown, wanted, this.#styles, this.#glyphs);
		this.#shown = wanted;
		if (bytes !== '') this.#sending = !this.#screen.send(bytes);
	}

	/** Sends the complete screen again. */
	redraw(): void {
		this.#shown = undefined;
		this.schedule();
	}

	/** Sends the changes and resolves when the terminal has read all of them; at once after `close`. */
	async shown(): Promise<void> {
		if (this.#closed) return;
		this.paint();
		if (!this.#sending) return;
		await new Promise<void>(resolve => this.#untilShown.push(resolve));
	}

	close(): void {
		for (const stop of this.#unsubscribe) stop();
		this.#scheduled = false;
		this.#closed = true;
		this.#sending = false;
		this.#resolveShown();
	}

	#resolveShown(): void {
		if (this.#sending) return;
		for (const resolve of this.#untilShown.splice(0)) resolve();
	}

	#compose(): Grid {
		if (this.#parsed.size > maxCachedLines) this.#parsed.clear();
		const surfaces = this.#placed.map(piece => piece.rows?.get());
		const lines = Array.from({length: this.#size.rows}, (_, row) => this.#line(row, surfaces));
		return {columns: this.#size.columns, lines};
	}

	#line(row: number, surfaces: readonly (readonly string[] | undefined)[]): ScreenLine {
		const base = this.#parse(this.#base[row] ?? '', this.#size.columns);
		const spans: CellSpan[] = [];
		this.#placed.forEach(({place, rows}, index) => {
			if (place === undefined || rows === undefined || !crossesRow(place.visible, row)) return;
			const line = this.#parse(surfaces[index]?.[row - place.top] ?? '', place.width);
			for (const [from, to] of this.#uncovered(place, row, index))
				spans.push({from, to, line, start: from - place.left});
		});
		if (spans.length === 0) return base;
		const parts = [base, ...spans.flatMap(span => [span.from, span.to, span.line, span.start])];
		const before = this.#composed.get(row);
		if (before !== undefined && sameParts(before.parts, parts)) return before.line;
		const line = {glyphs: [...base.glyphs], styles: [...base.styles]};
		for (const span of spans)
			drawCells(line, span.from, span.line, span.start, span.start + span.to - span.from, this.#styles);
		this.#composed.set(row, {parts, line});
		return line;
	}

	/** The visible columns of a surface's row as [from, to): on the screen and not hidden by a later cover. */
	#uncovered(place: ScreenPosition, row: number, index: number): readonly (readonly [number, number])[] {
		let spans: (readonly [number, number])[] = [
			[Math.max(0, place.visible.left), Math.min(this.#size.columns, place.visible.left + place.visible.width)],
		];
		for (const {place: cover, rows} of this.#placed.slice(index + 1)) {
			if (cover === undefined || rows !== undefined || !crossesRow(cover.visible, row)) continue;
			spans = spans.flatMap(([from, to]): (readonly [number, number])[] => [
				[from, Math.min(to, cover.visible.left)],
				[Math.max(from, cover.visible.left + cover.visible.width), to],
			]);
		}
		return spans.filter(([from, to]) => from < to);
	}

	#parse(text: string, columns: number): ScreenLine {
		const name = `${columns}:${text}`;
		let line = this.#parsed.get(name);
		if (line === undefined) {
			line = text === '' ? blankScreenLine(columns) : parseScreenLine(text, columns, this.#styles, this.#glyphs);
			this.#parsed.set(name, line);
		}
		return line;
	}
}

const locatePiece = (piece: ScreenPiece): PlacedPiece => ({
	rows: piece.rows,
	locate: piece.locate,
	place: piece.locate(),
});

const sameParts = (before: readonly unknown[], now: readonly unknown[]): boolean =>
	before.length === now.length && before.every((part, index) => part === now[index]);

function inOrder(pieces: readonly PlacedPiece[]): readonly PlacedPiece[] {
	return pieces.toSorted((one, other) => compareOrder(one.place?.order ?? [], other.place?.order ?? []));
}
