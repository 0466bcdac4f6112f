import type {HttpQuery} from '../../src/contract/http-transport.ts';
import {AdapterError} from '../../src/errors.ts';
import type {PrometheusSettings, Sample} from '../../src/port/prometheus.ts';
import type {Answer, MetricsPage, PrometheusQuestions, RangeAnswer} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {createHttpClient, type HttpClient} from '../http/client.ts';
import {dataOf, fields, labelsOf, list, numberOf, text} from './decode.ts';

/** Given to the server too, so that it stops working on what nobody waits for. */
const evaluationSeconds = 8;
const answerMs = 9000;
/** Reading more JSON than this would hold up the screen. */
const largestAnswer = 3 * 1024 * 1024;
const pageMs = 9000;
const largestPage = 32 * 1024 * 1024;

/** As Prometheus asks, without the formats that are not text. */
const pageFormats =
	'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';

type Point = {readonly at: number; readonly value: number};

function pointOf(pair: unknown): Point {
	const [at, value] = list(pair);
	return {at: Number(at) * 1000, value: numberOf(value)};
}

const isHistogram = (series: unknown): boolean => {
	const {histogram, histograms} = fields(series);
	return histogram !== undefined || list(histograms).length > 0;
};

const remarksOf = (answer: unknown, asked: string): readonly string[] => [
	...dataOf(answer, asked).warnings,
	...list(fields(answer)['infos']).map(text),
];

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
export function decodeAnswer(answer: unknown, asked: string): Answer {
	const {resultType, result} = fields(dataOf(answer, asked).data);
	const empty: Answer = {kind: 'vector', samples: [], text: '', histograms: 0, warnings: remarksOf(answer, asked)};
	if (resultType === 'string') return {...empty, kind: 'string', text: text(list(result)[1])};
	if (resultType === 'scalar') return {...empty, kind: 'scalar', samples: [{labels: {}, ...pointOf(result)}]};
	if (resultType !== 'vector' && resultType !== 'matrix') {
		const hint = 'Check `url` and its prefix, and what kind of server answers there.';
		throw new AdapterError('malformed', `${asked}: the answer is not that of a Prometheus`, hint);
	}
	const samples = list(result).flatMap((series): readonly Sample[] => {
		const {metric, value, values} = fields(series);
		const newest = value ?? list(values).at(-1);
		return newest === undefined ? [] : [{labels: labelsOf(metric), ...pointOf(newest)}];
	});
	return {...empty, kind: resultType, samples, histograms: list(result).filter(isHistogram).length};
}

export function decodeRange(answer: unknown, asked: string): RangeAnswer {
	const {result} = fields(dataOf(answer, asked).data);
	const series = list(result).flatMap(one => {
		const {metric, values} = fields(one);
		return values === undefined ? [] : [{labels: labelsOf(metric), points: list(values).map(pointOf)}];
	});
	return {series, histograms: list(result).filter(isHistogram).length, warnings: remarksOf(answer, asked)};
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
				asked: 'page of metrics',
				accept: pageFormats,
				timeoutMs: pageMs,
				largest: largestPage,
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
export function createQuestions(http: HttpClient, settings: PrometheusSettings): PrometheusQuestions {
	const read = (path: string, asked: string, query: HttpQuery, signal: AbortSignal): Promise<unknown> =>
		http.json(
			{
				path,
				query: [...query, ['timeout', `${evaluationSeconds}s`]],
				asked,
				timeoutMs: answerMs,
				largest: largestAnswer,
			},
			signal,
		);
	return {
		async ask(expression, at, {signal}) {
			const query: HttpQuery = [
				['query', expression],
				['time', String(at / 1000)],
			];
			return decodeAnswer(await read('/api/v1/query', 'query', query, signal), 'query');
		},
		async askRange(expression, {from, to, stepMs}, {signal}) {
			const query: HttpQuery = [
				['query', expression],
				['start', String(from / 1000)],
				['end', String(to / 1000)],
				['step', String(stepMs / 1000)],
			];
			return decodeRange(await read('/api/v1/query_range', 'query', query, signal), 'query');
		},
		page: (url, {signal}) => readPage(settings, url, signal),
	};
}
