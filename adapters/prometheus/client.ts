import type {Context} from '../../src/contract/context.ts';
import type {HttpQuery, HttpTransport} from '../../src/contract/http-transport.ts';
import {AdapterError, isAdapterError, readBeforeSending, readOnlyRefusal} from '../../src/errors.ts';
import type {PrometheusSettings, PrometheusWriteContext, ScrapeTarget} from '../../src/port/prometheus.ts';
import type {PrometheusQueryPort} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {mapInSlices} from '../../src/time/yield.ts';
import {createHttpClient, type HttpClient, notJsonError} from '../http/client.ts';
import {findHttpRefusal, isHtml} from '../http/refusal.ts';
import {createPrometheusQueries} from './ad-hoc-queries.ts';
import {
	decodeAlerts,
	decodeBuild,
	decodeFlags,
	decodeHeadSeries,
	decodePools,
	decodeRules,
	decodeRuntime,
	decodeTarget,
	decodeVector,
} from './decode.ts';
import {largeResponseBytes, readLargeResponse} from './large-response.ts';
import {createMissingApiPaths} from './missing-api-paths.ts';
import {projectTargets} from './target-projection.ts';

/** 100,000 targets with what Kubernetes tells of them. */
const maxTargetsBytes = 256 * 1024 * 1024;
/** Reading the whole configuration of a large server takes its time: all of service discovery begins anew. */
const reloadTimeoutMs = 30_000;

const conflictError = (what: string): AdapterError =>
	new AdapterError('conflict', what, 'Nothing was sent. Look at the server as it is now, and decide again.');

export type PrometheusClient = {readonly port: PrometheusQueryPort; readonly endpoint: string; close(): void};

/**
 * The port on a real server. Nothing is connected before the first read. `via` stands for our own connections.
 * @throws AdapterError `unsupported` when the settings cannot be used.
 */
export function createPrometheusClient(
	settings: PrometheusSettings,
	options: {readonly readOnly: boolean; readonly via?: HttpTransport | undefined},
): PrometheusClient {
	const http = createHttpClient(settings, {via: options.via});
	const absence = createMissingApiPaths();

	/** One endpoint that this server may lack. */
	function may<T>(path: string, asked: string, decode: (answer: unknown) => T, query: HttpQuery = []) {
		return ({signal, now}: Context): Promise<T | undefined> =>
			absence.unlessAbsent(path, now(), async () => decode(await http.json({path, query, operation: asked}, signal)));
	}

	const port: PrometheusQueryPort = {
		...createPrometheusQueries(http, settings),
		async query(expression, {signal}) {
			const asked = `query ${expression}`;
			try {
				const answer = await http.json(
					{path: '/api/v1/query', query: [['query', expression]], operation: asked},
					signal,
				);
				return await decodeVector(answer, asked);
			} catch (error) {
				// What every such server has fails: then nothing else that it said of itself counts.
				if (!isAdapterError(error) || error.kind !== 'denied') absence.doubt();
				throw error;
			}
		},
		pools: may('/api/v1/scrape_pools', 'scrape pools', decodePools),
		targets: (pool, {signal, now}) =>
			absence.unlessAbsent('/api/v1/targets', now(), () => readTargets(http, pool, signal)),
		alerts: may('/api/v1/alerts', 'alerts', decodeAlerts),
		rules: may('/api/v1/rules', 'rules', decodeRules),
		async ready({signal, now}) {
			return absence.unlessAbsent('/-/ready', now(), async () => {
				try {
					const answer = await http.bytes({path: '/-/ready', operation: 'ready', accept: '*/*'}, signal);
					const said = answer.bytes.toString('utf8').trim();
					if (isHtml(answer.contentType, said)) throw notJsonError(answer, said, 'ready', http.endpoint);
					return {ready: true, said};
				} catch (error) {
					const refusal = findHttpRefusal(error);
					if (refusal?.status !== 503) throw error;
					return {ready: false, said: refusal.body.trim()};
				}
			});
		},
		runtime: may('/api/v1/status/runtimeinfo', 'runtime information', decodeRuntime),
		build: may('/api/v1/status/buildinfo', 'build information', decodeBuild),
		flags: may('/api/v1/status/flags', 'flags', decodeFlags),
		series: may('/api/v1/status/tsdb', 'series', decodeHeadSeries, [['limit', '1']]),
		async reload(expected, context) {
			if (options.readOnly) throw readOnlyRefusal();
			const now = await readBeforeSending(port.runtime(context));
			if (now === undefined) {
				throw new AdapterError('unsupported', 'this server does not tell its state', 'Reload it by its own means.');
			}
			if (now.startTime !== expected.startTime)
				throw conflictError('the server was restarted since this was confirmed');
			if (now.lastConfigTime !== expected.lastConfigTime)
				throw conflictError('somebody reloaded it since this was confirmed');
			if (now.reloadConfigSuccess !== expected.reloadConfigSuccess) {
				throw conflictError(
					expected.reloadConfigSuccess
						? 'somebody tried to reload it since this was confirmed, and that failed'
						: 'somebody reloaded it since this was confirmed',
				);
			}
			return reload(http, context);
		},
	};

	return {port, endpoint: http.endpoint, close: () => http.close()};
}

async function readTargets(http: HttpClient, pool: string, signal: AbortSignal): Promise<readonly ScrapeTarget[]> {
	const asked = `targets of ${pool}`;
	const query: HttpQuery = [
		['state', 'active'],
		['scrapePool', pool],
	];
	const answer = await http.bytes(
		{path: '/api/v1/targets', query, operation: asked, maxBytes: maxTargetsBytes},
		signal,
	);
	const {bytes} = answer;
	const opening = bytes.subarray(0, 1000).toString('utf8');
	const bare =
		bytes.length > largeResponseBytes ? await readLargeResponse(bytes, signal) : projectTargets(bytes.toString('utf8'));
	if (bare === undefined) throw notJsonError(answer, opening, asked, http.endpoint);
	return mapInSlices(bare, decodeTarget);
}

/** https://prometheus.io/docs/prometheus/latest/management_api/#reload */
async function reload(http: HttpClient, {signal, record}: PrometheusWriteContext): Promise<string> {
	try {
		await http.text(
			{method: 'POST', path: '/-/reload', operation: 'reload', accept: '*/*', timeoutMs: reloadTimeoutMs, record},
			signal,
		);
		return '';
	} catch (error) {
		const refusal = findHttpRefusal(error);
		if (refusal === undefined) throw error;
		const said = refusal.body
			.replace(/^failed to reload config: /, '')
			.replaceAll(/\s+/g, ' ')
			.trim();
		if (refusal.status === 403 && /lifecycle/i.test(refusal.body)) {
			throw new AdapterError(
				'denied',
				`reload: ${said}`,
				'Start Prometheus with --web.enable-lifecycle, or send it SIGHUP.',
			);
		}
		if (refusal.html || refusal.status !== 500 || said === '') throw error;
		// Some parts have taken the new configuration by then, and some have not.
		if (/^one or more errors occurred while applying/.test(said)) return said;
		const hint =
			'It goes on with the configuration it had. Mend the file (promtool check config tells the fault), then reload again.';
		throw new AdapterError('denied', `reload: ${said}`, hint);
	}
}
