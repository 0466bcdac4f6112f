import {loadPatterns} from '../../../src/text/pattern.ts';
import {
	type FakeHttpRequest,
	type FakeHttpResponse,
	type FakeHttpServer,
	jsonResponse,
	startFakeHttpServer,
	textResponse,
} from '../../fake-http-server.ts';
import {evaluationMs, externalLabels, type Monitoring} from '../monitoring/monitoring.ts';
import {pools} from '../monitoring/pools.ts';
import {type ScrapedTarget, scrapeIntervalMs, scrapeTimeoutMs} from '../monitoring/scraped-targets.ts';
import {headSeriesCount} from '../monitoring/series.ts';
import {metricsPageText} from './metrics-page.ts';
import {PromqlError} from './promql-tokens.ts';
import {queryResponse, rangeResponse} from './query-response.ts';
import {alertsResponse, rulesResponse} from './rules-response.ts';

export const prometheusVersion = '2.53.0';

const seconds = (ms: number): string => `${ms / 1000}s`;
const poolNames = pools.map(([name]) => name);

/** A time as Go writes it, to the second. `at`: epoch milliseconds. */
const goTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const targetOf = ({pool, labels, url, error, lastScrape, tookMs}: ScrapedTarget) => ({
	discoveredLabels: {
		__address__: labels['instance'],
		__metrics_path__: new URL(url).pathname,
		__scheme__: 'http',
		__scrape_interval__: seconds(scrapeIntervalMs),
		__scrape_timeout__: seconds(scrapeTimeoutMs),
		job: pool,
	},
	labels,
	scrapePool: pool,
	scrapeUrl: url,
	globalUrl: url,
	lastError: error,
	lastScrape: new Date(lastScrape).toISOString(),
	lastScrapeDuration: tookMs / 1000,
	health: error === '' ? 'up' : 'down',
	scrapeInterval: seconds(scrapeIntervalMs),
	scrapeTimeout: seconds(scrapeTimeoutMs),
});

function targetsAnswer(world: Monitoring, query: URLSearchParams) {
	const pool = query.get('scrapePool');
	const active = query.get('state') === 'dropped' ? [] : world.targetsAt(world.now());
	return {
		activeTargets: active.filter(one => pool === null || one.pool === pool).map(targetOf),
		droppedTargets: [],
		droppedTargetCounts: Object.fromEntries(poolNames.map(name => [name, 0])),
	};
}

const configuration = `global:
  scrape_interval: ${seconds(scrapeIntervalMs)}
  scrape_timeout: ${seconds(scrapeTimeoutMs)}
  evaluation_interval: ${seconds(evaluationMs)}
  external_labels:
${Object.entries(externalLabels)
	.map(([name, value]) => `    ${name}: ${value}`)
	.join('\n')}
rule_files:
- /etc/prometheus/rules/*.yml
scrape_configs:
${poolNames.map(name => `- job_name: ${name}`).join('\n')}
`;

const flags = {
	'config.file': '/etc/prometheus/prometheus.yml',
	'storage.tsdb.retention.time': '15d',
	'web.enable-admin-api': 'false',
	'web.enable-lifecycle': 'true',
	'web.listen-address': '0.0.0.0:9090',
};

function runtimeAnswer(world: Monitoring) {
	const {success, loadedAt} = world.config();
	return {
		startTime: new Date(world.startedAt).toISOString(),
		CWD: '/prometheus',
		reloadConfigSuccess: success,
		lastConfigTime: goTime(loadedAt),
		corruptionCount: 0,
		goroutineCount: 1204,
		GOMAXPROCS: 8,
		GOMEMLIMIT: 9_223_372_036_854_775_807n.toString(),
		GOGC: '75',
		GODEBUG: '',
		storageRetention: '15d',
	};
}

function tsdbAnswer(world: Monitoring) {
	const now = world.now();
	return {
		headStats: {
			numSeries: headSeriesCount(world, now),
			numLabelPairs: 8210,
			chunkCount: headSeriesCount(world, now) * 3,
			minTime: now - 2 * 3_600_000,
			maxTime: now,
		},
		seriesCountByMetricName: [],
		labelValueCountByLabelName: [],
		memoryInBytesByLabelName: [],
		seriesCountByLabelValuePair: [],
	};
}

const buildInfo = {
	version: prometheusVersion,
	revision: 'demo',
	branch: 'HEAD',
	buildUser: 'midwatch',
	buildDate: '20240616-07:50:34',
	goVersion: 'go1.22.4',
};

/** `data` of the answer, or the promise of it. */
type ReadHandler = (world: Monitoring, query: URLSearchParams) => unknown;

const readHandlers: Readonly<Record<string, ReadHandler>> = {
	'/api/v1/query': queryResponse,
	'/api/v1/query_range': rangeResponse,
	'/api/v1/scrape_pools': () => ({scrapePools: poolNames}),
	'/api/v1/targets': targetsAnswer,
	'/api/v1/alerts': alertsResponse,
	'/api/v1/rules': (world, query) => rulesResponse(world, query.get('type')),
	'/api/v1/status/runtimeinfo': runtimeAnswer,
	'/api/v1/status/tsdb': tsdbAnswer,
	'/api/v1/status/buildinfo': () => buildInfo,
	'/api/v1/status/flags': () => flags,
	'/api/v1/status/config': () => ({yaml: configuration}),
};

/** Queries may be long, and are posted then. */
const posted = new Set(['/api/v1/query', '/api/v1/query_range']);

async function handleRequest(world: Monitoring, {method, path, query}: FakeHttpRequest): Promise<FakeHttpResponse> {
	if (path === '/-/ready') return textResponse('Prometheus Server is Ready.\n');
	if (path === '/-/healthy') return textResponse('Prometheus Server is Healthy.\n');
	if (path === '/-/reload') {
		if (method !== 'POST' && method !== 'PUT') return textResponse('Only POST or PUT requests allowed', 405);
		world.reload();
		return textResponse('');
	}
	if (path === '/pages') {
		const page = metricsPageText(world, query.get('of') ?? '');
		return page === undefined
			? textResponse('no server answers there', 404)
			: {status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: page};
	}
	const read = readHandlers[path];
	if (read === undefined) return textResponse('404 page not found\n', 404);
	if (method !== 'GET' && !(method === 'POST' && posted.has(path))) return textResponse('Method Not Allowed\n', 405);
	try {
		return jsonResponse({status: 'success', data: await read(world, query)});
	} catch (error) {
		if (!(error instanceof PromqlError)) throw error;
		return jsonResponse({status: 'error', errorType: 'bad_data', error: error.message}, 400);
	}
}

/**
 * A Prometheus with the demo's targets and rules, on loopback. It answers the requests of midwatch as the real one does, with a part of
 * PromQL. `/pages?of=URL` is an extension: the metrics page of a target, since no server listens at its address.
 */
export async function startPrometheusApi(world: Monitoring): Promise<FakeHttpServer> {
	await loadPatterns();
	return startFakeHttpServer(request => handleRequest(world, request));
}
