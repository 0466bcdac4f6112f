import type {Graph, GraphSeries} from '../../src/contract/document.ts';
import {formatAxisNumber, timeTicks, timeZoneOffset, type ValueAxis, valueAxis} from '../../src/text/axis.ts';
import {type Canvas, createCanvas} from '../../src/text/canvas.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, fitCells, truncateText} from '../../src/text/fit.ts';
import {createLineBuilder, type LineBuilder} from '../line-builder.ts';
import type {Size} from '../terminal/screen.ts';
import type {Theme} from '../theme.ts';

/** More lines than this look alike. */
const maxSeries = 6;
const minSize: Size = {columns: 32, rows: 5};
/** Cells between two labels of the time axis. */
const tickSpacing = 12;

type DrawnSeries = GraphSeries & {
	readonly letter: string;
	readonly min: number;
	readonly max: number;
	readonly last: number | undefined;
};

function toDrawnSeries(series: GraphSeries, index: number): DrawnSeries {
	let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	let last: number | undefined;
	for (const [, value] of series.points) {
		if (value === undefined || !Number.isFinite(value)) continue;
		min = Math.min(min, value);
		max = Math.max(max, value);
		last = value;
	}
	return {...series, letter: String.fromCharCode(97 + index), min, max, last};
}

/** How many of `rows` a graph takes: all of them alone, the larger part where a text follows. */
export const graphRows = (rows: number, textLines: number): number =>
	textLines === 0 ? rows : Math.min(rows, Math.max(minSize.rows, rows - Math.min(textLines, Math.floor(rows / 3))));

/** A graph of exactly this size: lines, both axes, and a legend with the last, least and greatest value of each line. */
export function paintGraph(graph: Graph, size: Size, theme: Theme): readonly string[] {
	const {columns, rows} = size;
	const line = () => createLineBuilder(columns, theme);
	const blank = () => line().finish();
	const message = (text: string) => {
		const lines = [line().append(` ${text}`, 'dim').finish()];
		while (lines.length < rows) lines.push(blank());
		return lines.slice(0, Math.max(0, rows));
	};
	if (columns < minSize.columns || rows < minSize.rows) return message('too small for a graph');
	const all = graph.series.map(toDrawnSeries);
	const withValues = all.filter(({last}) => last !== undefined);
	if (withValues.length === 0) return message('no value in this range');
	const space = Math.max(1, Math.min(maxSeries, rows >= 12 ? Math.floor(rows / 4) : 1));
	const shown = withValues.slice(0, space);
	const omitted = withValues.length - shown.length + graph.omitted;
	const height = rows - shown.length - 2 - (omitted > 0 && rows >= 8 ? 1 : 0);
	const axis = valueAxis(
		Math.min(...shown.map(({min}) => min)),
		Math.max(...shown.map(({max}) => max)),
		Math.max(1, Math.min(8, Math.floor((height - 1) / 2))),
	);
	const zone = timeZoneOffset(graph.to);
	const gutter = Math.max(displayWidth(zone) + 1, ...axis.ticks.map(tick => axis.label(tick).length)) + 1;
	// A margin on the right for the letter of each line.
	const plot = columns - gutter - 3;
	const letters = shown.length > 1 && (theme.ascii || !theme.colours);
	const canvas = createCanvas(plot, height, !letters && !theme.ascii);
	for (const [index, series] of shown.entries()) trace(canvas, graph, axis, series, index);
	const rowOf = (value: number) => Math.round((1 - shareOf(value, axis)) * (height * canvas.down - 1));
	const letterRows = labelRows(shown, value => Math.floor(rowOf(value) / canvas.down), height);
	const tickAt = new Map(axis.ticks.map(tick => [Math.floor(rowOf(tick) / canvas.down), axis.label(tick)]));
	const painted: string[] = [];
	for (let row = 0; row < height; row += 1) {
		const label = tickAt.get(row);
		const span = line()
			.append(fitCells(label ?? '', gutter - 1, 'right'), 'dim')
			.append(label === undefined ? ' │' : ' ┤', 'dim');
		putPlot(span, canvas, row, shown, letters, theme);
		const name = letterRows.get(row);
		if (name !== undefined) span.append(' ').appendHue(shown[name]?.letter ?? '', name);
		painted.push(span.finish());
	}
	painted.push(...timeAxis(graph, gutter, plot, zone, theme, columns));
	painted.push(...shown.map((series, index) => legend(series, index, shown, line())));
	if (omitted > 0 && rows >= 8) painted.push(line().append(` … ${omitted} more series, not drawn`, 'dim').finish());
	return painted;
}

/** The position of a value between the ends of the axis, 0 to 1. Halved first: the difference of two floats can overflow. */
const shareOf = (value: number, {low, high}: ValueAxis): number => (value / 2 - low / 2) / (high / 2 - low / 2);

