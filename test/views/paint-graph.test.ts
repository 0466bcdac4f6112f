import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Graph, GraphSeries} from '../../src/contract/document.ts';
import {graphRows, paintGraph} from '../../views/document/paint-graph.ts';
import {createTheme} from '../../views/theme.ts';
import {cellsOf, hostileText, themes} from './arbitraries.ts';

const to = Date.UTC(2026, 10, 21, 14, 5, 22);
const hour = 3_600_000;

const line = (label: string, value: (index: number) => number | undefined): GraphSeries => ({
	label,
	points: Array.from({length: 241}, (_, index) => [to - hour + index * 15_000, value(index)]),
});

const waves: Graph = {
	title: 'rate(http_requests_total[5m])',
	from: to - hour,
	to,
	omitted: 31,
	series: [
		line('job="api" path="/cart"', index => index * 80 + (index % 7) * 100),
		line('job="node" instance="10.2.1.3:9100"', index =>
			index > 100 && index < 120 ? undefined : 1e4 + 5e3 * Math.sin(index / 20),
		),
		line('job="mailer"', () => 3000),
	],
};

const single: Graph = {...waves, series: waves.series.slice(1, 2), omitted: 0};

const plain = (text: string): string => text.replaceAll(/\u001b\[[\d;]*m/g, '');

const frame = (graph: Graph, columns: number, rows: number, theme = createTheme('none', false)): string =>
	`${paintGraph(graph, {columns, rows}, theme).map(plain).join('\n')}\n`;

describe('a graph', () => {
	it.each([
		[60, 13],
		[80, 22],
		[140, 38],
	])('of one series at %ix%i', async (columns, rows) => {
		await expect(frame(single, columns, rows)).toMatchFileSnapshot(`__frames__/graph-one.${columns}x${rows}.txt`);
	});

	it.each([
		[60, 13],
		[80, 22],
		[140, 38],
	])('of several series in colours at %ix%i', async (columns, rows) => {
		const painted = frame(waves, columns, rows, createTheme('colour', false));
		await expect(painted).toMatchFileSnapshot(`__frames__/graph-colours.${columns}x${rows}.txt`);
	});

	it('of several series without colours: each is drawn with its letter', async () => {
		await expect(frame(waves, 80, 22)).toMatchFileSnapshot('__frames__/graph-letters.80x22.txt');
	});

	it('in ASCII', async () => {
		const painted = frame(waves, 80, 22, createTheme('none', true));
		expect(painted).toMatch(/^[\n\u0020-\u007e]*$/);
		await expect(painted).toMatchFileSnapshot('__frames__/graph-ascii.80x22.txt');
	});

	it('gives each series a colour of its own', () => {
		const painted = paintGraph(waves, {columns: 80, rows: 22}, createTheme('colour', false)).join('\n');
		for (const [letter, colour] of [
			['a', 36],
			['b', 33],
			['c', 35],
		])
			expect(painted).toContain(`\u001b[${colour}m${letter}\u001b[0m`);
	});

	it('draws nothing across a gap', () => {
		const gap: Graph = {
			...single,
			series: [line('a', index => (index < 60 || index > 180 ? 5 : index === 120 ? 5 : undefined))],
		};
		const painted = paintGraph(gap, {columns: 80, rows: 22}, createTheme('none', true)).map(plain);
		const [row] = painted.filter(one => one.includes('*'));
		expect(row?.slice(6, 77)).toMatch(/^ ?\*{16,19} {14,18}\* {14,18}\*{16,19} *$/);
		expect(painted.filter(one => one.includes('*'))).toHaveLength(1);
	});

	it('has a text when there is nothing to draw', () => {
		expect(frame({...single, series: [line('a', () => undefined)]}, 40, 6)).toContain('no value in this range');
		expect(frame({...single, series: []}, 40, 6)).toContain('no value in this range');
		expect(frame(single, 24, 6)).toContain('too small for a graph');
	});

	it('leaves a third of the screen to the text below it, and fills the screen without one', () => {
		expect(graphRows(22, 0)).toBe(22);
		expect(graphRows(22, 3)).toBe(19);
		expect(graphRows(22, 500)).toBe(15);
		expect(graphRows(4, 500)).toBe(4);
	});

	const value = fc.oneof(
		fc.double(),
		fc.integer({min: -1000, max: 1000}),
		fc.constantFrom(undefined, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE, -Number.MAX_VALUE),
	);
	const wildGraph = fc
		.record({
			title: hostileText,
			length: fc.integer({min: 1, max: 40 * 24 * hour}),
			series: fc.array(fc.record({label: hostileText, values: fc.array(value, {maxLength: 60})}), {maxLength: 12}),
			omitted: fc.nat(2000),
		})
		.map(({title, length, series, omitted}) => ({
			title,
			from: to - length,
			to,
			omitted,
			series: series.map(({label, values}) => ({
				label,
				points: values.map(
					(one, index) => [to - length + (index * length) / Math.max(1, values.length - 1), one] as const,
				),
			})),
		}));

	it('has exactly the requested size, whatever it contains', () => {
		fc.assert(
			fc.property(
				wildGraph,
				fc.integer({min: 1, max: 220}),
				fc.integer({min: 0, max: 60}),
				fc.constantFrom(...themes),
				(graph, columns, rows, theme) => {
					const painted = paintGraph(graph, {columns, rows}, theme);
					expect(painted).toHaveLength(rows);
					for (const row of painted) expect(cellsOf(row)).toBe(columns);
				},
			),
			{numRuns: 400},
		);
	});

	it('draws every value between the ends of its axis', () => {
		fc.assert(
			fc.property(fc.array(fc.double({min: -1e9, max: 1e9, noNaN: true}), {minLength: 1, maxLength: 80}), values => {
				const points = values.map(
					(one, index) => [to - hour + (index * hour) / Math.max(1, values.length - 1), one] as const,
				);
				const graph = {...single, series: [{label: 'a', points}]};
				const painted = paintGraph(graph, {columns: 80, rows: 22}, createTheme('none', true)).map(plain);
				const columns = new Set(
					painted.slice(0, 19).flatMap(row => [...row].flatMap((cell, at) => (cell === '*' ? [at] : []))),
				);
				const [first, last] = [Math.min(...columns), Math.max(...columns)];
				// A line that left the raster would leave columns without a mark.
				expect(columns.size).toBe(last - first + 1);
			}),
			{examples: [[[0, -5e-324]]]},
		);
	});
});
