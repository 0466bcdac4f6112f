import type {HttpQuery} from '../../src/contract/http-transport.ts';
import {AdapterError} from '../../src/errors.ts';
import type {PrometheusSettings, Sample} from '../../src/port/prometheus.ts';
import type {
	MetricsPage,
	PrometheusQueries,
	QueryResult,
	RangeQueryResult,
} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {createHttpClient, type HttpClient} from '../http/client.ts';
import {asList, asObject, asText, dataOf, decodeLabels, parseSampleValue} from './decode.ts';

/** Given to the server too, so that it stops working on what nobody waits for. */
const evaluationSeconds = 8;
const queryTimeoutMs = 9000;
/** Reading more JSON than this would hold up the screen. */
const maxResponseBytes = 3 * 1024 * 1024;
const pageTimeoutMs = 9000;
const maxPageBytes = 32 * 1024 * 1024;

/** As Prometheus asks, without the formats that are not text. */
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

const decodeWarnings = (answer: unknown, asked: string): readonly string[] => [
	...dataOf(answer, asked).warnings,
	...asList(asObject(answer)['infos']).map(asText),
];

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
export function decodeQueryResult(answer: unknown, asked: string): QueryResult {
	const {resultType, result} = asObject(dataOf(answer, asked).data);
	const empty: QueryResult = {
		kind: 'vector',
		samples: [],
		text: '',
		histograms: 0,
		warnings: decodeWarnings(answer, asked),
	};
	if (resultType === 'string') return {...empty, kind: 'string', text: asText(asList(result)[1])};
	if (resultType === 'scalar') return {...empty, kind: 'scalar', samples: [{labels: {}, ...pointOf(result)}]};
	if (resultType !== 'vector' && resultType !== 'matrix') {
		const hint = 'Check `url` and its prefix, and what kind of server answers there.';
		throw new AdapterError('malformed', `${asked}: the answer is not that of a Prometheus`, hint);
	}
	const samples = asList(result).flatMap((series): readonly Sample[] => {
		const {metric, value, values} = asObject(series);
		const newest = value ?? asList(values).at(-1);
		return newest === undefined ? [] : [{labels: decodeLabels(metric), ...pointOf(newest)}];
	});
	return {...empty, kind: resultType, samples, histograms: asList(result).filter(isHistogram).length};
}

export function decodeRangeQueryResult(answer: unknown, asked: string): RangeQueryResult {
	const {result} = asObject(dataOf(answer, asked).data);
	const series = asList(result).flatMap(one => {
		const {metric, values} = asObject(one);
		return values === undefined ? [] : [{labels: decodeLabels(metric), points: asList(values).map(pointOf)}];
	});
	return {series, histograms: asList(result).filter(isHistogram).length, warnings: decodeWarnings(answer, asked)};
}

async function readPage(settings: PrometheusSettings, url: string, signal: AbortSignal): Promise<MetricsPage> {
	const address = URL.parse(url);
	if (address === null || !/^https?:$/.test(address.protocol)) {
		const hint = 'Prometheus gives this address of the target: look at its configuration.';
		throw new AdapterError('unsupported', `${url} is no address that can be read`, hint);
	}
	const {environment} = settings;
	const http = createHttpClient({url: address.origin, auth: {kind: 'none'}, headers: {}, environment}, {});
	const began = performance.now();
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
		const tookMs = performance.now() - began;
		return {text: bytes.toString('utf8'), contentType, tookMs, bytes: bytes.length};
	} finally {
		http.close();
	}
}

/** The part of the port that answers people. */
export function createPrometheusQueries(http: HttpClient, settings: PrometheusSettings): PrometheusQueries {
	const read = (path: string, asked: string, query: HttpQuery, signal: AbortSignal): Promise<unknown> =>
		http.json(
			{
				path,
				query: [...query, ['timeout', `${evaluationSeconds}s`]],
				operation: asked,
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
