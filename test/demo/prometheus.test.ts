import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {FakeHttpServer} from '../../demo/fake-http-server.ts';
import {createScenario} from '../../demo/scenario.ts';
import {createMonitoring, type Monitoring} from '../../demo/servers/monitoring/monitoring.ts';
import {startPrometheusApi} from '../../demo/servers/prometheus/server.ts';

type Series = {readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string]};

const start = Date.UTC(2026, 10, 21, 14, 5, 22);
const minute = 60_000;
let now = start;
let world: Monitoring;
let server: FakeHttpServer;

beforeAll(async () => {
	world = createMonitoring(createScenario('scrape', {now: () => now}));
	server = await startPrometheusApi(world);
});
afterAll(() => server.close());

async function ask(path: string, query: Readonly<Record<string, string>> = {}, method = 'GET') {
	const answer = await fetch(`${server.url}${path}?${new URLSearchParams(query)}`, {method});
	const text = await answer.text();
	return {status: answer.status, text, json: () => JSON.parse(text) as {readonly data: never; readonly error: string}};
}

async function vector(query: string): Promise<readonly Series[]> {
	const {data} = (await ask('/api/v1/query', {query})).json();
	return (data as {readonly result: readonly Series[]}).result;
}

const values = async (query: string) => (await vector(query)).map(({value}) => Number(value[1]));

describe('the Prometheus of the demo', () => {
	test('counts its targets', async () => {
		const counts = await vector('count by (job) (up)');
		expect(counts).toHaveLength(23);
		expect(counts.reduce((sum, {value}) => sum + Number(value[1]), 0)).toBe(214);
		expect(await vector('count by (job) (up == 0)')).toMatchObject([
			{metric: {job: 'checkout-api'}, value: [now / 1000, '1']},
		]);
		expect(await vector('up == 0')).toMatchObject([{metric: {__name__: 'up', instance: '10.2.5.3:8080'}}]);
	});

	test.each<[string, readonly number[]]>([
		['1 + 2 * 3', [7]],
		['sum(up{job="node"})', [12]],
		['sum(up{job=~"node|kafka", instance!~"10.2.1.*"})', [3]],
		['sum without (instance) (up{job="redis"})', [3]],
		['max(up) - min(up)', [1]],
		['avg(up{job="checkout-api"}) * 6', [5]],
		['sum(nosuch)', []],
		['vector(5) > 4', [5]],
		['vector(3) > 4', []],
		['count(count by (job) (up))', [23]],
		['max_over_time(up{instance="10.2.5.3:8080"}[10m])', [1]],
		['max_over_time(up{instance="10.2.5.3:8080"}[5m])', [0]],
		['time()', [start / 1000]],
		['-sum(up{job="redis"})', [-3]],
	])('%s', async (query, expected) => {
		const {data} = (await ask('/api/v1/query', {query})).json();
		const {resultType, result} = data as {readonly resultType: string; readonly result: readonly unknown[]};
		const found =
			resultType === 'scalar' ? [Number(result[1])] : (result as readonly Series[]).map(one => Number(one.value[1]));
		expect(found).toEqual(expected);
	});

	test('has rates that are the growth of their counters', async () => {
		const [rate] = await values('sum(rate(http_requests_total[5m]))');
		const [after] = await values('sum(http_requests_total)');
		now -= 5 * minute;
		const [before] = await values('sum(http_requests_total)');
		now = start;
		expect(rate).toBeCloseTo(((after ?? 0) - (before ?? 0)) / 300, 0);
	});

	test('shows since when a target is down: the last moment it was up', async () => {
		const [ago] = await values('time() - max_over_time(timestamp((up{instance="10.2.5.3:8080"} == 1))[1h:])');
		expect(ago).toBeGreaterThanOrEqual(7 * 60);
		expect(ago).toBeLessThan(7 * 60 + 30);
	});

	test.each([
		['up{job="node"', 'unexpected end of input'],
		['up{job=node}', 'unexpected name "node"'],
		['sum(up', 'unexpected end of input'],
		['histogram_quantile(0.9, x)', 'does not know "histogram_quantile"'],
		['up[5m]', 'range vector'],
		['rate(up)', 'expected type range vector'],
		['1 == 1', 'BOOL'],
		['up $', "unexpected character: '$'"],
		['', 'unexpected end of input'],
	])('refuses %j with the reason', async (query, words) => {
		const {status, json} = await ask('/api/v1/query', {query});
		expect(status).toBe(400);
		expect(json().error).toContain(words);
	});

	test('returns past values for a range, and none of the future', async () => {
		const query = {
			query: 'up{job="checkout-api"}',
			step: '60',
			start: String(start / 1000 - 1200),
			end: String(start / 1000 + 600),
		};
		const {data} = (await ask('/api/v1/query_range', query)).json();
		const {result} = data as {
			readonly result: readonly {
				readonly metric: Readonly<Record<string, string>>;
				readonly values: readonly (readonly [number, string])[];
			}[];
		};
		expect(result).toHaveLength(6);
		const down = result.find(({metric}) => metric['instance'] === '10.2.5.3:8080')?.values ?? [];
		expect(down.map(([, value]) => value).join('')).toBe(`${'1'.repeat(13)}${'0'.repeat(8)}`);
		expect(down.at(-1)?.[0]).toBe(start / 1000);
	});

	test('returns no more points than the real one', async () => {
		const {status, json} = await ask('/api/v1/query_range', {query: 'up', start: '0', end: '100000', step: '1'});
		expect([status, json().error]).toEqual([400, expect.stringContaining('exceeded maximum resolution')]);
	});

	test.each(['/api/v1/nosuch', '/graph/nosuch'])('has no %s', async path => {
		expect((await ask(path)).status).toBe(404);
	});

	test('is not reloaded by a GET', async () => {
		const before = world.config();
		expect((await ask('/-/reload')).status).toBe(405);
		expect(world.config()).toBe(before);
	});

	test('serves the page of a target that is up, and none of one that is down', async () => {
		const page = await ask('/pages', {of: 'http://10.2.5.4:8080/metrics'});
		expect(page.text).toMatch(/^http_requests_total\{code="200"\} \d+$/m);
		expect((await ask('/pages', {of: 'http://10.2.5.3:8080/metrics'})).status).toBe(404);
	});
});
