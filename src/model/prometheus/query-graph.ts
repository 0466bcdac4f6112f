import type {DocumentLine, Graph, GraphSeries} from '../../contract/document.ts';
import type {QueryRange, Series} from '../../port/prometheus.ts';
import {formatClockTime, formatDuration, formatThousands} from '../../text/format.ts';
import {differingLabelsText, findLabelDifferences, formatSeries} from './query-table.ts';

/** The number of points that a wide screen can draw in one line. */
const points = 300;
/** The most numbers in one response: about 1 MB, which is parsed within two frames. */
const maxNumbers = 40_000;
const minPoints = 20;
const minStepMs = 1000;
/** The most series in a graph: the screen draws fewer. */
const maxSeries = 30;

const steps: readonly number[] = [
	1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400,
];

/** The range that ends now, in round steps: as fine as a screen can show, coarser for many series. Undefined when there are too many. */
export function chooseQueryRange(now: number, lengthMs: number, series: number): QueryRange | undefined {
	const pointsPerSeries = Math.min(points, Math.floor(maxNumbers / Math.max(1, series)));
	if (pointsPerSeries < minPoints) return undefined;
	const minStep = Math.max(minStepMs, lengthMs / pointsPerSeries);
	const stepMs = (steps.find(step => step * 1000 >= minStep) ?? Math.ceil(minStep / 86_400_000) * 86_400) * 1000;
	// On multiples of the step, so that the line keeps its shape when it is read again.
	const to = Math.floor(now / stepMs) * stepMs;
	return {from: to - Math.floor(lengthMs / stepMs) * stepMs, to, stepMs};
}

/** A value for each step; undefined where the series has none, or one that is not finite. */
function alignToSteps({points: samples}: Series, {from, to, stepMs}: QueryRange): GraphSeries['points'] {
	const byStep = new Map(samples.map(({at, value}) => [Math.round((at - from) / stepMs), value]));
	return Array.from({length: Math.floor((to - from) / stepMs) + 1}, (_, step) => {
		const value = byStep.get(step);
		return [from + step * stepMs, value !== undefined && Number.isFinite(value) ? value : undefined] as const;
	});
}

/** The facts of a series for the order and the notes. */
function summarizeSeries(series: Series, {to, stepMs}: QueryRange) {
	const finite = series.points.filter(({value}) => Number.isFinite(value));
	const ended = series.points.at(-1)?.at;
	return {
		series,
		last: finite.at(-1)?.value ?? Number.NEGATIVE_INFINITY,
		endedAt: ended !== undefined && ended < to - stepMs / 2 ? ended : undefined,
		notFinite: series.points.length - finite.length,
	};
}

/** The graph of a range query, the series with the highest last values first, and notes on what it does not show. */
export function queryGraph(
	title: string,
	series: readonly Series[],
	range: QueryRange,
	limit?: number,
): {readonly graph: Graph; readonly notes: readonly DocumentLine[]} {
	const labels = findLabelDifferences(series.map(item => item.labels));
	const all = series.map(item => summarizeSeries(item, range));
	const shown = all.toSorted((a, b) => b.last - a.last).slice(0, maxSeries);
	const drawn: GraphSeries[] = shown.map(item => ({
		label: differingLabelsText(item.series.labels, labels) || formatSeries(labels.shared) || title,
		points: alignToSteps(item.series, range),
	}));
	if (limit !== undefined && drawn.length > 0) {
		const ends = [range.from, range.to].map(at => [at, limit] as const);
		drawn.splice(1, 0, {label: `the limit of the rule`, points: ends});
	}
	const notes: DocumentLine[] = [];
	const notFinite = all.filter(item => item.notFinite > 0);
	if (notFinite.length > 0) {
		const times = notFinite.reduce((sum, item) => sum + item.notFinite, 0);
		notes.push({
			text: `${formatThousands(times)} ${times === 1 ? 'value is' : 'values are'} NaN or infinite, in ${formatThousands(notFinite.length)} series: a gap is drawn`,
			severity: 'warn',
		});
	}
	const ended = all.filter(item => item.endedAt !== undefined);
	const [first] = ended.toSorted((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
	if (first?.endedAt !== undefined) {
		const ago = formatDuration((range.to - first.endedAt) / 1000);
		notes.push({
			text: `${ended.length === all.length ? 'all' : formatThousands(ended.length)} of ${formatThousands(all.length)} series ended: the last one ${ago} ago, at ${formatClockTime(first.endedAt)}`,
			severity: 'warn',
		});
	}
	return {graph: {title, from: range.from, to: range.to, series: drawn, omitted: all.length - shown.length}, notes};
}
