import type {Context} from '../../src/contract/context.ts';
import type {Document, DocumentLine} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import type {Target} from '../../src/contract/target.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {parseQueryErrorPosition} from '../../src/model/prometheus/promql-expression.ts';
import {chooseQueryRange, queryGraph} from '../../src/model/prometheus/query-graph.ts';
import {tableLines} from '../../src/model/prometheus/query-table.ts';
import type {PrometheusSettings, QueryRange} from '../../src/port/prometheus.ts';
import type {PrometheusQueries, QueryResult, RangeQueryResult} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {formatThousands} from '../../src/text/format.ts';
import {findHttpRefusal} from '../http/refusal.ts';
import {curlQueryCommand, curlReadCommand} from './cli-equivalent.ts';

export type DocumentQuery = {
	readonly title: string;
	readonly expression: string;
	readonly lengthMs: number;
	/** The same in words, for the title of a graph. */
	readonly length: string;
	/** Only series with these labels are of interest, where there are any. */
	readonly about?: Labels;
	/** Drawn as a line of its own. */
	readonly limit?: number;
};

type QueryContext = Context & {readonly port: PrometheusQueries; readonly target: Target<PrometheusSettings>};

const rangeLine = (target: Target<PrometheusSettings>, expression: string, {from, to, stepMs}: QueryRange): string =>
	curlReadCommand(target, '/api/v1/query_range', [
		['query', expression],
		['start', String(from / 1000)],
		['end', String(to / 1000)],
		['step', String(stepMs / 1000)],
	]);

/** True when all that the labels of a series say is said by `about` too. */
const hasAllLabels =
	(about: Labels) =>
	({labels}: {readonly labels: Labels}): boolean =>
		Object.entries(labels).every(([name, value]) => name === '__name__' || about[name] === value);

function onlyMatching<T extends {readonly labels: Labels}>(all: readonly T[], about: Labels | undefined): readonly T[] {
	const own = about === undefined ? all : all.filter(hasAllLabels(about));
	return own.length === 0 ? all : own;
}

/** The line that the server means with a mark under the place, and its words. Undefined when it does not say where. */
function queryErrorLines(expression: string, error: unknown): readonly DocumentLine[] | undefined {
	const refusal = findHttpRefusal(error);
	if (refusal?.status !== 400 && refusal?.status !== 422) return undefined;
	const place = parseQueryErrorPosition(messageOf(error));
	const again = {text: 'Esc, then the key that led here: the arrow up brings back what was typed'};
	if (place === undefined) {
		return [{text: expression}, {text: ''}, {text: messageOf(error), severity: 'warn'}, {text: ''}, again];
	}
	const lines: DocumentLine[] = [];
	for (const [index, text] of expression.split('\n').entries()) {
		lines.push({text});
		if (index + 1 === place.line) lines.push({text: `${' '.repeat(place.column - 1)}^`, severity: 'warn', loud: true});
	}
	return [...lines, {text: place.message, severity: 'warn', loud: true}, {text: ''}, again];
}

const warningLines = (warnings: readonly string[]): readonly DocumentLine[] =>
	[...new Set(warnings)].map(text => ({text, severity: 'warn' as const}));

function histogramLines(histograms: number): readonly DocumentLine[] {
	if (histograms === 0) return [];
	const what =
		histograms === 1 ? '1 series is a native histogram' : `${formatThousands(histograms)} series are native histograms`;
	return [
		{
			text: `${what} and has no one value: ask for histogram_quantile(0.9, …), histogram_count(…) or histogram_avg(…)`,
			severity: 'warn',
		},
	];
}

function instantLines(
	{kind, samples, text, histograms}: QueryResult,
	about: Labels | undefined,
): readonly DocumentLine[] {
	if (kind === 'string') return [{text}];
	const shown = onlyMatching(samples, about);
	if (shown.length === 0 && histograms === 0)
		return [
			{text: 'now: no series. Nothing has that name or those labels at this moment, or nothing meets the condition.'},
		];
	if (shown.length === 0) return [];
	const head = kind === 'matrix' ? 'newest value of each series in the range' : 'now';
	return [
		{text: `${head}${shown.length > 1 ? `: ${formatThousands(shown.length)} series` : ''}`},
		...tableLines(shown),
	];
}

/** What an expression gives now as a table, and over the range as a graph. A mistake in it is a text too, with its place. */
export async function queryDocument(
	question: DocumentQuery,
	{port, target, ...context}: QueryContext,
): Promise<Document> {
	const {title, expression, lengthMs, length, about, limit} = question;
	const now = context.now();
	const reads = [curlQueryCommand(target, expression)];
	let answer: QueryResult;
	try {
		answer = await port.evaluate(expression, now, context);
	} catch (error) {
		const lines = queryErrorLines(expression, error);
		if (lines === undefined) throw error;
		return {title, lines, cliEquivalent: reads};
	}
	const {kind, warnings} = answer;
	const table = instantLines(answer, about);
	const common: DocumentLine[] = [...warningLines(warnings), ...histogramLines(answer.histograms)];
	// A matrix is a range already, and a string has no line.
	if (kind === 'matrix' || kind === 'string') return {title, lines: [...common, ...table], cliEquivalent: reads};
	const series = Math.max(answer.samples.length, 1);
	const range = chooseQueryRange(now, lengthMs, series);
	if (range === undefined) {
		const text = `no graph of ${formatThousands(series)} series: narrow it, as with topk(10, …) or sum by (job) (…)`;
		return {title, lines: [{text, severity: 'warn'}, ...common, ...table], cliEquivalent: reads};
	}
	reads.push(rangeLine(target, expression, range));
	let over: RangeQueryResult;
	try {
		over = await port.evaluateRange(expression, range, context);
	} catch (error) {
		if (context.signal.aborted || !isAdapterError(error)) throw error;
		const lines: DocumentLine[] = [
			{text: `no graph: ${error.message}`, severity: 'warn'},
			{text: error.hint},
			{text: ''},
			...common,
			...table,
		];
		return {title, lines, cliEquivalent: reads};
	}
	const all = onlyMatching(over.series, about);
	const {graph, notes} = queryGraph(title, all, range, limit);
	const told = [...common, ...warningLines(over.warnings).filter(({text}) => !warnings.includes(text)), ...notes];
	if (answer.histograms === 0) told.push(...histogramLines(over.histograms));
	const isDrawn = all.some(({points}) => points.some(({value}) => Number.isFinite(value)));
	if (all.length === 0 && answer.samples.length + answer.histograms === 0) {
		const text = `no series, now or in the last ${length}: nothing has that name or those labels, or nothing meets the condition`;
		return {title, lines: [...told, {text}], cliEquivalent: reads};
	}
	if (!isDrawn) told.push({text: `no graph: no value in the last ${length}`});
	return {
		title: `${title}  ${length}`,
		lines: [...told, ...(told.length === 0 ? [] : [{text: ''}]), ...table],
		cliEquivalent: reads,
		...(isDrawn ? {graph} : {}),
	};
}
