import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {ScrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {
	documentText,
	openInspection,
	openPrometheus,
	type PrometheusFixture,
	querySeries,
	scrapeRowAt,
	settingsFor,
	testContext,
} from './prometheus-fixture.ts';

type Exporter = {
	close(): void;
	/** Adds a page and returns its URL. */
	serve(type: string, body: string): string;
	/** Of each request: its login, or `no login`, and its Accept header. */
	readonly requests: string[];
};

/** Starts an HTTP server for the pages that a test adds. */
async function startExporter(): Promise<Exporter> {
	const pages = new Map<string, {readonly type: string; readonly body: string}>();
	const requests: string[] = [];
	const server = createServer((request, response) => {
		const {type, body} = pages.get(request.url ?? '') ?? {type: 'text/plain', body: ''};
		requests.push(`${request.headers.authorization ?? 'no login'} ${request.headers.accept}`);
		response.setHeader('Content-Type', type);
		response.end(body);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	return {
		requests,
		close: () => server.close(),
		serve(type, body) {
			const path = `/metrics?page=${pages.size}`;
			pages.set(path, {type, body});
			return `http://127.0.0.1:${port}${path}`;
		},
	};
}

describePrometheus('prometheus', 'metrics pages', server => {
	let fixture: PrometheusFixture;
	let exporter: Exporter;

	beforeAll(async () => {
		fixture = await openPrometheus(settingsFor(server));
		exporter = await startExporter();
	});

	afterAll(async () => {
		await fixture.connection.close();
		exporter.close();
	});

	const openPage = (row: ScrapeRow) => openInspection(fixture, 'prometheus.page', row);
	const pageText = async (row: ScrapeRow) => documentText(await openPage(row));

	test('the pages of real exporters are parsed without errors, with the number of series that Prometheus has', async () => {
		const {rows} = await fixture.read<ScrapeRow>('prometheus.target');
		const up = rows.filter(row => row.health === 'up' && row.pool !== 'prometheus');
		expect(up.length).toBeGreaterThan(0);
		for (const row of up) {
			const countedByServer = async () => {
				const result = await querySeries(server, '/api/v1/query', {
					query: `scrape_samples_scraped{instance="${row.instance}",job="${row.labels['job']}"}`,
				});
				return Number(result[0]?.value[1]);
			};
			const countedOnPage = async () => {
				const document = await openPage(row);
				expect(documentText(document)).not.toMatch(/lines? (is|are) wrong/);
				return Number(/^([\d,]+) series in/.exec(document.lines[0]?.text ?? '')?.[1]?.replaceAll(',', ''));
			};
			await expect.poll(async () => (await countedOnPage()) - (await countedByServer())).toBe(0);
		}
	});

	test('a page with a wrong line names it, and shows the rest', async () => {
		const url = exporter.serve('text/plain; version=0.0.4', '# TYPE good gauge\ngood 1\nbad{x="1} 2\nalso_good 3\n');
		const row = scrapeRowAt(url, {health: 'down', error: 'expected label value, got "INVALID"'});
		const text = await pageText(row);
		expect(text).toContain('2 series in 2 families');
		expect(text).toContain('prom cannot scrape it: expected label value, got "INVALID"');
		expect(text).toContain('  line 3: the quote before 1} 2 is never closed\n    bad{x="1} 2');
		expect(text).toContain('also_good  unknown\n  also_good  3');
	});

	test('an OpenMetrics page without # EOF is reported as cut off', async () => {
		const url = exporter.serve(
			'application/openmetrics-text; version=1.0.0; charset=utf-8',
			'# TYPE a counter\na_total 1 1.5\n',
		);
		const text = await pageText(scrapeRowAt(url));
		expect(text).toContain('of OpenMetrics');
		expect(text).toContain('the page ends without # EOF');
		expect(text).toContain('  a_total  1  at 1970-01-01T00:00:01.500Z');
	});

	test('an HTML page and an empty one are reported', async () => {
		const html = exporter.serve('text/html', '<!doctype html><title>Node Exporter</title>');
		expect(await pageText(scrapeRowAt(html))).toContain('An HTML page is served there, not metrics');
		const empty = exporter.serve('text/plain', '');
		expect(await pageText(scrapeRowAt(empty))).toContain('The page is empty: no series.');
	});

	test('a target that only Prometheus reaches is distinguished from a dead one', async () => {
		const url = 'http://127.0.0.1:1/metrics';
		const reached = await pageText(scrapeRowAt(url));
		expect(reached).toContain('The page could not be read from this machine');
		expect(reached).toContain('correct its address in scrape_configs');
		expect(reached).toContain('prom can scrape it: it may be in another network.');
		const dead = await pageText(scrapeRowAt(url, {health: 'down', error: 'connection refused'}));
		expect(dead).toContain('prom cannot scrape it either: connection refused');
	});

	test('a target is requested without the login of Prometheus, with its Accept header', async () => {
		const settings = settingsFor(server);
		const password = {source: 'the test', reveal: async () => 'a-password-of-prometheus'};
		const guarded = await openPrometheus({...settings, auth: {kind: 'basic', username: 'operator', password}});
		exporter.requests.length = 0;
		await guarded.port.fetchPage(exporter.serve('text/plain', 'a 1\n'), testContext);
		await guarded.connection.close();
		expect(exporter.requests).toHaveLength(1);
		expect(exporter.requests[0]).toMatch(/^no login application\/openmetrics-text;version=1\.0\.0/);
	});
});
