import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {prometheusSystem} from '../../../adapters/prometheus/system.ts';
import type {Document} from '../../../src/contract/document.ts';
import {initialParams} from '../../../src/contract/initial-params.ts';
import type {Params} from '../../../src/contract/param.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {PrometheusAlertRow} from '../../../src/model/prometheus/prometheus-alert.ts';
import {type ScrapeRow, scrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {prometheusData} from '../../estate/prometheus.ts';
import {openPrometheus, type PrometheusFixture, settingsFor, testContext} from './prometheus-fixture.ts';

type ApiSeries = {
	readonly metric: Record<string, string>;
	readonly value: [number, string];
	readonly values: [number, string][];
};

/** Starts an exporter with given pages. */
async function openExporter(): Promise<{
	readonly server: Server;
	serve(type: string, body: string): string;
	readonly seen: string[];
}> {
	const pages = new Map<string, {readonly type: string; readonly body: string}>();
	const seen: string[] = [];
	const server = createServer((request, response) => {
		const {type, body} = pages.get(request.url ?? '') ?? {type: 'text/plain', body: ''};
		seen.push(`${request.headers.authorization ?? 'no login'} ${request.headers.accept}`);
		response.setHeader('Content-Type', type);
		response.end(body);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	return {
		server,
		seen,
		serve(type, body) {
			const path = `/metrics?page=${pages.size}`;
			pages.set(path, {type, body});
			return `http://127.0.0.1:${port}${path}`;
		},
	};
}

const rowAt = (url: string, part: Partial<ScrapeRow> = {}): ScrapeRow => ({
	...scrapeRow('prom', {
		pool: 'test',
		instance: new URL(url).host,
		labels: {job: 'test', instance: new URL(url).host},
		url,
		health: 'up',
		error: '',
		scrapedAt: undefined,
		tookMs: undefined,
		timeoutMs: undefined,
		intervalMs: undefined,
		poolSize: 1,
		poolDown: 0,
	}),
	...part,
});

const textOf = ({lines}: Document): string => lines.map(line => line.text).join('\n');

describePrometheus('prometheus', 'queries', server => {
	let fixture: PrometheusFixture;
	let exporter: Awaited<ReturnType<typeof openExporter>>;

	beforeAll(async () => {
		fixture = await openPrometheus(settingsFor(server));
		exporter = await openExporter();
	});

	afterAll(async () => {
		await fixture.connection.close();
		exporter.server.close();
	});

	function open(id: string, row: Row, params: Params = {}, at = testContext): Promise<Document> {
		const inspection = prometheusSystem.inspections.find(candidate => candidate.id === id);
		if (inspection === undefined) throw new Error(`no inspection ${id}`);
		return inspection.open(row, {
			...at,
			port: fixture.port,
			target: fixture.target,
			rows: [row],
			params: {...initialParams(inspection.params, [row]), ...params},
		});
	}

	const anyRow = rowAt('http://127.0.0.1:1/metrics');
	const query = (expression: string, params: Params = {}) => open('prometheus.query', anyRow, {expression, ...params});

	async function readApi(path: string, words: Readonly<Record<string, string>>): Promise<readonly ApiSeries[]> {
		const data = await prometheusData(server, `${path}?${new URLSearchParams(words)}`);
		return (data as {result: readonly ApiSeries[]}).result;
	}

	test('the table has the same values as the API', async () => {
		const expression = 'prometheus_build_info or up';
		const [{lines}, result] = [await query(expression), await readApi('/api/v1/query', {query: expression})];
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
		const [series] = await readApi('/api/v1/query_range', {
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
		const text = textOf(await query('up * on(job) group_left {__name__=~"up|scrape_duration_seconds"}'));
		expect(text).toContain('many-to-many matching not allowed');
	});

	test.each([
		['"words"', ['words']],
		['1 + 1', ['now', 'value', '    2']],
		[
			'no_such_metric',
			['no series, now or in the last 1h: no series has that name or those labels, or none meets the condition'],
		],
	])('%s is shown too', async (expression, expected) => {
		const {lines} = await query(expression);
		expect(lines.map(({text}) => text)).toEqual(expected);
	});

	test('a range in brackets gives the newest value of each series', async () => {
		const document = await query('up[30s]');
		expect(textOf(document)).toContain('newest value of each series in the range');
		expect(document.graph).toBeUndefined();
	});

	test('a value that is not finite is a gap, with a note', async () => {
		const {graph, lines} = await query('vector(0) / 0');
		expect(graph).toBeUndefined();
		expect(lines[0]?.text).toMatch(/^\d+ values are NaN or infinite, in 1 series: a gap is drawn$/);
		expect(lines.map(({text}) => text)).toContain('no graph: no value in the last 1h');
		expect(lines.at(-1)?.text.trim()).toBe('NaN');
	});

	test('keys change the range, up to an end on both sides', () => {
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

	test('an alert is drawn as the left side of its comparison, with the limit', async () => {
		await expect.poll(async () => (await fixture.read('prometheus.alert')).rows.length).toBeGreaterThan(0);
		const rules = (await fixture.port.rules(testContext)) ?? [];
		const {rows} = await fixture.read<PrometheusAlertRow>('prometheus.alert');
		const row = rows.find(({name}) => rules.some(rule => rule.name === name && /==\s*0\s*$/.test(rule.expression)));
		if (row === undefined) throw new Error('no alert of a rule that compares with 0');
		const {graph, title} = await open('prometheus.alert-graph', row);
		expect(title).toContain(row.name);
		const [measure, limit] = graph?.series ?? [];
		expect(limit).toMatchObject({label: 'the limit of the rule'});
		expect(limit?.points.map(([, value]) => value)).toEqual([0, 0]);
		expect(measure?.points.findLast(([, value]) => value !== undefined)?.[1]).toBe(0);
	});

	test('the pages of real exporters are parsed without errors, with the number of series that Prometheus has', async () => {
		const {rows} = await fixture.read<ScrapeRow>('prometheus.target');
		const up = rows.filter(row => row.health === 'up' && row.pool !== 'prometheus');
		expect(up.length).toBeGreaterThan(0);
		for (const row of up) {
			const counted = async () => {
				const result = await readApi('/api/v1/query', {
					query: `scrape_samples_scraped{instance="${row.instance}",job="${row.labels['job']}"}`,
				});
				return Number(result[0]?.value[1]);
			};
			const read = async () => {
				const document = await open('prometheus.page', row);
				expect(textOf(document)).not.toContain('wrong');
				return Number(/^([\d,]+) series in/.exec(document.lines[0]?.text ?? '')?.[1]?.replaceAll(',', ''));
			};
			await expect.poll(async () => (await read()) - (await counted())).toBe(0);
		}
	});

	test('a page with a wrong line names it, and shows the rest', async () => {
		const url = exporter.serve('text/plain; version=0.0.4', '# TYPE good gauge\ngood 1\nbad{x="1} 2\nalso_good 3\n');
		const row = rowAt(url, {health: 'down', error: 'expected label value, got "INVALID"'});
		const text = textOf(await open('prometheus.page', row));
		expect(text).toContain('2 series in 2 families');
		expect(text).toContain('prom cannot scrape it: expected label value, got "INVALID"');
		expect(text).toContain('  line 3: the quote before 1} 2 is never closed\n    bad{x="1} 2');
		expect(text).toContain('also_good  unknown\n  also_good  3');
	});

	test('OpenMetrics by its content type, without # EOF, is reported as cut off', async () => {
		const url = exporter.serve(
			'application/openmetrics-text; version=1.0.0; charset=utf-8',
			'# TYPE a counter\na_total 1 1.5\n',
		);
		const text = textOf(await open('prometheus.page', rowAt(url)));
		expect(text).toContain('of OpenMetrics');
		expect(text).toContain('the page ends without # EOF');
		expect(text).toContain('  a_total  1  at 1970-01-01T00:00:01.500Z');
	});

	test('an HTML page and an empty one are reported', async () => {
		const html = exporter.serve('text/html', '<!doctype html><title>Node Exporter</title>');
		expect(textOf(await open('prometheus.page', rowAt(html)))).toContain('An HTML page is served there, not metrics');
		const empty = exporter.serve('text/plain', '');
		expect(textOf(await open('prometheus.page', rowAt(empty)))).toContain('The page is empty: no series.');
	});

	test('a target that only Prometheus reaches is distinguished from a dead one', async () => {
		const url = 'http://127.0.0.1:1/metrics';
		const reached = textOf(await open('prometheus.page', rowAt(url)));
		expect(reached).toContain('The page could not be read from this machine');
		expect(reached).toContain('correct its address in scrape_configs');
		expect(reached).toContain('prom can scrape it: it may be in another network.');
		const dead = textOf(await open('prometheus.page', rowAt(url, {health: 'down', error: 'connection refused'})));
		expect(dead).toContain('prom cannot scrape it either: connection refused');
	});

	test('a target never gets the login of Prometheus, and gets its Accept header', async () => {
		const settings = settingsFor(server);
		const password = {source: 'the test', reveal: async () => 'a-password-of-prometheus'};
		const guarded = await openPrometheus({...settings, auth: {kind: 'basic', username: 'operator', password}});
		exporter.seen.length = 0;
		await guarded.port.fetchPage(exporter.serve('text/plain', 'a 1\n'), testContext);
		await guarded.connection.close();
		expect(exporter.seen).toHaveLength(1);
		expect(exporter.seen[0]).toMatch(/^no login application\/openmetrics-text;version=1\.0\.0/);
	});
});
