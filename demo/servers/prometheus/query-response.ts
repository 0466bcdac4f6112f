import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';
import type {Monitoring} from '../monitoring/monitoring.ts';
import type {SeriesSample} from '../monitoring/series.ts';
import {evaluatePromql, type PromqlValue} from './evaluate.ts';
import {parsePromql} from './promql.ts';
import {PromqlError} from './promql-tokens.ts';

/** A value as Prometheus writes it: as text, also `NaN` and `+Inf`, which are no JSON numbers. */
const valueText = (value: number): string =>
	Number.isNaN(value)
		? 'NaN'
		: value === Number.POSITIVE_INFINITY
			? '+Inf'
			: value === Number.NEGATIVE_INFINITY
				? '-Inf'
				: String(value);

const stepMs: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

/** Seconds since the epoch, or RFC 3339; a step may also be `30s`. In milliseconds. @throws PromqlError */
function milliseconds(text: string | null, name: string): number {
	const [, size, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|[smhd])?$/.exec(text ?? '') ?? [];
	const found = size === undefined ? Date.parse(text ?? '') : Number(size) * (stepMs[unit] ?? 1000);
	if (!Number.isFinite(found))
		throw new PromqlError(`invalid parameter "${name}": cannot parse "${text ?? ''}" to a valid timestamp`);
	return found;
}

const parsed = (query: URLSearchParams) => {
	try {
		return parsePromql(query.get('query') ?? '');
	} catch (error) {
		if (error instanceof PromqlError) throw new PromqlError(`invalid parameter "query": ${error.message}`);
		throw error;
	}
};

const instant = (value: PromqlValue, at: number) =>
	typeof value === 'number'
		? {resultType: 'scalar', result: [at / 1000, valueText(value)]}
		: {
				resultType: 'vector',
				result: value.map(({labels, value: one}) => ({metric: labels, value: [at / 1000, valueText(one)]})),
			};

/** `data` of /api/v1/query. @throws PromqlError */
export function queryResponse(world: Monitoring, query: URLSearchParams) {
	const at = query.has('time') ? milliseconds(query.get('time'), 'time') : world.now();
	return instant(evaluatePromql(world, parsed(query), at), at);
}

/** The limit of the real server. */
const mostPoints = 11_000;

const asVector = (value: PromqlValue): readonly SeriesSample[] =>
	typeof value === 'number' ? [{labels: {}, value}] : value;

/** `data` of /api/v1/query_range. @throws PromqlError */
export async function rangeResponse(world: Monitoring, query: URLSearchParams) {
	const expression = parsed(query);
	const start = milliseconds(query.get('start'), 'start');
	const end = milliseconds(query.get('end'), 'end');
	const step = milliseconds(query.get('step'), 'step');
	if (end < start) throw new PromqlError('invalid parameter "end": end timestamp must not be before start time');
	if (step <= 0)
		throw new PromqlError('invalid parameter "step": zero or negative query resolution step widths are not accepted');
	if ((end - start) / step > mostPoints) {
		throw new PromqlError(
			'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
		);
	}
	const lines = new Map<
		string,
		{readonly metric: SeriesSample['labels']; readonly values: (readonly [number, string])[]}
	>();
	// Before it was started, and after now, it has no data.
	for (let at = start; at <= Math.min(end, world.now()); at += step) {
		if (at < world.startedAt) continue;
		// The console runs in the same process, and must not wait for a graph.
		if (isOverBudget()) await yieldToLoop();
		for (const {labels, value} of asVector(evaluatePromql(world, expression, at))) {
			const key = JSON.stringify(labels);
			const line = lines.get(key) ?? {metric: labels, values: []};
			line.values.push([at / 1000, valueText(value)]);
			lines.set(key, line);
		}
	}
	return {resultType: 'matrix', result: [...lines.values()]};
}
