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
	/** `lengthMs` as text, for the title: `1h`. */
	readonly length: string;
	/** Shows only series whose labels are among these, if there are any. */
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

/** Whether `about` has every label of a series, except its name. */
const isAbout =
	(about: Labels) =>
	({labels}: {readonly labels: Labels}): boolean =>
		Object.entries(labels).every(([name, value]) => name === '__name__' || about[name] === value);

function onlyMatching<T extends {readonly labels: Labels}>(all: readonly T[], about: Labels | undefined): readonly T[] {
	const own = about === undefined ? all : all.filter(isAbout(about));
	return own.length === 0 ? all : own;
}

/** The expression with a mark under the position of the error, and the server's message. Undefined when the error is not about the expression. */
function queryErrorLines(expression: string, error: unknown): readonly DocumentLine[] | undefined {
	const refusal = findHttpRefusal(error);
	if (refusal?.status !== 400 && refusal?.status !== 422) return undefined;
	const position = parseQueryErrorPosition(messageOf(error));
	const help = {text: 'To correct it: Esc, the same key again, then arrow up brings back the expression'};
	if (position === undefined) {
		return [{text: expression}, {text: ''}, {text: messageOf(error), severity: 'warn'}, {text: ''}, help];
	}
	const lines: DocumentLine[] = [];
	for (const [index, text] of expression.split('\n').entries()) {
		lines.push({text});
		if (index + 1 === position.line)
			lines.push({text: `${' '.repeat(position.column - 1)}^`, severity: 'warn', loud: true});
	}
	return [...lines, {text: position.message, severity: 'warn', loud: true}, {text: ''}, help];
}

const warningLines = (warnings: readonly string[]): readonly DocumentLine[] =>
	[...new Set(warnings)].map(text => ({text, severity: 'warn' as const}));

function histogramLines(histograms: number): readonly DocumentLine[] {
	if (histograms === 0) return [];
	const subject =
		histograms === 1 ? '1 series is a native histogram' : `${formatThousands(histograms)} series are native histograms`;
	return [
		{
			text: `${subject} without a single value: use histogram_quantile(0.9, …), histogram_count(…) or histogram_avg(…)`,
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
		return [{text: 'now: no series. No series has that name or those labels now, or none meets the condition.'}];
	if (shown.length === 0) return [];
	const heading = kind === 'matrix' ? 'newest value of each series in the range' : 'now';
	return [
		{text: `${heading}${shown.length > 1 ? `: ${formatThousands(shown.length)} series` : ''}`},
		...tableLines(shown),
	];
}

/** The current values of an expression as a table, and its values over the range as a graph. An error in the expression becomes a document with its position. */
export async function queryDocument(query: DocumentQuery, {port, target, ...context}: QueryContext): Promise<Document> {
	const {title, expression, lengthMs, length, about, limit} = query;
	const now = context.now();
	const reads = [curlQueryCommand(target, expression)];
	let result: QueryResult;
	try {
		result = await port.evaluate(expression, now, context);
	} catch (error) {
		const lines = queryErrorLines(expression, error);
		if (lines === undefined) throw error;
		return {title, lines, cliEquivalent: reads};
	}
	const {kind, warnings} = result;
	const table = instantLines(result, about);
	const common: DocumentLine[] = [...warningLines(warnings), ...histogramLines(result.histograms)];
	// A matrix is a range already, and a string cannot be drawn.
	if (kind === 'matrix' || kind === 'string') return {title, lines: [...common, ...table], cliEquivalent: reads};
	const series = Math.max(result.samples.length, 1);
	const range = chooseQueryRange(now, lengthMs, series);
	if (range === undefined) {
		const text = `no graph of ${formatThousands(series)} series: limit them, for example with topk(10, …) or sum by (job) (…)`;
		return {title, lines: [{text, severity: 'warn'}, ...common, ...table], cliEquivalent: reads};
	}
	reads.push(rangeLine(target, expression, range));
	let rangeResult: RangeQueryResult;
	try {
		rangeResult = await port.evaluateRange(expression, range, context);
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
	const all = onlyMatching(rangeResult.series, about);
	const {graph, notes} = queryGraph(title, all, range, limit);
	const lines = [
		...common,
		...warningLines(rangeResult.warnings).filter(({text}) => !warnings.includes(text)),
		...notes,
	];
	if (result.histograms === 0) lines.push(...histogramLines(rangeResult.histograms));
	const isDrawn = all.some(({points}) => points.some(({value}) => Number.isFinite(value)));
	if (all.length === 0 && result.samples.length + result.histograms === 0) {
		const text = `no series, now or in the last ${length}: no series has that name or those labels, or none meets the condition`;
		return {title, lines: [...lines, {text}], cliEquivalent: reads};
	}
	if (!isDrawn) lines.push({text: `no graph: no value in the last ${length}`});
	return {
		title: `${title}  ${length}`,
		lines: [...lines, ...(lines.length === 0 ? [] : [{text: ''}]), ...table],
		cliEquivalent: reads,
		...(isDrawn ? {graph} : {}),
	};
}
