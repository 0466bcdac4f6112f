import type {Graph, GraphSeries} from '../../src/contract/document.ts';
import {formatAxisNumber, timeTicks, timeZoneOffset, type ValueAxis, valueAxis} from '../../src/text/axis.ts';
import {type Canvas, createCanvas} from '../../src/text/canvas.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, fitCells, truncateText} from '../../src/text/fit.ts';
import type {Size} from '../layout.ts';
import {createLineBuilder, type LineBuilder} from '../line-builder.ts';
import type {Theme} from '../theme.ts';

/** Lines that a person can still tell apart. */
const mostSeries = 6;
const smallest: Size = {columns: 32, rows: 5};
/** Cells between two moments on the time axis. */
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

/** How many lines a graph takes of `rows`: all of it alone, the larger part where a text follows. */
export const graphRows = (rows: number, textLines: number): number =>
	textLines === 0 ? rows : Math.min(rows, Math.max(smallest.rows, rows - Math.min(textLines, Math.floor(rows / 3))));

/** A graph of exactly this size: lines, both axes, and a legend with the last, least and greatest value of each line. */
export function paintGraph(graph: Graph, size: Size, theme: Theme): readonly string[] {
	const {columns, rows} = size;
	const line = () => createLineBuilder(columns, theme);
	const blank = () => line().finish();
	const said = (text: string) => {
		const lines = [line().append(` ${text}`, 'dim').finish()];
		while (lines.length < rows) lines.push(blank());
		return lines.slice(0, Math.max(0, rows));
	};
	if (columns < smallest.columns || rows < smallest.rows) return said('too small for a graph');
	const all = graph.series.map(toDrawnSeries);
	const some = all.filter(one => one.last !== undefined);
	if (some.length === 0) return said('no value in this range');
	const room = Math.max(1, Math.min(mostSeries, rows >= 12 ? Math.floor(rows / 4) : 1));
	const shown = some.slice(0, room);
	const left = some.length - shown.length + graph.omitted;
	const height = rows - shown.length - 2 - (left > 0 && rows >= 8 ? 1 : 0);
	const axis = valueAxis(
		Math.min(...shown.map(one => one.min)),
		Math.max(...shown.map(one => one.max)),
		Math.max(1, Math.min(8, Math.floor((height - 1) / 2))),
	);
	const zone = timeZoneOffset(graph.to);
	const gutter = Math.max(displayWidth(zone) + 1, ...axis.ticks.map(tick => axis.label(tick).length)) + 1;
	// A margin on the right, where each line is named beside its end.
	const plot = columns - gutter - 3;
	const letters = shown.length > 1 && (theme.ascii || !theme.colours);
	const canvas = createCanvas(plot, height, !letters && !theme.ascii);
	for (const [index, one] of shown.entries()) trace(canvas, graph, axis, one, index);
	const rowOf = (value: number) => Math.round((1 - shareOf(value, axis)) * (height * canvas.down - 1));
	const named = labelRows(shown, value => Math.floor(rowOf(value) / canvas.down), height);
	const tickAt = new Map(axis.ticks.map(tick => [Math.floor(rowOf(tick) / canvas.down), axis.label(tick)]));
	const painted: string[] = [];
	for (let row = 0; row < height; row += 1) {
		const label = tickAt.get(row);
		const span = line()
			.append(fitCells(label ?? '', gutter - 1, 'right'), 'dim')
			.append(label === undefined ? ' │' : ' ┤', 'dim');
		putPlot(span, canvas, row, shown, letters, theme);
		const name = named.get(row);
		if (name !== undefined) span.append(' ').appendHue(shown[name]?.letter ?? '', name);
		painted.push(span.finish());
	}
	painted.push(...timeAxis(graph, gutter, plot, zone, theme, columns));
	painted.push(...shown.map((one, index) => legend(one, index, shown, line())));
	if (left > 0 && rows >= 8) painted.push(line().append(` … ${left} more series, not drawn`, 'dim').finish());
	return painted;
}

/** Where a value stands between the ends of the axis, 0 to 1. Halved, since the difference of two floats may be too large for one. */
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

/** The row beside which each line is named: that of its last value, or the nearest that is free. */
function labelRows(
	shown: readonly DrawnSeries[],
	rowOf: (value: number) => number,
	height: number,
): ReadonlyMap<number, number> {
	const named = new Map<number, number>();
	if (shown.length < 2) return named;
	for (const [index, {last}] of shown.entries()) {
		const wanted = rowOf(last ?? 0);
		for (let off = 0; off < height; off += 1) {
			const row = [wanted + off, wanted - off].find(one => one >= 0 && one < height && !named.has(one));
			if (row === undefined) continue;
			named.set(row, index);
			break;
		}
	}
	return named;
}

/** One row of the raster, cells of one line put together. */
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
		const here = canvas.owner(column, row);
		if (here !== owner) flush();
		owner = here;
		if (here === -1) text += ' ';
		else if (letters) text += shown[here]?.letter ?? '*';
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
	let moments = '';
	for (const {column, label} of ticks) {
		const start = Math.max(0, Math.min(plot - label.length, column - Math.floor(label.length / 2)));
		if (start > moments.length || moments === '') moments = `${moments.padEnd(start)}${label}`;
	}
	const line = () => createLineBuilder(columns, theme);
	return [
		line()
			.append(`${' '.repeat(gutter)}└${ruler}`, 'dim')
			.finish(),
		line()
			.append(`${fitCells(zone, gutter - 1, 'right')}  ${moments}`, 'dim')
			.finish(),
	];
}

/** `a  job="node"   last 12  min 3  max 20`; the name gives way. */
function legend(one: DrawnSeries, index: number, shown: readonly DrawnSeries[], span: LineBuilder): string {
	const widest = (pick: (from: DrawnSeries) => number) =>
		Math.max(...shown.map(other => formatAxisNumber(pick(other)).length));
	const figures = [
		[
			'last',
			fitCells(
				formatAxisNumber(one.last ?? Number.NaN),
				widest(other => other.last ?? Number.NaN),
				'right',
			),
		],
		[
			'min',
			fitCells(
				formatAxisNumber(one.min),
				widest(other => other.min),
				'right',
			),
		],
		[
			'max',
			fitCells(
				formatAxisNumber(one.max),
				widest(other => other.max),
				'right',
			),
		],
	] as const;
	const right = figures.map(([name, value]) => `  ${name} ${value}`).join('');
	const label = cleanLine(one.label);
	const room = Math.max(0, span.room - 4 - right.length - 1);
	span
		.append(' ')
		.appendHue(shown.length > 1 ? one.letter : '─', index)
		.append('  ')
		.append(fitCells(truncateText(label, room), room));
	for (const [name, value] of figures) span.append(`  ${name} `, 'dim').append(value);
	return span.finish();
}
