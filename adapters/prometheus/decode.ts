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
import {asList, asObject, asText} from '../../src/text/json-values.ts';
import {mapInSlices} from '../../src/time/yield.ts';

const malformedError = (what: string): AdapterError =>
	new AdapterError(
		'malformed',
		`${what}: the response is not that of a Prometheus`,
		'Check `url` and its prefix, and which kind of server is there.',
	);

/** Labels; values that are not strings are dropped. */
export function decodeLabels(value: unknown): Labels {
	const labels: Record<string, string> = {};
	for (const [name, label] of Object.entries(asObject(value))) if (typeof label === 'string') labels[name] = label;
	return labels;
}

/** Epoch milliseconds; undefined for Go's zero time, which means never. */
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

/** Parses a duration such as `1m30s` into milliseconds. https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
export function durationMs(value: unknown): number | undefined {
	const parts = [...asText(value).matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/gy)];
	if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) return undefined;
	return parts.reduce((sum, [, size, unit]) => sum + Number(size) * (units[unit ?? ''] ?? 0), 0);
}

/** Parses a sample value; `NaN`, `+Inf` and `-Inf` are words, as JSON has no numbers for them. */
export const parseSampleValue = (value: unknown): number => {
	const text = asText(value);
	if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
	return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text === '' ? Number.NaN : text);
};

/** The data and warnings of `{status, data, warnings}`. @throws AdapterError `malformed` when the body has another form. */
export function dataOf(body: unknown, what: string): {readonly data: unknown; readonly warnings: readonly string[]} {
	const {status, data, warnings} = asObject(body);
	if (status !== 'success') throw malformedError(what);
	return {data, warnings: asList(warnings).map(asText)};
}

/** An instant vector; a scalar becomes a vector of one sample. @throws AdapterError `unsupported` for another result type. */
export async function decodeVector(body: unknown, what: string): Promise<InstantVector> {
	const {data, warnings} = dataOf(body, what);
	const {resultType, result} = asObject(data);
	if (resultType === 'scalar') {
		const [at, value] = asList(result);
		return {samples: [{labels: {}, at: Number(at) * 1000, value: parseSampleValue(value)}], warnings};
	}
	if (resultType !== 'vector') {
		const hint =
			'The expression must give a vector or a number: remove the range in brackets, or put a function around it.';
		throw new AdapterError('unsupported', `${what}: the result is ${asText(resultType) || 'of an unknown type'}`, hint);
	}
	return {samples: (await mapInSlices(asList(result), sampleOf)).flat(), warnings};
}

/** The sample of a series. Empty for a native histogram, which has no single value. */
function sampleOf(entry: unknown): readonly Sample[] {
	const {metric, value} = asObject(entry);
	if (!Array.isArray(value)) return [];
	const [at, number] = asList(value);
	return [{labels: decodeLabels(metric), at: Number(at) * 1000, value: parseSampleValue(number)}];
}

export function decodePools(body: unknown): readonly string[] {
	const pools = asObject(dataOf(body, 'scrape pools').data)['scrapePools'];
	if (!Array.isArray(pools)) throw malformedError('scrape pools');
	return pools.map(asText);
}

/** Decodes one target of /api/v1/targets. */
export function decodeTarget(value: unknown): ScrapeTarget {
	const target = asObject(value);
	const health = asText(target['health']);
	return {
		pool: asText(target['scrapePool']),
		labels: decodeLabels(target['labels']),
		url: asText(target['scrapeUrl']),
		health: health === 'up' || health === 'down' ? health : 'unknown',
		error: asText(target['lastError']),
		scrapedAt: parseTime(target['lastScrape']),
		tookMs: milliseconds(target['lastScrapeDuration']),
		intervalMs: durationMs(target['scrapeInterval']),
		timeoutMs: durationMs(target['scrapeTimeout']),
	};
}

/** The value of an alert without exponent: Prometheus writes 0 and 150 as `0e+00` and `1.5e+02`. Other text is unchanged. */
function formatPlainNumber(text: string): string {
	const value = parseSampleValue(text);
	return Number.isNaN(value) ? text : formatSampleValue(value);
}

function alertOf(value: unknown): PrometheusAlert {
	const {labels, annotations, state, activeAt, value: sample} = asObject(value);
	return {
		labels: decodeLabels(labels),
		annotations: decodeLabels(annotations),
		state: state === 'pending' ? 'pending' : 'firing',
		activeAt: parseTime(activeAt),
		value: formatPlainNumber(asText(sample)),
	};
}

export function decodePrometheusAlerts(body: unknown): readonly PrometheusAlert[] {
	const {alerts} = asObject(dataOf(body, 'alerts').data);
	if (!Array.isArray(alerts)) throw malformedError('alerts');
	// Thanos and newer servers also list inactive alerts.
	return alerts.filter(alert => asObject(alert)['state'] !== 'inactive').map(alertOf);
}

export function decodeRules(body: unknown): readonly PrometheusRule[] {
	const {groups} = asObject(dataOf(body, 'rules').data);
	if (!Array.isArray(groups)) throw malformedError('rules');
	return groups.flatMap(group => {
		const {name, file, rules} = asObject(group);
		return asList(rules).map((item): PrometheusRule => {
			const rule = asObject(item);
			const health = asText(rule['health']);
			const state = asText(rule['state']);
			return {
				group: asText(name),
				file: asText(file),
				kind: rule['type'] === 'recording' ? 'recording' : 'alerting',
				name: asText(rule['name']),
				expression: asText(rule['query']),
				health: health === 'ok' || health === 'err' ? health : 'unknown',
				error: asText(rule['lastError']),
				evaluatedAt: parseTime(rule['lastEvaluation']),
				tookMs: milliseconds(rule['evaluationTime']),
				state: state === 'firing' || state === 'pending' ? state : 'inactive',
				forSeconds: typeof rule['duration'] === 'number' ? rule['duration'] : 0,
				labels: decodeLabels(rule['labels']),
				annotations: decodeLabels(rule['annotations']),
				alerts: asList(rule['alerts']).map(alertOf),
			};
		});
	});
}

export function decodeRuntime(body: unknown): RuntimeInfo {
	const runtime = asObject(dataOf(body, 'runtime information').data);
	if (typeof runtime['reloadConfigSuccess'] !== 'boolean') throw malformedError('runtime information');
	return {
		startTime: asText(runtime['startTime']),
		lastConfigTime: asText(runtime['lastConfigTime']),
		reloadConfigSuccess: runtime['reloadConfigSuccess'],
		corruptions: typeof runtime['corruptionCount'] === 'number' ? runtime['corruptionCount'] : 0,
		retention: asText(runtime['storageRetention']),
	};
}

/** Undefined when the server has no version there, as with VictoriaMetrics. */
export function decodeBuild(body: unknown): BuildInfo | undefined {
	const {application, version} = asObject(dataOf(body, 'build information').data);
	return asText(version) === '' ? undefined : {product: asText(application) || 'Prometheus', version: asText(version)};
}

export const decodeFlags = (body: unknown): Labels => decodeLabels(dataOf(body, 'flags').data);

/** The number of series in memory. VictoriaMetrics has the number of the day, under another name. */
export function decodeHeadSeries(body: unknown): number | undefined {
	const {headStats, totalSeries} = asObject(dataOf(body, 'series').data);
	const {numSeries = totalSeries} = asObject(headStats);
	return typeof numSeries === 'number' ? numSeries : undefined;
}
