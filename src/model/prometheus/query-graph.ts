import type {DocumentLine, Graph, GraphSeries} from '../../contract/document.ts';
import type {QueryRange, Series} from '../../port/prometheus.ts';
import {formatClockTime, formatDuration, formatThousands} from '../../text/format.ts';
import {differingLabelsText, findLabelDifferences, formatSeries} from './query-table.ts';

/** Dots that a wide screen has for one line. */
const points = 300;
/** Numbers that one answer may hold: some 1 MB, which is read within two frames. */
const mostNumbers = 40_000;
const fewestPoints = 20;
const leastStepMs = 1000;
/** Series that are handed to the screen: it draws fewer. */
const mostSeries = 30;

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** The range that ends now, in round steps: as fine as a screen can show, coarser when there are many series. Undefined: there are too many. */
export function chooseQueryRange(now: number, lengthMs: number, series: number): QueryRange | undefined {
	const each = Math.min(points, Math.floor(mostNumbers / Math.max(1, series)));
	if (each < fewestPoints) return undefined;
	const wanted = Math.max(leastStepMs, lengthMs / each);
	const stepMs = (steps.find(step => step * 1000 >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400) * 1000;
	// On whole steps, so that the line does not change its shape each time it is read again.
	const to = Math.floor(now / stepMs) * stepMs;
	return {from: to - Math.floor(lengthMs / stepMs) * stepMs, to, stepMs};
}

/** A value for each step, undefined where the series has none or none that is finite. */
function alignToSteps({points: given}: Series, {from, to, stepMs}: QueryRange): GraphSeries['points'] {
	const byStep = new Map(given.map(({at, value}) => [Math.round((at - from) / stepMs), value]));
	return Array.from({length: Math.floor((to - from) / stepMs) + 1}, (_, step) => {
		const value = byStep.get(step);
		return [from + step * stepMs, value !== undefined && Number.isFinite(value) ? value : undefined] as const;
	});
}

/** What is told of a series whether it is drawn or not. */
function summarizeSeries(series: Series, {to, stepMs}: QueryRange) {
	const finite = series.points.filter(({value}) => Number.isFinite(value));
	const ended = series.points.at(-1)?.at;
	return {
		series,
		last: finite.at(-1)?.value ?? Number.NEGATIVE_INFINITY,
		endedAt: ended !== undefined && ended < to - stepMs / 2 ? ended : undefined,
		odd: series.points.length - finite.length,
	};
}

/** The answer to a range as a graph, the series with the highest last values first, and what a graph does not show. */
export function queryGraph(
	title: string,
	series: readonly Series[],
	range: QueryRange,
	limit?: number,
): {readonly graph: Graph; readonly notes: readonly DocumentLine[]} {
	const told = findLabelDifferences(series.map(one => one.labels));
	const all = series.map(one => summarizeSeries(one, range));
	const shown = all.toSorted((a, b) => b.last - a.last).slice(0, mostSeries);
	const drawn: GraphSeries[] = shown.map(one => ({
		label: differingLabelsText(one.series.labels, told) || formatSeries(told.shared) || title,
		points: alignToSteps(one.series, range),
	}));
	if (limit !== undefined && drawn.length > 0) {
		const ends = [range.from, range.to].map(at => [at, limit] as const);
		drawn.splice(1, 0, {label: `the limit of the rule`, points: ends});
	}
	const notes: DocumentLine[] = [];
	const odd = all.filter(one => one.odd > 0);
	if (odd.length > 0) {
		const times = odd.reduce((sum, one) => sum + one.odd, 0);
		notes.push({
			text: `${formatThousands(times)} ${times === 1 ? 'value is' : 'values are'} NaN or infinite, in ${formatThousands(odd.length)} series: a gap is drawn`,
			severity: 'warn',
		});
	}
	const ended = all.filter(one => one.endedAt !== undefined);
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