function trace(canvas: Canvas, graph: Graph, axis: ValueAxis, series: GraphSeries, owner: number): void {
	const [right, bottom] = [canvas.columns * canvas.across - 1, canvas.rows * canvas.down - 1];
	const span = Math.max(1, graph.to - graph.from);
	let before: readonly [number, number] | undefined;
	for (const [at, value] of series.points) {
		if (value === undefined || !Number.isFinite(value) || at < graph.from || at > graph.to) {
			before = undefined;
			continue;
		}
		const x = Math.round(((at - graph.from) / span) * right);
		const y = Math.round((1 - shareOf(value, axis)) * bottom);
		const [fromX, fromY] = before ?? [x, y];
		canvas.line(fromX, fromY, x, y, owner);
		before = [x, y];
	}
}

/** The row for the letter of each line: that of its last value, or the nearest free one. Key: row, value: index of the line. */
function labelRows(
	shown: readonly DrawnSeries[],
	rowOf: (value: number) => number,
	height: number,
): ReadonlyMap<number, number> {
	const rows = new Map<number, number>();
	if (shown.length < 2) return rows;
	for (const [index, {last}] of shown.entries()) {
		const preferredRow = rowOf(last ?? 0);
		for (let off = 0; off < height; off += 1) {
			const row = [preferredRow + off, preferredRow - off].find(
				candidate => candidate >= 0 && candidate < height && !rows.has(candidate),
			);
			if (row === undefined) continue;
			rows.set(row, index);
			break;
		}
	}
	return rows;
}

/** One row of the canvas; neighbouring cells of one line are painted together. */
function putPlot(
	span: LineBuilder,
	canvas: Canvas,
	row: number,
	shown: readonly DrawnSeries[],
	letters: boolean,
	theme: Theme,
) {
	let text = '';
	let owner = -1;
	const flush = () => {
		if (owner === -1) span.append(text);
		else span.appendHue(text, owner);
		text = '';
	};
	for (let column = 0; column < canvas.columns; column += 1) {
		const cellOwner = canvas.owner(column, row);
		if (cellOwner !== owner) flush();
		owner = cellOwner;
		if (cellOwner === -1) text += ' ';
		else if (letters) text += shown[cellOwner]?.letter ?? '*';
		else text += theme.ascii ? '*' : canvas.braille(column, row);
	}
	flush();
}

function timeAxis(
	graph: Graph,
	gutter: number,
	plot: number,
	zone: string,
	theme: Theme,
	columns: number,
): readonly string[] {
	const ticks = timeTicks(graph.from, graph.to, plot, tickSpacing);
	const marks = new Set(ticks.map(({column}) => column));
	const ruler = Array.from({length: plot}, (_, column) => (marks.has(column) ? '┬' : '─')).join('');
	let labels = '';
	for (const {column, label} of ticks) {
		const start = Math.max(0, Math.min(plot - label.length, column - Math.floor(label.length / 2)));
		if (start > labels.length || labels === '') labels = `${labels.padEnd(start)}${label}`;
	}
	const line = () => createLineBuilder(columns, theme);
	return [
		line()
			.append(`${' '.repeat(gutter)}└${ruler}`, 'dim')
			.finish(),
		line()
			.append(`${fitCells(zone, gutter - 1, 'right')}  ${labels}`, 'dim')
			.finish(),
	];
}

/** `a  job="node"   last 12  min 3  max 20`; the name is cut where it does not fit. */
function legend(series: DrawnSeries, index: number, shown: readonly DrawnSeries[], span: LineBuilder): string {
	const widest = (pick: (from: DrawnSeries) => number) =>
		Math.max(...shown.map(other => formatAxisNumber(pick(other)).length));
	const figures = [
		[
			'last',
			fitCells(
				formatAxisNumber(series.last ?? Number.NaN),
				widest(other => other.last ?? Number.NaN),
				'right',
			),
		],
		[
			'min',
			fitCells(
				formatAxisNumber(series.min),
				widest(other => other.min),
				'right',
			),
		],
		[
			'max',
			fitCells(
				formatAxisNumber(series.max),
				widest(other => other.max),
				'right',
			),
		],
	] as const;
	const right = figures.map(([name, value]) => `  ${name} ${value}`).join('');
	const label = cleanLine(series.label);
	const space = Math.max(0, span.space - 4 - right.length - 1);
	span
		.append(' ')
		.appendHue(shown.length > 1 ? series.letter : '─', index)
		.append('  ')
		.append(fitCells(truncateText(label, space), space));
	for (const [name, value] of figures) span.append(`  ${name} `, 'dim').append(value);
	return span.finish();
}
