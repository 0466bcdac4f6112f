import type {Labels} from '../../src/contract/row.ts';
import {AdapterError} from '../../src/errors.ts';
import {formatSampleValue} from '../../src/model/prometheus/query-table.ts';
import type {
	BuildInfo,
	InstantVector,
	PrometheusAlert,
	PrometheusRule,
	RuntimeInfo,
	Sample,
	ScrapeTarget,
} from '../../src/port/prometheus.ts';
import {mapInSlices} from '../../src/time/yield.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
export const asObject = (value: unknown): Fields => (isFields(value) ? value : {});
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

const malformedError = (what: string): AdapterError =>
	new AdapterError(
		'malformed',
		`${what}: the answer is not that of a Prometheus`,
		'Check `url` and its prefix, and what kind of server answers there.',
	);

/** The value of every label is a string: what is not is left out. */
export function decodeLabels(value: unknown): Labels {
	const labels: Record<string, string> = {};
	for (const [name, one] of Object.entries(asObject(value))) if (typeof one === 'string') labels[name] = one;
	return labels;
}

/** Epoch milliseconds. Go's zero time, of what has not happened yet, is undefined. */
function parseTime(value: unknown): number | undefined {
	const at = Date.parse(asText(value));
	return Number.isNaN(at) || at <= 0 ? undefined : at;
}

const milliseconds = (seconds: unknown): number | undefined =>
	typeof seconds === 'number' ? seconds * 1000 : undefined;

const units: Readonly<Record<string, number>> = {
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
	w: 604_800_000,
	y: 31_536_000_000,
};

/** `1m30s`, as https://prometheus.io/docs/prometheus/latest/configuration/configuration/ writes durations. */
export function durationMs(value: unknown): number | undefined {
	const parts = [...asText(value).matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/gy)];
	if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) return undefined;
	return parts.reduce((sum, [, size, unit]) => sum + Number(size) * (units[unit ?? ''] ?? 0), 0);
}

/** Go writes what JSON has no number for in words. */
export const parseSampleValue = (value: unknown): number => {
	const said = asText(value);
	if (said === '+Inf' || said === 'Inf') return Number.POSITIVE_INFINITY;
	return said === '-Inf' ? Number.NEGATIVE_INFINITY : Number(said === '' ? Number.NaN : said);
};

/** What is inside of `{status, data, warnings}`. @throws AdapterError `malformed` when that is not around it. */
export function dataOf(answer: unknown, what: string): {readonly data: unknown; readonly warnings: readonly string[]} {
	const {status, data, warnings} = asObject(answer);
	if (status !== 'success') throw malformedError(what);
	return {data, warnings: asList(warnings).map(asText)};
}

/** @throws AdapterError `unsupported` when it is neither a vector nor a scalar. */
export async function decodeVector(answer: unknown, what: string): Promise<InstantVector> {
	const {data, warnings} = dataOf(answer, what);
	const {resultType, result} = asObject(data);
	if (resultType === 'scalar') {
		const [at, value] = asList(result);
		return {samples: [{labels: {}, at: Number(at) * 1000, value: parseSampleValue(value)}], warnings};
	}
	if (resultType !== 'vector') {
		const hint = 'Ask for a vector or a number: leave out the range in brackets, or put a function around it.';
		throw new AdapterError('unsupported', `${what}: it gives a ${asText(resultType) || 'result of no kind'}`, hint);
	}
	return {samples: (await mapInSlices(asList(result), sampleOf)).flat(), warnings};
}

/** A native histogram has no one value, and is left out. */
function sampleOf(entry: unknown): readonly Sample[] {
	const {metric, value} = asObject(entry);
	if (!Array.isArray(value)) return [];
	const [at, number] = asList(value);
	return [{labels: decodeLabels(metric), at: Number(at) * 1000, value: parseSampleValue(number)}];
}

export function decodePools(answer: unknown): readonly string[] {
	const pools = asObject(dataOf(answer, 'scrape pools').data)['scrapePools'];
	if (!Array.isArray(pools)) throw malformedError('scrape pools');
	return pools.map(asText);
}

