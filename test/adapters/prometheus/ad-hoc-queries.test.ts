import {afterAll, beforeAll, expect, test} from 'vitest';
import {prometheusSystem} from '../../../adapters/prometheus/system.ts';
import type {Params} from '../../../src/contract/param.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {
	documentText,
	openInspection,
	openPrometheus,
	type PrometheusFixture,
	querySeries,
	scrapeRowAt,
	settingsFor,
} from './prometheus-fixture.ts';

describePrometheus('prometheus', 'queries', server => {
	let fixture: PrometheusFixture;

	beforeAll(async () => {
		fixture = await openPrometheus(settingsFor(server));
	});

	afterAll(() => fixture.connection.close());

	const anyRow = scrapeRowAt('http://127.0.0.1:1/metrics');
	const query = (expression: string, params: Params = {}) =>
		openInspection(fixture, 'prometheus.query', anyRow, {expression, ...params});

	test('the table has the same values as the API', async () => {
		const expression = 'prometheus_build_info or up';
		const [{lines}, result] = [
			await query(expression),
			await querySeries(server, '/api/v1/query', {query: expression}),
		];
		expect(result.length).toBeGreaterThan(2);
		for (const {metric, value} of result) {
			const row = lines.filter(({text}) => text.trim().startsWith(`${Number(value[1])} `));
			expect(row.some(({text}) => text.includes(metric['instance'] ?? ''))).toBe(true);
		}
	});

	test('a graph has the same points as the API', async () => {
		const expression = 'prometheus_tsdb_head_series';
		const {graph, title} = await query(expression, {range: '15m'});
		expect(title).toBe('prometheus_tsdb_head_series  15m');
		if (graph === undefined) throw new Error('no graph');
		expect(graph.to - graph.from).toBe(15 * 60_000);
		const points = graph.series[0]?.points ?? [];
		const step = ((points[1]?.[0] ?? 0) - (points[0]?.[0] ?? 0)) / 1000;
		const [series] = await querySeries(server, '/api/v1/query_range', {
			query: expression,
			start: String(graph.from / 1000),
			end: String(graph.to / 1000),
			step: String(step),
		});
		const drawn = points.filter(([, value]) => value !== undefined);
		expect(drawn.length).toBeGreaterThan(0);
		expect(drawn).toEqual(series?.values.map(([at, value]) => [at * 1000, Number(value)]));
	});

	test('an error is shown with its position', async () => {
		const {lines} = await query('sum(up) bye (job)');
		const shown = lines.map(({text}) => text);
		expect(shown[0]).toBe('sum(up) bye (job)');
		expect(shown[1]).toBe('        ^');
		expect(shown[2]).toContain('unexpected identifier "bye"');
	});

	test('an error of the evaluation has the message of the server', async () => {
		const text = documentText(await query('up * on(job) group_left {__name__=~"up|scrape_duration_seconds"}'));
		expect(text).toContain('many-to-many matching not allowed');
	});

	test.each([
		['"a text"', ['a text']],
		['1 + 1', ['now', 'value', '    2']],
		[
			'no_such_metric',
			['no series, now or in the last 1h: no series has that name or those labels, or none meets the condition'],
		],
	])('the result of %s, which is not a vector of series, is shown', async (expression, expected) => {
		const {lines} = await query(expression);
		expect(lines.map(({text}) => text)).toEqual(expected);
	});

	test('a range in brackets gives the newest value of each series', async () => {
		const document = await query('up[30s]');
		expect(documentText(document)).toContain('newest value of each series in the range');
		expect(document.graph).toBeUndefined();
	});

	test('a value that is not finite is a gap, with a note', async () => {
		const {graph, lines} = await query('vector(0) / 0');
		expect(graph).toBeUndefined();
		expect(lines[0]?.text).toMatch(/^\d+ values are NaN or infinite, in 1 series: a gap is drawn$/);
		expect(lines.map(({text}) => text)).toContain('no graph: no value in the last 1h');
		expect(lines.at(-1)?.text.trim()).toBe('NaN');
	});

	test('keys change the range, from 15 minutes to 7 days', () => {
		const options = prometheusSystem.inspections.find(({id}) => id === 'prometheus.query')?.documentOptions ?? [];
		const [shorter, longer] = options;
		const rangeAfter = (option: typeof shorter, from: string) =>
			option?.nextParams({expression: 'up', range: from})['range'];
		expect(['15m', '1h', '6h', '24h', '7d'].map(from => rangeAfter(longer, from))).toEqual([
			'1h',
			'6h',
			'24h',
			'7d',
			'7d',
		]);
		expect(['15m', '1h', '90m', '7d'].map(from => rangeAfter(shorter, from))).toEqual(['15m', '15m', '1h', '24h']);
		expect(longer?.currentLabel({range: '7d'})).toBe('no further');
	});
});
