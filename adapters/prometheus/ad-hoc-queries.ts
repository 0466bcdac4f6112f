import type {HttpQuery} from '../../src/contract/http-transport.ts';
import {AdapterError} from '../../src/errors.ts';
import type {PrometheusSettings, Sample} from '../../src/port/prometheus.ts';
import type {
	MetricsPage,
	PrometheusQueries,
	QueryResult,
	RangeQueryResult,
} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {asList, asObject, asText} from '../../src/text/json-values.ts';
import {systemClock} from '../../src/time/clock.ts';
import {createHttpClient, type HttpClient} from '../http/client.ts';
import {dataOf, decodeLabels, parseSampleValue} from './decode.ts';

/** Sent to the server too, so that it stops evaluating an abandoned query. */
const evaluationSeconds = 8;
const queryTimeoutMs = 9000;
/** Parsing more JSON would block the event loop. */
const maxResponseBytes = 3 * 1024 * 1024;
const pageTimeoutMs = 9000;
const maxPageBytes = 32 * 1024 * 1024;

/** The Accept header of Prometheus, without formats that are not text. */
const pageFormats =
	'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';

type Point = {readonly at: number; readonly value: number};

function pointOf(pair: unknown): Point {
	const [at, value] = asList(pair);
	return {at: Number(at) * 1000, value: parseSampleValue(value)};
}

const isHistogram = (series: unknown): boolean => {
	const {histogram, histograms} = asObject(series);
	return histogram !== undefined || asList(histograms).length > 0;
};

const decodeWarnings = (body: unknown, operation: string): readonly string[] => [
	...dataOf(body, operation).warnings,
	...asList(asObject(body)['infos']).map(asText),
];

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
export function decodeQueryResult(body: unknown, operation: string): QueryResult {
	const {resultType, result} = asObject(dataOf(body, operation).data);
	const empty: QueryResult = {
		kind: 'vector',
		samples: [],
		text: '',
		histograms: 0,
		warnings: decodeWarnings(body, operation),
	};
	if (resultType === 'string') return {...empty, kind: 'string', text: asText(asList(result)[1])};
	if (resultType === 'scalar') return {...empty, kind: 'scalar', samples: [{labels: {}, ...pointOf(result)}]};
	if (resultType !== 'vector' && resultType !== 'matrix') {
		const hint = 'Check `url` and its prefix, and which kind of server is there.';
		throw new AdapterError('malformed', `${operation}: the response is not that of a Prometheus`, hint);
	}
	const samples = asList(result).flatMap((series): readonly Sample[] => {
		const {metric, value, values} = asObject(series);
		const newest = value ?? asList(values).at(-1);
		return newest === undefined ? [] : [{labels: decodeLabels(metric), ...pointOf(newest)}];
	});
	return {...empty, kind: resultType, samples, histograms: asList(result).filter(isHistogram).length};
}

export function decodeRangeQueryResult(body: unknown, operation: string): RangeQueryResult {
	const {result} = asObject(dataOf(body, operation).data);
	const series = asList(result).flatMap(item => {
		const {metric, values} = asObject(item);
		return values === undefined ? [] : [{labels: decodeLabels(metric), points: asList(values).map(pointOf)}];
	});
	return {series, histograms: asList(result).filter(isHistogram).length, warnings: decodeWarnings(body, operation)};
}

async function readPage(settings: PrometheusSettings, url: string, signal: AbortSignal): Promise<MetricsPage> {
	const address = URL.parse(url);
	if (address === null || !/^https?:$/.test(address.protocol)) {
		const hint = 'Prometheus reports this URL of the target: look at its scrape configuration.';
		throw new AdapterError('unsupported', `${url} is not an http or https URL`, hint);
	}
	const {environment} = settings;
	const http = createHttpClient({url: address.origin, auth: {kind: 'none'}, headers: {}, environment}, {});
	const began = systemClock.monotonic();
	try {
		const {bytes, contentType} = await http.bytes(
			{
				path: address.pathname,
				query: [...address.searchParams],
				operation: 'page of metrics',
				accept: pageFormats,
				timeoutMs: pageTimeoutMs,
				maxBytes: maxPageBytes,
			},
			signal,
		);
		const tookMs = systemClock.monotonic() - began;
		return {text: bytes.toString('utf8'), contentType, tookMs, bytes: bytes.length};
	} finally {
		http.close();
	}
}

/** The part of the port for queries that a user types. */
export function createPrometheusQueries(http: HttpClient, settings: PrometheusSettings): PrometheusQueries {
	const read = (path: string, operation: string, query: HttpQuery, signal: AbortSignal): Promise<unknown> =>
		http.json(
			{
				path,
				query: [...query, ['timeout', `${evaluationSeconds}s`]],
				operation,
				timeoutMs: queryTimeoutMs,
				maxBytes: maxResponseBytes,
			},
			signal,
		);
	return {
		async evaluate(expression, at, {signal}) {
			const query: HttpQuery = [
				['query', expression],
				['time', String(at / 1000)],
			];
			return decodeQueryResult(await read('/api/v1/query', 'query', query, signal), 'query');
		},
		async evaluateRange(expression, {from, to, stepMs}, {signal}) {
			const query: HttpQuery = [
				['query', expression],
				['start', String(from / 1000)],
				['end', String(to / 1000)],
				['step', String(stepMs / 1000)],
			];
			return decodeRangeQueryResult(await read('/api/v1/query_range', 'query', query, signal), 'query');
		},
		fetchPage: (url, {signal}) => readPage(settings, url, signal),
	};
}