/** `bare` are the targets without what discovery told of them: see bareTargets. */
export function decodeTarget(bare: unknown): ScrapeTarget {
	const one = asObject(bare);
	const health = asText(one['health']);
	return {
		pool: asText(one['scrapePool']),
		labels: decodeLabels(one['labels']),
		url: asText(one['scrapeUrl']),
		health: health === 'up' || health === 'down' ? health : 'unknown',
		error: asText(one['lastError']),
		scrapedAt: parseTime(one['lastScrape']),
		tookMs: milliseconds(one['lastScrapeDuration']),
		intervalMs: durationMs(one['scrapeInterval']),
		timeoutMs: durationMs(one['scrapeTimeout']),
	};
}

/** Prometheus writes 0 and 150 of an alert as `0e+00` and `1.5e+02`. What is no number stays as it is. */
function formatPlainNumber(told: string): string {
	const value = parseSampleValue(told);
	return Number.isNaN(value) ? told : formatSampleValue(value);
}

function alertOf(value: unknown): PrometheusAlert {
	const {labels, annotations, state, activeAt, value: told} = asObject(value);
	return {
		labels: decodeLabels(labels),
		annotations: decodeLabels(annotations),
		state: state === 'pending' ? 'pending' : 'firing',
		activeAt: parseTime(activeAt),
		value: formatPlainNumber(asText(told)),
	};
}

export function decodeAlerts(answer: unknown): readonly PrometheusAlert[] {
	const {alerts} = asObject(dataOf(answer, 'alerts').data);
	if (!Array.isArray(alerts)) throw malformedError('alerts');
	// Thanos and newer servers also list what is not active.
	return alerts.filter(alert => asObject(alert)['state'] !== 'inactive').map(alertOf);
}

export function decodeRules(answer: unknown): readonly PrometheusRule[] {
	const {groups} = asObject(dataOf(answer, 'rules').data);
	if (!Array.isArray(groups)) throw malformedError('rules');
	return groups.flatMap(group => {
		const {name, file, rules} = asObject(group);
		return asList(rules).map((rule): PrometheusRule => {
			const one = asObject(rule);
			const health = asText(one['health']);
			const state = asText(one['state']);
			return {
				group: asText(name),
				file: asText(file),
				kind: one['type'] === 'recording' ? 'recording' : 'alerting',
				name: asText(one['name']),
				expression: asText(one['query']),
				health: health === 'ok' || health === 'err' ? health : 'unknown',
				error: asText(one['lastError']),
				evaluatedAt: parseTime(one['lastEvaluation']),
				tookMs: milliseconds(one['evaluationTime']),
				state: state === 'firing' || state === 'pending' ? state : 'inactive',
				forSeconds: typeof one['duration'] === 'number' ? one['duration'] : 0,
				labels: decodeLabels(one['labels']),
				annotations: decodeLabels(one['annotations']),
				alerts: asList(one['alerts']).map(alertOf),
			};
		});
	});
}

export function decodeRuntime(answer: unknown): RuntimeInfo {
	const one = asObject(dataOf(answer, 'runtime information').data);
	if (typeof one['reloadConfigSuccess'] !== 'boolean') throw malformedError('runtime information');
	return {
		startTime: asText(one['startTime']),
		lastConfigTime: asText(one['lastConfigTime']),
		reloadConfigSuccess: one['reloadConfigSuccess'],
		corruptions: typeof one['corruptionCount'] === 'number' ? one['corruptionCount'] : 0,
		retention: asText(one['storageRetention']),
	};
}

/** Undefined when it tells no version, as VictoriaMetrics does. */
export function decodeBuild(answer: unknown): BuildInfo | undefined {
	const {application, version} = asObject(dataOf(answer, 'build information').data);
	return asText(version) === '' ? undefined : {product: asText(application) || 'Prometheus', version: asText(version)};
}

export const decodeFlags = (answer: unknown): Labels => decodeLabels(dataOf(answer, 'flags').data);

/** VictoriaMetrics counts those of the day, and calls them otherwise. */
export function decodeHeadSeries(answer: unknown): number | undefined {
	const {headStats, totalSeries} = asObject(dataOf(answer, 'series').data);
	const {numSeries = totalSeries} = asObject(headStats);
	return typeof numSeries === 'number' ? numSeries : undefined;
}
