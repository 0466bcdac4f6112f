import type {Context} from '../../src/contract/context.ts';
import type {HttpQuery, HttpTransport} from '../../src/contract/http-transport.ts';
import {isAdapterError, rejectReadOnly} from '../../src/errors.ts';
import type {PrometheusSettings, ScrapeTarget} from '../../src/port/prometheus.ts';
import type {PrometheusQueryPort} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {mapInSlices} from '../../src/time/yield.ts';
import {createHttpClient, type HttpClient} from '../http/client.ts';
import {notJsonError} from '../http/json-errors.ts';
import {findHttpRefusal, isHtml} from '../http/refusal.ts';
import {createPrometheusQueries} from './ad-hoc-queries.ts';
import {
	decodeBuild,
	decodeFlags,
	decodeHeadSeries,
	decodePools,
	decodePrometheusAlerts,
	decodeRules,
	decodeRuntime,
	decodeTarget,
	decodeVector,
} from './decode.ts';
import {largeResponseBytes, readLargeResponse} from './large-response.ts';
import {createMissingApiPaths} from './missing-api-paths.ts';
import {createReload} from './reload-request.ts';
import {projectTargets} from './target-projection.ts';

/** 100,000 targets with the labels of Kubernetes service discovery. */
const maxTargetsBytes = 256 * 1024 * 1024;

export type PrometheusClient = {readonly port: PrometheusQueryPort; readonly endpoint: string; close(): void};

/**
 * The port on a real server. Nothing is connected before the first read. `via` replaces our own connections.
 * @throws AdapterError `unsupported` when the settings cannot be used.
 */
export function createPrometheusClient(
	settings: PrometheusSettings,
	options: {readonly readOnly: boolean; readonly via?: HttpTransport | undefined},
): PrometheusClient {
	const http = createHttpClient(settings, {via: options.via});
	const missing = createMissingApiPaths();

	/** Reads a path that this server may lack: undefined then. */
	const readOptional =
		<T>(path: string, operation: string, decode: (body: unknown) => T, query: HttpQuery = []) =>
		({signal, now}: Context): Promise<T | undefined> =>
			missing.unlessAbsent(path, now(), async () => decode(await http.json({path, query, operation}, signal)));

	const runtime = readOptional('/api/v1/status/runtimeinfo', 'runtime information', decodeRuntime);
	const port: PrometheusQueryPort = {
		...createPrometheusQueries(http, settings),
		async query(expression, {signal}) {
			const operation = `query ${expression}`;
			try {
				const query: HttpQuery = [['query', expression]];
				return await decodeVector(await http.json({path: '/api/v1/query', query, operation}, signal), operation);
			} catch (error) {
				// Every such server has this path: its failure makes the recorded missing paths doubtful.
				if (!isAdapterError(error) || error.kind !== 'denied') missing.forget();
				throw error;
			}
		},
		pools: readOptional('/api/v1/scrape_pools', 'scrape pools', decodePools),
		targets: (pool, {signal, now}) =>
			missing.unlessAbsent('/api/v1/targets', now(), () => readTargets(http, pool, signal)),
		alerts: readOptional('/api/v1/alerts', 'alerts', decodePrometheusAlerts),
		rules: readOptional('/api/v1/rules', 'rules', decodeRules),
		ready: ({signal, now}) => missing.unlessAbsent('/-/ready', now(), () => readReadiness(http, signal)),
		runtime,
		build: readOptional('/api/v1/status/buildinfo', 'build information', decodeBuild),
		flags: readOptional('/api/v1/status/flags', 'flags', decodeFlags),
		series: readOptional('/api/v1/status/tsdb', 'series', decodeHeadSeries, [['limit', '1']]),
		reload: options.readOnly ? rejectReadOnly : createReload(http, runtime),
	};
	return {port, endpoint: http.endpoint, close: () => http.close()};
}

async function readReadiness(
	http: HttpClient,
	signal: AbortSignal,
): Promise<{readonly ready: boolean; readonly answer: string}> {
	try {
		const response = await http.bytes({path: '/-/ready', operation: 'ready', accept: '*/*'}, signal);
		const text = response.bytes.toString('utf8').trim();
		if (isHtml(response.contentType, text)) throw notJsonError(response, text, 'ready', http.endpoint);
		return {ready: true, answer: text};
	} catch (error) {
		const refusal = findHttpRefusal(error);
		if (refusal?.status !== 503) throw error;
		return {ready: false, answer: refusal.body.trim()};
	}
}

async function readTargets(http: HttpClient, pool: string, signal: AbortSignal): Promise<readonly ScrapeTarget[]> {
	const operation = `targets of ${pool}`;
	const query: HttpQuery = [
		['state', 'active'],
		['scrapePool', pool],
	];
	const response = await http.bytes({path: '/api/v1/targets', query, operation, maxBytes: maxTargetsBytes}, signal);
	const {bytes} = response;
	// The bytes of a large response move to a worker and cannot be read here afterwards.
	const beginning = bytes.subarray(0, 1000).toString('utf8');
	const targets =
		bytes.length > largeResponseBytes ? await readLargeResponse(bytes, signal) : projectTargets(bytes.toString('utf8'));
	if (targets === undefined) throw notJsonError(response, beginning, operation, http.endpoint);
	return mapInSlices(targets, decodeTarget);
}
