import type {Labels} from '../../src/contract/row.ts';
import {AdapterError} from '../../src/errors.ts';
import {exact} from '../../src/model/prometheus/query-table.ts';
import type {
	BuildInfo,
	PrometheusAlert,
	Rule,
	RuntimeInfo,
	Sample,
	ScrapeTarget,
	Vector,
} from '../../src/port/prometheus.ts';
import {inTurns} from './large-response.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
export const fields = (value: unknown): Fields => (isFields(value) ? value : {});
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const strange = (what: string): AdapterError =>
	new AdapterError(
		'malformed',
		`${what}: the answer is not that of a Prometheus`,
		'Check `url` and its prefix, and what kind of server answers there.',
	);

/** The value of every label is a string: what is not is left out. */
export function labelsOf(value: unknown): Labels {
	const labels: Record<string, string> = {};
	for (const [name, one] of Object.entries(fields(value))) if (typeof one === 'string') labels[name] = one;
	return labels;
}

/** Epoch milliseconds. Go's zero time, of what has not happened yet, is undefined. */
function moment(value: unknown): number | undefined {
	const at = Date.parse(text(value));
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
	const parts = [...text(value).matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/gy)];
	if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) return undefined;
	return parts.reduce((sum, [, size, unit]) => sum + Number(size) * (units[unit ?? ''] ?? 0), 0);
}

/** Go writes what JSON has no number for in words. */
export const numberOf = (value: unknown): number => {
	const said = text(value);
	if (said === '+Inf' || said === 'Inf') return Number.POSITIVE_INFINITY;
	return said === '-Inf' ? Number.NEGATIVE_INFINITY : Number(said === '' ? Number.NaN : said);
};

/** What is inside of `{status, data, warnings}`. @throws AdapterError `malformed` when that is not around it. */
export function dataOf(answer: unknown, what: string): {readonly data: unknown; readonly warnings: readonly string[]} {
	const {status, data, warnings} = fields(answer);
	if (status !== 'success') throw strange(what);
	return {data, warnings: list(warnings).map(text)};
}

/** @throws AdapterError `unsupported` when it is neither a vector nor a scalar. */
export async function decodeVector(answer: unknown, what: string): Promise<Vector> {
	const {data, warnings} = dataOf(answer, what);
	const {resultType, result} = fields(data);
	if (resultType === 'scalar') {
		const [at, value] = list(result);
		return {samples: [{labels: {}, at: Number(at) * 1000, value: numberOf(value)}], warnings};
	}
	if (resultType !== 'vector') {
		const hint = 'Ask for a vector or a number: leave out the range in brackets, or put a function around it.';
		throw new AdapterError('unsupported', `${what}: it gives a ${text(resultType) || 'result of no kind'}`, hint);
	}
	return {samples: (await inTurns(list(result), sampleOf)).flat(), warnings};
}

/** A native histogram has no one value, and is left out. */
function sampleOf(entry: unknown): readonly Sample[] {
	const {metric, value} = fields(entry);
	if (!Array.isArray(value)) return [];
	const [at, number] = list(value);
	return [{labels: labelsOf(metric), at: Number(at) * 1000, value: numberOf(number)}];
}

export function decodePools(answer: unknown): readonly string[] {
	const pools = fields(dataOf(answer, 'scrape pools').data)['scrapePools'];
	if (!Array.isArray(pools)) throw strange('scrape pools');
	return pools.map(text);
}

/** `bare` are the targets without what discovery told of them: see bareTargets. */
export function decodeTarget(bare: unknown): ScrapeTarget {
	const one = fields(bare);
	const health = text(one['health']);
	return {
		pool: text(one['scrapePool']),
		labels: labelsOf(one['labels']),
		url: text(one['scrapeUrl']),
		health: health === 'up' || health === 'down' ? health : 'unknown',
		error: text(one['lastError']),
		scrapedAt: moment(one['lastScrape']),
		tookMs: milliseconds(one['lastScrapeDuration']),
		intervalMs: durationMs(one['scrapeInterval']),
		timeoutMs: durationMs(one['scrapeTimeout']),
	};
}

/** Prometheus writes 0 and 150 of an alert as `0e+00` and `1.5e+02`. What is no number stays as it is. */
function plainValue(told: string): string {
	const value = numberOf(told);
	return Number.isNaN(value) ? told : exact(value);
}

function alertOf(value: unknown): PrometheusAlert {
	const {labels, annotations, state, activeAt, value: told} = fields(value);
	return {
		labels: labelsOf(labels),
		annotations: labelsOf(annotations),
		state: state === 'pending' ? 'pending' : 'firing',
		activeAt: moment(activeAt),
		value: plainValue(text(told)),
	};
}

export function decodeAlerts(answer: unknown): readonly PrometheusAlert[] {
	const {alerts} = fields(dataOf(answer, 'alerts').data);
	if (!Array.isArray(alerts)) throw strange('alerts');
	// Thanos and newer servers also list what is not active.
	return alerts.filter(alert => fields(alert)['state'] !== 'inactive').map(alertOf);
}

export function decodeRules(answer: unknown): readonly Rule[] {
	const {groups} = fields(dataOf(answer, 'rules').data);
	if (!Array.isArray(groups)) throw strange('rules');
	return groups.flatMap(group => {
		const {name, file, rules} = fields(group);
		return list(rules).map((rule): Rule => {
			const one = fields(rule);
			const health = text(one['health']);
			const state = text(one['state']);
			return {
				group: text(name),
				file: text(file),
				kind: one['type'] === 'recording' ? 'recording' : 'alerting',
				name: text(one['name']),
				expression: text(one['query']),
				health: health === 'ok' || health === 'err' ? health : 'unknown',
				error: text(one['lastError']),
				evaluatedAt: moment(one['lastEvaluation']),
				tookMs: milliseconds(one['evaluationTime']),
				state: state === 'firing' || state === 'pending' ? state : 'inactive',
				forSeconds: typeof one['duration'] === 'number' ? one['duration'] : 0,
				labels: labelsOf(one['labels']),
				annotations: labelsOf(one['annotations']),
				alerts: list(one['alerts']).map(alertOf),
			};
		});
	});
}

export function decodeRuntime(answer: unknown): RuntimeInfo {
	const one = fields(dataOf(answer, 'runtime information').data);
	if (typeof one['reloadConfigSuccess'] !== 'boolean') throw strange('runtime information');
	return {
		startTime: text(one['startTime']),
		lastConfigTime: text(one['lastConfigTime']),
		reloadConfigSuccess: one['reloadConfigSuccess'],
		corruptions: typeof one['corruptionCount'] === 'number' ? one['corruptionCount'] : 0,
		retention: text(one['storageRetention']),
	};
}

/** Undefined when it tells no version, as VictoriaMetrics does. */
export function decodeBuild(answer: unknown): BuildInfo | undefined {
	const {application, version} = fields(dataOf(answer, 'build information').data);
	return text(version) === '' ? undefined : {product: text(application) || 'Prometheus', version: text(version)};
}

export const decodeFlags = (answer: unknown): Labels => labelsOf(dataOf(answer, 'flags').data);

/** VictoriaMetrics counts those of the day, and calls them otherwise. */
export function decodeHeadSeries(answer: unknown): number | undefined {
	const {headStats, totalSeries} = fields(dataOf(answer, 'series').data);
	const {numSeries = totalSeries} = fields(headStats);
	return typeof numSeries === 'number' ? numSeries : undefined;
}
